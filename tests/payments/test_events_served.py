"""Event streams as a site runs them: what they cost the database, where they are, and a real server."""

import asyncio
import os
import signal
import subprocess
import sys
import time
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from unittest.mock import Mock

import pytest
from django.db import connection, transaction

from raseed.cli.ports import HeldPorts
from raseed.cli.processes import answers
from raseed.core.errors import ConfigurationError
from raseed.payments import conf, watcher
from raseed.payments.events import Application
from raseed.payments.links import stream_url
from raseed.payments.models import Payment
from raseed.payments.tokens import status_token
from raseed.payments.watcher import Changes, Watcher
from tests.bookshop.models import Book
from tests.payments.listening import Listener, path_of, version_of

pytestmark = pytest.mark.django_db(transaction=True)


class Counting:
    """The watcher's question, counted."""

    def __init__(self):
        self.asked = []
        self.changes = Changes()

    def __call__(self, watched):
        self.asked.append(dict(watched))
        return self.changes(watched)


class TestWhatItCosts:
    def test_nobody_watches_nobody_asks(self, payment):
        ask = Counting()
        app = Application(Watcher(ask, tick_seconds=0.01))

        async def story():
            async with Listener(app, path_of(payment, version_of_payment)):
                while len(ask.asked) < 3:
                    await asyncio.sleep(0.01)
            await asyncio.sleep(0.03)  # the tick under way
            asked = len(ask.asked)
            await asyncio.sleep(0.1)
            return asked

        version_of_payment = version_of(payment)
        assert asyncio.run(story()) == len(ask.asked)

    def test_a_thousand_pages_are_one_statement(self, payment, django_assert_num_queries):
        same = {
            name: getattr(payment, name) for name in ("account", "purpose", "method", "minor", "currency")
        }
        same |= {"created_at": payment.created_at, "expires_at": payment.expires_at}
        Payment.objects.bulk_create(
            Payment(reference=f"demo-{n:024x}", payable_key=str(n), state="failed", version=7, **same)
            for n in range(1000)
        )
        watched = dict(Payment.objects.values_list("reference", "version")) | {payment.reference: 0}
        changes = Changes()
        changes(watched)
        with django_assert_num_queries(2):  # was anything written, and what is new of what had news
            news = changes(watched)
        assert [each.reference for each in news] == [payment.reference]
        watched |= {payment.reference: news[0].version}
        with django_assert_num_queries(2):
            assert changes(watched) == []

    def test_while_nobody_writes_only_that_is_asked(self, payment, start, django_assert_num_queries):
        watched, changes = {payment.reference: version_of(payment)}, Changes()
        changes(watched)
        with django_assert_num_queries(1):
            assert changes(watched) == []
        with transaction.atomic(), django_assert_num_queries(1):  # it sees what nobody else does
            assert changes(watched) == []
        other = start(Book.objects.create(title="Noli Me Tangere")).payment
        with django_assert_num_queries(2):
            assert changes(watched) == []
        with django_assert_num_queries(3):
            (news,) = changes(watched | {other.reference: -1})
        assert news.reference == other.reference
        Payment.objects.filter(pk=payment.pk).update(version=99)
        assert [each.version for each in changes(watched)] == [99]

    def test_what_another_connection_writes_is_written(self, payment):
        """SQLite and PostgreSQL have different words for it."""
        watched, changes = {payment.reference: version_of(payment)}, Changes()

        def elsewhere():
            Payment.objects.filter(pk=payment.pk).update(version=99)
            connection.close()

        assert changes(watched) == changes(watched) == []
        with ThreadPoolExecutor(1) as another:
            another.submit(elsewhere).result()
        assert [each.version for each in changes(watched)] == [99]

    def test_after_trouble_everything_is_asked(self, payment, monkeypatch):
        """Whatever was written meanwhile, perhaps on another server by now."""
        watched, changes = {payment.reference: version_of(payment)}, Changes()
        changes(watched)
        Payment.objects.filter(pk=payment.pk).update(version=99)
        with monkeypatch.context() as broken:
            broken.setattr(watcher, "_rows", Mock(side_effect=RuntimeError("the server is gone")))
            with pytest.raises(RuntimeError):
                changes(watched)
        assert [each.version for each in changes(watched)] == [99]

    def test_who_is_new_costs_one_more_and_who_is_not_there_has_no_news(
        self, payment, django_assert_num_queries
    ):
        changes = Changes()
        with django_assert_num_queries(3):
            assert len(changes({payment.reference: 0})) == 1
        with django_assert_num_queries(2):
            assert changes({"nobody": 0}) == []
        with django_assert_num_queries(1):
            assert changes({}) == []

    def test_what_is_remembered_has_a_limit(self, payment, monkeypatch):
        monkeypatch.setattr(watcher, "MOST_REMEMBERED", 0)
        changes = Changes()
        changes({payment.reference: 0})
        news = changes({payment.reference: 0, "nobody": 0})
        assert [each.reference for each in news] == [payment.reference]

    def test_all_streams_share_one_question_a_tick(self, payment, start):
        ask = Counting()
        app = Application(Watcher(ask, tick_seconds=0.05))
        other = start(Book.objects.create(title="Florante at Laura")).payment

        async def story():
            pages = [Listener(app, path_of(each)) for each in (payment, payment, other, other)]
            for page in pages:
                await page.__aenter__()
            for page in pages:
                await page.event()
            for page in pages:
                await page.__aexit__()

        asyncio.run(story())
        assert ask.asked[-1].keys() == {payment.reference, other.reference}
        assert len(ask.asked) <= 2

    def test_a_database_that_does_not_answer_ends_no_stream(self, payment, caplog):
        trouble = [RuntimeError("the server closed the connection")]

        def ask(watched):
            if trouble:
                raise trouble.pop()
            return Changes()(watched)

        app = Application(Watcher(ask, tick_seconds=0.01))

        async def story():
            async with Listener(app, path_of(payment)) as page:
                return await page.event()

        assert asyncio.run(story())[2]["state"] == "pending"
        assert "could not be watched" in caplog.text


