"""The page at `/_sandbox`: what happened, and buttons to resend, release, misbehave and travel in time."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from raseed.sandbox.box import Sandbox
from raseed.sandbox.clock import iso, parse_moment
from raseed.sandbox.exchange import ControlError
from raseed.sandbox.faults import FAULTS
from raseed.sandbox.front import PAGE_HEADERS
from raseed.sandbox.rendering import amount_text, render

SHOWN_ENTRIES = 200
HEADERS = {
    **PAGE_HEADERS,
    "Content-Security-Policy": f"{PAGE_HEADERS['Content-Security-Policy']}; frame-ancestors 'none'",
}
Action = Callable[[Sandbox, dict[str, str]], Awaitable[None]]


async def home(_request: Request) -> Response:
    return RedirectResponse("/_sandbox/", 303)


def console_app(sandbox: Sandbox) -> Starlette:
    """The page and its forms as an ASGI app, to be mounted at `/_sandbox`."""

    async def show(_request: Request) -> Response:
        return _page(sandbox)

    async def act(request: Request) -> Response:
        async with request.form(max_files=0, max_fields=20) as form:
            fields = {name: value for name, value in form.items() if isinstance(value, str)}
        action = ACTIONS.get(request.path_params["action"])
        if action is None:
            return _page(sandbox, "There is no such action.", 404)
        try:
            await action(sandbox, fields)
        except (ControlError, ValueError, OverflowError) as error:
            return _page(sandbox, str(error), 400)
        return RedirectResponse("/_sandbox/", 303)

    return Starlette(
        routes=[
            Route("/", show, methods=["GET"]),
            Route("/do/{action}", act, methods=["POST"]),
        ]
    )


def _page(sandbox: Sandbox, error: str = "", status: int = 200) -> Response:
    books = sandbox.gateways["paymongo"].control("GET", ["books"], {}, {})
    page = render(
        "console.html",
        now=iso(sandbox.clock.now()),
        mode=sandbox.clock.mode,
        seed=sandbox.ids.seed,
        entries=sandbox.journal.after()[-SHOWN_ENTRIES:][::-1],
        deliveries=[delivery.view() for delivery in sandbox.deliveries.all()][-SHOWN_ENTRIES:][::-1],
        faults=sandbox.faults.views(),
        fault_names=FAULTS,
        books=books,
        amount_text=amount_text,
        pretty=_pretty,
        error=error,
    )
    return HTMLResponse(page, status, headers=HEADERS)


def _pretty(value: object) -> str:
    """JSON laid out for reading; a text that is no JSON stays as it is."""
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except (ValueError, RecursionError):
            return str(value)
    return json.dumps(value, indent=1, ensure_ascii=False)


async def _resend(sandbox: Sandbox, fields: dict[str, str]) -> None:
    await sandbox.deliveries.resend(fields.get("id", ""), corrupt=fields.get("corrupt") == "1")


async def _release(sandbox: Sandbox, fields: dict[str, str]) -> None:
    sandbox.deliveries.release(fields.get("id", ""))
    await sandbox.flush()


async def _clock(sandbox: Sandbox, fields: dict[str, str]) -> None:
    if fields.get("mode") in ("real", "frozen"):
        sandbox.clock.set_mode(fields["mode"])
    if fields.get("advance_seconds"):
        seconds = float(fields["advance_seconds"])
        if not 0 <= seconds <= 10**10:
            raise ControlError("advance by a number of seconds from 0.")
        await sandbox.travel(parse_moment(sandbox.clock.now() + seconds))


async def _add_fault(sandbox: Sandbox, fields: dict[str, str]) -> None:
    on, _, name = fields.get("fault", "").partition(":")
    doc: dict[str, Any] = {"gateway": "paymongo", "on": on, "fault": name}
    if fields.get("times"):
        doc["times"] = int(fields["times"])
    for part in ("event", "path", "reference"):
        if fields.get(part):
            doc.setdefault("match", {})[part] = fields[part]
    if fields.get("parameters"):
        parameters = json.loads(fields["parameters"])
        if not isinstance(parameters, dict):
            raise ControlError("parameters must be a JSON object.")
        doc = {**parameters, **doc}
    sandbox.faults.add(doc, list(sandbox.gateways))


async def _remove_fault(sandbox: Sandbox, fields: dict[str, str]) -> None:
    sandbox.faults.remove(fields.get("id", ""))


async def _paymongo(sandbox: Sandbox, fields: dict[str, str]) -> None:
    """A button beside a document: `sources/<id>/authorize` and the like."""
    path = fields.get("path", "").split("/")
    sandbox.gateways["paymongo"].control("POST", path, {"base_url": fields.get("base_url", "")}, {})
    await sandbox.flush()


ACTIONS: dict[str, Action] = {
    "resend": _resend,
    "release": _release,
    "clock": _clock,
    "add-fault": _add_fault,
    "remove-fault": _remove_fault,
    "paymongo": _paymongo,
}
