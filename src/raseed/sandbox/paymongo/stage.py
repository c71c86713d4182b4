"""PayMongo as scenarios see it: which calls open a checkout, what events tell, what a payer does."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from urllib.parse import parse_qs, urlencode

from raseed.sandbox.exchange import Answer, ControlError, Exchange, Opened
from raseed.sandbox.paymongo import capturing, control, links, sessions
from raseed.sandbox.paymongo.call import Call
from raseed.sandbox.paymongo.errors import ApiError
from raseed.sandbox.paymongo.world import MODES, World
from raseed.sandbox.store import Doc

OPENING = re.compile(r"/v1/(sources|payment_intents|links|payment_links)|/v[12]/checkout_sessions")
#: the first that fits a method and path says what a call does
CALLS = (
    ("POST", OPENING, "open"),
    ("POST", re.compile(r"/v1/payment_intents/[^/]+/attach"), "attempt"),
    ("POST", re.compile(r"/v1/payment_intents/[^/]+/capture"), "capture"),
    ("POST", re.compile(r"/v1/payments"), "charge"),
    ("POST", re.compile(r"/v1/refunds"), "refund"),
    ("GET", re.compile(r"/v[0-9]+/.*"), "read"),
)
NEWS = {
    "source.chargeable": "agreed",
    "payment.paid": "paid",
    "checkout_session.payment.paid": "paid",
    "link.payment.paid": "paid",
    "payment_intent.succeeded": "paid",
    "qr.paid": "paid",
    "payment.failed": "declined",
    "payment_intent.awaiting_payment_method": "declined",
    "payment.refunded": "refunded",
    "payment.refund.updated": "refunded",
    "refund.succeeded": "refunded",
    "qrph.expired": "expired",
    "qr.expired": "expired",
}
IDS = re.compile(r"\b(src|pay|cs|pi|ref|link)_[A-Za-z0-9]+")
#: table and what a payer's side of the control API calls it
TABLES = {"src": "sources", "cs": "checkout_sessions", "pi": "payment_intents", "link": "links"}
#: how a checkout ends before its time, where it is no source: a link is archived, an intent cancelled
ENDINGS: dict[str, Callable[[Call], Doc]] = {
    "checkout_sessions": sessions.expire,
    "payment_intents": capturing.cancel,
    "links": links.archive,
}
#: how a card must be for an attempt to come out so: test cards of https://developers.paymongo.com/docs/testing
CARDS = {
    "decline": "4400000000000016",
    "require_3ds": "4120000000000007",
    "fail_3ds": "4120000000000007",
    "decline_after_3ds": "5234000000000106",
}
#: these are decided by the card itself; of the others the page of the wallet or the bank decides
DECIDED_BY_CARD = ("decline", "require_3ds")


class PayMongoStage:
    """See `Stage`. A payment is traced to its checkout by its source or its intent."""

    def __init__(self, world_of: Callable[[str], World]) -> None:
        self._world_of = world_of

    # -- words -------------------------------------------------------------------------------------------

    def opens(self, exchange: Exchange) -> bool:
        return exchange.method == "POST" and bool(OPENING.fullmatch(exchange.path.rstrip("/")))

    def opened(self, answer: Answer) -> Opened | None:
        if answer.status != 200:
            return None
        made = json.loads(answer.body)["data"]
        attributes = made.get("attributes", made)  # the newer families are flat
        mode = "live" if attributes["livemode"] else "test"
        if "amount" in attributes:
            return Opened(made["id"], mode, attributes["amount"], attributes["currency"])
        total = sum(line["amount"] * line["quantity"] for line in attributes["line_items"])
        return Opened(made["id"], mode, total, "PHP")

    def call(self, exchange: Exchange) -> str:
        path = exchange.path.rstrip("/")
        return next((w for m, p, w in CALLS if m == exchange.method and p.fullmatch(path)), "")

    def news(self, event: str) -> str:
        return NEWS.get(event, "")

    # -- whose is it -------------------------------------------------------------------------------------

    def about(self, text: str) -> frozenset[str]:
        named = {found.group() for found in IDS.finditer(text)}
        worlds = [self._world_of(mode) for mode in MODES]
        return frozenset(
            checkout for world in worlds for name in named for checkout in _checkouts(world, name)
        )

    # -- the payer ---------------------------------------------------------------------------------------

    def attempts(self, exchange: Exchange) -> str:
        is_page = exchange.path.rstrip("/") == "/sources" or exchange.path.startswith("/checkout/")
        if exchange.method != "POST" or not (is_page or self.call(exchange) == "attempt"):
            return ""
        text = f"{exchange.path} {exchange.query.get('id', '')}".replace("_client_", " ")
        return next(iter(self.about(text)), "")

    def divert(self, exchange: Exchange, outcome: str) -> tuple[Exchange, bool]:
        if outcome == "pend":
            return exchange, False
        if exchange.path.startswith("/v"):
            return self._attached(exchange, outcome)
        form = {key: values[0] for key, values in parse_qs(exchange.body.decode()).items()}
        if form.get("method") == "card":
            card = {"card_number": CARDS[outcome]}
            return _with(exchange, {**form, **card}), outcome in DECIDED_BY_CARD
        if form.get("action") == "authorize" and outcome != "require_3ds":
            return _with(exchange, {**form, "action": "fail"}), True
        return exchange, False

    def _attached(self, exchange: Exchange, outcome: str) -> tuple[Exchange, bool]:
        """An intent is attached a card: another card in its place, or the same for a wallet."""
        try:
            wanted = json.loads(exchange.body)["data"]["attributes"]["payment_method"]
        except (ValueError, KeyError, TypeError):
            return exchange, False
        for world in map(self._world_of, MODES):
            method = world.table("methods").get(wanted) if isinstance(wanted, str) else None
            if method is not None and method["private"]["card"]:
                other = _with_outcome(world, method, outcome)
                body = exchange.body.replace(wanted.encode(), other["id"].encode())
                return replace(exchange, body=body), outcome in DECIDED_BY_CARD
        return exchange, False

    def act(
        self, verb: str, checkout: str, *, base_url: str, minor: int | None = None, currency: str = ""
    ) -> Doc:
        if verb == "agree":  # PayMongo decides at once
            return {}
        kind = TABLES[checkout.partition("_")[0]]
        money: Doc = {"base_url": base_url}
        if minor is not None:
            money["amount"] = minor
        if verb in ("refund", "regress"):
            return self._control(["payments", self._payment(checkout), verb], money)
        if verb == "charge_again":
            if currency:
                money["currency"] = currency
            return self._control(["extra-payment"], {**money, f"{kind.removesuffix('s')}_id": checkout})
        if verb == "expire" and kind in ENDINGS:
            return self._end(kind, checkout, base_url)
        words = {"decline": "fail", "pay": "authorize" if self._has_one_page(checkout) else "pay"}
        return self._control([kind, checkout, words.get(verb, verb)], money)

    def _control(self, path: list[str], body: Doc) -> Doc:
        done = control.control(self._world_of, "POST", path, body, {})
        return done if isinstance(done, dict) else {}

    def _has_one_page(self, checkout: str) -> bool:
        """The payer decides on the page they were sent to, and has nothing to try again with.

        So it is with a source, and with an intent that the merchant attached a method to.
        """
        intents = [
            intent for world in map(self._world_of, MODES) if (intent := world.table("intents").get(checkout))
        ]
        return checkout.startswith("src_") or any(intent["private"]["by_merchant"] for intent in intents)

    def _payment(self, checkout: str) -> str:
        """The oldest payment of a checkout that money can be sent back from."""
        for world in map(self._world_of, MODES):
            for payment_id, payment in world.table("payments").items():
                if payment["attributes"]["status"] == "paid" and checkout in _checkouts(world, payment_id):
                    return payment_id
        raise ControlError(f"{checkout} has no payment to refund.", status=409)

    def _end(self, kind: str, checkout: str, base_url: str) -> Doc:
        """End a checkout as the merchant's own call would."""
        for world in map(self._world_of, MODES):
            if checkout in world.table(kind.removeprefix("checkout_").removeprefix("payment_")):
                try:
                    return ENDINGS[kind](Call(world, (checkout,), {}, b"", base_url, {}, True))
                except ApiError as error:
                    raise ControlError(str(error), error.status) from error
        raise ControlError(f"there is no {checkout!r}.", status=404)


