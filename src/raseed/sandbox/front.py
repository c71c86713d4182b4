"""The HTTP side of one imitated gateway: reads the request, applies request faults, answers, journals."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Mapping
from dataclasses import replace

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from raseed.sandbox.box import Sandbox
from raseed.sandbox.delivery import Delivery, amounts_in
from raseed.sandbox.exchange import Answer, ControlError, Exchange, Gateway, Reader
from raseed.sandbox.faults import Fault, amount_of
from raseed.sandbox.journal import readable
from raseed.sandbox.scenarios.director import Opening

#: Larger bodies are refused; no documented call comes near.
BODY_LIMIT = 1_048_576
HOST = re.compile(r"[A-Za-z0-9.\-]+(:\d+)?|\[[0-9A-Fa-f:.]+\](:\d+)?")
BEFORE = ("rate_limit", "error_before", "hang_before", "drop_before")
DURING = ("auto_authorize", "auto_pay")
TWICE = ("twice",)
AFTER = ("amount", "currency", "error_after", "hang_after", "drop_after")
PAGE_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
}


class ConnectionDropped(Exception):
    """A fault cut the connection, and there is no socket to cut because the app runs in process."""


class Front:
    """An ASGI app that puts a gateway behind HTTP. The gateway itself knows nothing of it."""

    def __init__(self, sandbox: Sandbox, gateway: Gateway) -> None:
        self._sandbox = sandbox
        self._gateway = gateway

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        request = Request(scope, receive)
        try:
            body = await _read(request)
        except ClientDisconnect:
            return
        if body is None:
            await Response(status_code=413)(scope, receive, send)
            return
        exchange = self._exchange(request, body)
        number = self._log_request(exchange)
        self._sandbox.replays.keep(number, self._gateway.name, exchange)
        await self._serve(exchange, number, scope, receive, send)

    def _exchange(self, request: Request, body: bytes) -> Exchange:
        root = request.scope.get("root_path", "")
        path = re.sub("/+", "/", request.scope["path"].removeprefix(root) or "/")
        headers = {key.lower(): value for key, value in request.headers.items()}
        host = headers.get("host", "")
        if not HOST.fullmatch(host):
            host = f"{self._sandbox.options.host}:{self._sandbox.options.port}"
        base_url = f"{request.url.scheme}://{host}{root}"
        target = request.scope.get("raw_path", path.encode()).decode("ascii", "replace")
        if request.scope["query_string"]:
            target += "?" + request.scope["query_string"].decode("ascii", "replace")
        url = f"{request.url.scheme}://{host}{target}"
        return Exchange(request.method, path, dict(request.query_params), headers, body, base_url, url=url)

    async def _serve(
        self, exchange: Exchange, number: int, scope: Scope, receive: Receive, send: Send
    ) -> None:
        director = self._sandbox.director
        await self._read_elsewhere(exchange)
        try:
            opening = director.opening(self._gateway, exchange)
        except ControlError as error:
            await self._finish(_unknown_scenario(error), "", number, scope, receive, send)
            return
        try:
            await self._answer(exchange, opening, number, scope, receive, send)
        finally:
            if opening is not None:
                director.answered(opening)

    async def _read_elsewhere(self, exchange: Exchange) -> None:
        """Fetch what the gateway must know of others before it can answer."""
        if isinstance(self._gateway, Reader):
            for url in self._gateway.wants(exchange):
                status, body = await self._sandbox.courier.fetch(url)
                self._sandbox.journal.add("reading", gateway=self._gateway.name, url=url, status=status)
                self._gateway.learn(url, status, body)

    async def _answer(
        self,
        exchange: Exchange,
        opening: Opening | None,
        number: int,
        scope: Scope,
        receive: Receive,
        send: Send,
    ) -> None:
        for fault in self._take(exchange, BEFORE, opening):
            if fault.fault == "hang_before":
                await self._hang(fault.parameters["seconds"], receive)
                continue
            answer = self._refusal(fault)
            await self._finish(answer, fault.fault, number, scope, receive, send)
            return
        answer, emitted = await self._work(exchange, opening)
        after = self._take(exchange, AFTER, opening)
        if after:  # whatever befalls the answer, the work is done and its webhooks go out
            self._sandbox.deliveries.start(emitted)
        fate = ""
        for fault in after:
            fate = fault.fault
            answer = self._distorted(answer, fault)
            if fate == "hang_after":
                await self._hang(fault.parameters["seconds"], receive)
        await self._finish(answer, fate, number, scope, receive, send)
        self._sandbox.deliveries.start(emitted)

    def _take(self, exchange: Exchange, names: tuple[str, ...], opening: Opening | None) -> list[Fault]:
        """The request faults that strike now. A payer's page is struck only by a fault that states a path."""
        gateway, is_page = self._gateway, not self._gateway.is_api(exchange.path)
        subject, stage = gateway.subject(exchange), gateway.stage
        subject = replace(subject, call=stage.call(exchange), checkouts=stage.about(subject.text))
        struck = self._sandbox.faults.take("request", gateway.name, subject, names, path_stated=is_page)
        return struck + [fault for fault in (opening.striking if opening else ()) if fault.fault in names]

    async def _work(self, exchange: Exchange, opening: Opening | None) -> tuple[Answer, list[Delivery]]:
        """Let the gateway answer; then let those deliveries arrive that must come before the answer."""
        scenario: dict[str, Mapping[str, object]] = {
            f.fault: f.parameters for f in self._take(exchange, DURING, opening)
        }
        deliveries = self._sandbox.deliveries
        with deliveries.collecting() as emitted:
            exchange = self._sandbox.director.diverted(self._gateway, exchange)
            answer = self._answered(replace(exchange, scenario=scenario), opening)
            if self._take(exchange, TWICE, opening):
                answer = self._answered(replace(exchange, scenario=scenario), opening)
        seconds = [float(str(parameters["wait_seconds"])) for parameters in scenario.values()]
        await deliveries.send_early(emitted, max(seconds, default=0.0))
        return answer, emitted

    def _answered(self, exchange: Exchange, opening: Opening | None) -> Answer:
        answer = self._gateway.answer(exchange)
        if opening is not None:
            self._sandbox.director.opened(opening, answer)
        return answer

    def _refusal(self, fault: Fault) -> Answer:
        if fault.fault == "rate_limit":
            return self._gateway.rate_limited()
        return self._gateway.broken(fault.parameters.get("status", 500))

    def _distorted(self, answer: Answer, fault: Fault) -> Answer:
        """The answer after one fault; `hang_after` and `drop_after` leave it as it is."""
        parameters = fault.parameters
        if fault.fault == "error_after":
            return self._gateway.broken(parameters["status"])
        if (
            fault.fault in ("amount", "currency")
            and answer.body
            and answer.content_type.startswith("application/json")
        ):
            document = json.loads(answer.body)
            minor = amount_of(parameters, frozenset(amounts_in(document)))
            document = self._gateway.restate(document, minor=minor, currency=parameters.get("code"))
            return Answer.json(document, answer.status)
        return answer

    async def _hang(self, seconds: float, receive: Receive) -> None:
        """Keep the caller waiting, until it hangs up or the sandbox stops."""
        waits = [
            asyncio.create_task(_disconnected(receive)),
            asyncio.create_task(self._sandbox.stopping.wait()),
        ]
        _, pending = await asyncio.wait(waits, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        for task in pending:
            task.cancel()

    async def _finish(
        self, answer: Answer, fate: str, number: int, scope: Scope, receive: Receive, send: Send
    ) -> None:
        if fate.startswith("drop"):
            self._sandbox.journal.add(
                "response", gateway=self._gateway.name, request=number, status=None, fault=fate
            )
            await self._drop(scope, receive)
            return
        self._sandbox.journal.add(
            "response",
            gateway=self._gateway.name,
            request=number,
            status=answer.status,
            body=readable(answer.body) if "html" not in answer.content_type else "(page)",
            location=answer.location,
            fault=fate,
        )
        response = Response(
            answer.body, answer.status, media_type=answer.content_type if answer.body else None
        )
        if answer.location:
            response.headers["location"] = answer.location
        if "html" in answer.content_type:
            response.headers.update(PAGE_HEADERS)
        response.headers.update(answer.headers)
        await response(scope, receive, send)

    async def _drop(self, scope: Scope, receive: Receive) -> None:
        connection = self._sandbox.connections.get(scope.get("client") or ("", 0))
        if connection is None:
            raise ConnectionDropped
        connection.abort()
        await _disconnected(receive)

    def _log_request(self, exchange: Exchange) -> int:
        hidden = {"authorization"}
        headers = {key: value for key, value in exchange.headers.items() if key not in hidden}
        return self._sandbox.journal.add(
            "request",
            gateway=self._gateway.name,
            method=exchange.method,
            path=exchange.path,
            query=dict(exchange.query),
            headers=headers,
            body=readable(exchange.body),
        )


def _unknown_scenario(error: ControlError) -> Answer:
    """The refusal of a call that names a scenario there is not, legible to most clients."""
    problem = {"code": "sandbox_scenario_unknown", "detail": str(error)}
    return Answer.json({"error": str(error), "errors": [problem]}, 400)


async def _read(request: Request) -> bytes | None:
    """The whole body, or None when it is larger than the limit."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > BODY_LIMIT:
            return None
    return bytes(body)


async def _disconnected(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
