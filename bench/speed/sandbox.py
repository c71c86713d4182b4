"""The sandbox as a process of the measured site: it opens checkouts, is paid, and sends signed webhooks."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from bench.speed import processors
from bench.speed.load import HOST, request
from bench.speed.site import Site
from raseed.cli.processes import Child, post_json

API = "/_sandbox/api"


class SandboxProcess:
    """One running sandbox, known by its control API."""

    def __init__(self, site: Site, process: Child) -> None:
        self.port = site.sandbox_port
        self._process = process

    def send_webhooks(self, url: str, events: Sequence[str], secret: str) -> None:
        """From now on these events go to this address, signed with this secret. None: nothing goes there."""
        wanted = {"url": url, "events": list(events), "secret_key": secret}
        post_json(f"http://{HOST}:{self.port}{API}/paymongo/webhooks", json.dumps(wanted).encode())

    def payment(self, session: str) -> bytes:
        """The request by which the customer pays on the page of this checkout session."""
        return request(f"{API}/paymongo/checkout_sessions/{session}/pay", b'{"method": "gcash"}', {})

    def processes(self) -> list[int]:
        """Of the sandbox."""
        return processors.family(self._process.pid or 0)


@contextmanager
def running(site: Site) -> Iterator[SandboxProcess]:
    """A sandbox at the address that the site's settings name; gone afterwards. Raises ProcessFailed."""
    command = "from raseed.cli import main; main()"
    process = site.child(
        "sandbox", "-c", command, "sandbox", "--host", HOST, "--port", str(site.sandbox_port)
    )
    try:
        process.start()
        process.wait_healthy(f"http://{HOST}:{site.sandbox_port}{API}/health")
        yield SandboxProcess(site, process)
    finally:
        process.stop()
