"""The control API under `/_sandbox/api`: what a test, a tour or a person does to the sandbox."""

from __future__ import annotations

import json
import re
from collections.abc import Awaitable, Callable
from typing import Any

from starlette.applications import Starlette
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from raseed.sandbox.box import Sandbox
from raseed.sandbox.clock import MODES, iso, parse_moment
from raseed.sandbox.exchange import ControlError
from raseed.sandbox.scenarios.catalogue import shipped
from raseed.sandbox.store import Doc

LOOPBACK = ("127.0.0.1", "localhost", "[::1]")
Handler = Callable[[Sandbox, Request, Doc], Awaitable[Any]]


class LocalOnly:
    """Refuses control requests that a web page elsewhere, or a re-bound name, made a browser send.

    Host must be loopback or a name given at start; Origin, where a browser sends one, must be our own.
    """

    def __init__(self, app: ASGIApp, hosts: tuple[str, ...]) -> None:
        self._app = app
        self._hosts = {host.lower() for host in (*LOOPBACK, *hosts)}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and (refusal := self._refusal(scope)):
            await JSONResponse({"error": refusal}, status_code=403)(scope, receive, send)
            return
        await self._app(scope, receive, send)

    def _refusal(self, scope: Scope) -> str:
        headers = Headers(scope=scope)
        host = headers.get("host", "").lower()
        if re.sub(r":\d+$", "", host) not in self._hosts:
            return f"Host {host!r} is not one of this sandbox's; start it with --allow-host to add one."
        origin = headers.get("origin")
        if origin is not None and origin.lower() != f"{scope['scheme']}://{host}":
            return "Origin is another site; the control API answers only its own page."
        opens_page = headers.get("sec-fetch-dest") == "document" and scope["method"] == "GET"
        if headers.get("sec-fetch-site") == "cross-site" and not opens_page:
            return "the control API does not answer other sites."
        return ""


def control_app(sandbox: Sandbox) -> Starlette:
    """The control API as an ASGI app, to be mounted at `/_sandbox/api`."""

    def route(path: str, **handlers: Handler) -> Route:
        async def endpoint(request: Request) -> Response:
            try:
                doc = await _document(request)
                return JSONResponse(await handlers[request.method](sandbox, request, doc))
            except ControlError as error:
                return JSONResponse({"error": str(error)}, status_code=error.status)

        return Route(path, endpoint, methods=list(handlers))

    return Starlette(
        routes=[
            route("/health", GET=_health),
            route("/clock", GET=_clock, POST=_set_clock),
            route("/faults", GET=_faults, POST=_add_fault, DELETE=_clear_faults),
            route("/faults/{id}", DELETE=_remove_fault),
            route("/scenarios", GET=_scenarios, POST=_state_scenario),
            route("/scenarios/armed", DELETE=_disarm),
            route("/scenarios/{name}", POST=_arm),
            route("/checkouts", GET=_checkouts),
            route("/checkouts/{id}/{verb}", POST=_act),
            route("/log", GET=_log),
            route("/log/{number:int}/replay", POST=_replay),
            route("/deliveries", GET=_deliveries),
            route("/deliveries/flush", POST=_flush),
            route("/deliveries/{id}", GET=_delivery),
            route("/deliveries/{id}/resend", POST=_resend),
            route("/deliveries/{id}/release", POST=_release),
            route("/state", GET=_export, PUT=_import, DELETE=_reset),
            route("/{gateway}/{path:path}", GET=_gateway, POST=_gateway, DELETE=_gateway),
        ]
    )


async def _document(request: Request) -> Doc:
    """The JSON object in the body; {} for none."""
    body = await request.body()
    if not body:
        return {}
    try:
        document = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise ControlError("the body is not JSON.") from error
    if not isinstance(document, dict):
        raise ControlError("the body must be a JSON object.")
    return document


async def _health(sandbox: Sandbox, _request: Request, _doc: Doc) -> Doc:
    return {"ok": True, "now": iso(sandbox.clock.now())}


async def _clock(sandbox: Sandbox, _request: Request, _doc: Doc) -> Doc:
    return {"mode": sandbox.clock.mode, "now": iso(sandbox.clock.now())}


async def _set_clock(sandbox: Sandbox, request: Request, doc: Doc) -> Doc:
    """Change the clock. Going forward plays everything that falls due on the way, in order."""
    unknown = set(doc) - {"mode", "set", "advance_seconds"}
    if unknown:
        raise ControlError(
            f"the clock knows mode, set and advance_seconds, not {', '.join(sorted(unknown))}."
        )
    seconds = doc.get("advance_seconds", 0)
    if isinstance(seconds, bool) or not isinstance(seconds, (int, float)) or not 0 <= seconds <= 10**10:
        raise ControlError("advance_seconds must be a number of seconds from 0.")
    if doc.get("mode", "real") not in MODES:
        raise ControlError("mode must be 'real' or 'frozen'.")
    try:
        moment = parse_moment(doc["set"]) if "set" in doc else None
        iso((sandbox.clock.now() if moment is None else moment) + seconds)
    except (ValueError, OverflowError, OSError) as error:
        raise ControlError(f"set: {error}") from error
    if "mode" in doc:
        sandbox.clock.set_mode(doc["mode"])
    if moment is not None and moment < sandbox.clock.now():
        sandbox.clock.set(moment)
    elif moment is not None:
        await sandbox.travel(moment)
    if seconds:
        await sandbox.travel(sandbox.clock.now() + seconds)
    return await _clock(sandbox, request, doc)


async def _faults(sandbox: Sandbox, _request: Request, _doc: Doc) -> Doc:
    return {"faults": sandbox.faults.views()}


async def _add_fault(sandbox: Sandbox, _request: Request, doc: Doc) -> Doc:
    return sandbox.faults.add(doc, list(sandbox.gateways)).view()


