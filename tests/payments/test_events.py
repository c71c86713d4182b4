"""Event streams: who may listen, what is heard and when, and how streams end."""

import asyncio

import pytest

import raseed
from raseed import testing
from raseed.payments.events import MOST_PER_PAYMENT, Application
from raseed.payments.tokens import status_token
from raseed.payments.watcher import Watcher
from tests.bookshop.models import Book
from tests.bookshop.payments import BuyBook
from tests.payments.listening import Listener, in_thread, path_of, version_of

#: The watcher has a connection of its own, which sees only what is committed.
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def app():
    return Application(Watcher(tick_seconds=0.05))


class TestWhatIsHeard:
    def test_a_payment_is_heard_of_within_a_second_of_its_commit(self, payment):
        async def story():
            async with Listener(Application(), path_of(payment, version_of_payment)) as page:
                testing.pay(payment)
                await in_thread(testing.deliver, payment)
                return await page.event(seconds=1)

        version_of_payment = version_of(payment)
        name, number, said = asyncio.run(story())
        assert (name, int(number)) == ("changed", version_of(payment))
        assert said == {"version": version_of(payment), "state": "paid"}

    def test_a_page_that_shows_an_older_version_hears_at_once(self, app, payment):
        async def story():
            async with Listener(app, path_of(payment)) as page:
                first = await page.event()
            async with Listener(app, path_of(payment, after=0)) as page:
                second = await page.event()
            return first, second

        first, second = asyncio.run(story())
        assert first == second == ("changed", str(version_of(payment)), {**first[2], "state": "pending"})

    def test_the_id_of_the_last_event_wins_over_the_address(self, app, payment):
        now = str(version_of(payment))

        async def story():
            async with Listener(app, path_of(payment, after=0), last_event_id=now) as page:
                testing.pay(payment)
                await in_thread(testing.deliver, payment)
                return await page.event()

        assert asyncio.run(story())[2]["state"] == "paid"

    @pytest.mark.parametrize("after", ["x", "-1", "9" * 30, "٣", ""])
    def test_an_unreadable_version_is_none_at_all(self, app, payment, after):
        async def story():
            async with Listener(app, path_of(payment, after=after)) as page:
                return await page.event()

        assert asyncio.run(story())[2]["version"] == version_of(payment)

    def test_all_pages_of_a_payment_hear_and_others_do_not(self, app, payment, start):
        other = start(Book.objects.create(title="El Filibusterismo")).payment
        mine, theirs = version_of(payment), version_of(other)

        async def story():
            pages = [Listener(app, path_of(payment, mine)) for _ in range(2)]
            stranger = Listener(app, path_of(other, theirs))
            async with pages[0], pages[1], stranger:
                testing.pay(payment)
                await in_thread(testing.deliver, payment)
                heard = [await page.event() for page in pages]
                testing.pay(other)
                await in_thread(testing.deliver, other)
                return heard, await stranger.event()

        heard, stranger = asyncio.run(story())
        assert [said["state"] for _, _, said in heard] == ["paid", "paid"]
        assert stranger[2]["version"] == version_of(other)

    def test_what_the_customer_sees_and_is_no_state_is_heard_too(self, app, payment, monkeypatch):
        """Being prepared, then given; a refund asked for, then sent back."""
        monkeypatch.setattr(BuyBook, "failures", 1)
        seen = []

        async def step(page, do):
            before = await in_thread(version_of, payment)
            await in_thread(do)
            event = await page.event()
            assert event[2]["version"] > before
            seen.append(event[2]["state"])

        async def story():
            async with Listener(app, path_of(payment, before)) as page:
                testing.pay(payment)
                await step(page, lambda: testing.deliver(payment))
                testing.travel(11)
                await step(page, testing.work)
                await step(page, lambda: raseed.request_refund(payment))
                await step(page, testing.work)

        before = version_of(payment)
        asyncio.run(story())
        assert seen == ["paid"] * 4
        assert payment.fulfilments.get().state == "revoked"


