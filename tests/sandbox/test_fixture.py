"""The sandbox as a pytest fixture: a shop of another framework, tested over real HTTP."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from base64 import b64encode
from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest

from raseed import testing_sandbox
from raseed.testing_sandbox import (
    START,
    LocalSandbox,
    SandboxRefused,
    running_sandbox,
    sandbox,
    sandbox_server,
)

__all__ = ["sandbox", "sandbox_server"]  # fixtures are found by name
SOURCE = {
    "type": "gcash",
    "amount": 10_000,
    "currency": "PHP",
    "redirect": {"success": "http://shop.test/ok", "failed": "http://shop.test/no"},
}
CHECKOUT = {
    "line_items": [{"name": "Bill", "amount": 10_000, "currency": "PHP", "quantity": 1}],
    "payment_method_types": ["gcash"],
    "success_url": "http://shop.test/ok",
}


class Shop:
    """An endpoint on a port of its own, which answers 200 and remembers."""

    def __init__(self) -> None:
        self.events: list[str] = []
        shop = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                shop.events.append(body["data"]["attributes"]["type"])
                self.send_response(200)
                self.send_header("Content-Length", "2")
                self.end_headers()
                self.wfile.write(b"{}")

            def log_message(self, *_parts: Any) -> None:
                """Quiet."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/hook"
        Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()


@pytest.fixture
def shop() -> Iterator[Shop]:
    shop = Shop()
    yield shop
    shop.server.shutdown()
    shop.server.server_close()


def opened(local: LocalSandbox, path: str, attributes: dict[str, Any], **headers: str) -> dict[str, Any]:
    request = urllib.request.Request(
        f"{local.url('paymongo')}/v1/{path}",
        json.dumps({"data": {"attributes": attributes}}).encode(),
        {"Authorization": "Basic " + b64encode(b"sk_test_x:").decode(), **headers},
    )
    with urllib.request.urlopen(request, timeout=10) as answer:
        return json.load(answer)["data"]


def test_one_purchase(sandbox: LocalSandbox, shop: Shop) -> None:
    sandbox.webhook(shop.url, events=["payment.paid", "payment.refunded"])
    sandbox.arm("duplicate-3")
    session = opened(sandbox, "checkout_sessions", CHECKOUT)
    assert sandbox.pay()["news"] == ["paid", "paid"]
    assert shop.events == ["payment.paid"] * 3
    sandbox.refund(session["id"], 2500)
    sandbox.advance(2)  # a refund is pending for a moment
    assert [refund["amount"] for refund in sandbox.books()["refunds"]] == [2500]
    assert [d["state"] for d in sandbox.deliveries()] == ["delivered"] * 2
    assert {entry["kind"] for entry in sandbox.log()} >= {"request", "response", "delivery", "step"}


def test_each_test_begins_the_same(sandbox: LocalSandbox) -> None:
    assert (sandbox.now(), sandbox.checkouts(), sandbox.books()["webhooks"]) == (START, [], [])
    first = opened(sandbox, "sources", SOURCE)["id"]
    sandbox.advance(5)
    sandbox.reset()
    assert opened(sandbox, "sources", SOURCE)["id"] == first
    assert sandbox.now() == START


def test_time_stands_still_until_it_is_moved(sandbox: LocalSandbox) -> None:
    sandbox.fault("checkout", "expire", seconds=60)
    source = opened(sandbox, "sources", SOURCE)
    assert sandbox.advance(60) == START + timedelta(seconds=60) == testing_sandbox.clock()
    assert sandbox.books()["sources"][0]["status"] == "expired"
    with pytest.raises(SandboxRefused, match="no longer"):
        sandbox.pay(source["id"])
    sandbox.run()
    assert sandbox.now() > START
    sandbox.freeze(START)
    assert sandbox.now() == START


def test_held_resent_and_cleared(sandbox: LocalSandbox, shop: Shop) -> None:
    sandbox.webhook(shop.url, events=["source.chargeable"])
    sandbox.fault("delivery", "hold")
    opened(sandbox, "sources", SOURCE)
    sandbox.pay()
    held = sandbox.deliveries()[0]
    assert (held["state"], shop.events) == ("held", [])
    sandbox.release(held["id"])
    sandbox.resend(held["id"], copies=2)
    assert shop.events == ["source.chargeable"] * 3
    sandbox.clear_faults()
    assert sandbox.control("GET", "faults") == {"faults": []}


def test_declined_and_expired(sandbox: LocalSandbox) -> None:
    opened(sandbox, "sources", SOURCE)
    sandbox.decline()
    opened(sandbox, "sources", SOURCE)
    sandbox.expire()
    assert [s["status"] for s in sandbox.books()["sources"]] == ["cancelled", "expired"]


def test_a_state_is_taken_along(sandbox: LocalSandbox) -> None:
    opened(sandbox, "sources", SOURCE)
    state = sandbox.state()
    sandbox.reset()
    sandbox.restore(state)
    assert len(sandbox.checkouts()) == 1


def test_a_lost_connection_over_real_sockets(sandbox: LocalSandbox) -> None:
    with pytest.raises((ConnectionError, urllib.error.URLError)):
        opened(sandbox, "sources", SOURCE, **{"X-Sandbox-Scenario": "connection-dropped"})
    assert len(sandbox.checkouts()) == 1
    opened(sandbox, "sources", SOURCE, **{"X-Sandbox-Scenario": "connection-dropped"})


def test_another_one_beside_it_with_settings_of_its_own(sandbox: LocalSandbox) -> None:
    with running_sandbox(seed=5, minimum={"sources": 100}) as other:
        assert other.port != sandbox.port
        opened(other, "sources", SOURCE | {"amount": 100})
        assert sandbox.checkouts() == []
        assert testing_sandbox.clock() == START
        sandbox.advance(50)
        assert testing_sandbox.clock() == START  # of the one that was started last …
        sandbox.keep_time()
        assert testing_sandbox.clock() == sandbox.now() > START  # … or of the one that a test was handed
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((other.host, other.port), timeout=1)


def test_the_django_side_offers_the_same_fixtures() -> None:
    from raseed import testing

    assert testing.sandbox is sandbox
    assert testing.sandbox_server is sandbox_server
    with pytest.raises(AttributeError, match="no attribute 'sandpit'"):
        _ = testing.sandpit


def test_without_django() -> None:
    code = (
        "import sys, raseed.testing_sandbox as t\n"
        "with t.running_sandbox() as s: print(s.now().isoformat())\n"
        "print([n for n in sys.modules if n.split('.')[0] == 'django'], t.clock().year > 2020)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.stdout.splitlines() == ["2026-01-01T00:00:00+00:00", "[] True"], done.stderr
