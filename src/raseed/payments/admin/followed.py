"""What followed for money and goods, as entries of a payment's story. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from raseed.core.money import Money
from raseed.payments.admin.entry import Entry
from raseed.payments.admin.redaction import redacted_text
from raseed.payments.admin.words import first_line, last_line
from raseed.payments.books import BY_HAND
from raseed.payments.models import (
    Charge,
    Dispute,
    DisputeState,
    Fulfilment,
    FulfilmentState,
    Posting,
    Refund,
    Reservation,
    ReservationState,
    Revocation,
)


def charge_entry(charge: Charge) -> Entry:
    """Money that came."""
    marks = (
        "held" if charge.held else "",
        charge.concern,
        "" if charge.counts else "under a wrong identity",
    )
    fee = ""
    if charge.fee_minor is not None:
        fee = f", of which the fee is {Money(charge.fee_minor, charge.currency)}"
    return Entry(
        charge.created_at,
        4,
        "charge",
        f"Money came: {charge.money}",
        tone="wait" if charge.held else "good",
        marks=tuple(mark for mark in marks if mark),
        lines=(f"charge {charge.ref}{fee}",),
        row=charge,
    )


def posting_entry(posting: Posting) -> Entry:
    """How it was booked."""
    line = f"from {posting.credit} to {posting.debit}"
    return Entry(
        posting.created_at,
        6,
        "posting",
        f"Posted {posting.money} ({posting.memo})",
        lines=(line,),
        row=posting,
    )


def fulfilment_entries(fulfilment: Fulfilment) -> Iterator[Entry]:
    """What became of it; and, where it was given later than it was claimed, the failures before that."""
    given_at = fulfilment.fulfilled_at or fulfilment.created_at
    if given_at != fulfilment.created_at:
        yield Entry(
            fulfilment.created_at,
            7,
            "fulfilment",
            "What was paid for could not be given at once",
            tone="wait",
            marks=("fulfilment", *_tries(fulfilment)),
            row=fulfilment,
        )
    created = (fulfilment.created_label, fulfilment.created_key)
    yield Entry(
        given_at,
        7,
        "fulfilment",
        _FULFILMENT_TITLES[FulfilmentState(fulfilment.state)],
        tone=_FULFILMENT_TONES.get(fulfilment.state, ""),
        marks=("fulfilment", fulfilment.state, *_tries(fulfilment)),
        lines=(f"it created {' '.join(created)}",) if fulfilment.created_label else (),
        folded_title=_error_title(fulfilment),
        folded=redacted_text(fulfilment.error),
        row=fulfilment,
    )


_FULFILMENT_TITLES = {
    FulfilmentState.DONE: "What was paid for was given",
    FulfilmentState.DUE: "What was paid for is owed",
    FulfilmentState.CANCELLED: "Never given, and no longer owed: the money went back",
    FulfilmentState.REVOKED: "Given, and since then taken back",
}
_FULFILMENT_TONES = {FulfilmentState.DONE.value: "good", FulfilmentState.DUE.value: "wait"}


def _tries(row: Fulfilment | Revocation | Reservation) -> Iterator[str]:
    if row.tries:
        yield "failed once" if row.tries == 1 else f"failed {row.tries} times"


def _error_title(row: Fulfilment | Revocation | Reservation) -> str:
    return f"Error: {last_line(redacted_text(row.error))}" if row.error else ""


def refund_entries(refund: Refund) -> Iterator[Entry]:
    """A refund that was asked for or found; and, where that was later, its end."""
    made_at = refund.settled_at or refund.created_at
    noun = "void" if refund.is_void else "refund"
    asked = Entry(
        refund.created_at,
        5,
        "refund",
        f"A {noun} of {refund.money} {_origin(refund)}",
        tone=_REFUND_TONES.get(refund.state, "wait"),
        marks=(refund.state, *(["external"] if refund.is_external else [])),
        lines=tuple(line for line in _refund_lines(refund) if line),
        row=refund,
    )
    yield asked
    if refund.settled_at is not None and made_at != refund.created_at:
        ended = "went through" if refund.state == "succeeded" else f"ended as {refund.state}"
        yield replace(asked, at=made_at, title=f"The {noun} of {refund.money} {ended}", lines=())


def dispute_entries(dispute: Dispute) -> Iterator[Entry]:
    """A dispute that began, and how it ended."""
    about = f": {dispute.money}" if dispute.money else ""
    lines = (f"of charge {dispute.charge_ref}",) if dispute.charge_ref else ()
    opened = Entry(
        dispute.opened_at,
        5,
        "dispute",
        f"The customer disputes it{about}",
        tone="wait" if dispute.closed_at is None else "",
        marks=("dispute", dispute.state),
        lines=lines,
        row=dispute,
    )
    yield opened
    if dispute.closed_at is not None:
        tone = "bad" if dispute.state == DisputeState.LOST else "good"
        title = f"The dispute was {dispute.state}"
        yield replace(opened, at=dispute.closed_at, title=title, tone=tone, lines=(dispute.reason,))


def _origin(refund: Refund) -> str:
    if (refund.ref or "").startswith("dispute:"):
        return "was lost in a dispute"
    if refund.account == BY_HAND:
        return "was given back by hand"
    return "was made at the gateway" if refund.is_external else "was asked for"


_REFUND_TONES = {"succeeded": "", "failed": "bad"}


def _refund_lines(refund: Refund) -> Iterator[str]:
    yield refund.reason and f"reason: {refund.reason}"
    yield f"by {refund.user.get_username()}" if refund.user else ""
    yield f"of charge {refund.charge_ref}" + (f", at the gateway {refund.ref}" if refund.ref else "")
    yield refund.error and f"error: {first_line(redacted_text(refund.error))}"


def revocation_entry(revocation: Revocation) -> Entry:
    """The shop's `revoke` for one refund."""
    done = revocation.state == FulfilmentState.DONE
    return Entry(
        revocation.created_at,
        8,
        "revocation",
        f"The shop {'took' if done else 'must still take'} the refund into account",
        tone="" if done else "wait",
        marks=("revocation", revocation.state, *_tries(revocation)),
        folded_title=_error_title(revocation),
        folded=redacted_text(revocation.error),
        row=revocation,
    )


def reservation_entry(reservation: Reservation) -> Entry:
    """What the shop set aside for this payment, and whether it still does."""
    owed = reservation.next_try_at is not None
    return Entry(
        reservation.created_at,
        1,
        "reservation",
        "Set aside, and must still be let go" if owed else _RESERVATION_TITLES[reservation.state],
        tone="wait" if owed else "",
        marks=("set aside", reservation.state, *_tries(reservation)),
        folded_title=_error_title(reservation),
        folded=redacted_text(reservation.error),
        row=reservation,
    )


_RESERVATION_TITLES = {
    ReservationState.HELD.value: "Set aside while this is being paid for",
    ReservationState.USED.value: "Set aside, and given since",
    ReservationState.RELEASED.value: "Set aside, and let go since",
}