async def _clear_faults(sandbox: Sandbox, _request: Request, _doc: Doc) -> Doc:
    sandbox.faults.clear()
    return {"faults": []}


async def _remove_fault(sandbox: Sandbox, request: Request, _doc: Doc) -> Doc:
    fault_id = request.path_params["id"]
    if not sandbox.faults.remove(fault_id):
        raise ControlError(f"there is no fault {fault_id!r}.", status=404)
    return {"faults": sandbox.faults.views()}


async def _scenarios(sandbox: Sandbox, _request: Request, _doc: Doc) -> Doc:
    scenarios = [*shipped().values(), *sandbox.director.own().values()]
    return {"scenarios": [s.view() for s in scenarios], "armed": sandbox.director.armed()}


async def _state_scenario(sandbox: Sandbox, _request: Request, doc: Doc) -> Doc:
    return sandbox.director.state(doc).view()


async def _arm(sandbox: Sandbox, request: Request, doc: Doc) -> Doc:
    """Have the next checkout use a scenario."""
    gateway, reference, times = doc.get("gateway", "*"), doc.get("reference", ""), doc.get("times", 1)
    if gateway not in ("*", *sandbox.gateways):
        raise ControlError(f"gateway must be one of {', '.join(sandbox.gateways)}, or '*', not {gateway!r}.")
    if not isinstance(reference, str):
        raise ControlError("reference must be a text.")
    if times is not None and (type(times) is not int or times < 1):
        raise ControlError("times must be a whole number from 1, or null for always.")
    return sandbox.director.arm(request.path_params["name"], gateway, reference, times)


async def _disarm(sandbox: Sandbox, _request: Request, _doc: Doc) -> Doc:
    sandbox.director.disarm()
    return {"armed": []}


async def _checkouts(sandbox: Sandbox, _request: Request, _doc: Doc) -> Doc:
    return {"checkouts": [{"id": key, **row} for key, row in sandbox.director.checkouts.items()]}


async def _act(sandbox: Sandbox, request: Request, doc: Doc) -> Doc:
    """The payer's or the dashboard's side of a checkout, the same for every gateway."""
    minor, currency = doc.get("amount"), doc.get("currency", "")
    if minor is not None and (type(minor) is not int or minor < 1):
        raise ControlError("amount must be minor units from 1.")
    if not isinstance(currency, str) or len(currency) not in (0, 3):
        raise ControlError("currency must be three letters.")
    verb = request.path_params["verb"].replace("-", "_")
    checkout = request.path_params["id"]
    sandbox.director.act(checkout, verb, minor=minor, currency=currency)
    await sandbox.flush()
    return {"id": checkout, **sandbox.director.checkouts[checkout]}


async def _log(sandbox: Sandbox, request: Request, _doc: Doc) -> Doc:
    after = request.query_params.get("after", "0")
    if not after.isascii() or not after.isdigit() or len(after) > 15:
        raise ControlError("after must be the number of an entry.")
    return {"entries": sandbox.journal.after(int(after))}


async def _replay(sandbox: Sandbox, request: Request, _doc: Doc) -> Doc:
    again = sandbox.replays.again(sandbox, request.path_params["number"])
    await sandbox.flush()
    return {"entries": sandbox.journal.after(again - 1)}


async def _deliveries(sandbox: Sandbox, _request: Request, _doc: Doc) -> Doc:
    return {"deliveries": [delivery.view() for delivery in sandbox.deliveries.all()]}


async def _delivery(sandbox: Sandbox, request: Request, _doc: Doc) -> Doc:
    return sandbox.deliveries.get(request.path_params["id"]).view()


async def _flush(sandbox: Sandbox, request: Request, doc: Doc) -> Doc:
    await sandbox.flush()
    return await _deliveries(sandbox, request, doc)


async def _resend(sandbox: Sandbox, request: Request, doc: Doc) -> Doc:
    copies, concurrent, corrupt = (
        doc.get("copies", 1),
        doc.get("concurrent", False),
        doc.get("corrupt", False),
    )
    if type(copies) is not int or not 1 <= copies <= 100:
        raise ControlError("copies must be a whole number from 1 to 100.")
    if not isinstance(concurrent, bool) or not isinstance(corrupt, bool):
        raise ControlError("concurrent and corrupt must be true or false.")
    delivery = await sandbox.deliveries.resend(
        request.path_params["id"], copies=copies, concurrent=concurrent, corrupt=corrupt
    )
    return delivery.view()


async def _release(sandbox: Sandbox, request: Request, _doc: Doc) -> Doc:
    delivery = sandbox.deliveries.release(request.path_params["id"])
    await sandbox.flush()
    return delivery.view()


async def _export(sandbox: Sandbox, _request: Request, _doc: Doc) -> Doc:
    return sandbox.export()


async def _import(sandbox: Sandbox, _request: Request, doc: Doc) -> Doc:
    sandbox.load(doc)
    return {"ok": True}


async def _reset(sandbox: Sandbox, _request: Request, _doc: Doc) -> Doc:
    sandbox.reset()
    return {"ok": True}


async def _gateway(sandbox: Sandbox, request: Request, doc: Doc) -> object:
    """Whatever belongs to one gateway is answered by that gateway."""
    name = request.path_params["gateway"]
    if name not in sandbox.gateways:
        raise ControlError(f"there is no gateway {name!r} here.", status=404)
    path = request.path_params["path"].strip("/").split("/")
    query = dict(request.query_params)
    return sandbox.gateways[name].control(
        request.method, path, {**doc, "base_url": _base(request, name)}, query
    )


def _base(request: Request, name: str) -> str:
    return f"{request.url.scheme}://{request.headers['host']}/{name}"
