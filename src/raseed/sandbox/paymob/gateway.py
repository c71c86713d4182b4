"""Paymob behind the sandbox's gateway protocol."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from raseed.sandbox.box import Sandbox
from raseed.sandbox.delivery import Delivery, amounts_in
from raseed.sandbox.exchange import Answer, Exchange, Subject
from raseed.sandbox.paymob import api, control, restating
from raseed.sandbox.paymob.alarms import ACTIONS
from raseed.sandbox.paymob.forging import FORGED
from raseed.sandbox.paymob.pages import routes as pages
from raseed.sandbox.paymob.signing import corrupted, token_hmac, transaction_hmac
from raseed.sandbox.paymob.stage import PaymobStage
from raseed.sandbox.paymob.world import NAME, World
from raseed.sandbox.store import Doc
from raseed.sandbox.world import ring

#: A secret that no merchant has.
FOREIGN = "sandbox-foreign-hmac-secret"


class Paymob:
    """Paymob, as far as docs/sandbox/paymob.md says."""

    name = NAME
    #: Nowhere documented. Three more attempts, as other gateways make them.
    retry_waits: Sequence[float] = (5.0, 30.0, 120.0)

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox
        self._world = World(sandbox)
        self.stage = PaymobStage(self._world)
        self.reset()

    def reset(self) -> None:
        control.defaults(self._world, self._sandbox.options.paymob)

    # -- requests -----------------------------------------------------------------------------------------

    def is_api(self, path: str) -> bool:
        return not pages.is_page(path)

    def answer(self, exchange: Exchange) -> Answer:
        if self.is_api(exchange.path):
            return api.answer(self._world, exchange)
        return pages.answer(self._world, exchange)

    def rate_limited(self) -> Answer:
        """Not documented; the words are those of the framework that Paymob's other refusals show."""
        return Answer.json({"detail": "Request was throttled."}, 429)

    def broken(self, status: int) -> Answer:
        return Answer.text("Server Error", status)

    def subject(self, exchange: Exchange) -> Subject:
        """The request's own text, and the orders it names, so that a reference is found in either."""
        text = f"{exchange.path} {dict(exchange.query)} {exchange.body.decode('utf-8', 'replace')}"
        known = [self._world.table("orders")[name] for name in sorted(self.stage.about(text))]
        amounts = frozenset(amounts_in(known))
        named = " ".join(f"{order['id']} {order['reference']} {order['items']}" for order in known)
        return Subject("", exchange.method, exchange.path, f"{text} {named}", amounts)

    def restate(self, document: object, *, minor: int | None, currency: str | None) -> object:
        return restating.restate(document, minor=minor, currency=currency)

    # -- deliveries ---------------------------------------------------------------------------------------

    def sign(self, delivery: Delivery, at: float, spoil: str) -> Mapping[str, str]:
        """Nothing: the signature is in the address."""
        return {}

    def address(self, delivery: Delivery, spoil: str) -> str:
        """Where a callback goes: `hmac` is one more parameter of the query, where there is one."""
        body = json.loads(delivery.body)
        if delivery.event == FORGED or "obj" not in body:  # as stated; a split payment is signed inside
            return delivery.url
        secret = FOREIGN if spoil == "wrong_secret" else self._world.settings["hmac_secret"]
        sign = token_hmac if body["type"] == "TOKEN" else transaction_hmac
        signature = sign(body["obj"], secret)
        signature = corrupted(signature) if spoil == "corrupt_signature" else signature
        return f"{delivery.url}{'&' if '?' in delivery.url else '?'}hmac={signature}"

    def accepts(self, delivery: Delivery) -> bool:
        """A callback goes wherever the key or the integration said when it was made."""
        return True

    def acknowledged(self, status: int, body: bytes) -> bool:
        return 200 <= status <= 299

    def delivered(self, delivery: Delivery) -> None:
        """Nothing follows: addresses have no state."""

    def exhausted(self, delivery: Delivery) -> None:
        """Nothing follows."""

    # -- the clock and the control API ----------------------------------------------------------------------

    def ring(self, alarm: Doc) -> None:
        ring(ACTIONS, self._world, alarm["action"], alarm["id"])

    def control(self, method: str, path: Sequence[str], body: Doc, query: Mapping[str, str]) -> object:
        return control.control(self._world, method, path, body, query)
