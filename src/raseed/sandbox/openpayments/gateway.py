"""Open Payments behind the sandbox's gateway protocol."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from raseed.sandbox.box import Sandbox
from raseed.sandbox.delivery import Delivery, amounts_in
from raseed.sandbox.exchange import Answer, Exchange, Subject
from raseed.sandbox.openpayments import api, control, keys, restating, shapes, tokens
from raseed.sandbox.openpayments.alarms import ACTIONS
from raseed.sandbox.openpayments.call import gnap_token
from raseed.sandbox.openpayments.pages import consent
from raseed.sandbox.openpayments.signatures import SignatureRefused, Signed, key_id
from raseed.sandbox.openpayments.stage import ID, WalletStage
from raseed.sandbox.openpayments.world import NAME, World
from raseed.sandbox.store import Doc
from raseed.sandbox.world import ring

TABLES = ("incoming", "quotes", "outgoing")


class OpenPayments:
    """Open Payments, as far as docs/sandbox/openpayments.md says."""

    name = NAME
    #: Merchants get no webhooks here, so there is nothing to repeat.
    retry_waits: Sequence[float] = ()

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox
        self._world = World(sandbox)
        self.stage = WalletStage(self._world)
        self.reset()

    def reset(self) -> None:
        control.defaults(self._world, self._sandbox.options.openpayments)

    # -- requests -----------------------------------------------------------------------------------------

    def is_api(self, path: str) -> bool:
        return not consent.is_page(path)

    def answer(self, exchange: Exchange) -> Answer:
        if self.is_api(exchange.path):
            return api.answer(self._world, exchange)
        return consent.answer(self._world, exchange)

    def rate_limited(self) -> Answer:
        """No such answer is documented; this is what a proxy in front would say."""
        return Answer.text("Too many requests", 429)

    def broken(self, status: int) -> Answer:
        """Nothing is documented for it."""
        return Answer.text("Bad gateway", status)

    def subject(self, exchange: Exchange) -> Subject:
        """The request's own text, the grant of its token, and the payments it names with their metadata."""
        text = f"{exchange.path} {dict(exchange.query)} {exchange.body.decode('utf-8', 'replace')}"
        found = tokens.find(self._world, gnap_token(exchange))
        text += f" {found[1]['id']}" if found else ""
        named = (self._document(name) for name in sorted(set(ID.findall(text))))
        documents = [document for document in named if document]
        amounts = set(amounts_in(_parsed(exchange.body)))
        amounts |= {
            document[key]
            for document in documents
            for key in ("incoming", "receive")
            if _is_minor(document, key)
        }
        known = json.dumps([document["metadata"] for document in documents if document.get("metadata")])
        return Subject("", exchange.method, exchange.path, f"{text} {known}", frozenset(amounts))

    def _document(self, resource_id: str) -> Doc:
        tables = (self._world.table(name) for name in TABLES)
        return next((table[resource_id] for table in tables if resource_id in table), {})

    def restate(self, document: object, *, minor: int | None, currency: str | None) -> object:
        return restating.restate(document, minor=minor, currency=currency)

    # -- documents that others publish ----------------------------------------------------------------------

    def wants(self, exchange: Exchange) -> list[str]:
        """The addresses that must be read before this call can be judged: its client's keys."""
        addresses = self._world.addresses(exchange.base_url)
        if api.route(exchange, addresses.tenant) is None:
            return []
        signed = Signed(exchange.method, exchange.url, exchange.headers, exchange.body)
        try:
            client, kid = self._client(exchange), key_id(signed)
        except (SignatureRefused, shapes.WrongShape):
            return []
        return keys.wanted(self._world, addresses, client, kid) if client else []

    def _client(self, exchange: Exchange) -> str:
        """The wallet address of whoever calls; "" where it is not known or there is none."""
        token = gnap_token(exchange)
        if token is None:
            return shapes.client(shapes.document(exchange.body).get("client"))[0]
        found = tokens.find(self._world, token)
        grants = self._world.table("grants")
        grant = found[1] if found else grants.get(exchange.path.rstrip("/").rpartition("/")[2])
        return str(grant["client"]) if grant else ""

    def learn(self, url: str, status: int, body: bytes) -> None:
        """What was read at one of these addresses; status 0 where nothing answered."""
        keys.learn(self._world, url, status, body)

    # -- deliveries: there are none -------------------------------------------------------------------------

    def sign(self, delivery: Delivery, at: float, spoil: str) -> Mapping[str, str]:
        return {}

    def accepts(self, delivery: Delivery) -> bool:
        return False

    def acknowledged(self, status: int, body: bytes) -> bool:
        return 200 <= status <= 299

    def delivered(self, delivery: Delivery) -> None:
        """Nothing follows from it."""

    def exhausted(self, delivery: Delivery) -> None:
        """Nothing follows from it."""

    # -- the clock and the control API ----------------------------------------------------------------------

    def ring(self, alarm: Doc) -> None:
        ring(ACTIONS, self._world, alarm["action"], alarm["id"])

    def control(self, method: str, path: Sequence[str], body: Doc, query: Mapping[str, str]) -> object:
        return control.control(self._world, method, path, body, query)


def _parsed(body: bytes) -> object:
    try:
        return json.loads(body or b"{}")
    except (ValueError, RecursionError):
        return {}


def _is_minor(document: Doc, key: str) -> bool:
    return type(document.get(key)) is int
