"""A payment in plain words: what is known, what happens next, what you could do. Pure, on loaded rows."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from raseed.core.facts import Channel
from raseed.core.money import Money
from raseed.core.states import CLOSED, OPEN, REFUND_AT_GATEWAY, RefundState, State
from raseed.payments.admin.redaction import redacted_text
from raseed.payments.admin.words import CHANNEL_WORDS, due, last_line, moment, when
from raseed.payments.models import Fulfilment, FulfilmentState, Payment

#: Work this much overdue means that nobody does it.
LATE = timedelta(minutes=1)

WORKER = "Is the worker running? It is started with: manage.py raseed_work"


@dataclass(frozen=True)
class Summary:
    """`tone` is good, wait, bad or quiet; `headline` says the same in a few words."""

    tone: str
    headline: str
    known: list[str]
    next: list[str]
    advice: list[str]


def summary(payment: Payment, now: datetime) -> Summary:
    """What a shop owner wants to know first. The payment's rows are loaded already."""
    tone, headline = _headline(payment, now)
    return Summary(
        tone=tone,
        headline=headline,
        known=[*_known_of_money(payment), *_known_of_goods(payment)],
        next=list(_next(payment, now)) or ["Nothing: it is settled, and nothing is owed."],
        advice=list(_advice(payment, now)) or ["Nothing needs to be done."],
    )


def standing(payment: Payment) -> Fulfilment | None:
    """The fulfilment that counts: the newest."""
    return max(payment.fulfilments.all(), key=lambda row: row.pk, default=None)


def is_overdue(payment: Payment, now: datetime) -> bool:
    """Open although its time to pay is over."""
    return payment.state in OPEN and payment.expires_at <= now


def held(payment: Payment) -> list[Money]:
    """The amounts that are kept in suspense and have not gone back."""
    gone = [refund for refund in payment.refunds.all() if refund.state == RefundState.SUCCEEDED]
    left = (
        Money(charge.minor - sum(r.minor for r in gone if r.charge_ref == charge.ref), charge.currency)
        for charge in payment.charges.all()
        if charge.held
    )
    return [money for money in left if money.minor > 0]


def _headline(payment: Payment, now: datetime) -> tuple[str, str]:
    if payment.state == State.PAID:
        return _headline_of_paid(payment)
    if payment.state == State.REVIEW:
        return "wait", "A person must decide"
    if payment.state in OPEN:
        if payment.check_error:
            return "wait", "Not paid yet, and the gateway cannot be asked"
        late = is_overdue(payment, now)
        return "wait", "Not paid yet, and its time is over" if late else "Not paid yet"
    if payment.attention:
        return "wait", "Ended, and a person should look"
    if payment.state == State.LAPSED:
        return "quiet", "Not paid in time; the gateway is still watched"
    return "bad", f"Ended without money ({payment.state})"


def _headline_of_paid(payment: Payment) -> tuple[str, str]:
    given = standing(payment)
    state = given.state if given else ""
    if payment.is_fully_refunded:
        return "quiet", "Paid, and all of it went back"
    if payment.attention:
        return "wait", "Paid, and a person should look"
    if state == FulfilmentState.DONE:
        return "good", "Paid, and given"
    return (
        "wait",
        "Paid, but not given yet" if state == FulfilmentState.DUE else "Paid; nothing was given for it",
    )


def _known_of_money(payment: Payment) -> Iterator[str]:
    words = _STATE_WORDS[State(payment.state)]
    yield words(payment) if callable(words) else words
    if payment.attention:
        yield f"Why a person should look: {payment.attention.rstrip('.')}."
    collected, refunded = payment.collected(), payment.refunded()
    if payment.state != State.PAID and collected.minor:
        yield f"{collected} came in."
    elif collected not in (payment.expected, Money(0, payment.currency)):
        yield f"{collected} came in, where {payment.expected} was expected."
    for money in held(payment):
        yield f"{money} is held: it is here, and counts for nothing until a person decides."
    if refunded.minor:
        yield f"{refunded} went back."
    if payment.detail:
        yield f"The gateway's last words: {redacted_text(payment.detail).rstrip('.')}."


def _paid_words(payment: Payment) -> str:
    channel = (
        f" First word: {CHANNEL_WORDS[Channel(payment.first_channel)]}." if payment.first_channel else ""
    )
    at = f" since {moment(payment.paid_at)}" if payment.paid_at else ""
    return f"It counts as paid{at}.{channel}"


