"""PayMongo behind the sandbox's gateway protocol."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from contextlib import suppress

from raseed.sandbox.box import Sandbox
from raseed.sandbox.delivery import Delivery, amounts_in
from raseed.sandbox.exchange import Answer, Exchange, Subject
from raseed.sandbox.paymongo import api, control, events, webhooks
from raseed.sandbox.paymongo.alarms import ACTIONS
from raseed.sandbox.paymongo.pages import routes as pages
from raseed.sandbox.paymongo.signing import corrupted, signature_header
from raseed.sandbox.paymongo.stage import PayMongoStage
from raseed.sandbox.paymongo.world import MODES, NAME, World
from raseed.sandbox.store import Doc
from raseed.sandbox.world import ring

RESOURCE_ID = re.compile(r"\b(?:src|pay|cs|pi|pm|ref|link|cus)_[A-Za-z0-9]{24}")
TABLES = ("sources", "payments", "sessions", "intents", "methods", "refunds", "links", "customers")
#: A secret that no merchant can have registered.
FOREIGN_SECRET = "whsk_sandboxForeignSecret"  # noqa: S105


class PayMongo:
    """PayMongo, as far as docs/sandbox/paymongo.md says."""

    name = NAME
    #: 2^n seconds before the n-th of 12 retries: 8190 s in all, which is the documented 136.5 minutes.
    #: https://developers.paymongo.com/docs/webhook-retry-logic
    retry_waits: Sequence[float] = tuple(float(2**n) for n in range(1, 13))

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox
        self.stage = PayMongoStage(self._world)
        self.reset()

    def _world(self, mode: str) -> World:
        return World(self._sandbox, mode)

    def reset(self) -> None:
        control.defaults(self._world("test"), self._sandbox.options.paymongo)

    # -- requests -----------------------------------------------------------------------------------------

    def is_api(self, path: str) -> bool:
        return path.startswith("/v")

    def answer(self, exchange: Exchange) -> Answer:
        if self.is_api(exchange.path):
            return api.answer(self._world, exchange)
        return pages.answer(self._world, exchange)

    def rate_limited(self) -> Answer:
        """https://developers.paymongo.com/docs/rate-limiting-errors"""
        return Answer.text("Too many requests, please try again later.", 429)

    def broken(self, status: int) -> Answer:
        return Answer.text("Bad gateway", status)

    def subject(self, exchange: Exchange) -> Subject:
        """The request's own text, and the resources it names, so that a reference is found in either."""
        text = f"{exchange.path} {dict(exchange.query)} {exchange.body.decode('utf-8', 'replace')}"
        documents = [self._document(found) for found in set(RESOURCE_ID.findall(text))]
        amounts = set(amounts_in(documents))
        with suppress(ValueError, RecursionError):
            amounts |= set(amounts_in(json.loads(exchange.body or b"{}")))
        known = json.dumps(documents, ensure_ascii=False)
        return Subject("", exchange.method, exchange.path, f"{text} {known}", frozenset(amounts))

    def _document(self, resource_id: str) -> Doc:
        tables = (self._world(mode).table(name) for mode in MODES for name in TABLES)
        return next((table[resource_id]["attributes"] for table in tables if resource_id in table), {})

    def restate(self, document: object, *, minor: int | None, currency: str | None) -> object:
        return events.restate(document, minor=minor, currency=currency)

    # -- deliveries ---------------------------------------------------------------------------------------

    def sign(self, delivery: Delivery, at: float, spoil: str) -> Mapping[str, str]:
        world = self._world(delivery.mode)
        first = delivery.first_sent_at
        if world.settings["signature_time"] == "first" and first is not None:
            at = first
        webhook = world.table("webhooks").get(delivery.endpoint)
        secret = (
            webhook["attributes"]["secret_key"] if webhook and spoil != "wrong_secret" else FOREIGN_SECRET
        )
        header = signature_header(secret, delivery.body.encode(), int(at), livemode=world.livemode)
        return {"Paymongo-Signature": corrupted(header) if spoil == "corrupt_signature" else header}

    def accepts(self, delivery: Delivery) -> bool:
        webhook = self._world(delivery.mode).table("webhooks").get(delivery.endpoint)
        return webhook is not None and webhook["attributes"]["status"] == "enabled"

    def acknowledged(self, status: int, body: bytes) -> bool:
        """200-209 with JSON, https://developers.paymongo.com/docs/developer-tools-retry-logic; or any 2xx."""
        if self._world("test").settings["acknowledge"] == "status":
            return 200 <= status <= 299
        try:
            json.loads(body)
        except (ValueError, RecursionError):
            return False
        return 200 <= status <= 209

    def delivered(self, delivery: Delivery) -> None:
        webhooks.delivered(self._world(delivery.mode), delivery.endpoint)

    def exhausted(self, delivery: Delivery) -> None:
        webhooks.exhausted(self._world(delivery.mode), delivery.endpoint)

    # -- the clock and the control API ----------------------------------------------------------------------

    def ring(self, alarm: Doc) -> None:
        ring(ACTIONS, self._world(alarm["mode"]), alarm["action"], alarm["id"])

    def control(self, method: str, path: Sequence[str], body: Doc, query: Mapping[str, str]) -> object:
        return control.control(self._world, method, path, body, query)
