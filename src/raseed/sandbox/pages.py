"""What the payers' pages of every gateway share: reading a form, and saying that there is nothing to do."""

from __future__ import annotations

from urllib.parse import parse_qs

from raseed.sandbox.exchange import Answer, Exchange
from raseed.sandbox.rendering import render

METHOD_REFUSED = Answer(405)


def fields_of(exchange: Exchange) -> dict[str, str]:
    """The fields of a submitted form; {} where it is none."""
    if "application/x-www-form-urlencoded" not in exchange.headers.get("content-type", ""):
        return {}
    try:
        fields = parse_qs(exchange.body.decode(), max_num_fields=50)
    except ValueError:
        return {}
    return {name: values[0] for name, values in fields.items()}


def missing(what: str) -> Answer:
    """404 as a page."""
    text = f"There is no such {what}."
    return Answer.html(render("closed.html", title="Not found", text=text, back=None), 404)


def closed(text: str, back: str | None) -> Answer:
    """A page that only leads on."""
    return Answer.html(render("closed.html", title="Nothing to do", text=text, back=back))
