"""The one way to the network: what is repeated, what is believed, and what is never written down."""

from __future__ import annotations

import json
import logging
import os
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import Any

import httpx2
import pytest

from raseed.core.errors import ConfigurationError, GatewayRefused, GatewayUnavailable
from raseed.gateways import http
from tests.gateways.wire import Wire

KEY = "sk_test_planted5ecret"


def api(wire: Any, **changes: Any) -> http.Api:
    def explain(status: int, document: Any) -> GatewayRefused:
        return GatewayRefused("no", status=status, code=str(document))

    return http.Api("Bank", "https://bank.example/", explain=explain, user=KEY, http=wire, **changes)


@pytest.mark.parametrize(
    "trouble", [httpx2.ConnectError("x"), httpx2.ReadError("x"), (500, ""), (429, ""), (409, ""), (408, "")]
)
def test_a_read_is_repeated(trouble: Any) -> None:
    wire = Wire({"*": [trouble, trouble, (200, {"ok": 1})]})
    assert api(wire).get("/thing") == {"ok": 1}
    assert len(wire.sent) == 3


def test_not_for_ever() -> None:
    wire = Wire({"*": (503, "")})
    with pytest.raises(GatewayUnavailable):
        api(wire).get("/thing")
    assert len(wire.sent) == http.ATTEMPTS


@pytest.mark.parametrize("trouble", [httpx2.ConnectError("x"), (500, ""), (429, "")])
def test_a_change_is_repeated_only_under_a_key(trouble: Any) -> None:
    bare, keyed = Wire({"*": trouble}), Wire({"*": trouble})
    with pytest.raises(GatewayUnavailable):
        api(bare).post("/thing", {})
    with pytest.raises(GatewayUnavailable):
        api(keyed).post("/thing", {}, idempotency_key="open:1")
    assert (len(bare.sent), len(keyed.sent)) == (1, 3)
    assert {request.headers["Idempotency-Key"] for request in keyed.sent} == {"open:1"}
    assert "Idempotency-Key" not in bare.sent[0].headers


@pytest.mark.parametrize(
    "trouble", [httpx2.ReadTimeout("x"), httpx2.WriteTimeout("x"), (200, "?"), (302, "")]
)
def test_waiting_long_is_not_repeated(trouble: Any) -> None:
    wire = Wire({"*": trouble})
    with pytest.raises(GatewayUnavailable):
        api(wire).get("/thing")
    assert len(wire.sent) == 1


def test_a_refusal_is_not_repeated() -> None:
    wire = Wire({"*": (400, {"errors": []})})
    with pytest.raises(GatewayRefused):
        api(wire).post("/thing", {}, idempotency_key="k")
    assert len(wire.sent) == 1


@pytest.mark.parametrize(("header", "attempts"), [("1", 3), ("60", 1), ("Wed, 21 Oct 2026 07:28:00 GMT", 3)])
def test_a_long_wish_to_wait_is_passed_on(header: str, attempts: int) -> None:
    wire = Wire({"*": lambda _: httpx2.Response(429, headers={"Retry-After": header})})
    with pytest.raises(GatewayUnavailable) as caught:
        api(wire).get("/thing")
    assert len(wire.sent) == attempts
    assert caught.value.retry_after_seconds == (float(header) if header.isdigit() else None)


def test_timeouts_are_set_on_every_request() -> None:
    wire = Wire({"*": (200, {})})
    api(wire).get("/thing")
    api(wire, timeout_seconds=2).get("/thing")
    given = [request.extensions["timeout"] for request in wire.sent]
    assert (given[0]["connect"], given[0]["read"]) == (5, 30)
    assert (given[1]["connect"], given[1]["read"]) == (2, 2)


def test_a_client_of_the_sites_own_is_used_but_never_follows() -> None:
    wire = Wire({"*": lambda _: httpx2.Response(301, headers={"Location": "https://elsewhere.example/"})})
    client = httpx2.Client(transport=httpx2.MockTransport(wire), follow_redirects=True)
    with pytest.raises(GatewayUnavailable):
        api(client).get("/thing")
    assert [str(request.url) for request in wire.sent] == ["https://bank.example/thing"]
    client.close()


def test_a_dripping_answer_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    seconds = iter(range(0, 10_000, 7))
    monkeypatch.setattr(http.time, "monotonic", lambda: next(seconds))
    wire = Wire({"*": lambda _: httpx2.Response(200, content=(b" " for _ in range(1_000)))})
    with pytest.raises(GatewayUnavailable, match="no answer in time"):
        api(wire, timeout_seconds=30).get("/thing")


def test_nothing_secret_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    wire = Wire({"*": [(500, "their words"), (200, {"client_key": "their words"})]})
    api(wire).post("/thing", {"card": "4343434343434345"}, idempotency_key="k")
    logged = " ".join(str(vars(record)) for record in caplog.records)
    assert "Bank POST /thing answered 200" in caplog.text
    for secret in (KEY, "their words", "4343434343434345", "Authorization"):
        assert secret not in logged


def test_processes_share_no_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    made = api(None)
    first = made._client()
    assert made._client() is first
    monkeypatch.setattr(os, "getpid", lambda: -1)
    second = made._client()
    assert second is not first
    first.close()
    second.close()


class _Echo(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        said = json.dumps({"path": self.path, "authorization": self.headers["Authorization"]}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(said)))
        self.end_headers()
        self.wfile.write(said)

    def log_message(self, *args: Any) -> None:
        """Quiet."""


def test_a_real_connection_passes_by_the_proxy_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    with HTTPServer(("127.0.0.1", 0), _Echo) as server:
        thread = Thread(target=server.handle_request)
        thread.start()
        base = f"http://127.0.0.1:{server.server_port}/sub/"
        made = http.Api("Bank", base, explain=lambda *_: GatewayRefused("no"), user="k")
        assert made.get("/v1/thing", {"limit": 3}) == {
            "path": "/sub/v1/thing?limit=3",
            "authorization": "Basic azo=",
        }
        thread.join()
        made._client().close()


@pytest.mark.parametrize("base_url", ["", "bank.example", "ftp://bank.example", "https://bank.example/?a=1"])
def test_a_base_url_that_cannot_be_called(base_url: str) -> None:
    with pytest.raises(ConfigurationError, match="BASE_URL"):
        http.checked_base_url(base_url)
