"""How the peers' benchmark judges: nothing is right by default, and each wrong outcome is called wrong."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from bench.peers.peer import Books, NotPossible, Standing
from bench.peers.posting import NO_ANSWER
from bench.peers.situations import SITUATIONS, ControlFailed, Run, Situation, check_control, judged
from bench.peers.verdicts import Mark, Seen

PAID = Books(Standing.PAID, "paid")
OPEN = Books(Standing.OPEN, "open")
HELD = Books(Standing.HELD, "held")
REFUNDED = Books(Standing.REFUNDED, "refunded")
ENDED = Books(Standing.ENDED, "rejected")
BY_KEY = {situation.key: situation for situation in SITUATIONS}

#: What a package does that gets everything right.
GOOD: dict[str, Seen] = {
    "row": Seen((1, 1), (200,) * 6, 1),
    "eight": Seen((1, 1), (200,) * 16, 1),
    "two": Seen((1, 1), (200,) * 4, 1),
    "refunded": Seen((1,), (200,), 1, REFUNDED, before=REFUNDED),
    "expiry": Seen((1,), (200,), 1, PAID, before=PAID),
    "low": Seen((0,), (200,), 1, HELD),
    "high": Seen((0,), (200,), 1, HELD),
    "refund-first": Seen((0,), (200, 200), 1, REFUNDED),
    "order-later": Seen((1,), (404, 200), 1, PAID),
    "forged": Seen((0,), (400,), 1, OPEN),
    "crash": Seen((1,), (NO_ANSWER, 200), 1, PAID, cut=True),
    "lost": Seen((1,), (200,), 1, PAID, asked=1),
}


class Stub:
    """As much of a peer as judging needs."""

    no_amounts = ""


def mark(key: str, seen: Seen, peer: Any = None) -> Mark:
    situation = BY_KEY[key]
    played = Situation(key, situation.title, lambda run: seen, situation.judge)
    run = object.__new__(Run)
    run.peer = peer or Stub()
    return judged(played, run).mark


def test_every_situation_has_a_good_case_here() -> None:
    assert GOOD.keys() == BY_KEY.keys()


@pytest.mark.parametrize("key", BY_KEY)
def test_good_is_right(key: str) -> None:
    assert mark(key, GOOD[key]) is Mark.RIGHT


@pytest.mark.parametrize("key", BY_KEY)
def test_without_a_good_control_nothing_is_right(key: str) -> None:
    assert mark(key, replace(GOOD[key], control=0)) is Mark.ERROR
    assert mark(key, replace(GOOD[key], control=2)) is Mark.ERROR


@pytest.mark.parametrize("key", BY_KEY)
def test_a_server_that_does_not_answer_is_an_error(key: str) -> None:
    silent = replace(GOOD[key], answers=(NO_ANSWER,) * len(GOOD[key].answers))
    assert mark(key, silent) is Mark.ERROR


@pytest.mark.parametrize("key", BY_KEY)
def test_a_wrong_address_is_an_error(key: str) -> None:
    assert mark(key, replace(GOOD[key], answers=(404,) * len(GOOD[key].answers))) is Mark.ERROR


@pytest.mark.parametrize("key", ["low", "high", "refund-first"])
def test_giving_nothing_behind_a_server_error_is_not_right(key: str) -> None:
    assert mark(key, Seen((0,), (500,), 1, OPEN)) is not Mark.RIGHT


@pytest.mark.parametrize(
    ("key", "seen"),
    [
        ("row", Seen((1, 3), (200,) * 6, 1)),
        ("row", Seen((1, 0), (200,) * 6, 1)),
        ("eight", Seen((1, 2), (200,) * 16, 1)),
        ("two", Seen((2, 2), (200,) * 4, 1)),
        ("refunded", Seen((2,), (200,), 1, PAID, before=REFUNDED)),
        ("refunded", Seen((1,), (200,), 1, PAID, before=REFUNDED)),
        ("expiry", Seen((1,), (200,), 1, ENDED, before=PAID)),
        ("low", Seen((1,), (200,), 1, PAID)),
        ("low", Seen((0,), (200,), 1, OPEN)),
        ("high", Seen((2,), (200,), 1, PAID)),
        ("high", Seen((0,), (200,), 1, OPEN)),
        ("refund-first", Seen((1,), (200, 200), 1, PAID)),
        ("order-later", Seen((0,), (200,), 1, OPEN)),
        ("order-later", Seen((2,), (500, 200), 1, PAID)),
        ("forged", Seen((1,), (200,), 1, PAID)),
        ("forged", Seen((0,), (200,), 1, OPEN)),
        ("forged", Seen((0,), (400,), 1, PAID)),
        ("crash", Seen((0,), (NO_ANSWER, 200), 1, PAID, cut=True)),
        ("crash", Seen((2,), (NO_ANSWER, 200), 1, PAID, cut=True)),
        ("lost", Seen((0,), (200,), 1, OPEN)),
    ],
)
def test_wrong_is_wrong(key: str, seen: Seen) -> None:
    assert mark(key, seen) is Mark.WRONG


@pytest.mark.parametrize(
    ("key", "seen"),
    [
        ("high", Seen((1,), (200,), 1, PAID)),
        ("refund-first", Seen((1,), (200, 200), 1, REFUNDED)),
        ("forged", Seen((0,), (500,), 1, OPEN)),
    ],
)
def test_what_can_be_argued_for(key: str, seen: Seen) -> None:
    assert mark(key, seen) is Mark.ARGUABLE


@pytest.mark.parametrize(
    ("key", "seen"),
    [
        ("crash", Seen((1,), (200,), 1, PAID, cut=False)),
        ("refunded", Seen((1,), (200,), 1, PAID, before=PAID)),
        ("expiry", Seen((1,), (200,), 1, PAID, before=OPEN)),
        ("order-later", Seen((1,), (200,), 1, PAID, before=OPEN)),
    ],
)
def test_a_situation_that_did_not_come_about_is_an_error(key: str, seen: Seen) -> None:
    assert mark(key, seen) is Mark.ERROR


def test_what_cannot_be_expressed_says_why() -> None:
    def play(run: Run) -> Seen:
        raise NotPossible("it reads no refunds")

    verdict = judged(replace(BY_KEY["refund-first"], play=play), object.__new__(Run))
    assert (verdict.mark, verdict.text) == (Mark.NOT_POSSIBLE, "it reads no refunds")


def test_a_package_that_knows_no_price_is_not_blamed_and_not_praised() -> None:
    peer = Stub()
    peer.no_amounts = "it knows no price"
    assert mark("low", Seen((1,), (200,), 1, PAID), peer) is Mark.NOT_POSSIBLE
    assert mark("row", Seen((2,), (200,), 1), peer) is Mark.WRONG


class Silent:
    """A peer whose hook never runs."""

    def paid(self, checkout: object) -> object:
        return None

    def effects(self, checkout: object) -> int:
        return 0


def test_a_column_whose_good_delivery_does_nothing_is_void() -> None:
    run = object.__new__(Run)
    run.peer = Silent()  # type: ignore[assignment]
    run.gateway = type("Accepting", (), {"post": lambda self, delivery: 200})()
    run._stock = iter([object()])  # type: ignore[list-item]
    with pytest.raises(ControlFailed, match="had 0 effects"):
        check_control(run)
