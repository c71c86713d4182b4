"""Calls to strangers' machines: only the address that was looked at, and nobody makes us wait."""

from __future__ import annotations

import datetime
import gzip
import ipaddress
import json
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx2
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from raseed.core.errors import GatewayUnavailable
from raseed.gateways import outside
from raseed.gateways.addresses import RefusedAddress
from raseed.gateways.outside import NoDocument, Outside

NAME = "wallet.example"
Serve = Callable[[BaseHTTPRequestHandler], None]


@contextmanager
def serving(answer: Serve, tls: ssl.SSLContext | None = None) -> Iterator[int]:
    """A machine on loopback that answers each GET so; its port."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            answer(self)

        def log_message(self, *args: Any) -> None:
            """Quiet."""

    class Server(ThreadingHTTPServer):
        def handle_error(self, request: Any, client_address: Any) -> None:
            """A caller that hangs up is what is tested here."""

    with Server(("127.0.0.1", 0), Handler) as server:
        if tls is not None:
            server.socket = tls.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield server.server_port
        finally:
            server.shutdown()
            thread.join()


def says(status: int, body: bytes, **headers: str) -> Serve:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        for name, value in headers.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    return answer


def call(port: int) -> outside.Answer:
    """As the sandbox is called: its origin is exempt."""
    origin = f"http://127.0.0.1:{port}"
    return Outside("Wallets", exempt_origin=origin).call("GET", f"{origin}/alice", {})


class TestAnswers:
    def test_a_document(self) -> None:
        with serving(says(200, b'{"a": 1}')) as port:
            assert call(port) == outside.Answer(200, {"a": 1})

    def test_a_refusal_without_a_document(self) -> None:
        with serving(says(404, b"<html>")) as port:
            assert call(port) == outside.Answer(404, {})

    @pytest.mark.parametrize("status", [301, 302, 307, 308])
    def test_a_redirect_is_not_followed(self, status: int) -> None:
        with (
            serving(says(status, b"", Location="/other")) as port,
            pytest.raises(NoDocument, match="never followed"),
        ):
            call(port)

    def test_64_kib_are_read_and_not_a_byte_more(self) -> None:
        fits = b'{"a":"' + b"x" * (64 * 1024 - 8) + b'"}'
        with serving(says(200, fits)) as port:
            assert call(port).status == 200
        with serving(says(200, fits + b" ")) as port, pytest.raises(GatewayUnavailable, match="too long"):
            call(port)

    def test_a_packed_answer_is_not_unpacked(self) -> None:
        bomb = gzip.compress(b" " * 10_000_000)
        with (
            serving(says(200, bomb, Content_Encoding="gzip")) as port,
            pytest.raises(GatewayUnavailable, match="packed"),
        ):
            call(port)

    @pytest.mark.parametrize("status", [500, 503, 408, 429])
    def test_no_answer_worth_the_name(self, status: int) -> None:
        with (
            serving(says(status, b"{}", Retry_After="7")) as port,
            pytest.raises(GatewayUnavailable) as caught,
        ):
            call(port)
        assert caught.value.retry_after_seconds == 7

    @pytest.mark.parametrize("delay", ["-1", "soon", "99999", "Wed, 21 Oct 2026 07:28:00 GMT"])
    def test_a_delay_that_is_none(self, delay: str) -> None:
        with (
            serving(says(503, b"{}", Retry_After=delay)) as port,
            pytest.raises(GatewayUnavailable) as caught,
        ):
            call(port)
        assert caught.value.retry_after_seconds is None

    def test_nobody_listens(self) -> None:
        with socket.socket() as unused:
            unused.bind(("127.0.0.1", 0))
            with pytest.raises(GatewayUnavailable, match="no answer"):
                call(unused.getsockname()[1])


class TestPatience:
    def test_one_that_drips_bytes_is_left(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """No single byte is late, but the whole is."""
        monkeypatch.setattr(outside, "OUTSIDE_SECONDS", 0.5)
        gone = threading.Event()

        def drip(handler: BaseHTTPRequestHandler) -> None:
            handler.send_response(200)
            handler.end_headers()
            while not gone.wait(0.05):
                handler.wfile.write(b" ")

        began = time.monotonic()
        with serving(drip) as port:
            with pytest.raises(GatewayUnavailable):
                call(port)
            took = time.monotonic() - began
            gone.set()
        assert took < 20  # without the limit it drips for ever

    def test_a_name_server_that_does_not_answer(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(outside, "OUTSIDE_SECONDS", 0.2)
        gone = threading.Event()

        def look_up(host: str, port: int) -> list[str]:
            gone.wait(60)
            raise RefusedAddress("late")

        monkeypatch.setattr(outside, "public_addresses", look_up)
        with pytest.raises(GatewayUnavailable, match="no answer within"):
            Outside("Wallets").call("GET", f"https://{NAME}/alice", {})
        gone.set()


# --- the address that was looked at -----------------------------------------------------------------


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate for the wallet's name, and its key, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, NAME)])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(NAME)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "wallet.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(private + made.public_bytes(serialization.Encoding.PEM))
    return path


@pytest.fixture
def secure(certificate: Path, monkeypatch: pytest.MonkeyPatch) -> ssl.SSLContext:
    """What a server with that certificate needs; callers trust it."""
    trusting = ssl.create_default_context(cafile=str(certificate))
    monkeypatch.setattr(outside, "tls", lambda **_: trusting)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    return context


def tells_host(handler: BaseHTTPRequestHandler) -> None:
    says(200, json.dumps({"host": handler.headers["Host"]}).encode())(handler)


class TestPinned:
    def test_the_number_is_called_under_its_name(
        self, secure: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The name is looked up once: what it stands for a moment later does not matter."""
        asked: list[str] = []

        def look_up(host: str, port: int) -> list[str]:
            asked.append(host)
            return ["127.0.0.1"]

        def connects_only(host: str, *args: Any, **more: Any) -> Any:
            assert ipaddress.ip_address(host)
            return genuine(host, *args, **more)

        genuine = socket.getaddrinfo
        monkeypatch.setattr(outside, "public_addresses", look_up)
        monkeypatch.setattr(socket, "getaddrinfo", connects_only)
        with serving(tells_host, secure) as port:
            answer = Outside("Wallets").call("GET", f"https://{NAME}:{port}/alice", {})
        assert answer.document == {"host": f"{NAME}:{port}"}
        assert asked == [NAME]

    def test_a_certificate_for_another_name_is_refused(
        self, secure: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(outside, "public_addresses", lambda host, port: ["127.0.0.1"])
        with serving(tells_host, secure) as port, pytest.raises(GatewayUnavailable, match="no answer"):
            Outside("Wallets").call("GET", f"https://evil.example:{port}/alice", {})

    def test_the_next_number_is_tried_where_nobody_listens(
        self, secure: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(outside, "public_addresses", lambda host, port: ["127.0.0.2", "127.0.0.1"])
        with serving(tells_host, secure) as port:
            assert Outside("Wallets").call("GET", f"https://{NAME}:{port}/", {}).status == 200

    def test_a_private_machine_is_not_even_connected_to(self, monkeypatch: pytest.MonkeyPatch) -> None:
        came: list[str] = []

        def note(handler: BaseHTTPRequestHandler) -> None:
            came.append(handler.path)

        def look_up(host: str, port: int, **_: Any) -> list[Any]:
            return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port))]

        with serving(note) as port:
            monkeypatch.setattr(socket, "getaddrinfo", look_up)
            with pytest.raises(GatewayUnavailable, match="private network"):
                Outside("Wallets").call("GET", f"https://{NAME}:{port}/alice", {})
            monkeypatch.undo()
        assert came == []

    def test_no_proxy_is_asked(self, secure: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:1")
        monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:1")
        monkeypatch.setattr(outside, "public_addresses", lambda host, port: ["127.0.0.1"])
        with serving(tells_host, secure) as port:
            assert Outside("Wallets").call("GET", f"https://{NAME}:{port}/", {}).status == 200


def test_no_cookie_is_kept_and_nothing_is_said_about_secrets(caplog: pytest.LogCaptureFixture) -> None:
    sent: list[httpx2.Request] = []

    def answer(request: httpx2.Request) -> httpx2.Response:
        sent.append(request)
        return httpx2.Response(200, json={}, headers={"Set-Cookie": "a=b"})

    outer = Outside("Wallets", http=answer)
    with caplog.at_level("DEBUG", logger="raseed"):
        for _ in range(2):
            outer.call("GET", f"https://{NAME}/a?token=planted", {"Authorization": "GNAP planted"})
    assert all("Cookie" not in request.headers for request in sent)
    assert "planted" not in caplog.text
