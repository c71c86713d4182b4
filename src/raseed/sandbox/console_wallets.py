"""The page of the imitated wallets: balances, grants and payments, and a button for whatever befalls them."""

from __future__ import annotations

import json
from typing import Any, cast

from starlette.requests import Request

from raseed.sandbox.box import Sandbox
from raseed.sandbox.exchange import ControlError
from raseed.sandbox.store import Doc

NAME = "openpayments"
ROWS = 20
#: By collection and state: what can be done now, as (path's end, label, body).
BUTTONS: dict[str, dict[str, list[tuple[str, str, str]]]] = {
    "grants": {
        "pending": [("accept", "Approve", ""), ("reject", "Reject", ""), ("expire", "Let it expire", "")],
        "approved": [("revoke", "Take consent back", "")],
        "granted": [
            ("expire-tokens", "Expire its tokens", ""),
            ("revoke-tokens", "Revoke its tokens", ""),
            ("revoke", "Take consent back", ""),
        ],
    },
    "incoming-payments": {
        "pending": [("close", "Close", ""), ("expire", "Let it expire", "")],
        "processing": [("close", "Close", ""), ("expire", "Let it expire", "")],
    },
    "outgoing-payments": {
        "funding": [
            ("complete", "Complete", ""),
            ("send-part", "Send half, then fail", '{"percent": 50}'),
            ("cancel", "No money", ""),
            ("fail", "Fail", ""),
        ],
        "sending": [
            ("complete", "Complete", ""),
            ("send-part", "Send half, then fail", '{"percent": 50}'),
            ("fail", "Fail", ""),
        ],
    },
}
NUMBERS = ("balance", "asset_scale")


def shown(sandbox: Sandbox, request: Request) -> dict[str, Any]:
    """What the template shows; each list newest first, and not all of it."""
    gateway = sandbox.gateways[NAME]
    base = f"{request.url.scheme}://{request.headers['host']}/{NAME}"
    books = cast("dict[str, list[Doc]]", gateway.control("GET", ["books"], {}, {}))
    books["grants"] = [row for row in books["grants"] if row["is_interactive"]]
    lists = {title.replace("_", "-"): rows[::-1][:ROWS] for title, rows in books.items()}
    settings = gateway.control("GET", ["settings"], {}, {})
    return {"base": base, "wallets": books["wallets"], "lists": lists, "can": BUTTONS, "settings": settings}


async def act(sandbox: Sandbox, fields: dict[str, str]) -> None:
    """A button of the page: a call of the control API, stated in the form's fields."""
    path = fields.get("path", "")
    body: Doc = json.loads(fields["body"]) if fields.get("body") else {}
    if path == "settings":
        body = {fields.get("name", ""): _plain(fields.get("value", ""))}
    elif path == "wallets":
        stated = {name: value for name, value in fields.items() if name not in ("path", "body") and value}
        body = {name: _number(name, value) for name, value in stated.items()}
    sandbox.gateways[NAME].control("POST", path.split("/"), body, {})
    await sandbox.flush()


def _plain(text: str) -> object:
    """What a field means: a number, an object, null; or else a text."""
    try:
        return json.loads(text)
    except ValueError:
        return text


def _number(name: str, text: str) -> str | int:
    if name not in NUMBERS:
        return text
    if not text.isascii() or not text.isdigit():
        raise ControlError(f"{name} must be a whole number from 0.")
    return int(text)
