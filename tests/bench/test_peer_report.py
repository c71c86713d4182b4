"""The peers' table: a sign, a few words, and a footnote once."""

from __future__ import annotations

from bench.peers.report import Column, Conditions, cells, document, markdown
from bench.peers.verdicts import Mark, Verdict

ROWS = [("low", "Reported amount too low"), ("high", "Reported amount too high")]
CONDITIONS = Conditions("2026-11-21", 2, "15.4", 60, 2)
REASON = "it knows no price"
ONE = Column(
    "one",
    {"one": "1.0", "python": "3.11.7"},
    {"low": Verdict(Mark.RIGHT, "0 effects"), "high": Verdict(Mark.WRONG, "2 effects")},
    {"high": "it gives twice"},
)
MIRROR = Column(
    "mirror",
    {"mirror": "2.0"},
    {key: Verdict(Mark.NOT_POSSIBLE, f"1 effect: {REASON}") for key, _ in ROWS},
    {},
)
DOWN = Column("down", {}, {}, {}, void="the server did not come up")


def test_the_page_shows_signs_words_and_footnotes() -> None:
    lines = markdown(ROWS, [ONE, MIRROR], CONDITIONS).splitlines()
    assert lines[0] == "| situation | one 1.0 | mirror 2.0 |"
    assert lines[2] == "| Reported amount too low | ✓ 0 effects | – 1 effect (1) |"
    assert lines[3] == "| Reported amount too high | ✗ 2 effects (2) | – 1 effect (1) |"
    assert "1. mirror: It knows no price." in lines
    assert "2. one: It gives twice." in lines
    assert any("60 rounds" in line and "one 1.0, python 3.11.7" in line for line in lines)


def test_a_void_column_has_no_verdict_to_be_taken_for_one() -> None:
    rows, _ = cells(ROWS, [DOWN])
    assert [cell.mark for _, (cell,) in rows] == [Mark.ERROR, Mark.ERROR]
    assert document(ROWS, [DOWN], CONDITIONS)["peers"][0]["void"] == "the server did not come up"
