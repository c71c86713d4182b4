"""Which scenario a checkout asked for: by header, by a word in its own data, by arming, by its amount."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from urllib.parse import parse_qsl

from raseed.sandbox.delivery import amounts_in
from raseed.sandbox.exchange import Exchange, Subject
from raseed.sandbox.scenarios import catalogue
from raseed.sandbox.store import Table
from raseed.sandbox.wrapping import unwrapped

HEADER = "x-sandbox-scenario"
#: In a reference, a description or metadata: `sandbox:duplicate-3`.
MARKER = re.compile(r"\bsandbox:([a-z0-9][a-z0-9+-]*)")


def asked_for(exchange: Exchange, gateway: str, armed: Table, subject: Subject) -> tuple[str, str]:
    """What was asked for, such as `no-webhook+pays`, and the id of the armed row that did so; or "".

    `subject`: what the gateway knows besides of what the call names.
    """
    header = exchange.headers.get(HEADER, "").strip()
    if header:
        return header, ""
    texts = [*_texts(_document(exchange)), subject.text]
    for text in texts:
        if found := MARKER.search(text):
            return found[1], ""
    for key, row in armed.items():
        fits = row["gateway"] in (gateway, "*") and any(row["reference"] in text for text in texts)
        if fits or (row["gateway"] in (gateway, "*") and not row["reference"]):
            return str(row["scenario"]), key
    return catalogue.by_amount(amounts_of(exchange) | subject.amounts), ""


def amounts_of(exchange: Exchange) -> frozenset[int]:
    """The amounts in a request: what it calls so, and sums over its lines."""
    document = _document(exchange)
    return frozenset([*amounts_in(document), *_totals(document)])


def _document(exchange: Exchange) -> object:
    try:
        return unwrapped(json.loads(exchange.body or b"{}"))
    except (ValueError, RecursionError):
        return dict(parse_qsl(exchange.body.decode("utf-8", "replace")))


def _texts(document: object) -> Iterator[str]:
    if isinstance(document, str):
        yield document
    elif isinstance(document, dict):
        for value in document.values():
            yield from _texts(value)
    elif isinstance(document, list):
        for value in document:
            yield from _texts(value)


def _totals(document: object) -> Iterator[int]:
    """Amount times quantity, summed, for every list of lines in a document."""
    if isinstance(document, dict):
        for value in document.values():
            yield from _totals(value)
    elif isinstance(document, list):
        lines = [line for line in document if isinstance(line, dict) and type(line.get("amount")) is int]
        quantities = [line.get("quantity", 1) for line in lines]
        if lines and all(type(quantity) is int for quantity in quantities):
            yield sum(line["amount"] * quantity for line, quantity in zip(lines, quantities, strict=True))