class TestWhoMayListen:
    def status(self, app, path, method="GET", **headers):
        async def story():
            async with Listener(app, path, method, **headers) as page:
                return page

        return asyncio.run(story())

    def test_only_who_holds_the_signed_link(self, app, payment):
        token = status_token(payment.reference)
        for wrong in (payment.reference, token[:-1], token + "x", str(payment.pk), "", "%00", "é"):
            page = self.status(app, f"/events/{wrong}")
            assert page.status == 404, wrong
            assert payment.reference not in page.said.get_nowait()
        assert app.watcher.listeners(payment.reference) == 0
        assert self.status(app, f"/any/where/{token}").status == 200

    def test_pages_of_other_sites_are_turned_away(self, app, payment):
        page = self.status(app, path_of(payment), origin="https://evil.example")
        assert (page.status, page.headers.get("access-control-allow-origin")) == (403, None)
        page = self.status(app, path_of(payment), origin="https://shop.example")
        assert (page.status, page.headers["access-control-allow-origin"]) == (200, "https://shop.example")

    def test_it_is_read_and_nothing_else(self, app, payment):
        for method in ("POST", "HEAD", "OPTIONS"):
            page = self.status(app, path_of(payment), method)
            assert (page.status, page.headers["allow"]) == (405, "GET")

    def test_nothing_on_the_way_keeps_it_back_or_keeps_it(self, app, payment):
        headers = self.status(app, path_of(payment)).headers
        assert headers["content-type"] == "text/event-stream; charset=utf-8"
        assert (headers["cache-control"], headers["x-accel-buffering"]) == ("no-store, no-transform", "no")
        assert (headers["vary"], headers["referrer-policy"]) == ("Origin", "no-referrer")

    def test_one_link_cannot_use_up_all_streams(self, app, payment):
        async def story():
            pages = [Listener(app, path_of(payment)) for _ in range(MOST_PER_PAYMENT)]
            for page in pages:
                await page.__aenter__()
            async with Listener(app, path_of(payment)) as one_more:
                pass
            for page in pages:
                await page.__aexit__()
            async with Listener(app, path_of(payment)) as later:
                return one_more, later.status

        one_more, later = asyncio.run(story())
        assert (one_more.status, one_more.headers["retry-after"], later) == (503, "30", 200)

    def test_health_is_for_everybody(self, app):
        assert self.status(app, "/events/health/").status == 200


class TestTheEndOfAStream:
    def test_it_ends_in_its_time_and_says_so(self, payment):
        app = Application(Watcher(tick_seconds=0.05), life_seconds=0.2)

        async def story():
            async with Listener(app, path_of(payment, after)) as page:
                return await page.rest()

        after = version_of(payment)
        assert asyncio.run(story()) == "retry: 1000\n\nevent: end\ndata: {}\n\n"
        assert app.watcher.listeners(payment.reference) == 0

    def test_silence_is_filled_with_comments(self, payment):
        app = Application(Watcher(tick_seconds=0.05), life_seconds=0.5, heartbeat_seconds=0.1)

        async def story():
            async with Listener(app, path_of(payment, after)) as page:
                return await page.rest()

        after = version_of(payment)
        assert asyncio.run(story()).count("\n:\n") >= 2

    def test_a_server_that_ends_ends_its_streams_at_once_and_takes_no_more(self, app, payment):
        async def story():
            async with Listener(app, path_of(payment, after)) as page:
                app.stop()
                said = await page.rest()
            async with Listener(app, path_of(payment)) as late:
                return said, late.status

        after = version_of(payment)
        assert asyncio.run(story()) == ("retry: 1000\n\n", 503)

    def test_the_servers_own_end_is_announced_by_its_lifespan(self, app, payment):
        told = []

        async def story():
            messages = [{"type": "lifespan.startup"}, {"type": "lifespan.shutdown"}]

            async def receive():
                return messages.pop(0)

            async def send(message):
                told.append(message["type"])

            await app({"type": "lifespan"}, receive, send)
            async with Listener(app, path_of(payment)) as late:
                return late.status

        assert asyncio.run(story()) == 503
        assert told == ["lifespan.startup.complete", "lifespan.shutdown.complete"]

    def test_other_protocols_are_closed(self, app):
        told = []

        async def send(message):
            told.append(message)

        asyncio.run(app({"type": "websocket"}, None, send))
        assert told == [{"type": "websocket.close", "code": 1003}]
