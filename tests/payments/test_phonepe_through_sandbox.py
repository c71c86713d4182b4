"""PhonePe as a shop meets it, over HTTP: the sandbox's page, its webhook or callback, polling, refunds."""

from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from urllib.parse import urlsplit

import httpx2
import pytest
from django.test import RequestFactory

import raseed
from raseed.core.errors import GatewayUnavailable
from raseed.core.states import State
from raseed.payments.models import Charge, Fulfilment, Payment, Refund
from raseed.testing import work
from raseed.testing_sandbox import sandbox, sandbox_server
from tests.bookshop.models import Book
from tests.payments.books import assert_books

__all__ = ["sandbox", "sandbox_server"]  # fixtures are found by name
pytestmark = pytest.mark.django_db(transaction=True)

PRICE = 49_900
USER, PASSWORD = "shop_hooks", "Secret123"
V2 = {
    "CLIENT_ID": "SHOP_UAT",
    "CLIENT_SECRET": "anything",
    "WEBHOOK_USERNAME": USER,
    "WEBHOOK_PASSWORD": PASSWORD,
}
#: The sandbox's own merchant.
V1 = {
    "VERSION": "v1",
    "MERCHANT_ID": "RASEEDUAT",
    "SALT_KEY": "3f1c9a52-7b64-4d0e-9c11-5a2e8d6f0b7c",
    "SALT_INDEX": 1,
    "REDIRECT_MODE": "POST",
}
#: The order is made, and its page is not told.
LOST = ["answer-lost-after-work+pays", "repeated-on-the-way+pays", "connection-dropped+pays"]
_CREDENTIALS = ("Authorization", "X-VERIFY")


class Shop:
    """A site with its webhook: what the sandbox sends is given to the real view, in this thread."""

    def __init__(self, sandbox):
        self.sandbox = sandbox
        self.came = []
        self.refused = 0
        self.view = raseed.webhook(account="phonepe")
        self.browser = httpx2.Client(trust_env=False, timeout=20)

    def start(self, book):
        return raseed.start_payment(book, purpose="book-inr", account="phonepe", method="checkout")

    def hear(self, seconds=5):
        """Time passes; what comes is given to the view, and what follows is then done."""
        self.sandbox.advance(seconds)
        self.sandbox.deliveries()
        came, self.came[:] = list(self.came), []
        for target, headers, body in came:
            request = RequestFactory().post(target, body, "application/json", headers=headers)
            self.refused += self.view(request).status_code != 200
        work()

    def settle(self, minutes=1):
        for _ in range(minutes * 2):
            self.hear(30)


@pytest.fixture(params=["v2", "v1"])
def version(request):
    return request.param


@pytest.fixture
def shop(sandbox, settings, version):
    with _listening() as (listener, url):
        account = {"GATEWAY": "phonepe", "BASE_URL": sandbox.url("phonepe")}
        account |= V2 if version == "v2" else {**V1, "CALLBACK_URL": url}
        accounts = {**settings.RASEED["ACCOUNTS"], "phonepe": account}
        clock = "raseed.testing_sandbox.clock"
        settings.RASEED = {**settings.RASEED, "ACCOUNTS": accounts, "CLOCK": clock}
        if version == "v2":
            sandbox.webhook(url, "phonepe", username=USER, password=PASSWORD)
        shop = Shop(sandbox)
        listener.came = shop.came
        yield shop
        shop.browser.close()
        assert_books()


