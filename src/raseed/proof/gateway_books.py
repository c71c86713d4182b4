"""What gateways hold as true, read from the sandbox's books: money that moved, and news that was taken.

The sandbox shares no code with the adapters, so whatever both sides agree on was not agreed by one mistake.
Loads no Django.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import chain
from typing import Any

Document = dict[str, Any]
#: Gives the books of one gateway, as the sandbox's control API shows them.
Fetch = Callable[[str], Document]


@dataclass(frozen=True)
class Movement:
    """One movement of money to the merchant at a gateway, and how much of it went back.

    `reference` is the merchant's own, "" where it bears none. Amounts are minor units. `fee` is None where
    the gateway tells none. `at`: unix seconds, None where the books do not say when.
    """

    gateway: str
    ref: str
    reference: str
    minor: int
    currency: str
    fee: int | None = None
    back: int = 0
    at: float | None = None


@dataclass(frozen=True)
class GatewayBooks:
    """All of it: movements of money, and the bodies of webhooks that were answered as received.

    `refused`: references of which a gateway says that an attempt to pay was refused or given up, by gateway.
    A gateway whose books do not tell is not there.
    """

    movements: tuple[Movement, ...]
    acknowledged: tuple[tuple[str, Any], ...] = ()
    refused: Mapping[str, frozenset[str]] = field(default_factory=dict)


def read_books(fetch: Fetch, deliveries: Iterable[Document], sandbox_url: str) -> GatewayBooks:
    """The books of all gateways. `deliveries` are those of the control API; each says what answered it."""
    books = {gateway: fetch(gateway) for gateway in READERS}
    moved = chain.from_iterable(read(books[gateway], sandbox_url) for gateway, read in READERS.items())
    taken = [d for d in deliveries if any(attempt["ok"] for attempt in d["attempts"])]
    refused = {gateway: frozenset(read(books[gateway])) for gateway, read in REFUSALS.items()}
    return GatewayBooks(tuple(moved), tuple((d["gateway"], d["body"]) for d in taken), refused)


def _paymongo(books: Document, _: str) -> Iterator[Movement]:
    """What was lost in a dispute went back as well; the books name its payment."""
    lost = defaultdict[str, int](int)
    for dispute in books["disputes"]:
        lost[dispute["payment_id"]] += dispute["amount"] if dispute["status"] == "lost" else 0
    for row in books["payments"]:
        if row["status"] == "paid":
            yield Movement(
                "paymongo",
                row["id"],
                str((row["metadata"] or {}).get("reference", "")),
                row["amount"],
                row["currency"],
                row["fee"] + (row.get("foreign_fee") or 0),
                row["refunded_amount"] + lost[row["id"]],
                row["paid_at"],
            )


def _paymob(books: Document, _: str) -> Iterator[Movement]:
    """A hold is nobody's money: what is captured of it is, each time anew. What is voided went back whole."""
    references = {order["id"]: str(order["merchant_order_id"] or "") for order in books["orders"]}
    holds = {row["id"]: row["refunded"] for row in books["payments"] if row["is_auth"]}
    for row in books["payments"]:
        if row["state"] == "paid" and not row["is_auth"]:
            yield _transaction(row, references, row["amount"] if row["is_voided"] else row["refunded"])
    for row in reversed(books["others"]):  # what went back of a hold is counted from its newest part on
        if row["action"] == "capture" and row["state"] == "paid":
            back = min(holds[row["parent"]], row["amount"])
            holds[row["parent"]] -= back
            yield _transaction(row, references, back)


def _transaction(row: Document, references: dict[Any, str], back: int) -> Movement:
    reference = references[row["order"]]
    return Movement("paymob", str(row["id"]), reference, row["amount"], row["currency"], None, back)


def _phonepe(books: Document, _: str) -> Iterator[Movement]:
    """Refunds are of an order: they are counted from its newest attempt backwards."""
    orders = {order["id"]: order for order in books["orders"]}
    left = {
        key: sum(r["amount"] for r in books["refunds"] if r["order"] == key and r["state"] == "COMPLETED")
        for key in orders
    }
    paid = [row for row in books["payments"] if row["status"] == "COMPLETED"]
    for row in reversed(paid):
        order = orders[row["order_id"]]
        back = min(left[order["id"]], row["amount"])
        left[order["id"]] -= back
        reference = str(order["merchant_order_id"])
        at = row["timestamp"] / 1000
        yield Movement("phonepe", row["transactionId"], reference, row["amount"], "INR", None, back, at)


def _openpayments(books: Document, sandbox_url: str) -> Iterator[Movement]:
    """What arrived in wallets. An incoming payment is known by its address."""
    for row in books["incoming_payments"]:
        if row["received"]:
            reference = str((row["metadata"] or {}).get("reference", ""))
            ref = f"{sandbox_url}/openpayments/op/incoming-payments/{row['id']}"
            yield Movement("openpayments", ref, reference, row["received"], row["currency"])


READERS: dict[str, Callable[[Document, str], Iterator[Movement]]] = {
    "paymongo": _paymongo,
    "paymob": _paymob,
    "phonepe": _phonepe,
    "openpayments": _openpayments,
}


def _refused_at_paymongo(books: Document) -> Iterator[str]:
    """Sources that ended unpaid, payments that failed, intents that remember an error or were cancelled."""
    ended = [row for row in books["sources"] if row["status"] in {"failed", "cancelled", "expired"}]
    ended += [row for row in books["payments"] if row["told_failed"]]
    intents = books["payment_intents"]
    ended += [row for row in intents if row["last_payment_error"] or row["status"] == "cancelled"]
    return (str((row["metadata"] or {}).get("reference", "")) for row in ended)


def _refused_at_paymob(books: Document) -> Iterator[str]:
    """Attempts that failed, and orders that ended, with which no attempt can be made."""
    references = {order["id"]: str(order["merchant_order_id"] or "") for order in books["orders"]}
    ended = [order["id"] for order in books["orders"] if order["ended"]]
    ended += [row["order"] for row in books["payments"] if row["state"] in {"declined", "errored"}]
    return (references[order] for order in ended)


def _refused_at_phonepe(books: Document) -> Iterator[str]:
    return (str(order["merchant_order_id"]) for order in books["orders"] if order["state"] == "FAILED")


#: Wallets keep no trace of a consent that was refused once its grant is gone.
REFUSALS: dict[str, Callable[[Document], Iterator[str]]] = {
    "paymongo": _refused_at_paymongo,
    "paymob": _refused_at_paymob,
    "phonepe": _refused_at_phonepe,
}


def canonical(body: Any) -> str:
    """A JSON document as text by which two are known to be the same."""
    return json.dumps(body, sort_keys=True, ensure_ascii=False)
