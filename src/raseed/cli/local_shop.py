"""Sandbox, shop, event streams and worker on this machine: for `raseed demo` and `raseed tour`.

    with LocalShop(directory, database_url="postgresql://…", sandbox_arguments=["--seed", "7"]) as local:
        local.start()                   # returns when all are up, migrated, seeded and registered
        local.shop_url                  # "http://127.0.0.1:8000"
        local.sandbox_url               # "http://127.0.0.1:8900"
        local.events_url                # "http://127.0.0.1:8001/", where open pages listen
        local.worker.kill()             # SIGKILL; local.worker.start() brings it back
        local.shop.restart()
        local.environment               # for `manage.py` commands of your own, see `manage`
    # leaving stops all, the worker first

`directory` keeps database, sandbox state, secret key, clock and logs; the next start goes on from there.
An empty `database_url` means SQLite in that directory. Ports of 0 mean any free one. `workers` are the
commands, by name, of all that does owed work; by default one `raseed_work` that does it itself.
"""

from __future__ import annotations

import base64
import json
import os
import secrets
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

from raseed.cli.ports import HeldPorts
from raseed.cli.processes import Child, Crew, ProcessFailed, Watchdog, post_json

HOST = "127.0.0.1"
#: The demo's key at the sandbox. It opens nothing elsewhere.
PAYMONGO_KEY = "sk_test_raseed_demo"
#: PayMongo's documented minimum is far above a fee of ₱2.00; only the sandbox lets us lower it.
PAYMONGO_MINIMUM_MINOR = 100
#: What the demo's PhonePe webhooks are known by: user name and password.
PHONEPE_HOOKS = ("raseed_demo", "PlayMoney1")

#: The worker: finds what is owed, and where no queue is configured does it.
WORKER = (sys.executable, "-m", "raseed_shops", "raseed_work")


class LocalShop:
    """The processes of one directory."""

    def __init__(
        self,
        directory: Path,
        *,
        database_url: str = "",
        shop_port: int = 0,
        sandbox_port: int = 0,
        sandbox_arguments: Sequence[str] = (),
        with_worker: bool = True,
        with_events: bool = True,
        web_processes: int = 1,
        workers: Mapping[str, Sequence[str]] | None = None,
    ) -> None:
        self.directory = directory.resolve()
        self.directory.mkdir(parents=True, exist_ok=True)
        self.with_worker = with_worker
        self.with_events = with_events
        #: Set it (from a signal handler, say) to end a start that is under way.
        self.give_up = threading.Event()
        self.clock_file = self.directory / "clock.json"
        self._watchdog = Watchdog()
        self._held = HeldPorts(HOST)
        ports = _Ports(self._held, self.directory / "ports.json", shop_port, sandbox_port)
        self.shop_url = f"http://{HOST}:{ports.shop}"
        self.sandbox_url = f"http://{HOST}:{ports.sandbox}"
        self.events_url = f"http://{HOST}:{ports.events}/" if with_events else ""
        self.environment = self._environment(database_url)
        self.sandbox = self._child("sandbox", self._sandbox_command(ports.sandbox, sandbox_arguments))
        self.shop = self._child("shop", _shop_command(ports.shop, web_processes))
        self.events = self._child("events", _events_command(ports.events))
        commands = {"worker": WORKER} if workers is None else workers
        self.worker = Crew([self._child(name, command) for name, command in commands.items()])

    def _environment(self, database_url: str) -> dict[str, str]:
        return {
            "DJANGO_SETTINGS_MODULE": "raseed_shops.settings",
            "RASEED_DEMO_DIRECTORY": str(self.directory),
            "RASEED_DEMO_DATABASE_URL": database_url or f"sqlite:///{self.directory / 'shop.sqlite3'}",
            "RASEED_DEMO_SITE_URL": self.shop_url,
            "RASEED_DEMO_SANDBOX_URL": self.sandbox_url,
            "RASEED_DEMO_EVENTS_URL": self.events_url,
            "RASEED_DEMO_CLOCK_FILE": str(self.clock_file),
            "RASEED_DEMO_SECRET_KEY": _kept_secret(self.directory / "secret-key"),
            "RASEED_DEMO_PAYMONGO_SECRET_KEY": PAYMONGO_KEY,
            # What the marketplace shares with a payments service, where there is one.
            "PAYMENTS_WEBHOOK_SECRET": os.environ.get("PAYMENTS_WEBHOOK_SECRET", "")
            or _webhook_secret(self.directory / "webhook-secret"),
            "RASEED_DEMO_PAYMONGO_MINIMUM": str(PAYMONGO_MINIMUM_MINOR),
            "RASEED_DEMO_PHONEPE_WEBHOOK_USERNAME": PHONEPE_HOOKS[0],
            "RASEED_DEMO_PHONEPE_WEBHOOK_PASSWORD": PHONEPE_HOOKS[1],
        }

    def _child(self, name: str, command: Sequence[str]) -> Child:
        log = self.directory / f"{name}.log"
        return Child(name, command, environment=self.environment, log=log, watchdog=self._watchdog)

    def _sandbox_command(self, port: int, arguments: Sequence[str]) -> list[str]:
        return [
            *[sys.executable, "-c", "from raseed.cli import main; main()", "sandbox"],
            *["--host", HOST, "--port", str(port), "--clock-file", str(self.clock_file)],
            *["--state", str(self.directory / "sandbox.json")],
            *["--paymongo-minimum", str(PAYMONGO_MINIMUM_MINOR), *arguments],
        ]

    @property
    def children(self) -> list[Child]:
        """In the order in which they are started; stopping goes backwards."""
        events = [self.events] if self.with_events else []
        workers = self.worker.children if self.with_worker else []
        return [self.sandbox, self.shop, *events, *workers]

    def prepare(self) -> None:
        """Start the sandbox, register the webhook, migrate and seed. Raises ProcessFailed."""
        self.sandbox.start()
        self.sandbox.wait_healthy(f"{self.sandbox_url}/_sandbox/api/health", give_up=self.give_up)
        self.environment["RASEED_DEMO_WEBHOOK_SECRET"] = self._register_webhooks()
        self.manage("prepare_demo")

    def start(self) -> None:
        """Prepare, then start the others.

        Raises ProcessFailed with the end of the log of whatever did not come up.
        """
        self.prepare()
        for child in self.children[1:]:
            child.environment = dict(self.environment)
            child.start()
        self.shop.wait_healthy(f"{self.shop_url}/health/", give_up=self.give_up)
        if self.with_events:
            self.events.wait_healthy(f"{self.events_url}health/", give_up=self.give_up)

    def manage(self, *arguments: str) -> str:
        """Run a management command of the shop to its end and return what it printed."""
        command = [sys.executable, "-m", "raseed_shops", *arguments]
        environment = {**os.environ, **self.environment}
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        if done.returncode:
            lines = (done.stdout + done.stderr).splitlines()[-15:]
            raise ProcessFailed(f"{' '.join(arguments)} failed:\n" + "\n".join(lines))
        return done.stdout

    def webhooks(self) -> dict[str, dict[str, str]]:
        """By gateway: where its webhooks go, as the sandbox's control API is told."""
        user, password = PHONEPE_HOOKS
        front = f"{self.shop_url}/api/payments/webhook/"
        phonepe = {"url": f"{front}phonepe/", "username": user, "password": password}
        return {
            "phonepe": phonepe,
            "paymob": {"url": front, "response_url": front},
            "paymongo": {"url": f"{self.shop_url}/webhook/paymongo/"},
        }

    def _register_webhooks(self) -> str:
        """Tell the sandbox where each gateway's webhooks go. The secret that PayMongo's are signed with."""
        answers = {gateway: self._register(gateway, body) for gateway, body in self.webhooks().items()}
        return str(answers["paymongo"]["secret_key"])

    def _register(self, gateway: str, body: dict[str, str]) -> dict[str, Any]:
        address = f"{self.sandbox_url}/_sandbox/api/{gateway}/webhooks"
        answer: dict[str, Any] = json.loads(post_json(address, json.dumps(body).encode()))
        return answer

    def failed(self) -> Child | None:
        """A child that ended although nobody stopped it, if there is one."""
        return next((child for child in self.children if not child.running), None)

    def stop(self) -> None:
        """Stop all, the worker first, within a few seconds; whatever does not listen is killed."""
        try:
            if self.with_worker:
                self.worker.stop(grace_seconds=2.5)
            for child in reversed(self.children):
                child.stop(grace_seconds=2.5)
        finally:
            self._watchdog.close()
            self._held.release()

    def __enter__(self) -> LocalShop:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


