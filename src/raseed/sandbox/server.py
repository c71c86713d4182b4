"""The sandbox as an ASGI app, and as a process that stops within two seconds."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import socket
import threading
from collections.abc import AsyncIterator, Callable, Generator

import httpx2
import uvicorn
from starlette.applications import Starlette
from starlette.routing import Mount, Route
from uvicorn.protocols.http.h11_impl import H11Protocol

from raseed.sandbox.box import Options, Sandbox
from raseed.sandbox.console import console_app, home
from raseed.sandbox.control import LocalOnly, control_app
from raseed.sandbox.front import Front
from raseed.sandbox.openpayments.gateway import OpenPayments
from raseed.sandbox.paymob.gateway import Paymob
from raseed.sandbox.paymongo.gateway import PayMongo
from raseed.sandbox.phonepe.gateway import PhonePe

#: What requests under way get when the process is told to stop, in seconds.
#: As long as load balancers in front of real gateways: clients close their idle connections first.
KEEP_ALIVE_SECONDS = 75
GRACE_SECONDS = 1


def create_app(
    options: Options | None = None, transport: httpx2.AsyncBaseTransport | None = None
) -> Starlette:
    """A sandbox of its own as an ASGI app; `app.state.sandbox` is its inside.

    `transport` replaces the network for outgoing webhooks, for tests in process.
    """
    options = options or Options()
    sandbox = Sandbox(options, transport)
    sandbox.gateways["paymongo"] = PayMongo(sandbox)
    sandbox.gateways["paymob"] = Paymob(sandbox)
    sandbox.gateways["phonepe"] = PhonePe(sandbox)
    sandbox.gateways["openpayments"] = OpenPayments(sandbox)
    sandbox.read_state()

    @contextlib.asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        await sandbox.start()
        try:
            yield
        finally:
            await sandbox.stop()

    fronts = [Mount(f"/{name}", app=Front(sandbox, gateway)) for name, gateway in sandbox.gateways.items()]
    control = LocalOnly(control_app(sandbox), _own_hosts(options))
    console = LocalOnly(console_app(sandbox), _own_hosts(options))
    app = Starlette(
        routes=[
            Route("/", home),
            Mount("/_sandbox/api", app=control),
            Mount("/_sandbox", app=console),
            *fronts,
        ],
        lifespan=lifespan,
    )
    app.state.sandbox = sandbox
    return app


def _own_hosts(options: Options) -> tuple[str, ...]:
    host = f"[{options.host}]" if ":" in options.host else options.host
    return (host, *options.allowed_hosts)


def bind(host: str, port: int) -> socket.socket:
    """A listening socket; port 0 picks a free one. Raises OSError where the address is taken."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
    except OSError:
        listener.close()
        raise
    return listener


def serve(app: Starlette, listener: socket.socket, ready: Callable[[], None] | None = None) -> None:
    """Serve until SIGINT or SIGTERM, then stop and return. `ready` is called once requests are taken."""
    asyncio.run(_serve(app, listener, ready))


async def _serve(app: Starlette, listener: socket.socket, ready: Callable[[], None] | None) -> None:
    server = _server(app)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, _stop, app, server)
    await _run(server, listener, ready)


def _server(app: Starlette) -> _Server:
    config = uvicorn.Config(
        app,
        http=_protocol(app.state.sandbox),
        ws="none",
        log_level="warning",
        access_log=False,
        server_header=False,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        proxy_headers=False,  # they would hide which connection a request came on
        timeout_graceful_shutdown=GRACE_SECONDS,
    )
    return _Server(config)


def _stop(app: Starlette, server: _Server) -> None:
    app.state.sandbox.stopping.set()  # lets hanging requests end, so that they do not use up the grace
    server.should_exit = True


async def _run(server: _Server, listener: socket.socket, ready: Callable[[], None] | None) -> None:
    announce = asyncio.create_task(_announce(server, ready))
    try:
        await server.serve(sockets=[listener])
    finally:
        announce.cancel()


@contextlib.contextmanager
def serving(app: Starlette, listener: socket.socket) -> Generator[None]:
    """Serve from a thread while the block runs, for tests in the same process."""
    started, finished = threading.Event(), threading.Event()
    handle: list[tuple[asyncio.AbstractEventLoop, _Server]] = []

    async def run() -> None:
        server = _server(app)
        handle.append((asyncio.get_running_loop(), server))
        await _run(server, listener, started.set)

    def work() -> None:
        try:
            asyncio.run(run())
        finally:
            finished.set()

    thread = threading.Thread(target=work, name="raseed-sandbox", daemon=True)
    thread.start()
    while not started.wait(0.05):
        if finished.is_set():
            raise RuntimeError("the sandbox did not start; the error of its thread is above")
    try:
        yield
    finally:
        loop, server = handle[0]
        loop.call_soon_threadsafe(_stop, app, server)
        thread.join(10)


class _Server(uvicorn.Server):
    """uvicorn without its signal handling, which would kill the process after a clean stop."""

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None]:
        yield


async def _announce(server: uvicorn.Server, ready: Callable[[], None] | None) -> None:
    while not server.started:
        await asyncio.sleep(0.01)
    if ready is not None:
        ready()


def _protocol(sandbox: Sandbox) -> type[asyncio.Protocol]:
    """uvicorn's HTTP protocol, which also remembers its connection so that a fault can cut it."""

    class Cuttable(H11Protocol):
        def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
            super().connection_made(transport)
            self._peer = (transport.get_extra_info("peername") or ("", 0))[:2]
            sandbox.connections[self._peer] = transport

        def connection_lost(self, exc: Exception | None) -> None:
            sandbox.connections.pop(self._peer, None)
            super().connection_lost(exc)

    return Cuttable
