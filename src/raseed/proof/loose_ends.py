"""What our own rows must show at rest: nothing vanished, no forbidden move, nothing left undone."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

from raseed.core.states import MOVES, RefundState, State
from raseed.payments.encryption import decrypt
from raseed.payments.models import (
    Delivery,
    DeliveryRef,
    DeliveryState,
    Fulfilment,
    FulfilmentState,
    GatewayId,
    Notice,
    NoticeState,
    Payment,
    PaymentFact,
    Refund,
    Revocation,
)
from raseed.proof.breach import Breach
from raseed.proof.gateway_books import canonical

VANISHED, MOVED, UNDONE = "no delivery vanished", "allowed moves", "nothing is left undone"
UNKNOWN = "unknown stays pending"


def delivery_breaches(acknowledged: Iterable[tuple[str, Any]]) -> Iterator[Breach]:
    """Every webhook that was answered as received is kept, and read unless it is about nothing of ours."""
    kept = {(delivery.account, _said(delivery)) for delivery in Delivery.objects.iterator()}
    for gateway, body in acknowledged:
        text = canonical(body)
        if (gateway, text) not in kept:
            yield Breach(VANISHED, gateway, f"was answered, and is not kept: {text[:200]}")
    unread = Delivery.objects.exclude(state__in=[DeliveryState.READ, DeliveryState.FOREIGN])
    for delivery in unread:
        yield Breach(VANISHED, delivery.account, f"{delivery} is {delivery.state}: {delivery.error}")
    yield from _ours_but_foreign()


def _said(delivery: Delivery) -> str:
    body = decrypt(bytes(delivery.body or b"")) if delivery.is_encrypted else bytes(delivery.body or b"")
    try:
        return canonical(json.loads(body))
    except ValueError:
        return body.decode("utf-8", "replace")


def _ours_but_foreign() -> Iterator[Breach]:
    """A delivery was taken for somebody else's although it names a payment of ours."""
    foreign = DeliveryRef.objects.filter(delivery__state=DeliveryState.FOREIGN)
    ids = {(ref.account, ref.value): ref.delivery_id for ref in foreign}
    if not ids:
        return
    by_id = GatewayId.objects.values_list("account", "value", "payment__reference")
    by_reference = Payment.objects.values_list("account", "reference", "reference")
    for account, value, reference in (*by_id, *by_reference):
        if (account, value) in ids:
            said = f"delivery {ids[account, value]} names it by {value}, and was not read"
            yield Breach(VANISHED, reference, said)


def move_breaches() -> Iterator[Breach]:
    """Every state was reached by an allowed move from the one before."""
    stands = {payment_id: (reference, state) for payment_id, reference, state in _states()}
    at: dict[int, str] = {}
    moves = PaymentFact.objects.order_by("pk").values_list("payment_id", "from_state", "to_state")
    for payment_id, before, after in moves:
        if before == after:
            continue
        stood = at.get(payment_id, State.NEW.value)
        if before != stood or State(after) not in MOVES[State(stood)]:
            yield Breach(MOVED, stands[payment_id][0], f"{before} → {after} when it was {stood}")
        at[payment_id] = after
    for payment_id, (reference, state) in stands.items():
        stood = at.get(payment_id, State.NEW.value)
        if state != stood:
            yield Breach(MOVED, reference, f"it is {state}, its history says {stood}")


def failure_breaches(refused: Mapping[str, Collection[str]], misstated: Collection[str]) -> Iterator[Breach]:
    """No payment ever failed here of which its gateway did not say so: what is unknown stays pending."""
    moves = PaymentFact.objects.filter(to_state=State.FAILED).exclude(from_state=State.FAILED)
    for account, reference in moves.values_list("payment__account", "payment__reference").distinct():
        if account in refused and reference not in refused[account] and reference not in misstated:
            yield Breach(UNKNOWN, reference, f"it failed here, and {account} knows of no attempt that did")


def _states() -> Iterable[tuple[int, str, str]]:
    return Payment.objects.values_list("pk", "reference", "state")


def undone() -> Iterator[Breach]:
    """Nothing is under way any more that should have ended by itself."""
    refunds = Refund.objects.exclude(state__in=[RefundState.SUCCEEDED, RefundState.FAILED])
    for refund in refunds.select_related("payment"):
        yield Breach(UNDONE, refund.payment.reference, f"a refund is {refund.state}: {refund.error}")
    owed = Fulfilment.objects.filter(state=FulfilmentState.DUE, payment__attention="")
    for fulfilment in owed.select_related("payment"):
        said = f"a fulfilment is owed after {fulfilment.tries} tries: {fulfilment.error[-200:]}"
        yield Breach(UNDONE, fulfilment.payment.reference, said)
    unrevoked = Revocation.objects.exclude(state=FulfilmentState.DONE)
    for revocation in unrevoked.select_related("refund__payment"):
        said = f"taking back is owed after {revocation.tries} tries: {revocation.error[-200:]}"
        yield Breach(UNDONE, revocation.refund.payment.reference, said)
    for notice in Notice.objects.filter(state__in=[NoticeState.WAITING, NoticeState.SENDING]):
        yield Breach(UNDONE, notice.key, f"a notice is {notice.state}: {notice.error}")
