"""What is right, situation by situation: pure functions of what was seen. Nothing is right by default.

A cell whose good outcome is that nothing is given counts only if a good delivery right after it gave exactly
one effect: a server that is down gives nothing, too.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from bench.peers.peer import Books, Standing
from bench.peers.posting import NO_ANSWER, accepted

NOBODY = Books(Standing.NONE, "unknown")


class Mark(StrEnum):
    """How a cell is judged."""

    RIGHT = "right"
    ARGUABLE = "arguable"
    WRONG = "wrong"
    NOT_POSSIBLE = "not possible"
    ERROR = "error"  # the measurement itself went wrong; says nothing about the package


@dataclass(frozen=True)
class Verdict:
    """A mark, and what happened in a few words that begin with a number where there is one."""

    mark: Mark
    text: str


@dataclass(frozen=True)
class Seen:
    """What one situation did to one peer.

    `effects`: for each round, the effects that the order has at the end. `answers`: of every delivery that is
    judged, NO_ANSWER where there was none. `control`: the effects of a good delivery for another order, made
    right after.
    """

    effects: Sequence[int]
    answers: Sequence[int]
    control: int
    books: Books = NOBODY
    before: Books = NOBODY
    cut: bool = False
    asked: int = 0


def unsound(seen: Seen) -> str:
    """Why this says nothing, or ""."""
    if seen.control != 1:
        return f"the good delivery right after had {seen.control} effects"
    if not seen.effects:
        return "nothing was delivered"
    if not any(status != NO_ANSWER for status in seen.answers):
        return "the server did not answer"
    if set(seen.answers) == {404}:
        return "the address was not found"
    return ""


def once_each(seen: Seen) -> Verdict:
    """Copies: every round has exactly one effect."""
    rounds = len(seen.effects)
    twice = sum(count > 1 for count in seen.effects)
    never = sum(count == 0 for count in seen.effects)
    text = f"{twice} of {rounds} rounds more than once"
    if never:
        text += f", {never} not at all"
    failed = sum(not accepted(status) for status in seen.answers)
    if failed:
        text += f"; {failed} of {len(seen.answers)} copies refused"
    return Verdict(Mark.WRONG if twice or never else Mark.RIGHT, text)


def late_copy_after_refund(seen: Seen) -> Verdict:
    """Refunded stays refunded, and nothing is given again."""
    if seen.before.standing is not Standing.REFUNDED:
        return Verdict(Mark.ERROR, f"the refund was not taken: {seen.before.word}")
    right = seen.effects == (1,) and seen.books.standing is Standing.REFUNDED
    return Verdict(Mark.RIGHT if right else Mark.WRONG, _given(seen))


def stale_expiry(seen: Seen) -> Verdict:
    """Paid stays paid."""
    if seen.before.standing is not Standing.PAID:
        return Verdict(Mark.ERROR, f"it was not paid before: {seen.before.word}")
    right = seen.effects == (1,) and seen.books.standing is Standing.PAID
    return Verdict(Mark.RIGHT if right else Mark.WRONG, _given(seen))


def too_low(seen: Seen) -> Verdict:
    """Not given, and visible in the books."""
    if seen.effects != (0,):
        return Verdict(Mark.WRONG, _given(seen))
    return _kept_or_forgotten(seen)


def too_high(seen: Seen) -> Verdict:
    """Held and visible; given, with nobody told of the excess, can be argued for."""
    if seen.effects == (1,):
        shown = seen.books.standing is Standing.HELD
        return Verdict(Mark.RIGHT if shown else Mark.ARGUABLE, _given(seen))
    return _kept_or_forgotten(seen) if seen.effects == (0,) else Verdict(Mark.WRONG, _given(seen))


def refund_first(seen: Seen) -> Verdict:
    """The books know the refund. Giving what was paid back is arguable as long as they do."""
    if seen.books.standing is not Standing.REFUNDED:
        return Verdict(Mark.WRONG, _given(seen))
    return Verdict(Mark.RIGHT if seen.effects == (0,) else Mark.ARGUABLE, _given(seen))


def given_once(seen: Seen) -> Verdict:
    """However it came about, it is given exactly once in the end."""
    return Verdict(Mark.RIGHT if seen.effects == (1,) else Mark.WRONG, _given(seen))


def known_later(seen: Seen) -> Verdict:
    """The site knew nothing of it when the news came; its answer decides whether that is repeated."""
    if seen.before.standing is not Standing.NONE:
        return Verdict(Mark.ERROR, f"the order was there already: {seen.before.word}")
    verdict = given_once(seen)
    return Verdict(verdict.mark, f"{verdict.text}, first answered {seen.answers[0]}")


def refused(seen: Seen) -> Verdict:
    """A forgery changes nothing and is refused in so many words (4xx); an exception (5xx) is arguable."""
    answer = seen.answers[0]
    text = f"{seen.effects[0]} effects, answered {answer}"
    if seen.effects != (0,) or seen.books.standing not in {Standing.OPEN, Standing.NONE} or accepted(answer):
        return Verdict(Mark.WRONG, f"{text}, {seen.books.word}")
    if answer in {NO_ANSWER, 404}:
        return Verdict(Mark.ERROR, text)
    return Verdict(Mark.RIGHT if answer < 500 else Mark.ARGUABLE, text)


def survives_a_crash(seen: Seen) -> Verdict:
    """The hook died after the state was written; the gateway's next tries put it right."""
    if not seen.cut:
        return Verdict(Mark.ERROR, "the hook was not reached, so nothing died")
    return given_once(seen)


def found_without_webhook(seen: Seen) -> Verdict:
    """Paid at the gateway, and nobody told us."""
    text = f"{_given(seen)}, gateway asked {seen.asked}×"
    return Verdict(Mark.RIGHT if seen.effects == (1,) else Mark.WRONG, text)


def _kept_or_forgotten(seen: Seen) -> Verdict:
    if seen.books.standing is Standing.HELD:
        return Verdict(Mark.RIGHT, _given(seen))
    if all(accepted(status) for status in seen.answers):
        return Verdict(Mark.WRONG, f"{_given(seen)}: acknowledged and forgotten")
    return Verdict(Mark.ARGUABLE, f"{_given(seen)}, answered {seen.answers[-1]}")


def _given(seen: Seen) -> str:
    count = seen.effects[0]
    return f"{count} {'effect' if count == 1 else 'effects'}, {seen.books.word}"
