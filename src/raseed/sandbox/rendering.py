"""Pages: plain HTML that works without JavaScript, on a phone, and in the dark."""

from __future__ import annotations

from typing import Any

import jinja2

_environment = jinja2.Environment(
    loader=jinja2.PackageLoader("raseed.sandbox", "templates"),
    autoescape=True,
    undefined=jinja2.StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
SYMBOLS = {"PHP": "₱", "USD": "$", "INR": "₹"}


def render(template: str, **context: Any) -> str:
    """The page made from a template below `templates/`."""
    return _environment.get_template(template).render(**context)


def amount_text(minor: int, currency: str, scale: int = 2) -> str:
    """Minor units as people write them: ₱1,250.00. `scale`: how many of the digits are decimals."""
    sign = "-" if minor < 0 else ""
    whole, part = divmod(abs(minor), 10**scale)
    decimals = f".{part:0{scale}}" if scale else ""
    return f"{sign}{SYMBOLS.get(currency, currency + ' ')}{whole:,}{decimals}"
