"""Words for people: durations, channels, and what each kind of fact says. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.utils import timezone

from raseed.core.facts import Channel, FactKind
from raseed.payments.models import Act, Ruling

#: Who speaks when a fact comes by a channel.
CHANNEL_WORDS = {
    Channel.WEBHOOK: "the gateway called us",
    Channel.RETURN: "the customer came back and we asked",
    Channel.POLL: "we asked by ourselves",
    Channel.MANUAL: "a person asked or decided",
}

#: What a fact or ruling says, as a heading.
FACT_WORDS: dict[str, str] = {
    FactKind.OPENED: "The checkout is open at the gateway",
    FactKind.PENDING: "Not paid yet",
    FactKind.CHARGEABLE: "The customer agreed; the money must still be taken",
    FactKind.AUTHORIZED: "The money is reserved for us",
    FactKind.CAPTURED: "The reserved money was taken",
    FactKind.PAID: "Paid",
    FactKind.VOIDED: "Voided",
    FactKind.ATTEMPT_FAILED: "One attempt failed; it can still be paid",
    FactKind.FAILED: "Failed",
    FactKind.EXPIRED: "Expired at the gateway",
    FactKind.CANCELLED: "Cancelled at the gateway",
    FactKind.REFUND_PENDING: "The gateway works on a refund",
    FactKind.REFUNDED: "Money went back",
    FactKind.REFUND_FAILED: "A refund failed",
    FactKind.DISPUTED: "The customer disputes the payment",
    FactKind.DISPUTE_CLOSED: "The dispute is closed",
    FactKind.CARD_SAVED: "A card was saved",
    FactKind.UNKNOWN: "A word we do not know",
    Ruling.LAPSED: "Set aside by our own side",
    Ruling.ACCEPTED: "Accepted by a person",
    Ruling.REJECTED: "Turned down by a person",
    Ruling.MARKED_PAID: "Marked as paid by a person",
    Ruling.GIVEN_BACK: "Given back by hand",
}

#: What a person did, as a heading.
ACT_WORDS = {
    Act.CHECK: "A person asked the gateway",
    Act.RETRY: "A person had it tried again",
    Act.REFUND: "A person asked for a refund",
    Act.GIVE_BACK: "A person recorded money given back by hand",
    Act.ACCEPT: "A person accepted the money",
    Act.REJECT: "A person rejected the money",
    Act.MARK_PAID: "A person marked it as paid",
    Act.CAPTURE: "A person took the held money",
    Act.VOID: "A person let the held money go",
    Act.DISPUTE: "A person recorded how the dispute ended",
    Act.REPLAY: "A person had a delivery read again",
}

#: Facts that say the money came.
SAYS_PAID = frozenset({FactKind.PAID.value, FactKind.CAPTURED.value, Ruling.MARKED_PAID.value})


def duration(time: timedelta) -> str:
    """`0.4 s`, `12 s`, `3 min 5 s`, `2 h 4 min`, `3 d 2 h`."""
    sign = "−" if time < timedelta() else ""
    seconds = abs(time).total_seconds()
    if seconds < 10:
        return f"{sign}{seconds:.1f} s"
    whole = round(seconds)
    for size, unit, smaller_size, smaller in _UNITS:
        if whole >= size:
            rest = whole % size // smaller_size
            return f"{sign}{whole // size} {unit}" + (f" {rest} {smaller}" if rest else "")
    return f"{sign}{whole} s"


_UNITS = ((86400, "d", 3600, "h"), (3600, "h", 60, "min"), (60, "min", 1, "s"))


def moment(at: datetime) -> str:
    """A moment in the present time zone, to the second."""
    return f"{timezone.localtime(at):%Y-%m-%d %H:%M:%S}"


def when(at: datetime, now: datetime) -> str:
    """A moment and how far it is: `2026-03-01 09:00:00 (in 3 min)`."""
    distance = at - now
    far = f"in {duration(distance)}" if distance >= timedelta() else f"{duration(-distance)} ago"
    return f"{moment(at)} ({far})"


def due(at: datetime, now: datetime) -> str:
    """When something is done that is owed at this moment; what is overdue is done next."""
    return when(at, now) if at > now else f"it was due at {when(at, now)} and is next in line"


def first_line(text: str, longest: int = 160) -> str:
    """The first line of a text, cut; for lists."""
    line = text.strip().split("\n", 1)[0]
    return line if len(line) <= longest else f"{line[: longest - 1]}…"


def last_line(text: str, longest: int = 300) -> str:
    """The last line of a traceback: the error itself, cut."""
    line = text.strip().rsplit("\n", 1)[-1]
    return line if len(line) <= longest else f"{line[: longest - 1]}…"
