"""The gateway of the peers' benchmark: it repeats what was not accepted, and is not fooled by silence."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from bench.peers.delivery import Delivery
from bench.peers.posting import NO_ANSWER, Gateway

from raseed.cli.ports import HeldPorts

DELIVERY = Delivery("/hook/", b'{"n": 1}', lambda body, at: {"Signature": f"{len(body)}"})


class Site(ThreadingHTTPServer):
    """Answers what it is told to, in order, and keeps what came."""

    def __init__(self, answers: list[int]) -> None:
        super().__init__(("127.0.0.1", 0), Hook)
        self.answers = answers
        self.came: list[tuple[str, bytes, str]] = []
        self.inside = threading.Barrier(4)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class Hook(BaseHTTPRequestHandler):
    server: Site

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.came.append((self.path, body, self.headers["Signature"]))
        if self.path == "/together/":
            self.server.inside.wait(timeout=30)
        self.send_response(self.server.answers.pop(0) if self.server.answers else 200)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  (the base class names it)
        pass


@pytest.fixture
def site() -> Iterator[Site]:
    made = Site([])
    serving = threading.Thread(target=made.serve_forever)
    serving.start()
    yield made
    made.shutdown()
    serving.join()
    made.server_close()


def test_it_repeats_the_same_bytes_until_they_are_accepted(site: Site) -> None:
    site.answers = [500, 404, 200, 200]
    assert Gateway(site.url).until_accepted(DELIVERY, pause_seconds=0) == [500, 404, 200]
    assert site.came == [("/hook/", b'{"n": 1}', "8")] * 3


def test_it_gives_up(site: Site) -> None:
    site.answers = [500] * 9
    assert Gateway(site.url).until_accepted(DELIVERY, tries=3, pause_seconds=0) == [500] * 3


def test_copies_at_once_are_all_inside_together(site: Site) -> None:
    # Each handler waits for three others: copies that came one after another would never be answered.
    together = Delivery("/together/", b"{}", DELIVERY.signer)
    assert Gateway(site.url).at_once(together, 4) == [200] * 4


def test_nobody_there_is_no_answer() -> None:
    ports = HeldPorts()
    gateway = Gateway(f"http://127.0.0.1:{ports.take()}")
    assert gateway.post(DELIVERY) == NO_ANSWER
    assert gateway.at_once(DELIVERY, 3) == [NO_ANSWER] * 3
    ports.release()
