"""The sandbox as a pytest fixture: in this process, on a free port, with time standing still.

In `conftest.py`:

    from raseed.testing_sandbox import sandbox, sandbox_server  # noqa: F401

In a test:

    def test_no_webhook_arrives(sandbox):
        sandbox.arm("no-webhook")
        checkout = my_shop.open_checkout(base_url=sandbox.url("paymongo"))
        sandbox.pay(checkout.gateway_id)
        assert sandbox.deliveries() == []

Needs neither Django nor the rest of raseed: any Python program with an HTTP client can be tested so.
"""

from __future__ import annotations

import contextlib
import http.client
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote, urlencode

import pytest

from raseed.sandbox.box import Options
from raseed.sandbox.clock import Clock
from raseed.sandbox.server import bind, create_app, serving

#: Where every test starts in time.
START = datetime(2026, 1, 1, tzinfo=UTC)
#: Longer than any scenario makes the sandbox itself wait.
PATIENCE_SECONDS = 60

#: Of every running sandbox by its address; the last is the one that `clock` tells.
_clocks: dict[str, Clock] = {}


class SandboxRefused(AssertionError):
    """The sandbox would not do what a test asked for; the message says why."""


class LocalSandbox:
    """A running sandbox, and its control API as methods. Every answer is plain JSON."""

    def __init__(self, host: str, port: int) -> None:
        self.host, self.port = host, port
        self.base_url = f"http://{host}:{port}"

    def url(self, gateway: str) -> str:
        """What a client of that gateway takes as its base URL, such as `http://127.0.0.1:40001/paymongo`."""
        return f"{self.base_url}/{gateway}"

    def control(self, method: str, path: str, body: Any = None, **query: str) -> Any:
        """One call of the control API, `path` below `/_sandbox/api/`. Raises SandboxRefused."""
        target = f"/_sandbox/api/{path}" + (f"?{urlencode(query)}" if query else "")
        connection = http.client.HTTPConnection(self.host, self.port, timeout=PATIENCE_SECONDS)
        with contextlib.closing(connection):
            connection.request(method, target, None if body is None else json.dumps(body))
            answer = connection.getresponse()
            document = json.loads(answer.read())
        if answer.status != 200:
            raise SandboxRefused(f"{method} {target}: {document.get('error', document)}")
        return document

    # -- time ------------------------------------------------------------------------------------------

    def now(self) -> datetime:
        """The time in the sandbox."""
        return datetime.fromisoformat(self.control("GET", "clock")["now"])

    def advance(self, seconds: float) -> datetime:
        """Let time pass; everything that falls due on the way happens, in order."""
        return datetime.fromisoformat(self.control("POST", "clock", {"advance_seconds": seconds})["now"])

    def freeze(self, moment: datetime | None = None) -> None:
        """Stop the clock, at a moment or where it stands."""
        self.control("POST", "clock", {"mode": "frozen"} | ({"set": moment.isoformat()} if moment else {}))

    def keep_time(self) -> None:
        """From now on `clock` tells the time of this one, where several run."""
        _clocks[self.base_url] = _clocks.pop(self.base_url)

    def run(self) -> None:
        """Let the clock run on from where it stands."""
        self.control("POST", "clock", {"mode": "real"})

    # -- what goes wrong -------------------------------------------------------------------------------

    def arm(self, scenario: str, **more: Any) -> Any:
        """Have the next checkout use scenarios, such as "duplicate-3+pays". Also `reference`, `times`."""
        return self.control("POST", f"scenarios/{quote(scenario, safe='')}", more)

    def fault(self, on: str, fault: str, **more: Any) -> Any:
        """State a fault on "delivery", "request" or "checkout", with its parameters, `match` and `times`."""
        return self.control("POST", "faults", {"on": on, "fault": fault, **more})

    def clear_faults(self) -> None:
        """Put every fault out of force."""
        self.control("DELETE", "faults")

    # -- the payer and the dashboard ---------------------------------------------------------------------

    def checkouts(self) -> list[Any]:
        """Every checkout opened, oldest first."""
        return list(self.control("GET", "checkouts")["checkouts"])

    def act(self, verb: str, checkout: str = "", **more: Any) -> Any:
        """pay, agree, decline, expire, refund or charge-again; without an id, to the newest checkout."""
        checkout = checkout or self.checkouts()[-1]["id"]
        return self.control("POST", f"checkouts/{quote(checkout, safe='')}/{verb}", more)

    def pay(self, checkout: str = "") -> Any:
        """The payer pays; webhooks are delivered when this returns."""
        return self.act("pay", checkout)

    def decline(self, checkout: str = "") -> Any:
        """The payer's attempt fails."""
        return self.act("decline", checkout)

    def expire(self, checkout: str = "") -> Any:
        """The checkout ends unpaid."""
        return self.act("expire", checkout)

    def refund(self, checkout: str = "", minor: int | None = None) -> Any:
        """Somebody refunds in the gateway's dashboard, all of it or so many minor units."""
        return self.act("refund", checkout, **({} if minor is None else {"amount": minor}))

    # -- webhooks and books ------------------------------------------------------------------------------

    def webhook(self, url: str, gateway: str = "paymongo", **more: Any) -> Any:
        """Register an endpoint; also `events`, and `secret_key`, or `username` and `password`."""
        return self.control("POST", f"{gateway}/webhooks", {"url": url, **more})

    def deliveries(self) -> list[Any]:
        """Every webhook, with its attempts; what is due is sent first."""
        return list(self.control("POST", "deliveries/flush")["deliveries"])

    def resend(self, delivery: str, **more: Any) -> Any:
        """Send a webhook again; also `copies`, `concurrent`, `corrupt`."""
        return self.control("POST", f"deliveries/{delivery}/resend", more)

    def release(self, delivery: str) -> Any:
        """Let a held webhook go."""
        return self.control("POST", f"deliveries/{delivery}/release")

    def books(self, gateway: str = "paymongo") -> Any:
        """What the gateway holds as true."""
        return self.control("GET", f"{gateway}/books")

    def log(self, after: int = 0) -> list[Any]:
        """Requests, responses, delivery attempts and steps of scenarios, in order."""
        return list(self.control("GET", "log", after=str(after))["entries"])

    def state(self) -> Any:
        """The whole state as one document."""
        return self.control("GET", "state")

    def restore(self, state: Any) -> None:
        """Take over such a document."""
        self.control("PUT", "state", state)

    def reset(self) -> None:
        """Empty books, the seed from its start, and the clock frozen at START."""
        self.control("DELETE", "state")
        self.freeze(START)


