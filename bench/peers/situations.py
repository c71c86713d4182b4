"""The twelve situations, the same for every peer: what is delivered, in which order, and who judges it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from bench.peers import verdicts
from bench.peers.peer import PRICE_MINOR, Checkout, NotPossible, Peer
from bench.peers.posting import Gateway, accepted
from bench.peers.verdicts import Mark, Seen, Verdict

#: How long a lost webhook is waited for. Raseed's first poll comes 5 s after the checkout was opened.
PATIENCE_SECONDS = 15.0


class ControlFailed(Exception):
    """One good delivery did not have one effect. Nothing that follows would mean anything."""


class Run:
    """One peer under test, with a stock of open checkouts."""

    def __init__(self, peer: Peer, rounds: int) -> None:
        self.peer = peer
        self.rounds = rounds
        self.gateway = Gateway(peer.url)
        self._stock: Iterator[Checkout] = iter(())

    def checkout(self) -> Checkout:
        """The next open checkout."""
        found = next(self._stock, None)
        if found is None:
            self._stock = iter(self.peer.prepare(max(10, self.rounds)))
            found = next(self._stock)
        return found

    def control(self) -> int:
        """The effects of one good delivery: 1, if site, signature and hook are sound."""
        checkout = self.checkout()
        answer = self.gateway.post(self.peer.paid(checkout))
        return self.peer.effects(checkout) if accepted(answer) else 0

    def seen(self, checkout: Checkout, answers: list[int]) -> Seen:
        """How it stands now, with a control right after."""
        effects, books = (self.peer.effects(checkout),), self.peer.books(checkout)
        return Seen(effects, tuple(answers), self.control(), books)


@dataclass(frozen=True)
class Situation:
    """`play` drives it and `judge` says what it means. `key` names it in notes and options."""

    key: str
    title: str
    play: Callable[[Run], Seen]
    judge: Callable[[Seen], Verdict]


def judged(situation: Situation, run: Run) -> Verdict:
    """Drive one situation and judge it. Raises ProcessFailed."""
    try:
        seen = situation.play(run)
    except NotPossible as reason:
        return Verdict(Mark.NOT_POSSIBLE, str(reason))
    if problem := verdicts.unsound(seen):
        return Verdict(Mark.ERROR, problem)
    verdict = situation.judge(seen)
    if situation.key in {"low", "high"} and run.peer.no_amounts and verdict.mark is not Mark.RIGHT:
        return Verdict(Mark.NOT_POSSIBLE, f"{verdict.text}: {run.peer.no_amounts}")
    return verdict


def check_control(run: Run) -> None:
    """One good delivery has one effect. Raises ControlFailed."""
    checkout = run.checkout()
    answer = run.gateway.post(run.peer.paid(checkout))
    effects = run.peer.effects(checkout)
    if effects != 1 or not accepted(answer):
        raise ControlFailed(f"one good delivery was answered {answer} and had {effects} effects")


def _rounds(run: Run, deliver: Callable[[Checkout], list[int]]) -> Seen:
    effects, answers = [], []
    for _ in range(run.rounds):
        checkout = run.checkout()
        answers += deliver(checkout)
        effects.append(run.peer.effects(checkout))
    return Seen(tuple(effects), tuple(answers), run.control())


def _in_a_row(run: Run) -> Seen:
    def deliver(checkout: Checkout) -> list[int]:
        delivery = run.peer.paid(checkout)
        return [run.gateway.post(delivery) for _ in range(3)]

    return _rounds(run, deliver)


def _at_once(copies: int) -> Callable[[Run], Seen]:
    def play(run: Run) -> Seen:
        return _rounds(run, lambda checkout: run.gateway.at_once(run.peer.paid(checkout), copies))

    return play


def _refunded_then_copy(run: Run) -> Seen:
    checkout = run.checkout()
    paid = run.peer.paid(checkout)
    run.gateway.until_accepted(paid)
    remains = run.peer.refund(checkout)
    if remains is not None:
        run.gateway.until_accepted(remains)
    before = run.peer.books(checkout)
    return replace(run.seen(checkout, [run.gateway.post(paid)]), before=before)


def _paid_then_expiry(run: Run) -> Seen:
    checkout = run.checkout()
    run.gateway.until_accepted(run.peer.paid(checkout))
    before = run.peer.books(checkout)
    return replace(run.seen(checkout, [run.gateway.post(run.peer.expired(checkout))]), before=before)


def _amount(minor: int) -> Callable[[Run], Seen]:
    def play(run: Run) -> Seen:
        checkout = run.checkout()
        return run.seen(checkout, [run.gateway.post(run.peer.paid(checkout, minor))])

    return play


def _refund_first(run: Run) -> Seen:
    checkout = run.checkout()
    refund = run.peer.refunded(checkout)
    first = run.gateway.post(refund)
    answers = [first, run.gateway.post(run.peer.paid(checkout))]
    if not accepted(first):
        answers += run.gateway.until_accepted(refund)
    return run.seen(checkout, answers)


def _order_later(run: Run) -> Seen:
    announced = run.peer.announced()
    delivery = run.peer.paid(announced)
    before = run.peer.books(announced)
    first = run.gateway.post(delivery)
    checkout = run.peer.create(announced)
    # A gateway repeats what was not accepted, and only that.
    answers = [first] if accepted(first) else [first, *run.gateway.until_accepted(delivery)]
    _wait_for_effect(run, checkout, PATIENCE_SECONDS)
    return replace(run.seen(checkout, answers), before=before)


def _forged(run: Run) -> Seen:
    checkout = run.checkout()
    genuine = run.peer.paid(checkout)
    answer = run.gateway.post(genuine.forged())
    effects, books = (run.peer.effects(checkout),), run.peer.books(checkout)
    # The same bytes, rightly signed: only the signature can have made the difference.
    run.gateway.until_accepted(genuine)
    return Seen(effects, (answer,), run.peer.effects(checkout), books)


def _crash(run: Run) -> Seen:
    checkout = run.checkout()
    delivery = run.peer.paid(checkout)
    run.peer.cut_power()
    answers = run.gateway.until_accepted(delivery)
    return replace(run.seen(checkout, answers), cut=run.peer.power_was_cut and not accepted(answers[0]))


def _lost(run: Run) -> Seen:
    checkout = run.peer.prepare(1)[0]
    run.peer.pay_silently(checkout)
    _wait_for_effect(run, checkout, PATIENCE_SECONDS)
    asked = run.peer.asked(checkout)
    effects, books = (run.peer.effects(checkout),), run.peer.books(checkout)
    control = run.checkout()
    answer = run.gateway.post(run.peer.paid(control))
    return Seen(effects, (answer,), run.peer.effects(control), books, asked=asked)


def _wait_for_effect(run: Run, checkout: Checkout, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline and not run.peer.effects(checkout):
        time.sleep(0.2)


SITUATIONS = (
    Situation("row", "Three copies in a row", _in_a_row, verdicts.once_each),
    Situation("eight", "Eight copies at once", _at_once(8), verdicts.once_each),
    Situation("two", "Two copies at once", _at_once(2), verdicts.once_each),
    Situation("refunded", "Refunded, then a late copy", _refunded_then_copy, verdicts.late_copy_after_refund),
    Situation("expiry", "Paid, then a stale expiry", _paid_then_expiry, verdicts.stale_expiry),
    Situation("low", "Reported amount too low", _amount(1), verdicts.too_low),
    Situation("high", "Reported amount too high", _amount(PRICE_MINOR * 5), verdicts.too_high),
    Situation("refund-first", "Refund before payment", _refund_first, verdicts.refund_first),
    Situation("order-later", "Delivery before the order exists", _order_later, verdicts.known_later),
    Situation("forged", "Bad signature", _forged, verdicts.refused),
    Situation("crash", "Crash between state and effect", _crash, verdicts.survives_a_crash),
    Situation("lost", "Lost webhook", _lost, verdicts.found_without_webhook),
)
