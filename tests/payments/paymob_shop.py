"""A shop that takes payments with the sandbox's Paymob: what is sent to it is given to the real view."""

from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import httpx2
import pytest
from django.test import RequestFactory

import raseed
from raseed.core.states import State
from raseed.payments.models import Charge, Fulfilment, Payment
from raseed.testing import work
from raseed.testing_sandbox import sandbox, sandbox_server
from tests.bookshop.models import Book
from tests.payments.books import assert_books

__all__ = ["sandbox", "sandbox_server"]  # fixtures are found by name

PRICE = 49_900
ACCOUNT = {
    "GATEWAY": "paymob",
    "API_KEY": "any",
    "HMAC_SECRETS": ["sandbox-hmac-secret"],
    "IFRAME_ID": 77001,
    "INTEGRATION_IDS": {
        "card": 4_000_111,
        "wallet": 4_000_222,
        "moto": 4_000_333,
        "kiosk": 4_000_444,
        "auth": 4_000_555,
        "cash": 4_000_666,
    },
}
KEYS = {"SECRET_KEY": "egy_sk_test_shop", "PUBLIC_KEY": "egy_pk_test_shop"}
CARD = {
    "card_number": "5123 4567 8901 2346",
    "card_holdername": "Test Account",
    "card_expiry_mm": "01",
    "card_expiry_yy": "39",
    "card_cvn": "123",
}
CUSTOMER = {"name": "Dev Buyer", "email": "buyer@example.com", "phone": "01010101010"}


class Shop:
    """A site with its webhook: what the sandbox sends is given to the real view, in this thread."""

    purpose, method = "book-egp", "card"

    def __init__(self, sandbox):
        self.sandbox = sandbox
        self.came = []
        self.refused = 0
        self.view = raseed.webhook(account="paymob")
        self.browser = httpx2.Client(trust_env=False, timeout=20)

    def start(self, book, method="", **more):
        options = {"purpose": self.purpose, "account": "paymob", "customer": CUSTOMER} | more
        return raseed.start_payment(book, method=method or self.method, **options)

    def submit(self, url, **fields):
        return self.browser.post(url, data=fields)

    def hear(self, seconds=5):
        """Time passes; what comes is given to the view, and what follows is then done."""
        self.sandbox.advance(seconds)
        self.sandbox.deliveries()
        came, self.came[:] = list(self.came), []
        for target, body in came:
            request = RequestFactory().post(target, body, "application/json")
            self.refused += self.view(request).status_code != 200
        work()

    def settle(self, minutes=1):
        for _ in range(minutes * 2):
            self.hear(30)


def listening():
    """A listener that only notes what comes; the test gives it to the view."""

    class Listener(BaseHTTPRequestHandler):
        came = []

        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            type(self).came.append((self.path, body))
            self.send_response(200)
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"{}")

        def log_message(self, *args):
            """Quiet."""

    return Listener, ThreadingHTTPServer(("127.0.0.1", 0), Listener)


@pytest.fixture(params=["intention", "older"])
def way(request):
    return request.param


@pytest.fixture
def keys():
    return KEYS


@pytest.fixture
def shop(sandbox, settings, way, keys):
    account = {**ACCOUNT, "BASE_URL": sandbox.url("paymob")}
    account |= keys if way == "intention" else {"LIVEMODE": False}
    accounts = {**settings.RASEED["ACCOUNTS"], "paymob": account}
    settings.RASEED = {
        **settings.RASEED,
        "ACCOUNTS": accounts,
        "CLOCK": "raseed.testing_sandbox.clock",
    }
    listener, server = listening()
    thread = Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    shop = Shop(sandbox)
    shop.came = listener.came
    sandbox.webhook(
        f"http://127.0.0.1:{server.server_port}/hook", "paymob", response_url=f"{SITE}/hooks/paymob/"
    )
    yield shop
    shop.browser.close()
    server.shutdown()
    thread.join()
    server.server_close()
    assert_books()


SITE = "https://shop.example"


@pytest.fixture
def book():
    return Book.objects.create(title="Midaq Alley", price_minor=PRICE)


def now(payment):
    return Payment.objects.get(pk=payment.pk)


def assert_given_once(book, payment, minor=PRICE):
    assert (now(payment).state, now(payment).attention) == (State.PAID, "")
    assert [charge.minor for charge in Charge.objects.filter(payment=payment)] == [minor]
    assert Fulfilment.objects.get(payment=payment).state == "done"
    book.refresh_from_db()
    assert book.given == 1
