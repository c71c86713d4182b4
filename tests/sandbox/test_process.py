"""A real process: it starts, serves real sockets, cuts them by wish, and stops within two seconds."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import httpx2
import pytest

AUTH = ("sk_test_process", "")


@contextmanager
def running(*arguments: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A sandbox process on a free port, and its address."""
    command = [
        sys.executable,
        "-c",
        "from raseed.cli import main; main()",
        "sandbox",
        "--port",
        "0",
        *arguments,
    ]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    assert process.stdout is not None
    try:
        lines: list[str] = []
        base = None
        for line in process.stdout:
            lines.append(line)
            base = re.search(r"(http://\S+)/paymongo", line)
            if base:
                break
        assert base, "".join(lines)
        yield process, base[1]
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


def fault(base: str, **statement: Any) -> None:
    doc = {"gateway": "paymongo", "on": "request", **statement}
    httpx2.post(f"{base}/_sandbox/api/faults", json=doc).raise_for_status()


def test_a_day_in_its_life(tmp_path: Path) -> None:
    clock, state = tmp_path / "clock.json", tmp_path / "state.json"
    options = ["--clock-file", str(clock), "--state", str(state), "--seed", "5", "--paymongo-minimum", "200"]
    with running(*options) as (process, base):
        redirect = {"success": "http://shop.test/ok", "failed": "http://shop.test/no"}
        source = {"type": "gcash", "amount": 200, "currency": "PHP", "redirect": redirect}
        body = {"data": {"attributes": source}}
        made = httpx2.post(f"{base}/paymongo/v1/sources", json=body, auth=AUTH)
        assert made.status_code == 200
        page = httpx2.get(made.json()["data"]["attributes"]["redirect"]["checkout_url"])
        assert "₱2.00" in page.text

        for name in ("drop_before", "drop_after"):
            fault(base, fault=name, times=1)
            with pytest.raises(httpx2.RemoteProtocolError):
                httpx2.post(f"{base}/paymongo/v1/sources", json=body, auth=AUTH)
        fault(base, fault="hang_after", times=1, seconds=60)
        with pytest.raises(httpx2.ReadTimeout):
            httpx2.post(f"{base}/paymongo/v1/sources", json=body, auth=AUTH, timeout=0.2)
        assert len(httpx2.get(f"{base}/_sandbox/api/paymongo/books").json()["sources"]) == 3

        httpx2.post(f"{base}/_sandbox/api/clock", json={"mode": "frozen", "set": "2026-01-01T00:00:00Z"})
        assert json.loads(clock.read_text())["frozen_at"] == 1767225600

        fault(base, fault="hang_before", times=1, seconds=60)
        hanging = threading.Thread(target=_swallow, args=(f"{base}/paymongo/v1/payments",))
        hanging.start()
        time.sleep(0.2)
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0  # half of what the call would hang
        hanging.join(5)
        assert not hanging.is_alive()
    assert len(json.loads(state.read_text())["tables"]["paymongo/test/sources"]) == 3
    with running("--state", str(state)) as (process, base):
        assert len(httpx2.get(f"{base}/_sandbox/api/paymongo/books").json()["sources"]) == 3
        process.send_signal(signal.SIGINT)
        assert process.wait(5) == 0


def _swallow(url: str) -> None:
    with suppress(httpx2.HTTPError):
        httpx2.get(url, auth=AUTH, timeout=10)


def test_webhooks_travel_over_real_sockets() -> None:
    with running() as (_, base), running() as (_, other):
        # the second sandbox plays the shop: it answers 404 with an empty body, which is not a receipt
        url = f"{other}/paymongo/v1/hook"
        httpx2.post(f"{base}/_sandbox/api/paymongo/webhooks", json={"url": url}).raise_for_status()
        redirect = {"success": "http://shop.test/ok", "failed": "http://shop.test/no"}
        source = {"type": "gcash", "amount": 10000, "currency": "PHP", "redirect": redirect}
        made = httpx2.post(
            f"{base}/paymongo/v1/sources", json={"data": {"attributes": source}}, auth=AUTH
        ).json()
        httpx2.post(made["data"]["attributes"]["redirect"]["checkout_url"], data={"action": "authorize"})
        delivery = httpx2.post(f"{base}/_sandbox/api/deliveries/flush").json()["deliveries"][0]
        assert (delivery["state"], delivery["attempts"][0]["status"]) == ("waiting", 404)
        seen = httpx2.get(f"{other}/_sandbox/api/log").json()["entries"][0]
        assert (seen["method"], seen["path"]) == ("POST", "/v1/hook")
        assert re.fullmatch(r"t=\d+,te=[0-9a-f]{64},li=", seen["headers"]["paymongo-signature"])


def test_webhooks_can_be_named_when_it_starts() -> None:
    hooks = [f"http://shop.test/{name}" for name in ("a", "b")]
    with running(*[word for url in hooks for word in ("--paymongo-webhook", url, "whsk_mine")]) as (_, base):
        known = httpx2.get(f"{base}/_sandbox/api/paymongo/books").json()["webhooks"]
    assert {(hook["url"], hook["secret_key"], hook["status"]) for hook in known} == {
        (url, "whsk_mine", "enabled") for url in hooks
    }


def test_a_webhook_that_is_none_is_refused_when_it_starts() -> None:
    options = ["--port", "0", "--paymongo-webhook", "shop.test", "whsk_mine"]
    command = [sys.executable, "-c", "from raseed.cli import main; main()", "sandbox", *options]
    failed = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert failed.returncode == 2
    assert "--paymongo-webhook: url must be an http or https address." in failed.stderr


def test_a_taken_port_is_one_clear_line() -> None:
    with running() as (_, base):
        port = base.rpartition(":")[2]
        command = [sys.executable, "-c", "from raseed.cli import main; main()", "sandbox", "--port", port]
        failed = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert failed.returncode == 1
    assert failed.stderr.strip().endswith("Try --port 0.")
    assert "Traceback" not in failed.stderr
