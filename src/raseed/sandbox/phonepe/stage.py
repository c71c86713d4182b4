"""PhonePe as scenarios see it: which calls open a checkout, what events tell, what a payer does."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from urllib.parse import parse_qs, urlencode

from raseed.sandbox.exchange import Answer, Exchange, Opened
from raseed.sandbox.phonepe import api, control, orders, refunds, telling, vocabulary
from raseed.sandbox.phonepe.pages import choosing
from raseed.sandbox.phonepe.pages import routes as pages
from raseed.sandbox.phonepe.world import MODE, World
from raseed.sandbox.store import Doc

OPENING = re.compile(r"/checkout/v2/(pay|sdk/order)|/pg/v1/pay")
CALLS = (
    ("POST", OPENING, "open"),
    ("POST", re.compile(r"/payments/v2/refund|/pg/v1/refund"), "refund"),
    ("GET", re.compile(r"/.+"), "read"),
)
NEWS = {
    vocabulary.ORDER_COMPLETED: "paid",
    vocabulary.ORDER_FAILED: "declined",
    vocabulary.ATTEMPT_FAILED: "declined",
    telling.EXPIRED: "expired",
    vocabulary.REFUND_ACCEPTED: "refunded",
    vocabulary.REFUND_COMPLETED: "refunded",
    vocabulary.REFUND_FAILED: "refunded",
    "payment.PAYMENT_SUCCESS": "paid",  # of version 1
    "payment.PAYMENT_ERROR": "declined",
    "refund.PAYMENT_SUCCESS": "refunded",
    "refund.PAYMENT_ERROR": "refunded",
}
#: our ids: orders, attempts and refunds
IDS = re.compile(r"\b(?:OMO|OMR|OM|TR|T)\d{22}\b")
#: where a text names something by the merchant's own id
MEMBERS = (
    "merchantOrderId", "originalMerchantOrderId", "merchantRefundId", "merchantTransactionId",
    "originalTransactionId",
)  # fmt: skip
NAMED = re.compile(
    rf'"(?:{"|".join(MEMBERS)})"\s*:\s*"([^"]+)"|/(?:order|refund)/([^/\s]+)/status|/pg/v1/status/[^/\s]+/([^/\s]+)'
)
#: where a text names the page of an order
TOKENS = re.compile(r"'token': '([A-Za-z0-9]+)'|token=([A-Za-z0-9]+)")


class PhonePeStage:
    """See `Stage`."""

    def __init__(self, world: World) -> None:
        self._world = world

    # -- words -------------------------------------------------------------------------------------------

    def opens(self, exchange: Exchange) -> bool:
        return exchange.method == "POST" and bool(OPENING.fullmatch(api.below(exchange.path)))

    def opened(self, answer: Answer) -> Opened | None:
        if answer.status != 200:
            return None
        made = json.loads(answer.body)
        if "orderId" in made:
            order = self._world.table("orders")[made["orderId"]]
        else:
            names = made["data"]["merchantId"], made["data"]["merchantTransactionId"]
            row = self._world.table("names")[orders.named("v1", *names)]
            order = self._world.table("orders")[row["order"]]
        return Opened(order["id"], MODE, order["amount"], "INR")

    def call(self, exchange: Exchange) -> str:
        path = api.below(exchange.path)
        if path == api.TOKEN or path.startswith(pages.PREFIX):
            return ""
        return next((w for m, p, w in CALLS if m == exchange.method and p.fullmatch(path)), "")

    def news(self, event: str) -> str:
        return NEWS.get(event, "")

    # -- whose is it -------------------------------------------------------------------------------------

    def about(self, text: str) -> frozenset[str]:
        ids = {match.group() for match in IDS.finditer(text)}
        ids |= {id_ for found in NAMED.findall(text) for id_ in self._known("".join(found))}
        tokens = {first or second for first, second in TOKENS.findall(text)}
        found = [*map(self._order, ids), *(orders.by_token(self._world, token) for token in tokens)]
        return frozenset(row["id"] for row in found if row is not None)

    def _known(self, name: str) -> Iterator[str]:
        """The orders and refunds that a merchant calls so, in either version."""
        settings, names = self._world.settings, self._world.table("names")
        merchant = settings["merchant_id"]
        keys = [orders.named("v2", merchant, name), refunds.named(merchant, name)]
        for key in (*keys, *(orders.named("v1", older, name) for older in settings["merchants"])):
            yield from names.get(key, {}).values()

    def _order(self, name: str) -> Doc | None:
        """The order that one of our ids leads to."""
        for table in ("attempts", "refunds"):
            if name in self._world.table(table):
                name = self._world.table(table)[name]["order"]
        return self._world.table("orders").get(name)

    # -- the payer ---------------------------------------------------------------------------------------

    def attempts(self, exchange: Exchange) -> str:
        if exchange.method != "POST" or not exchange.path.startswith(pages.PREFIX):
            return ""
        order = orders.by_token(self._world, exchange.query.get("token", ""))
        return order["id"] if order else ""

    def divert(self, exchange: Exchange, outcome: str) -> tuple[Exchange, bool]:
        """What the payer agrees to fails, or is left pending; every card asks for a password anyway."""
        form = {key: values[0] for key, values in parse_qs(exchange.body.decode("utf-8", "replace")).items()}
        is_agreed = form.get("action") == "success" or choosing.is_agreed_at_once(form)
        if not is_agreed:
            return exchange, False
        words = {"pend": "pending", "require_3ds": "success"}
        form["action"] = words.get(outcome, "failure")
        if outcome == "fail_3ds":
            form["code"] = "WRONG_PIN"
        return replace(exchange, body=urlencode(form).encode()), True

    def act(
        self, verb: str, checkout: str, *, base_url: str, minor: int | None = None, currency: str = ""
    ) -> Doc:
        stated: Doc = {} if minor is None else {"amount": minor}
        done = control.control(self._world, "POST", ["orders", checkout, verb], stated, {})
        return done if isinstance(done, dict) else {}
