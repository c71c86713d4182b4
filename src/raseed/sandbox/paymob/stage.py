"""Paymob as scenarios see it: which calls open a checkout, what callbacks tell, what a payer does.

A checkout is an order, by its number: once an intention or a payment key lets somebody pay it.
"""

from __future__ import annotations

import json
import re
from dataclasses import replace
from urllib.parse import parse_qs, unquote, urlencode

from raseed.sandbox.exchange import Answer, Exchange, Opened
from raseed.sandbox.paymob import api, control, integrations, telling, vocabulary
from raseed.sandbox.paymob.countries import CURRENCIES
from raseed.sandbox.paymob.pages import attempt, checkout, routes
from raseed.sandbox.paymob.world import World
from raseed.sandbox.store import Doc

OPENING = (api.INTENTION, api.KEYS)
CALLS = (
    ("POST", re.compile("|".join((api.INTENTION, api.KEYS, api.ORDERS))), "open"),
    ("POST", re.compile(api.PAY), "charge"),
    ("POST", re.compile(r"/api/acceptance/void_refund/(refund|void)"), "refund"),
    ("POST", re.compile(r"/api/acceptance/capture"), "capture"),
    ("POST", re.compile(rf"{api.INQUIRY}|/api/acceptance/order_card_tokens"), "read"),
    ("GET", re.compile(r"/(?:api|v1)/.+"), "read"),
)
NEWS = {
    vocabulary.TOLD_PAID: "paid",
    vocabulary.TOLD_CAPTURED: "paid",
    vocabulary.TOLD_AUTHORIZED: "agreed",
    vocabulary.TOLD_DECLINED: "declined",
    vocabulary.TOLD_REFUNDED: "refunded",
    vocabulary.TOLD_VOIDED: "refunded",
    telling.EXPIRED: "expired",
}
#: our numbers: orders and transactions
NUMBERS = re.compile(r"(?<![0-9A-Za-z])3[13]\d{7}(?![0-9A-Za-z])")
SECRETS = re.compile(r"[a-z]{3}_csk_(?:test|live)_[0-9a-f]{32}")
INTENTIONS = re.compile(r"pi_(?:test|live)_[0-9a-f]{32}")
#: payment keys and the tokens of pages
TOKENS = re.compile(r"[A-Za-z0-9+/=]{40,}")
#: where a text names an order by the merchant's own reference
NAMED = re.compile(r"""["'](?:merchant_order_id|special_reference)["']\s*:\s*["']([^"']+)["']""")