def clock() -> datetime:
    """The time in the sandbox of this test: set RASEED["CLOCK"] to "raseed.testing_sandbox.clock" in tests.

    Several may run: each module that imports the fixtures by name has a server of its own.
    """
    if not _clocks:
        return datetime.now(UTC)
    return datetime.fromtimestamp(next(reversed(_clocks.values())).now(), UTC)


@contextlib.contextmanager
def running_sandbox(
    *,
    seed: int = 1,
    host: str = "127.0.0.1",
    port: int = 0,
    openpayments: dict[str, Any] | None = None,
    phonepe: dict[str, Any] | None = None,
    paymob: dict[str, Any] | None = None,
    **paymongo: Any,
) -> Iterator[LocalSandbox]:
    """A sandbox in this process while the block runs; port 0 takes a free one.

    `openpayments`: settings of the imitated wallets, such as `{"wait_seconds": 0}`; `phonepe` and `paymob`:
    likewise.
    Keywords beyond are settings of the imitated PayMongo, such as `acknowledge="status"`.
    """
    listener = bind(host, port)
    port = listener.getsockname()[1]
    options = Options(host, port, seed, paymongo=paymongo, phonepe=phonepe or {}, paymob=paymob or {})
    options = replace(options, openpayments=openpayments or {})
    app = create_app(options)
    clock = app.state.sandbox.clock
    clock.set_mode("frozen")
    clock.set(START.timestamp())
    local = LocalSandbox(host, port)
    _clocks[local.base_url] = clock
    try:
        with serving(app, listener):
            yield local
    finally:
        del _clocks[local.base_url]


@pytest.fixture(scope="session")
def sandbox_server() -> Iterator[LocalSandbox]:
    """One sandbox for all tests of a module and run. Use `sandbox`, which is empty for each test."""
    with running_sandbox() as local:
        yield local


@pytest.fixture
def sandbox(sandbox_server: LocalSandbox) -> LocalSandbox:
    """A sandbox with empty books, the same seed for each test, and the clock frozen at START."""
    sandbox_server.reset()
    sandbox_server.keep_time()
    return sandbox_server
