"""The pages at `/_sandbox/`: what happened; buttons to pay, resend, replay, misbehave, travel in time."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import urlencode

from starlette.applications import Starlette
from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from raseed.sandbox import console_wallets
from raseed.sandbox.box import Sandbox
from raseed.sandbox.clock import iso
from raseed.sandbox.console_actions import ACTIONS
from raseed.sandbox.exchange import ControlError
from raseed.sandbox.faults import CALLS, FAULTS, NEWS
from raseed.sandbox.front import PAGE_HEADERS
from raseed.sandbox.rendering import amount_text, render
from raseed.sandbox.scenarios.catalogue import shipped
from raseed.sandbox.store import Doc
from raseed.sandbox.wrapping import unwrapped

ROWS = 50
#: What can be done to a checkout by a click, where it is not what most gateways know: verb and label.
USUAL_BUTTONS = (
    ("pay", "Pay"),
    ("decline", "Decline"),
    ("expire", "Expire"),
    ("refund", "Refund"),
    ("charge_again", "Charge again"),
)
OTHER_BUTTONS = {
    "paymob": (
        *USUAL_BUTTONS,
        ("void", "Void"),
        ("agree", "Leave to the bank"),
        ("regress", "Tell it failed"),
    ),
    "openpayments": (
        ("pay", "Approve"),
        ("decline", "Reject"),
        ("expire", "Expire"),
        ("revoke", "Take consent back"),
        ("close_receiver", "Close the receiver"),
    ),
}
#: What an uploaded state may weigh, in bytes.
UPLOAD_LIMIT = 64 * 1024 * 1024
HEADERS = {
    **PAGE_HEADERS,
    "Content-Security-Policy": f"{PAGE_HEADERS['Content-Security-Policy']}; frame-ancestors 'none'",
}
Show = Callable[[Sandbox, Request], dict[str, Any]]


async def home(_request: Request) -> Response:
    return RedirectResponse("/_sandbox/", 303)


def console_app(sandbox: Sandbox) -> Starlette:
    """The pages and their forms as an ASGI app, to be mounted at `/_sandbox`."""

    async def show(request: Request) -> Response:
        return _page(sandbox, request, request.path_params.get("page", ""))

    async def export(_request: Request) -> Response:
        name = f"sandbox-{iso(sandbox.clock.now())[:19].replace(':', '')}.json"
        headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
        return JSONResponse(sandbox.export(), headers=headers)

    async def act(request: Request) -> Response:
        page = request.query_params.get("from", "")
        page = page if page in PAGES else ""
        action = ACTIONS.get(request.path_params["action"])
        if action is None:
            return _page(sandbox, request, page, "There is no such action.", 404)
        try:
            await action(sandbox, await _fields(request))
        except (ControlError, ValueError, OverflowError, RecursionError) as error:
            return _page(sandbox, request, page, str(error), 400)
        return RedirectResponse(f"/_sandbox/{page}", 303)

    return Starlette(
        routes=[
            Route("/", show, methods=["GET"]),
            Route("/state.json", export, methods=["GET"]),
            Route("/{page}", show, methods=["GET"]),
            Route("/do/{action}", act, methods=["POST"]),
        ]
    )


async def _fields(request: Request) -> dict[str, str]:
    """The texts of a form; an uploaded file is read as one."""
    fields = {}
    async with request.form(max_files=1, max_fields=20, max_part_size=UPLOAD_LIMIT) as form:
        for name, value in form.items():
            if isinstance(value, UploadFile):
                fields[name] = (await value.read(UPLOAD_LIMIT)).decode("utf-8", "replace")
            else:
                fields[name] = value
    return fields


def _page(sandbox: Sandbox, request: Request, name: str, error: str = "", status: int = 200) -> Response:
    if name not in PAGES:
        name, error, status = "", "There is no such page.", 404
    template, show = PAGES[name]
    page = render(
        f"console/{template}.html",
        page=name,
        now=iso(sandbox.clock.now()),
        mode=sandbox.clock.mode,
        seed=sandbox.ids.seed,
        armed=sandbox.director.armed(),
        scenarios=[*shipped().values(), *sandbox.director.own().values()],
        amount_text=amount_text,
        pretty=_pretty,
        buttons_of=_buttons_of,
        replayable=sandbox.replays,
        error=error,
        **show(sandbox, request),
    )
    return HTMLResponse(page, status, headers=HEADERS)


# -- what the pages show -------------------------------------------------------------------------------


def _log(sandbox: Sandbox, request: Request) -> dict[str, Any]:
    """The journal, newest first, or what of it contains a text."""
    about = request.query_params.get("about", "")
    everything = sandbox.journal.after()
    answers = {e["request"]: e for e in everything if e["kind"] == "response"}
    entries = [e for e in everything if not about or about in json.dumps(e, ensure_ascii=False)]
    rows, older, newer = _paged(_folded(entries, everything), request, about=about)
    return {"entries": rows, "answers": answers, "about": about, "older": older, "newer": newer}


def _folded(entries: list[Doc], everything: list[Doc]) -> list[Doc]:
    """An answer that followed its request at once is shown in the request's row."""
    by_number = {entry["n"]: entry for entry in everything}
    shown = {}
    for entry in entries:
        at_once = entry["kind"] == "response" and entry["request"] == entry["n"] - 1
        row = by_number.get(entry["request"], entry) if at_once else entry
        shown[row["n"]] = row
    return list(shown.values())