class _listening:  # noqa: N801 a context manager
    """A listener that only notes what comes; the test gives it to the view."""

    def __enter__(self):
        class Listener(BaseHTTPRequestHandler):
            came = []

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                headers = {name: self.headers[name] for name in _CREDENTIALS if self.headers[name]}
                type(self).came.append((self.path, headers, body))
                self.send_response(200)
                self.send_header("Content-Length", "2")
                self.end_headers()
                self.wfile.write(b"{}")

            def log_message(self, *args):
                """Quiet."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Listener)
        self.thread = Thread(target=self.server.serve_forever, args=(0.05,))
        self.thread.start()
        return Listener, f"http://127.0.0.1:{self.server.server_port}/hook"

    def __exit__(self, *error):
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()


@pytest.fixture
def book():
    return Book.objects.create(title="Gora", price_minor=PRICE)


def now(payment):
    return Payment.objects.get(pk=payment.pk)


def assert_given_once(book, payment):
    assert (now(payment).state, now(payment).attention) == (State.PAID, "")
    assert [charge.minor for charge in Charge.objects.filter(payment=payment)] == [PRICE]
    assert Fulfilment.objects.get(payment=payment).state == "done"
    book.refresh_from_db()
    assert book.given == 1


def test_a_purchase_on_the_page(shop, book, version, client):
    checkout = shop.start(book)
    shop.browser.get(checkout.url)
    answer = shop.browser.post(checkout.url, data={"method": "UPI_COLLECT", "vpa": "success@ybl"})
    assert now(checkout.payment).state == State.PENDING
    assert answer.status_code in {200, 303}
    shop.hear()
    assert_given_once(book, checkout.payment)
    assert now(checkout.payment).first_channel == "webhook"
    assert shop.refused == 0


def test_the_browser_is_back_first(shop, book, version, client):
    """Nothing is told yet: the return asks, and the form of version 1 is taken as it comes."""
    checkout = shop.start(book)
    shop.sandbox.arm("no-webhook")
    shop.sandbox.pay()
    back = urlsplit(shop.sandbox.books("phonepe")["orders"][-1]["redirect_url"])
    form = {"code": "PAYMENT_SUCCESS", "transactionId": checkout.payment.reference, "checksum": "x###1"}
    target = f"{back.path}?{back.query}"
    answer = client.post(target, form) if version == "v1" else client.get(target)
    assert answer.status_code == 303
    assert now(checkout.payment).first_channel == "return"
    assert_given_once(book, checkout.payment)


@pytest.mark.parametrize(
    "scenario",
    [
        "pays",
        "pays-before-answer",
        "no-webhook+pays",
        "paid-webhook-lost+pays",
        "duplicate-3+pays",
        "duplicate-8-at-once+pays",
        "invalid-signature+pays",
        "invalid-then-genuine+pays",
        "wrong-secret+pays",
        "delayed-2-minutes+pays",
        "webhook-before-answer+pays",
        "reads-500-for-a-minute+pays",
        "reads-rate-limited+pays",
    ],
)
def test_paid_whatever_happens_on_the_way(shop, book, scenario):
    shop.sandbox.arm(scenario)
    payment = shop.start(book).payment
    shop.settle(4)
    assert_given_once(book, payment)


@pytest.mark.parametrize("scenario", LOST)
def test_an_order_whose_answer_was_lost_is_found_again(shop, book, scenario):
    shop.sandbox.arm(scenario)
    with pytest.raises(GatewayUnavailable):
        shop.start(book)
    payment = Payment.objects.get()
    shop.settle(4)
    assert_given_once(book, payment)


def test_a_failed_attempt_and_then_one_that_succeeds(shop, book):
    shop.sandbox.arm("declined-then-paid")
    payment = shop.start(book).payment
    shop.sandbox.pay()
    shop.settle(1)
    assert now(payment).state == State.PENDING
    shop.sandbox.pay()
    shop.settle(1)
    assert_given_once(book, payment)


def test_twenty_minutes_pending_then_completed(shop, book):
    shop.sandbox.arm("pending-20-minutes+pays")
    payment = shop.start(book).payment
    shop.settle(15)
    assert now(payment).state == State.PENDING
    shop.settle(10)
    assert_given_once(book, payment)


def test_completed_after_our_deadline_is_held(shop, book):
    payment = shop.start(book).payment
    shop.sandbox.act("agree")
    shop.sandbox.advance(1801)
    work()
    assert now(payment).state == State.LAPSED
    shop.sandbox.pay()
    shop.settle(2)
    assert (now(payment).state, now(payment).concern) == (State.PAID, "late")
    assert Book.objects.get().given == 0


def test_nobody_pays(shop, book):
    payment = shop.start(book).payment
    shop.sandbox.expire()
    shop.hear()
    shop.settle(2)
    assert now(payment).state in {State.EXPIRED, State.FAILED}
    other = shop.start(book).payment
    assert other.pk != payment.pk
    shop.sandbox.pay()
    shop.settle(2)
    assert_given_once(book, other)


def test_what_only_the_webhook_says_of_the_amount(shop, book, version):
    """A hint is not believed; a signed callback is, and a person looks."""
    shop.sandbox.arm("wrong-amount-in-webhook+pays")
    payment = shop.start(book).payment
    shop.settle(4)
    if version == "v2":
        assert_given_once(book, payment)
    else:
        assert (now(payment).state, now(payment).concern) == (State.REVIEW, "under")


@pytest.mark.parametrize("scenario", ["wrong-amount-low+pays", "wrong-amount-high+pays"])
def test_another_amount_is_held(shop, book, scenario):
    shop.sandbox.arm(scenario)
    payment = shop.start(book).payment
    shop.settle(4)
    assert now(payment).state == State.REVIEW
    assert Book.objects.get().given == 0


class TestRefunds:
    @pytest.fixture
    def paid(self, shop, book):
        payment = shop.start(book).payment
        shop.sandbox.pay()
        shop.settle(1)
        assert_given_once(book, payment)
        return now(payment)

    def test_in_two_parts_one_after_the_other(self, shop, paid):
        for key in ("one", "two"):
            raseed.request_refund(paid, raseed.Money(PRICE // 2, "INR"), key=key)
        shop.settle(5)
        states = Refund.objects.order_by("pk").values_list("state", "ref")
        assert list(states) == [("succeeded", "one"), ("succeeded", "two")]
        assert now(paid).is_fully_refunded

    def test_a_lost_answer_is_looked_up_and_not_sent_again(self, shop, paid):
        shop.sandbox.fault("request", "error_after", match={"path": "*refund*"}, status=500, times=1)
        raseed.request_refund(paid, raseed.Money(10_000, "INR"), key="lost")
        shop.settle(5)
        assert Refund.objects.get().state == "succeeded"
        assert sum(r["amount"] for r in shop.sandbox.books("phonepe")["refunds"]) == 10_000

    def test_one_that_fails_gives_nothing_back(self, shop, paid):
        shop.sandbox.control("POST", "phonepe/settings", {"refund_outcome": "pending"})
        raseed.request_refund(paid, raseed.Money(10_000, "INR"), key="fails")
        shop.hear()
        (made,) = shop.sandbox.books("phonepe")["refunds"]
        shop.sandbox.control("POST", "phonepe/settings", {"refund_outcome": "completed"})
        shop.sandbox.control("POST", f"phonepe/refunds/{made['id']}/fail", {})
        shop.settle(5)
        assert Refund.objects.get().state == "failed"
        assert now(paid).refundable().minor == PRICE

    def test_one_made_in_the_dashboard(self, shop, paid, version):
        shop.sandbox.refund(minor=9_900)
        shop.settle(5)
        told = [(refund.minor, refund.state, refund.is_external) for refund in Refund.objects.all()]
        # Version 1 tells refunds only where we asked for them.
        assert told == ([(9_900, "succeeded", True)] if version == "v2" else [])
