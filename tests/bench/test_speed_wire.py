"""What is counted between a server and PostgreSQL: messages however they are cut, batches once awaited."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from bench.speed.buyers import session_of
from bench.speed.load import LoadFailed
from bench.speed.wire import Count, Messages, Wire

STARTUP = (9).to_bytes(4) + b"\x00\x03\x00\x00\x00"


def message(kind: bytes, body: bytes = b"") -> bytes:
    return kind + (4 + len(body)).to_bytes(4) + body


#: An extended query with its end: one statement, one round trip.
EXECUTED = b"".join(message(kind, b"body") for kind in (b"P", b"B", b"D", b"E")) + message(b"S")


class TestMessages:
    @pytest.mark.parametrize("size", [1, 3, 1000])
    def test_however_the_bytes_are_cut(self, size: int) -> None:
        sent, messages = STARTUP + message(b"Q", b"BEGIN\x00") + EXECUTED, Messages()
        parts = [sent[start : start + size] for start in range(0, len(sent), size)]
        assert bytes(kind for part in parts for kind in messages.feed(part)) == b"QPBDES"

    def test_half_a_message_is_none(self) -> None:
        messages = Messages()
        assert messages.feed(STARTUP + message(b"Q", b"COMMIT\x00")[:-1]) == []
        assert messages.feed(b"\x00") == list(b"Q")


class Database:
    """Answers whatever ends in a Sync or is a simple query, as slowly as it likes, and knows no SQL."""

    def __init__(self) -> None:
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self.listener.getsockname()[1]
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self) -> None:
        client, _ = self.listener.accept()
        messages = Messages()
        with client:
            while part := client.recv(7):
                for kind in messages.feed(part):
                    if kind in b"QS":
                        client.sendall(b"answered")


@pytest.fixture
def database() -> Iterator[Database]:
    made = Database()
    yield made
    made.listener.close()


@pytest.fixture
def wire(database: Database, tmp_path: Path) -> Iterator[Wire]:
    made = Wire(tmp_path, "127.0.0.1", database.port)
    yield made
    made.close()


class TestWire:
    def test_a_batch_is_one_round_trip_and_each_execution_a_statement(
        self, wire: Wire, tmp_path: Path
    ) -> None:
        with socket.socket(socket.AF_UNIX) as client:
            client.connect(str(tmp_path / ".s.PGSQL.5432"))
            client.sendall(STARTUP + message(b"Q", b"BEGIN\x00"))
            assert client.recv(100) == b"answered"
            before = wire.count
            assert before == Count(1, 1)
            pipelined = b"".join(message(kind, b"body") for kind in (b"B", b"E", b"B", b"E")) + message(b"S")
            for batch in (pipelined, EXECUTED):
                client.sendall(batch)
                assert client.recv(100) == b"answered"
        assert wire.count.since(before, deliveries=2) == Count(1, 1.5)

    def test_the_address_keeps_who_asks_and_how(self, wire: Wire, tmp_path: Path) -> None:
        assert wire.through("postgres:///mine") == f"postgres:///mine?host={quoted(tmp_path)}&port=5432"
        through = wire.through("postgresql://me:word@db.example:6000/mine?connect_timeout=3&host=elsewhere")
        assert through == f"postgresql://me:word@/mine?connect_timeout=3&host={quoted(tmp_path)}&port=5432"


def quoted(path: Path) -> str:
    return str(path).replace("/", "%2F")


class TestSession:
    def test_it_stands_in_the_redirect(self) -> None:
        address = b"http://127.0.0.1:1/paymongo/checkout/cs_Ab1_client_9z#key"
        assert session_of(b"HTTP/1.1 302 Found\r\nlocation: " + address + b"\r\n\r\n") == "cs_Ab1"

    @pytest.mark.parametrize(
        "answer", [b"HTTP/1.1 500 Oh\r\n\r\n", b"HTTP/1.1 302 Found\r\nlocation: /\r\n\r\n"]
    )
    def test_whoever_opens_no_checkout_ends_the_run(self, answer: bytes) -> None:
        with pytest.raises(LoadFailed, match="no checkout"):
            session_of(answer)