_STATE_WORDS: dict[State, str | Callable[[Payment], str]] = {
    State.NEW: "The checkout is being opened, or its opening was interrupted. No money has been reported.",
    State.PENDING: "The checkout is open. No money has been reported.",
    State.AUTHORIZED: "The money is reserved for us at the gateway. It is not ours yet.",
    State.PAID: _paid_words,
    State.FAILED: "The gateway said that it failed. No money came.",
    State.EXPIRED: "The gateway said that its time is over. No money came.",
    State.CANCELLED: "It was closed at the gateway, voided, or turned down by a person.",
    State.LAPSED: "Only our own deadline passed. The gateway may still say that it was paid.",
    State.REVIEW: "Something does not agree with what was opened, so nothing was given for it.",
}


def _known_of_goods(payment: Payment) -> Iterator[str]:
    given = standing(payment)
    if given is None:
        if payment.state == State.PAID and not payment.is_fully_refunded:
            yield "Nothing was given for it: the money is held, or another payment was first."
        return
    yield _GOODS_WORDS[FulfilmentState(given.state)]
    if given.error:
        times = "once" if given.tries == 1 else f"{given.tries} times"
        yield f"The shop's own code failed {times}: {last_line(redacted_text(given.error))}"


_GOODS_WORDS = {
    FulfilmentState.DONE: "What was paid for was given, once.",
    FulfilmentState.DUE: "What was paid for is still owed.",
    FulfilmentState.CANCELLED: "What was paid for was never given; the money went back.",
    FulfilmentState.REVOKED: "What was paid for was given, and taken back after the refund.",
}


def _next(payment: Payment, now: datetime) -> Iterator[str]:
    yield from _next_check(payment, now)
    if payment.state in OPEN and payment.expires_at > now:
        yield f"Without money it lapses at {when(payment.expires_at, now)}. It is watched on after that."
    given = standing(payment)
    if given and given.state == FulfilmentState.DUE and given.next_try_at:
        yield f"Giving what was paid for is tried again: {due(given.next_try_at, now)}."
    for refund in payment.refunds.all():
        if refund.state == RefundState.WAITING:
            yield f"The refund of {refund.money} is sent by the worker."
        elif refund.state in REFUND_AT_GATEWAY:
            yield f"The refund of {refund.money} is {refund.state}; the gateway is asked what became of it."


def _next_check(payment: Payment, now: datetime) -> Iterator[str]:
    if payment.lease_until and payment.lease_until > now:
        yield "A worker is talking to the gateway about it right now."
    elif payment.next_check_at:
        yield f"The gateway is asked again: {due(payment.next_check_at, now)}."
    elif payment.state in OPEN:
        yield "No further question to the gateway is planned."


def _advice(payment: Payment, now: datetime) -> Iterator[str]:
    if _is_late(payment, now):
        yield WORKER
    if _asks_in_vain(payment):
        yield (
            "The last question to the gateway failed. If this stays, check the account's keys and the "
            f"gateway's own status page. It said: {redacted_text(payment.check_error)}"
        )
    if payment.state == State.REVIEW:
        yield (
            f"Search the gateway's dashboard for {payment.reference} and compare. Then accept the money, "
            "turn it down, or send it back. Do not change rows by hand."
        )
    elif held(payment):
        yield "Decide about the money that is held: accept it, or send it back."
    elif payment.attention:
        yield f"Search the gateway's dashboard for {payment.reference} and compare it with the story below."
    given = standing(payment)
    if given and given.state == FulfilmentState.DUE and given.error:
        yield (
            "Show the error below to whoever wrote the shop. Once it is mended, the next attempt succeeds; "
            "you can have it tried at once."
        )
    if payment.state in OPEN and not payment.check_error:
        yield (
            f"If the customer says they have paid, search the gateway's dashboard for {payment.reference}. "
            "They need not pay again. You can also have the gateway asked now."
        )


def _asks_in_vain(payment: Payment) -> bool:
    """The last question failed, and nothing has settled the payment since."""
    if payment.state in CLOSED or not payment.check_error:
        return False
    return payment.paid_at is None or (
        payment.checked_at is not None and payment.checked_at > payment.paid_at
    )


def _is_late(payment: Payment, now: datetime) -> bool:
    """Anything of this payment is overdue by so much that nobody seems to work."""
    due = [payment.next_check_at]
    due += [row.next_try_at for row in payment.fulfilments.all()]
    due += [row.next_try_at for row in payment.refunds.all()]
    return any(at is not None and at < now - LATE for at in due)
