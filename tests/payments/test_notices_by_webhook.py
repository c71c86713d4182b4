"""Webhooks of our own, to a real HTTP server: signed by Standard Webhooks, checked by its own library."""

import base64
import hashlib
import hmac
import json
import threading
from datetime import date
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from standardwebhooks.webhooks import Webhook

import raseed
from raseed import testing
from raseed.core.errors import RefusedNotice
from raseed.payments.models import Notice
from tests.payments.books import again, work

pytestmark = pytest.mark.django_db

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
PAID = {"type": "payment.completed", "pendingId": "p1", "status": "paid"}


class Receiver:
    """A receiver that answers what a test tells it to, and keeps what it got."""

    def __init__(self):
        self.answers, self.got = [], []
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                receiver.got.append((dict(self.headers), body, self.path))
                status, headers = receiver.answers.pop(0) if receiver.answers else (200, {})
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.end_headers()

            def log_message(self, *args):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/api/webhooks/payments"
        threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()


@pytest.fixture
def receiver():
    made = Receiver()
    yield made
    made.server.shutdown()
    made.server.server_close()


def the_notice():
    return Notice.objects.get()


class TestDelivery:
    def test_it_arrives_signed(self, receiver):
        notice = raseed.send_webhook(receiver.url, SECRET, PAID, "paid:p1")
        work()
        headers, body, path = receiver.got[0]
        assert Webhook(SECRET).verify(body, headers) == PAID
        assert path == "/api/webhooks/payments"
        assert headers["webhook-id"] == notice.message_id
        assert headers["Content-Type"] == "application/json"
        assert (again(notice).state, again(notice).subject) == ("sent", "payment.completed")

    def test_the_signature_by_hand(self, receiver):
        """HMAC-SHA256 over id, time and body with full stops between; the key is the decoded secret."""
        raseed.send_webhook(receiver.url, SECRET, PAID, "paid:p1")
        work()
        headers, body, _ = receiver.got[0]
        key = base64.b64decode(SECRET.removeprefix("whsec_"))
        signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
        expected = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
        assert headers["webhook-signature"] == f"v1,{expected}"

    def test_each_attempt_has_its_own_time_and_the_same_id_and_body(self, receiver):
        receiver.answers = [(500, {}), (404, {})]
        raseed.send_webhook(receiver.url, SECRET, PAID, "paid:p1")
        work()
        assert (the_notice().state, the_notice().error) == ("waiting", "the receiver answered 500.")
        work(6)
        work(331)
        assert the_notice().state == "sent"
        assert len({(headers["webhook-id"], body) for headers, body, _ in receiver.got}) == 1
        assert len(receiver.got) == 3
        for headers, body, _ in receiver.got:
            Webhook(SECRET).verify(body, headers)

    def test_a_rehearsals_clock_does_not_make_it_stale(self, receiver):
        testing.travel(90 * 24 * 3600)
        raseed.send_webhook(receiver.url, SECRET, PAID, "paid:p1")
        work()
        headers, body, _ = receiver.got[0]
        Webhook(SECRET).verify(body, headers)

    def test_redirects_are_not_followed(self, receiver):
        receiver.answers = [(307, {"Location": receiver.url})]
        raseed.send_webhook(receiver.url, SECRET, PAID, "paid:p1")
        work()
        assert len(receiver.got) == 1
        assert "redirects are not followed" in the_notice().error

    def test_a_receiver_that_wants_no_more_gets_no_more(self, receiver):
        receiver.answers = [(410, {})]
        raseed.send_webhook(receiver.url, SECRET, PAID, "paid:p1")
        work()
        assert (the_notice().state, the_notice().next_try_at) == ("failed", None)

    @pytest.mark.parametrize(
        ("wish", "at_least", "at_most"), [("120", 120, 121), ("soon", 5, 6), ("999999", 86_400, 86_401)]
    )
    def test_a_receivers_wish_to_wait_is_heard_within_reason(self, receiver, wish, at_least, at_most):
        testing.freeze()
        receiver.answers = [(429, {"Retry-After": wish})]
        raseed.send_webhook(receiver.url, SECRET, PAID, "paid:p1")
        work()
        pause = (the_notice().next_try_at - testing.clock()).total_seconds()
        assert at_least <= pause <= at_most

    def test_nobody_there(self, receiver):
        receiver.server.shutdown()
        receiver.server.server_close()
        raseed.send_webhook(receiver.url, SECRET, PAID, "paid:p1")
        work()
        assert the_notice().state == "waiting"
        assert "no connection" in the_notice().error
        assert "/api/" not in the_notice().error


class TestQueueing:
    def test_moments_and_decimals_become_text(self, receiver):
        document = {"type": "a.b", "on": date(2026, 1, 2), "amount": Decimal("2.00")}
        raseed.send_webhook(receiver.url, SECRET, document, "k")
        work()
        assert json.loads(receiver.got[0][1]) == {"type": "a.b", "on": "2026-01-02", "amount": "2.00"}

    @pytest.mark.parametrize(
        "url",
        [
            "http://shop.example/hook",
            "ftp://shop.example/hook",
            "https://",
            "https://user:word@shop.example/",
            "https://[::1",
            "/hook",
            "",
        ],
    )
    def test_addresses_that_are_refused(self, url):
        with pytest.raises(RefusedNotice, match="https") as refused:
            raseed.send_webhook(url, SECRET, PAID, "k")
        assert "word" not in str(refused.value).replace("password", "")
        assert not Notice.objects.exists()

    @pytest.mark.parametrize(
        "secret", ["", "whsec_", "whsec_c2hvcnQ=", "whsec_!!!", SECRET[6:], "whsk_" + SECRET[6:]]
    )
    def test_secrets_that_are_none(self, secret):
        with pytest.raises(RefusedNotice, match="24 to 64") as refused:
            raseed.send_webhook("https://shop.example/hook", secret, PAID, "k")
        assert SECRET[6:] not in str(refused.value)

    def test_a_key_is_needed(self):
        with pytest.raises(RefusedNotice, match="key"):
            raseed.send_webhook("https://shop.example/hook", SECRET, PAID, "")

    def test_the_secret_is_encrypted_and_forgotten_when_it_is_delivered(self, receiver):
        notice = raseed.send_webhook(receiver.url, SECRET, PAID, "paid:p1")
        kept = bytes(again(notice).secret)
        assert SECRET.encode() not in kept
        assert base64.b64decode(SECRET[6:]) not in kept
        work()
        assert again(notice).secret is None
