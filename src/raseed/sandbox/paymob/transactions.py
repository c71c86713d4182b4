"""Transactions: a payer's attempts, and what becomes of an order by them.

An attempt is `at` "payer" while somebody may still decide on a page, at "bank" once only the bank can tell,
and at "outlet" while it is to be paid somewhere else. For a merchant all are pending.
"""

from __future__ import annotations

from raseed.sandbox.paymob import integrations, keys, orders, saved, telling
from raseed.sandbox.paymob.vocabulary import (
    APPROVED,
    DECLINED,
    ERROR,
    ERRORED,
    KINDS,
    LATER_KINDS,
    OUTCOMES,
    PAID,
    PAYMENT,
    PENDING,
    PLAIN_DECLINE,
)
from raseed.sandbox.paymob.world import TRANSACTION, World
from raseed.sandbox.store import Doc

#: so long a hold lasts that nobody captures
HOLD_SECONDS = 14 * 86_400


def make(world: World, order: Doc, action: str, amount: int, integration: int, **more: object) -> Doc:
    """A new transaction of an order; nobody is told of it yet."""
    kind = integrations.kind_of(world, integration)
    now = world.now()
    row: Doc = {
        "id": world.new_number(TRANSACTION, "transactions"),
        "order": order["id"],
        "action": action,
        "kind": kind,
        "integration": integration,
        "amount": amount,
        "state": PENDING,
        "at": "payer",
        "created_at": now,
        "updated_at": now,
        "source": source_of(kind),
        "card": "",
        "is_3d_secure": False,
        "is_auth": False,
        "is_voided": False,
        "refunded": 0,
        "captured": 0,
        "parent": None,
        "outcome": ["", "", ""],
        "key": "",
        "by_call": False,
        "api_source": "IFRAME",
        "saves": False,
        "wrong_codes": 0,
        "bill": 0,
        **more,
    }
    world.table("transactions")[str(row["id"])] = row
    order["transactions"].append(row["id"])
    return row


def begin(world: World, key: Doc, **more: object) -> Doc:
    """A payer's attempt with a payment key."""
    order, claims = keys.order_of(world, key), key["claims"]
    number = claims["integration_id"]
    is_auth = integrations.kind_of(world, number) == "auth"
    row = make(
        world, order, PAYMENT, claims["amount_cents"], number, key=key["token"], is_auth=is_auth, **more
    )
    if row["kind"] in LATER_KINDS:
        row["at"] = "outlet"
        telling.waiting(world, row)
    return row


def source_of(kind: str, number: str = "") -> Doc:
    """`source_data` of what is no card: a wallet's number, a kiosk, cash."""
    return {"type": KINDS[kind].source_type, "pan": number, "sub_type": KINDS[kind].sub_type}


def new_bill(world: World) -> int:
    """The reference that a payer quotes at a kiosk."""
    return int(f"7{world.digits(7)}")


def ask(world: World, row: Doc) -> None:
    """The payer was sent on to the bank's page, or the wallet's."""
    telling.waiting(world, row)


def order_of(world: World, row: Doc) -> Doc:
    return world.table("orders")[str(row["order"])]


def approve(world: World, row: Doc) -> bool:
    """The money is taken, or held; also after the order's time is over. False where the attempt was over."""
    if row["state"] != PENDING:
        return False
    order = order_of(world, row)
    row.update(state=PAID, at="", updated_at=world.now(), outcome=list(APPROVED))
    if row["is_auth"]:
        world.set_alarm(HOLD_SECONDS, "release", str(row["id"]))
    if key_claims(world, row).get("lock_order_when_paid"):
        order["is_locked"] = True
    card = saved.keep(world, row) if row["saves"] else None
    is_first = world.settings["token_callback_first"]
    if card is not None and is_first:
        telling.token(world, row, card)
    telling.changed(world, row)
    if card is not None and not is_first:
        telling.token(world, row, card)
    return True


def decline(world: World, row: Doc, code: str = "") -> bool:
    """The bank declines it, or (ERROR) it never came so far. False where the attempt was over."""
    if row["state"] != PENDING:
        return False
    is_error = code == ERROR
    outcome = ("", "", "") if is_error else OUTCOMES[code or PLAIN_DECLINE]
    row.update(state=ERRORED if is_error else DECLINED, at="", updated_at=world.now(), outcome=list(outcome))
    telling.changed(world, row)
    return True


def leave_at_bank(world: World, row: Doc) -> None:
    """The payer is done; only the bank knows, and does not say yet."""
    if row["state"] == PENDING and row["at"] == "payer":
        row["at"] = "bank"
        telling.waiting(world, row)


def charge_again(world: World, order: Doc, amount: int) -> Doc:
    """A second real payment on an order that is paid."""
    first = orders.paid(world, order)[0]
    same = {name: first[name] for name in ("source", "card", "key", "is_auth", "is_3d_secure")}
    row = make(world, order, PAYMENT, amount, first["integration"], **same)
    approve(world, row)
    return row


def key_claims(world: World, row: Doc) -> Doc:
    """The claims of the key that a transaction was made with; {} where there is none."""
    found = world.table("keys").get(row["key"])
    return dict(found["claims"]) if found else {}
