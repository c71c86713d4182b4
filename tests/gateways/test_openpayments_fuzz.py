"""Open Payments: whatever wallets answer, out come facts or typed errors, and money is sent once."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from raseed.core.errors import RaseedError
from raseed.gateways.openpayments.incoming import moment_of
from tests.gateways import openpayments_account as op
from tests.gateways.contract import FUZZ, JSON
from tests.gateways.memory import DictMemory
from tests.gateways.test_openpayments_contract import AGREED
from tests.gateways.test_openpayments_liars import CONSENT, HONEST, INCOMING, OUTGOING, QUOTE, TOKEN
from tests.gateways.wire import Wire

SHAPES: dict[str, Any] = {
    "alice": op.ALICES,
    "token": TOKEN,
    "consent": CONSENT,
    "incoming": INCOMING,
    "quote": QUOTE,
    "outgoing": OUTGOING,
    "list": {"pagination": {"hasNextPage": True, "endCursor": "x"}, "result": [OUTGOING]},
}
INCOMING_PATH = "/op/incoming-payments/5f3c6c1e-8f7b-4d0e-9a51-2f4f0c1f6a10"
MOMENTS = st.sampled_from(["0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "2026-01-01T00:00:00", "now", ""])
AMOUNTS = st.sampled_from(["-1", str(2**64), "9" * 5000, "1.5", "0"])


def paths(document: Any) -> Iterator[tuple[Any, ...]]:
    """The way to each member of a document."""
    members = document.items() if isinstance(document, dict) else enumerate(document)
    for name, value in members:
        yield (name,)
        if isinstance(value, dict | list):
            yield from ((name, *rest) for rest in paths(value))


def replaced(document: Any, way: tuple[Any, ...], value: Any) -> Any:
    """The document with one member replaced."""
    copy = dict(document) if isinstance(document, dict) else list(document)
    copy[way[0]] = replaced(copy[way[0]], way[1:], value) if len(way) > 1 else value
    return copy


@st.composite
def answers(draw: st.DrawFn) -> tuple[str, Any]:
    """One of the wallets' answers, with one member replaced by anything, or as a whole by anything."""
    name = draw(st.sampled_from(sorted(SHAPES)))
    value = draw(JSON | MOMENTS | AMOUNTS)
    way = draw(st.sampled_from([(), *paths(SHAPES[name])]))
    return name, replaced(SHAPES[name], way, value) if way else value


def wire(name: str, answer: Any) -> Wire:
    shapes = {**SHAPES, name: answer}
    script = {call: [(200, found)] for call, found in HONEST.items() if not isinstance(found, list)}
    script |= {
        "GET /alice": [(200, shapes["alice"])],
        "POST /": [(200, shapes["token"]), (200, shapes["consent"])],
        "POST /tenant": [(200, shapes["token"])],
        "POST /op/incoming-payments": [(200, shapes["incoming"])],
        "POST /op/quotes": [(200, shapes["quote"])],
        "POST /op/outgoing-payments": [(200, shapes["outgoing"])],
        "GET /op/outgoing-payments": [(200, shapes["list"])],
        f"POST {op.CONTINUE.removeprefix(op.AUTH)}": [(200, shapes["token"])],
        f"DELETE {op.CONTINUE.removeprefix(op.AUTH)}": [(204, "")],
        f"GET {INCOMING_PATH}": [(200, shapes["incoming"])],
        f"POST {INCOMING_PATH}/complete": [(200, shapes["incoming"])],
        f"GET {op.OUTGOING.removeprefix('https://wallet.example')}": [(200, shapes["outgoing"])],
        f"POST {op.MANAGE.removeprefix(op.AUTH)}": [(200, shapes["token"])],
        "POST /token/1": [(200, shapes["token"])],
    }
    return Wire(script)  # type: ignore[arg-type]


@FUZZ
@given(answers())
def test_opening(spoilt: tuple[str, Any]) -> None:
    with contextlib.suppress(RaseedError):
        opened = op.account(wire(*spoilt)).open(op.order(), DictMemory())
        assert (opened.url or "").startswith("https://")


@FUZZ
@given(answers())
def test_everything_after_it(spoilt: tuple[str, Any]) -> None:
    wired, memory = wire(*spoilt), DictMemory()
    op.opened(memory)
    gateway = op.account(wired)
    for call in (gateway.query, gateway.query, gateway.close, gateway.query):
        with contextlib.suppress(RaseedError):
            gateway.advance(op.REF, AGREED, memory)
        with contextlib.suppress(RaseedError):
            for fact in call(op.REF, memory):
                assert fact.reference == op.REFERENCE
    assert wired.count("POST /op/outgoing-payments") <= 1


@pytest.mark.parametrize("text", ["0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "2026-01-01", None, 7, "x"])
def test_a_moment_that_cannot_be_counted_with(text: Any) -> None:
    assert moment_of(text) is None
