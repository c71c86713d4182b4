"""The marketplace with a payments service of its own process: two programs, two databases, one payment."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from raseed.cli.local_shop import LocalShop
from raseed.cli.ports import HeldPorts
from raseed.cli.processes import answers
from raseed.testing_sandbox import LocalSandbox
from tests.acceptance.browser import Browser

TOKEN = "what the shop shows"
SECRET = "whsec_c2VjcmV0IG9mIHRoZSBtYXJrZXRwbGFjZSwgdGVzdHM="
#: Far more than anything takes on a busy machine.
PATIENCE_SECONDS = 120
#: How the shop learned of it.
HISTORY = """
import raseed
from raseed_shops.marketplace.models import Contract, Event
for event in Event.objects.filter(kind="webhook"):
    print(event.kind, event.is_signed, event.status, event.outcome)
payment = raseed.find_payment(Contract.objects.get(status="completed").payment_id)
print(payment.state, payment.first_channel)
"""


def until(happened: Callable[[], object], what: str) -> None:
    give_up_at = time.monotonic() + PATIENCE_SECONDS
    while not happened():
        assert time.monotonic() < give_up_at, f"waited in vain for {what}"
        time.sleep(0.2)


class Pair:
    """A running demo whose marketplace pays through a payments service."""

    def __init__(self, local: LocalShop, directory: Path, port: int) -> None:
        self.local, self.directory, self.port = local, directory, port
        parts = urlsplit(local.sandbox_url)
        self.sandbox = LocalSandbox(str(parts.hostname), int(parts.port or 0))
        self.service: subprocess.Popen[bytes] | None = None

    def start_service(self) -> None:
        code = "from raseed.cli import main; main()"
        command = [sys.executable, "-c", code, "payments-service", "--port", str(self.port)]
        environment = {
            **os.environ,
            "PAYMENTS_SERVICE_TOKEN": TOKEN,
            "PAYMENTS_WEBHOOK_SECRET": SECRET,
            "DJANGO_BASE_URL": self.local.shop_url,
            "RASEED_DEMO_SANDBOX_URL": self.local.sandbox_url,
            "RASEED_DEMO_CLOCK_FILE": str(self.local.clock_file),
        }
        environment.pop("DJANGO_SETTINGS_MODULE", None)
        log = (self.directory / "output.log").open("ab")
        with log:
            self.service = subprocess.Popen(
                [*command, "--directory", str(self.directory)], env=environment, stdout=log, stderr=log
            )
        until(lambda: answers(f"http://127.0.0.1:{self.port}/health"), "the payments service")

    def stop_service(self) -> None:
        if self.service is not None:
            self.service.send_signal(signal.SIGTERM)
            assert self.service.wait(60) == 0

    def as_person(self, name: str) -> Browser:
        return Browser().go(f"{self.local.shop_url}/login/").press(name)

    def job(self, browser: Browser) -> str:
        browser.go(f"{self.local.shop_url}/marketplace/")
        found = re.search(r'href="(/marketplace/jobs/\d+/)"[^>]*>Translate a menu', browser.text)
        assert found, browser.text
        return f"{self.local.shop_url}{found[1]}"


@pytest.fixture
def pair(tmp_path: Path) -> Iterator[Pair]:
    ports = HeldPorts()
    port = ports.take()
    with LocalShop(tmp_path / "shop", with_events=False) as local:
        local.environment |= {
            "PAYMENTS_SERVICE_URL": f"http://127.0.0.1:{port}",
            "PAYMENTS_SERVICE_TOKEN": TOKEN,
            "PAYMENTS_WEBHOOK_SECRET": SECRET,
        }
        local.start()
        (tmp_path / "service").mkdir()
        running = Pair(local, tmp_path / "service", port)
        running.sandbox.control("POST", "openpayments/settings", {"wait_seconds": 0})
        running.start_service()
        try:
            yield running
        finally:
            running.stop_service()
            ports.release()


@pytest.mark.slow
def test_it_pays_and_tells_the_shop(pair: Pair) -> None:
    alice = pair.as_person("Alice")
    job = pair.job(alice)
    alice.go(job).press("Pay USD 25.00", wallet=f"{pair.local.sandbox_url}/openpayments/alice")
    assert "/openpayments/consent" in alice.url, alice.text
    # The shop cannot ask by itself: what it learns, it is told.
    pair.local.worker.stop()
    alice.press("Approve")
    assert alice.url.startswith(f"{pair.local.shop_url}/payments/finish"), alice.url
    assert "Your payment is on its way" in alice.text
    until(lambda: "Nothing is left to do." in alice.go(job).text, "the webhook")
    wallets = pair.sandbox.books("openpayments")["wallets"]
    assert next(w for w in wallets if w["id"] == "bob")["amount"] == 2500
    history = pair.local.manage("shell", "-c", HISTORY)
    assert "webhook True 200" in history
    assert "paid webhook" in history


@pytest.mark.slow
def test_a_shop_that_was_away_is_told_later(pair: Pair) -> None:
    alice = pair.as_person("Alice")
    job = pair.job(alice)
    alice.go(job).press("Pay USD 25.00", wallet=f"{pair.local.sandbox_url}/openpayments/alice")
    pair.local.worker.stop()
    pair.sandbox.freeze()
    alice.press("Approve")
    pair.local.shop.stop()
    pair.sandbox.advance(10)
    log = pair.directory / "worker.log"
    until(lambda: "Undelivered" in log.read_text(), "the attempt that finds nobody")
    pair.local.shop.start()
    pair.local.shop.wait_healthy(f"{pair.local.shop_url}/health/")
    pair.sandbox.advance(6)
    until(lambda: "Nothing is left to do." in alice.go(job).text, "the second attempt")


@pytest.mark.parametrize("command", ["makemigrations --check --dry-run", "check"])
def test_its_own_project_is_in_order(tmp_path: Path, command: str) -> None:
    environment = {**os.environ, "PAYMENTS_SERVICE_DIRECTORY": str(tmp_path)}
    environment["DJANGO_SETTINGS_MODULE"] = "raseed_shops.payments_service.settings"
    run = [sys.executable, "-m", "django", *command.split()]
    done = subprocess.run(run, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_without_its_secrets_it_says_which_are_missing() -> None:
    hidden = ("PAYMENTS_SERVICE_TOKEN", "PAYMENTS_WEBHOOK_SECRET", "DJANGO_SETTINGS_MODULE")
    environment = {name: value for name, value in os.environ.items() if name not in hidden}
    command = [sys.executable, "-c", "from raseed.cli import main; main()", "payments-service"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "set PAYMENTS_SERVICE_TOKEN and PAYMENTS_WEBHOOK_SECRET" in done.stderr
