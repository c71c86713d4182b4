"""How a payment stands: facts from what both wallets say. Only what the seller's wallet received is money."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from raseed.core.errors import GatewayRefused, MoneyError
from raseed.core.facts import Fact, FactKind, Weight
from raseed.gateways.base import GatewayRef, Memory
from raseed.gateways.openpayments import incoming
from raseed.gateways.openpayments.caller import Caller
from raseed.gateways.openpayments.incoming import Incoming
from raseed.gateways.openpayments.journey import Journey, Sent
from raseed.gateways.openpayments.refusals import is_gone
from raseed.gateways.openpayments.vocabulary import CLOCK_MARGIN_SECONDS

OUTGOING = "outgoing_payment"


def facts(caller: Caller, journey: Journey, memory: Memory, ref: GatewayRef) -> list[Fact]:
    """All that can be said of a payment now; an empty list where nothing was made that could be paid."""
    seller, receiving = journey.wallet("payee"), journey.receiving()
    if seller is None or receiving is None:
        return []
    own = Fact(FactKind.PENDING, Weight.PROOF, reference=ref.reference, gateway_ref=receiving["id"])
    sent = journey.sent()
    own = replace(own, ids={OUTGOING: sent.id}) if sent else own
    ends = receiving["expires_at"]
    margin = timedelta(seconds=CLOCK_MARGIN_SECONDS)
    is_over = ends is not None and caller.now() > datetime.fromisoformat(ends) + margin
    try:
        found = incoming.fetch(caller, memory, seller, receiving["id"])
    except GatewayRefused as refused:
        if not is_gone(refused) or not (is_over or journey.ended()):
            raise
        # Rafiki forgets an incoming payment whose time is over and that received nothing.
        return [_ended(own, journey, FactKind.EXPIRED, "the seller's wallet received nothing in its time")]
    return _of_incoming(journey, own, found, sent, is_over=is_over)


def on_its_way(ref: GatewayRef, outgoing_id: str) -> Fact:
    """The payer's wallet was told to pay: that is no money yet."""
    return Fact(
        FactKind.PENDING,
        Weight.PROOF,
        reference=ref.reference,
        gateway_ref=ref.gateway_ref or None,
        detail="the payer's wallet is sending the money",
        raw={OUTGOING: outgoing_id},
        ids={OUTGOING: outgoing_id},
    )


def _of_incoming(
    journey: Journey, own: Fact, found: Incoming, sent: Sent | None, *, is_over: bool
) -> list[Fact]:
    own = replace(own, raw=_raw(found, sent))
    if found.wanted is None or not found.received.same_asset(found.wanted):
        return [replace(own, kind=FactKind.UNKNOWN, detail="the seller's wallet counts in another asset now")]
    if found.received.value >= found.wanted.value:
        return [_paid(own, found, "")]
    grows = not (found.completed or is_over)
    if sent is not None and grows:
        watched = journey.watched(sent)
        if watched is not None and watched.failed:
            why = f"The payer's wallet could not send the money{f' ({watched.why})' if watched.why else ''}."
            return [_part(own, found, why) or replace(own, kind=FactKind.FAILED, detail=why)]
    if grows:
        words = "the payer's wallet is sending the money" if sent else "waiting for the payer's consent"
        return [replace(own, detail=words)]
    part = _part(own, found, f"only {found.received} of {found.wanted} arrived")
    end = FactKind.CANCELLED if found.completed else FactKind.EXPIRED
    return [part or _ended(own, journey, end, "the seller's wallet takes no more money for this")]


def _part(own: Fact, found: Incoming, why: str) -> Fact | None:
    """A part arrived, and no more will; what is less than the currency's smallest unit is nothing."""
    return _paid(own, found, why) if found.received.value and found.received.money().minor else None


def _paid(own: Fact, found: Incoming, why: str) -> Fact:
    try:
        money = found.received.money()
    except MoneyError:
        return replace(own, kind=FactKind.UNKNOWN, detail=f"{found.received} is no money")
    return replace(own, kind=FactKind.PAID, charge_ref=found.id, money=money, is_total=True, detail=why)


def _ended(own: Fact, journey: Journey, kind: FactKind, words: str) -> Fact:
    ended = journey.ended()
    if ended is None:
        return replace(own, kind=kind, detail=words)
    return replace(own, kind=FactKind.FAILED if ended.failed else FactKind.CANCELLED, detail=ended.why)


def _raw(found: Incoming, sent: Sent | None) -> dict[str, Any]:
    """What staff may want to see; nothing of it is a secret."""
    raw = {"received": str(found.received), "completed": found.completed}
    return {**raw, OUTGOING: sent.id} if sent else raw
