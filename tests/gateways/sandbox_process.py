"""The sandbox as a process of its own, and a listener for its webhooks."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import httpx2

from raseed.gateways.base import RawDelivery

#: What webhooks are signed with in the tests that share one sandbox.
SECRET = "whsk_adapterMeetsSandbox0001"

START = "from raseed.cli.sandbox import command; command()"


class SandboxProcess:
    """Its PayMongo address, its control API, and what its webhooks brought here."""

    def __init__(self, base: str) -> None:
        self.base = base
        self.paymongo_url = f"{base}/paymongo"
        self.deliveries: list[RawDelivery] = []
        self._control = httpx2.Client(base_url=f"{base}/_sandbox/api", trust_env=False, timeout=20)

    def ask(self, method: str, path: str, /, **body: Any) -> Any:
        answer = self._control.request(method, path, json=body or None)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def act(self, path: str, /, **body: Any) -> Any:
        return self.ask("POST", f"/paymongo/{path}", **body)

    def fault(self, fault: str, path: str = "*", **parameters: Any) -> None:
        match = {"path": path, "method": parameters.pop("method", "POST")}
        stated = {"gateway": "paymongo", "on": "request", "fault": fault, "match": match, "times": 1}
        self.ask("POST", "/faults", **stated, **parameters)

    def books(self) -> Any:
        return self.ask("GET", "/paymongo/books")

    def delivered(self) -> list[RawDelivery]:
        """Everything that came since the last call; what is due is sent first."""
        self.ask("POST", "/deliveries/flush")
        came, self.deliveries[:] = list(self.deliveries), []
        return came

    def reset(self) -> None:
        self.ask("DELETE", "/faults")
        self.delivered()

    def close(self) -> None:
        self._control.close()


@contextmanager
def started() -> Iterator[str]:
    """Start one on a free port with the documented minimums, tell its address, and stop it again."""
    process = subprocess.Popen(
        [sys.executable, "-u", "-c", START, "--port", "0", "--seed", "7"],
        stdout=subprocess.PIPE,
        text=True,
        env={"NO_COLOR": "1", "TERM": "dumb", "COLUMNS": "200", "PYTHONUNBUFFERED": "1"},
    )
    assert process.stdout is not None
    try:
        said = (re.search(r"(http://\S+)/paymongo", line) for line in process.stdout)
        yield next(match.group(1) for match in said if match)
    finally:
        process.terminate()
        process.wait(10)
        process.stdout.close()


@contextmanager
def running(secret: str) -> Iterator[SandboxProcess]:
    """One that tells its webhooks here."""
    with started() as base:
        sandbox = SandboxProcess(base)
        with _listening(sandbox) as url:
            sandbox.act("webhooks", url=url, secret_key=secret)
            yield sandbox
        sandbox.close()


@contextmanager
def _listening(sandbox: SandboxProcess) -> Iterator[str]:
    class Listener(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            sandbox.deliveries.append(
                RawDelivery("POST", self.path, {}, dict(self.headers), body, datetime.now(UTC))
            )
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"{}")

        def log_message(self, *args: Any) -> None:
            """Quiet."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Listener) as server:
        thread = Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/hook"
        finally:
            server.shutdown()
            thread.join()