def _checkouts(sandbox: Sandbox, request: Request) -> dict[str, Any]:
    rows, older, newer = _paged(list(sandbox.director.checkouts.items()), request)
    return {"checkouts": rows, "older": older, "newer": newer}


def _deliveries(sandbox: Sandbox, request: Request) -> dict[str, Any]:
    rows, older, newer = _paged(sandbox.deliveries.all(), request)
    return {"deliveries": [delivery.view() for delivery in rows], "older": older, "newer": newer}


def _books(sandbox: Sandbox, _request: Request) -> dict[str, Any]:
    """Every list that a gateway keeps, newest first."""
    books: dict[str, dict[str, list[Doc]]] = {}
    for name, gateway in sandbox.gateways.items():
        held = gateway.control("GET", ["books"], {}, {})
        lists = held.items() if isinstance(held, dict) else ()
        books[name] = {title: rows[::-1] for title, rows in lists if isinstance(rows, list)}
    return {"books": books, "shown_rows": ROWS}


def _misbehave(sandbox: Sandbox, _request: Request) -> dict[str, Any]:
    return {"faults": sandbox.faults.views(), "fault_names": FAULTS, "calls": CALLS, "news": NEWS}


def _overview(sandbox: Sandbox, request: Request) -> dict[str, Any]:
    newest = list(sandbox.director.checkouts.items())[-3:][::-1]
    return {**_log(sandbox, request), "checkouts": newest}


PAGES: dict[str, tuple[str, Show]] = {
    "": ("log", _overview),
    "checkouts": ("checkouts", _checkouts),
    "deliveries": ("deliveries", _deliveries),
    "books": ("books", _books),
    "wallets": ("wallets", console_wallets.shown),
    "misbehave": ("misbehave", _misbehave),
    "state": ("state", lambda _sandbox, _request: {}),
}


def _paged(rows: Sequence[Any], request: Request, **kept: str) -> tuple[list[Any], str, str]:
    """One page of the rows, newest first, and the queries that lead to the older and the newer ones."""
    stated = request.query_params.get("skip", "0")
    skip = int(stated) if stated.isascii() and stated.isdigit() and len(stated) < 10 else 0
    query = {name: value for name, value in kept.items() if value}
    older = urlencode({**query, "skip": skip + ROWS}) if len(rows) > skip + ROWS else ""
    newer = urlencode({**query, "skip": max(0, skip - ROWS)}) if skip else ""
    return list(rows)[::-1][skip : skip + ROWS], older, newer


def _buttons_of(gateway: str) -> tuple[tuple[str, str], ...]:
    return OTHER_BUTTONS.get(gateway, USUAL_BUTTONS)


def _pretty(value: Any) -> str:
    """JSON laid out for reading, also what lies in it as base64; a text that is no JSON stays as it is."""
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except (ValueError, RecursionError):
            return str(value)
    inside = unwrapped(value)
    shown = value if inside is value else {**dict(value), "(which is)": inside}
    return json.dumps(shown, indent=1, ensure_ascii=False)
