"""Open Payments as scenarios see it. A checkout is a grant that asks the payer for consent."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from urllib.parse import urlencode

from raseed.sandbox.exchange import Answer, ControlError, Exchange, Opened
from raseed.sandbox.openpayments import grants, incoming, interaction
from raseed.sandbox.openpayments.pages import consent
from raseed.sandbox.openpayments.world import World
from raseed.sandbox.store import Doc

ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}")
GRANT = re.compile(r"/auth(/[^/]+)?")
OUTGOING = re.compile(r"/op(/[^/]+)?/outgoing-payments")
NEWS = {
    "grant.approved": "agreed",
    "grant.rejected": "declined",
    "grant.revoked": "declined",
    "grant.expired": "expired",
    "outgoing_payment.created": "sending",
    "outgoing_payment.completed": "paid",
    "outgoing_payment.failed": "declined",
}
#: What a payer does to a checkout, and why it may be too late for it.
ACTS: dict[str, Callable[[World, Doc], bool]] = {
    "pay": interaction.accept,
    "decline": interaction.reject,
    "expire": grants.expire,
    "revoke": interaction.withdraw,
}


class WalletStage:
    """See `Stage`. Money is sent by the merchant's own calls, so that `pay` is the payer's consent."""

    def __init__(self, world: World) -> None:
        self._world = world

    # -- words -------------------------------------------------------------------------------------------

    def opens(self, exchange: Exchange) -> bool:
        if exchange.method != "POST" or not GRANT.fullmatch(exchange.path.rstrip("/")):
            return False
        try:
            document = json.loads(exchange.body)
        except (ValueError, RecursionError):
            return False
        return isinstance(document, dict) and "interact" in document

    def opened(self, answer: Answer) -> Opened | None:
        """The grant of an answer that sends the payer to consent; another answer opened nothing."""
        document = json.loads(answer.body) if answer.status == 200 else {}
        if "interact" not in document:
            return None
        grant = self._world.table("grants")[document["continue"]["uri"].rpartition("/")[2]]
        limits = (grants.outgoing(grant) or {}).get("limits", {})
        amount = limits.get("debitAmount") or limits.get("receiveAmount")
        if amount is None:
            return Opened(grant["id"], "test", 0, "")
        return Opened(grant["id"], "test", int(amount["value"]), amount["assetCode"], amount["assetScale"])

    def call(self, exchange: Exchange) -> str:
        path = exchange.path.rstrip("/")
        if self.opens(exchange):
            return "open"
        if exchange.method == "POST" and OUTGOING.fullmatch(path):
            return "charge"
        return "read" if exchange.method == "GET" and path.startswith("/op/") else ""

    def news(self, event: str) -> str:
        return NEWS.get(event, "")

    # -- whose is it -------------------------------------------------------------------------------------

    def about(self, text: str) -> frozenset[str]:
        named = set(ID.findall(text))
        return frozenset(checkout for name in named for checkout in self._checkouts(name))

    def _checkouts(self, name: str) -> Iterator[str]:
        """The grants that an id leads to: its own, its payment's, or those that may pay it."""
        world = self._world
        if name in world.table("outgoing"):
            yield world.table("outgoing")[name]["grant"]
        for grant_id, grant in world.table("grants").items():
            if not grant["interact_id"]:
                continue
            receiver = (grants.outgoing(grant) or {}).get("limits", {}).get("receiver", "")
            if name in (grant_id, grant["interact_id"]) or receiver.endswith(f"/{name}"):
                yield grant_id

    # -- the payer ---------------------------------------------------------------------------------------

    def attempts(self, exchange: Exchange) -> str:
        if exchange.method != "POST" or not consent.is_page(exchange.path):
            return ""
        grant = consent.grant_of(self._world, exchange)
        return grant["id"] if grant else ""

    def divert(self, exchange: Exchange, outcome: str) -> tuple[Exchange, bool]:
        form = consent.fields_of(exchange)
        if form.get("action") == "accept" and outcome not in ("require_3ds", "pend"):
            return replace(exchange, body=urlencode({**form, "action": "reject"}).encode()), True
        return exchange, False

    def act(
        self, verb: str, checkout: str, *, base_url: str, minor: int | None = None, currency: str = ""
    ) -> Doc:
        grant = self._world.table("grants").get(checkout)
        if grant is None:
            raise ControlError(f"there is no grant {checkout!r}.", status=404)
        if verb == "agree":  # a grant is given or it is not
            return {"id": checkout, "state": grant["state"]}
        if verb == "close_receiver":
            done = self._close_receiver(grant)
        elif verb in ACTS:
            done = ACTS[verb](self._world, grant)
        else:
            raise ControlError(f"Open Payments knows no {verb.replace('_', ' ')}.", status=409)
        if not done:
            raise ControlError(f"it is too late for that: the grant is {grant['state']}.", status=409)
        return {"id": checkout, "state": grant["state"]}

    def _close_receiver(self, grant: Doc) -> bool:
        payment = grants.receiver(self._world, grant)
        return payment is not None and incoming.close(payment)