class TestItsAddress:
    @pytest.mark.parametrize(
        ("given", "base"),
        [
            ("", ""),
            ("/payment-events", "/payment-events/"),
            ("http://127.0.0.1:8001/", "http://127.0.0.1:8001/"),
            ("https://events.shop.example/a/b", "https://events.shop.example/a/b/"),
        ],
    )
    def test_a_path_or_an_address(self, settings, payment, given, base):
        settings.RASEED = settings.RASEED | {"EVENTS_URL": given}
        assert conf.current().events_url == base
        token = status_token(payment.reference)
        assert stream_url(payment.reference, 3) == (f"{base}{token}/?after=3" if base else "")

    @pytest.mark.parametrize(
        "given",
        ["events", "//evil.example", "/\\evil", "ftp://shop.example", "https://", "/a?b", 7, "http://[x"],
    )
    def test_anything_else_is_told(self, settings, given):
        settings.RASEED = settings.RASEED | {"EVENTS_URL": given}
        with pytest.raises(ConfigurationError, match="EVENTS_URL"):
            conf.current()


class TestUnderAServer:
    """As a site runs it: uvicorn, a socket, and a signal while pages listen."""

    def test_it_streams_and_ends_at_the_signal(self, tmp_path):
        held = HeldPorts()
        port = held.take()
        command = [sys.executable, "-m", "uvicorn", "raseed.payments.events:application"]
        log = tmp_path / "events.log"
        with log.open("wb") as output:
            server = subprocess.Popen(
                [*command, "--port", str(port)],
                env={**os.environ, "DJANGO_SETTINGS_MODULE": "tests.settings"},
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        try:
            address = f"http://127.0.0.1:{port}/events"
            give_up_at = time.monotonic() + 30
            while not answers(f"{address}/health/"):
                assert server.poll() is None, log.read_text()
                assert time.monotonic() < give_up_at, log.read_text()
            with urllib.request.urlopen(f"{address}/{status_token('nobody')}/") as stream:
                assert stream.readline() == b"retry: 1000\n"
                server.send_signal(signal.SIGTERM)
                assert stream.read() == b"\n"
                server.wait(30)  # a stream that nobody ends lasts 55 s
        finally:
            server.kill()
            server.wait()
            held.release()
        assert "Traceback" not in log.read_text()