def _with(exchange: Exchange, form: dict[str, str]) -> Exchange:
    return replace(exchange, body=urlencode(form).encode())


def _with_outcome(world: World, method: Doc, outcome: str) -> Doc:
    """A twin of a payment method whose card comes out otherwise."""
    words = {"decline": "generic_decline", "decline_after_3ds": "3ds_declined"}
    card = {**method["private"]["card"], "outcome": words.get(outcome, "3ds")}
    private = {**method["private"], "card": card}
    return world.add("methods", "pm", method["type"], dict(method["attributes"]), **private)


def _checkouts(world: World, name: str) -> Iterator[str]:
    """The checkouts that an id leads to; none for an id of the other mode or of nobody."""
    prefix = name.partition("_")[0]
    if prefix == "ref" and name in world.table("refunds"):
        yield from _checkouts(world, str(world.table("refunds")[name]["attributes"]["payment_id"]))
    elif prefix == "pay" and name in world.table("payments"):
        payment = world.table("payments")[name]
        owner = payment["private"]["intent"] or payment["attributes"]["source"]["id"]
        yield from _checkouts(world, str(owner))
    elif prefix == "src" and name in world.table("wallets"):
        yield from _checkouts(world, str(world.table("wallets")[name]["intent"]))
    elif prefix == "pi" and name in world.table("intents"):
        session_id = world.table("intents")[name]["private"]["session"]
        yield from _checkouts(world, session_id) if session_id else (name,)
    elif prefix == "cs" and name in world.table("sessions"):
        yield world.table("sessions")[name]["private"]["link"] or name
    elif prefix in ("src", "link") and name in world.table(TABLES[prefix]):
        yield name