class PaymobStage:
    """See `Stage`."""

    def __init__(self, world: World) -> None:
        self._world = world

    # -- words -------------------------------------------------------------------------------------------

    def opens(self, exchange: Exchange) -> bool:
        return exchange.method == "POST" and api.below(exchange.path) in OPENING

    def opened(self, answer: Answer) -> Opened | None:
        if answer.status != 201:
            return None
        made = json.loads(answer.body)
        number = made.get("intention_order_id")
        if number is None:
            number = self._world.table("keys")[made["token"]]["order"]
        order = self._world.table("orders")[str(number)]
        currency = order["currency"]
        return Opened(str(number), order["mode"], order["amount"], currency, CURRENCIES[currency])

    def call(self, exchange: Exchange) -> str:
        path = api.below(exchange.path)
        if path == api.TOKENS or routes.is_page(path):
            return ""
        return next(
            (word for method, known, word in CALLS if method == exchange.method and known.fullmatch(path)), ""
        )

    def news(self, event: str) -> str:
        return NEWS.get(event, "")

    # -- whose is it -------------------------------------------------------------------------------------

    def about(self, text: str) -> frozenset[str]:
        table = self._world.table
        found = {self._order(number) for number in NUMBERS.findall(text)}
        for secret in SECRETS.findall(text):
            row = table("secrets").get(secret)
            found.add(self._of_intention(row["intention"]) if row else "")
        found |= {self._of_intention(name) for name in INTENTIONS.findall(text)}
        found |= {self._of_token(token) for token in TOKENS.findall(unquote(text))}
        found |= {str(table("names").get(name, {}).get("order", "")) for name in NAMED.findall(text)}
        return frozenset(found - {""})

    def _order(self, number: str) -> str:
        """The order that one of our numbers leads to."""
        row = self._world.table("transactions").get(number)
        number = str(row["order"]) if row else number
        return number if number in self._world.table("orders") else ""

    def _of_intention(self, name: str) -> str:
        row = self._world.table("intentions").get(name)
        return str(row["order"]) if row else ""

    def _of_token(self, token: str) -> str:
        """The order behind a payment key, or behind the page of an attempt."""
        key = self._world.table("keys").get(token)
        page = self._world.table("pages").get(token)
        if page is not None:
            return self._order(str(page["transaction"]))
        return str(key["order"]) if key else ""

    # -- the payer ---------------------------------------------------------------------------------------

    def attempts(self, exchange: Exchange) -> str:
        if exchange.method != "POST":
            return ""
        if api.below(exchange.path) == api.PAY:
            return self._charged(exchange)
        if not routes.is_page(exchange.path):
            return ""
        order = routes.order_of(self._world, exchange)
        return str(order["id"]) if order else ""

    def _charged(self, exchange: Exchange) -> str:
        """The order that a saved card pays by the merchant's own call."""
        try:
            body = json.loads(exchange.body)
            key = self._world.table("keys").get(body["payment_token"])
            is_card = body["source"]["subtype"] == "TOKEN"
        except (ValueError, KeyError, TypeError, RecursionError):
            return ""
        return str(key["order"]) if key and is_card else ""

    def divert(self, exchange: Exchange, outcome: str) -> tuple[Exchange, bool]:
        """What the payer agrees to fails, or is left to the bank; any card asks for 3-D Secure."""
        if api.below(exchange.path) == api.PAY:
            body = json.loads(exchange.body)
            body["source"]["outcome"] = DECIDED[outcome]
            return replace(exchange, body=json.dumps(body).encode()), True
        form = {
            name: values[0] for name, values in parse_qs(exchange.body.decode("utf-8", "replace")).items()
        }
        row = attempt.found(self._world, exchange)
        if row is None:
            return self._at_checkout(exchange, form, outcome)
        if form.get("action") != "confirm":
            return exchange, False
        if outcome == "pend":
            form["action"] = "pend"
        elif outcome != "require_3ds":
            form |= {"action": "decline", "code": DECIDED[outcome]}
        return _with(exchange, form), True

    def _at_checkout(self, exchange: Exchange, form: dict[str, str], outcome: str) -> tuple[Exchange, bool]:
        """At the checkout only a card decides, and only a good one."""
        if not self._is_card(exchange, form) or checkout.decided(form) not in ("", "ask"):
            return exchange, False
        is_asking = outcome in ("require_3ds", "fail_3ds", "decline_after_3ds")
        form["outcome"] = "ask" if is_asking else DECIDED[outcome]
        return _with(exchange, form), not is_asking

    def _is_card(self, exchange: Exchange, form: dict[str, str]) -> bool:
        """Whether a card was chosen; a browser sends the card's fields whatever was chosen."""
        key = checkout.chosen(self._world, routes.keys_of(self._world, exchange), form)
        number = key["claims"]["integration_id"] if key else 0
        return key is not None and integrations.kind_of(self._world, number) in vocabulary.CARD_KINDS

    def act(
        self, verb: str, checkout: str, *, base_url: str, minor: int | None = None, currency: str = ""
    ) -> Doc:
        stated: Doc = {} if minor is None else {"amount": minor}
        done = control.control(self._world, "POST", ["orders", checkout, verb], stated, {})
        return done if isinstance(done, dict) else {}


#: what an outcome is called on a page, and in a call with a saved card
DECIDED = {
    "decline": "DECLINED",
    "fail_3ds": "AUTHENTICATION_FAILED",
    "decline_after_3ds": "DECLINED",
    "pend": "pend",
    "require_3ds": "",
}


def _with(exchange: Exchange, form: dict[str, str]) -> Exchange:
    return replace(exchange, body=urlencode(form).encode())