class _Ports:
    """The ports of the last run if they are free: open checkouts and the sandbox's state name them."""

    def __init__(self, held: HeldPorts, file: Path, shop: int, sandbox: int) -> None:
        last = json.loads(file.read_text()) if file.exists() else {}
        self.shop = held.take(shop or int(last.get("shop", 0)))
        self.sandbox = held.take(sandbox or int(last.get("sandbox", 0)))
        self.events = held.take(int(last.get("events", 0)) or self.shop + 1)
        file.write_text(json.dumps({"shop": self.shop, "sandbox": self.sandbox, "events": self.events}))


def _shop_command(port: int, processes: int) -> list[str]:
    return [
        *[sys.executable, "-m", "granian", "--interface", "wsgi", "--host", HOST, "--port", str(port)],
        # Eight copies of a delivery at once must really run at once.
        *["--workers", str(processes), "--blocking-threads", "8", "--no-ws", "--log-level", "warning"],
        *["--workers-kill-timeout", "2", "raseed_shops.wsgi:application"],
    ]


def _events_command(port: int) -> list[str]:
    return [
        *[sys.executable, "-m", "uvicorn", "raseed.payments.events:application", "--host", HOST],
        # The addresses of streams open payments; they do not belong in a log.
        *["--port", str(port), "--no-access-log", "--log-level", "warning"],
    ]


def _webhook_secret(file: Path) -> str:
    """The same in the form of Standard Webhooks."""
    return "whsec_" + base64.b64encode(_kept_secret(file).encode()[:32]).decode()


def _kept_secret(file: Path) -> str:
    """A random key, made once per directory, readable by its owner only."""
    if not file.exists():
        handle = os.open(file, os.O_CREAT | os.O_WRONLY | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w") as text:
            text.write(secrets.token_urlsafe(48))
    return file.read_text().strip()
