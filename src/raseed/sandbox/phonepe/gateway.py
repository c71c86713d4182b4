"""PhonePe behind the sandbox's gateway protocol."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from raseed.sandbox.box import Sandbox
from raseed.sandbox.delivery import Delivery, amounts_in
from raseed.sandbox.exchange import Answer, Exchange, Subject
from raseed.sandbox.phonepe import api, control, restating
from raseed.sandbox.phonepe.alarms import ACTIONS
from raseed.sandbox.phonepe.errors import TROUBLE
from raseed.sandbox.phonepe.pages import routes as pages
from raseed.sandbox.phonepe.signing import authorization, corrupted, x_verify
from raseed.sandbox.phonepe.stage import PhonePeStage
from raseed.sandbox.phonepe.world import NAME, World
from raseed.sandbox.store import Doc
from raseed.sandbox.world import ring
from raseed.sandbox.wrapping import plain

#: Credentials that no merchant can have registered.
FOREIGN = ("sandbox_foreign", "Foreign12345")


class PhonePe:
    """PhonePe, as far as docs/sandbox/phonepe.md says."""

    name = NAME
    #: Not published for online payments; PhonePe's QR and card terminals are told three times more.
    #: https://developer.phonepe.com/v2/reference/edc-callback-api
    retry_waits: Sequence[float] = (5.0, 30.0, 120.0)

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox
        self._world = World(sandbox)
        self.stage = PhonePeStage(self._world)
        self.reset()

    def reset(self) -> None:
        control.defaults(self._world, self._sandbox.options.phonepe)

    # -- requests -----------------------------------------------------------------------------------------

    def is_api(self, path: str) -> bool:
        return not path.startswith(pages.PREFIX)

    def answer(self, exchange: Exchange) -> Answer:
        if self.is_api(exchange.path):
            return api.answer(self._world, exchange)
        return pages.answer(self._world, exchange)

    def rate_limited(self) -> Answer:
        """The official clients know 429; its body is not documented."""
        body = {"success": False, "code": "TOO_MANY_REQUESTS", "message": "Too many requests.", "data": {}}
        return Answer.json(body, 429)

    def broken(self, status: int) -> Answer:
        """500 as documented; else the plain text that its clients' tests show."""
        if status != 500:
            return Answer.text("R999", status)
        return Answer.json({"code": "INTERNAL_SERVER_ERROR", "message": TROUBLE}, status)

    def subject(self, exchange: Exchange) -> Subject:
        """The request's own text, and the orders it names, so that a reference is found in either."""
        text = f"{exchange.path} {dict(exchange.query)} {plain(exchange.body.decode('utf-8', 'replace'))}"
        known = [self._world.table("orders")[name] for name in sorted(self.stage.about(text))]
        amounts = frozenset(amounts_in(known))
        named = " ".join(f"{order['id']} {order['reference']} {order['meta']}" for order in known)
        return Subject("", exchange.method, exchange.path, f"{text} {named}", amounts)

    def restate(self, document: object, *, minor: int | None, currency: str | None) -> object:
        return restating.restate(document, minor=minor, currency=currency)

    # -- deliveries ---------------------------------------------------------------------------------------

    def sign(self, delivery: Delivery, at: float, spoil: str) -> Mapping[str, str]:
        if " " in delivery.endpoint:
            return {"X-VERIFY": self._verify_header(delivery, spoil)}
        endpoint = self._world.table("webhooks").get(delivery.endpoint)
        known = (endpoint["username"], endpoint["password"]) if endpoint else FOREIGN
        header = authorization(*(FOREIGN if spoil == "wrong_secret" else known))
        return {"Authorization": corrupted(header) if spoil == "corrupt_signature" else header}

    def _verify_header(self, delivery: Delivery, spoil: str) -> str:
        """Version 1: over the base64 text alone, with the salt key that the pay call was signed with."""
        merchant, _, index = delivery.endpoint.partition(" ")
        key = self._world.settings["merchants"].get(merchant, {}).get(index, FOREIGN[1])
        text = json.loads(delivery.body)["response"]
        header = x_verify(text, FOREIGN[1] if spoil == "wrong_secret" else key, index)
        return corrupted(header) if spoil == "corrupt_signature" else header

    def accepts(self, delivery: Delivery) -> bool:
        """A callback goes wherever the pay call said."""
        return " " in delivery.endpoint or delivery.endpoint in self._world.table("webhooks")

    def acknowledged(self, status: int, body: bytes) -> bool:
        return 200 <= status <= 299

    def delivered(self, delivery: Delivery) -> None:
        """Nothing follows: endpoints have no state."""

    def exhausted(self, delivery: Delivery) -> None:
        """Nothing follows; PhonePe asks merchants to poll."""

    # -- the clock and the control API ----------------------------------------------------------------------

    def ring(self, alarm: Doc) -> None:
        ring(ACTIONS, self._world, alarm["action"], alarm["id"])

    def control(self, method: str, path: Sequence[str], body: Doc, query: Mapping[str, str]) -> object:
        return control.control(self._world, method, path, body, query)
