"""Every PayMongo method as a shop meets it: start, the sandbox's page, its webhook, paid, given once."""

from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import httpx2
import pytest
from django.test import RequestFactory

import raseed
from raseed.core.states import RefundState, State
from raseed.gateways.paymongo.methods import METHODS
from raseed.payments import conf
from raseed.payments.flows.check_payment import ref_of
from raseed.payments.models import Charge, Fulfilment, Payment, Refund
from raseed.testing import work
from raseed.testing_sandbox import sandbox, sandbox_server
from tests.bookshop.models import Book
from tests.gateways.memory import DictMemory

__all__ = ["sandbox", "sandbox_server"]  # fixtures are found by name
pytestmark = pytest.mark.django_db(transaction=True)

SECRET = "whsk_everyMethod0000000001"
PRICE = 25_000
GOOD, DECLINED = "4343434343434345", "4400000000000016"
SECURE, SECURE_DECLINED = "4120000000000007", "5234000000000106"
AGREED = {"action": "authorize"}
#: What the payer does on the page, by method; nothing but `action=authorize` for wallets.
ON_THE_PAGE = {"dob_bpi": {"otp": "123456"}, "dob_ubp": {"otp": "111111"}}


class Shop:
    """A site with its webhook: what the sandbox sends is given to the real view, in this thread."""

    def __init__(self, sandbox):
        self.sandbox = sandbox
        self.came = []
        self.events = []
        self.browser = httpx2.Client(trust_env=False, timeout=20)

    def start(self, book, method):
        return raseed.start_payment(
            book, purpose="book", account="paymongo", method=method, return_url="/back/", cancel_url="/no/"
        )

    def hear(self, copies=1):
        """All webhooks that are due, each given `copies` times; what follows is then done."""
        self.sandbox.advance(5)
        self.sandbox.deliveries()
        came, self.came[:] = list(self.came), []
        for headers, body in came * copies:
            request = RequestFactory().post("/hook", body, "application/json", headers=headers)
            assert raseed.webhook(account="paymongo")(request).status_code == 200
        self.events += [httpx2.Response(200, content=body).json() for _, body in came]
        work()
        return [event["data"]["attributes"]["type"] for event in self.events]

    def settle(self):
        """Charging a source raises the next event."""
        for _ in range(3):
            self.hear()

    def press(self, url, **form):
        return self.browser.post(url, data=form)

    def pay_checkout(self, url, **choice):
        """The page of a session: a method first, then that method's own page if it has one."""
        answer = self.press(url, **choice)
        if answer.status_code == 303 and self.sandbox.base_url in answer.headers["location"]:
            answer = self.press(answer.headers["location"], **AGREED)
        return answer

    def attach(self, client, number):
        """The script on the shop's page. What the answer was, and where the payer must go."""
        auth = (client["public_key"], "")
        card = {"card_number": number, "exp_month": 12, "exp_year": 2099, "cvc": "123"}
        made = self.browser.post(
            f"{client['api_url']}/payment_methods",
            json={"data": {"attributes": {"type": "card", "details": card}}},
            auth=auth,
        )
        sent = {"payment_method": made.json()["data"]["id"], "client_key": client["client_key"]}
        answer = self.browser.post(
            f"{client['api_url']}/payment_intents/{client['payment_intent_id']}/attach",
            json={"data": {"attributes": sent | {"return_url": client["return_url"]}}},
            auth=auth,
        )
        if answer.status_code != 200:
            return answer.json()["errors"][0]["sub_code"]
        action = answer.json()["data"]["attributes"]["next_action"]
        return action["redirect"]["url"] if action else ""

    def buy(self, book, method):
        """A purchase by any method, up to where the payer has agreed."""
        checkout = self.start(book, method)
        if method.startswith("card"):
            assert self.attach(checkout.client, GOOD) == ""
        elif method.startswith("checkout"):
            self.pay_checkout(checkout.url, method="gcash")
        elif method == "link":
            page = self.browser.get(checkout.url).headers["location"]
            self.pay_checkout(page, method="gcash")
        else:
            self.press(checkout.url or checkout.client["test_url"], **ON_THE_PAGE.get(method, AGREED))
        return checkout.payment


@pytest.fixture
def shop(sandbox, settings):
    account = {
        "GATEWAY": "paymongo",
        "SECRET_KEY": "sk_test_shop",
        "PUBLIC_KEY": "pk_test_shop",
        "WEBHOOK_SECRETS": [SECRET],
        "BASE_URL": sandbox.url("paymongo"),
    }
    accounts = {**settings.RASEED["ACCOUNTS"], "paymongo": account}
    clock = "raseed.testing_sandbox.clock"
    settings.RASEED = {**settings.RASEED, "ACCOUNTS": accounts, "CLOCK": clock}
    shop = Shop(sandbox)

    class Listener(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            header = {"Paymongo-Signature": self.headers["Paymongo-Signature"]}
            shop.came.append((header, body))
            self.send_response(200)
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"{}")

        def log_message(self, *args):
            """Quiet."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Listener) as server:
        thread = Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        sandbox.webhook(f"http://127.0.0.1:{server.server_port}/hook", secret_key=SECRET)
        try:
            yield shop
        finally:
            shop.browser.close()
            server.shutdown()
            thread.join()


@pytest.fixture
def book():
    return Book.objects.create(title="Banaag at Sikat", price_minor=PRICE)


def now(payment):
    return Payment.objects.get(pk=payment.pk)


def assert_given_once(book, payment, minor=PRICE):
    payment = now(payment)
    assert (payment.state, payment.attention) == (State.PAID, "")
    assert [charge.minor for charge in Charge.objects.all()] == [minor]
    assert Fulfilment.objects.count() == 1
    book.refresh_from_db()
    assert book.given == 1


@pytest.mark.parametrize("method", sorted(set(METHODS) - {"card_hold"}))
def test_a_purchase_by_each_method(shop, book, method):
    payment = shop.buy(book, method)
    assert now(payment).state != State.PAID
    shop.settle()
    assert_given_once(book, payment)
    assert shop.sandbox.books()["payments"][0]["amount"] == PRICE
    assert now(payment).first_channel
    shop.sandbox.advance(7200)
    work()
    assert_given_once(book, payment)


def test_a_link_raises_three_events_and_is_settled_once(shop, book):
    payment = shop.buy(book, "link")
    told = shop.hear(copies=2)
    assert sorted(told) == ["checkout_session.payment.paid", "link.payment.paid", "payment.paid"]
    assert_given_once(book, payment)
    carried = {e["data"]["attributes"]["type"]: e["data"]["attributes"]["data"] for e in shop.events}
    paid = carried["payment.paid"]["attributes"]
    number = carried["link.payment.paid"]["attributes"]["reference_number"]
    assert paid["payment_intent_id"] is None
    assert (paid["external_reference_number"], paid["metadata"]["pm_reference_number"]) == (number, number)


def test_a_code_that_nobody_scans_expires(shop, book):
    first = shop.start(book, "qrph")
    shop.sandbox.advance(1801)
    assert shop.hear() == ["qrph.expired"]
    shop.settle()
    assert now(first.payment).state == State.EXPIRED
    second = shop.buy(book, "qrph")
    assert second.pk != first.payment.pk
    shop.settle()
    assert_given_once(book, second)


def test_a_declined_card_and_then_a_good_one(shop, book):
    checkout = shop.start(book, "card")
    assert shop.attach(checkout.client, DECLINED) == "generic_decline"
    assert shop.hear() == ["payment.failed"]
    assert now(checkout.payment).state == State.PENDING
    assert shop.attach(checkout.client, GOOD) == ""
    shop.settle()
    assert_given_once(book, checkout.payment)


@pytest.mark.parametrize(("number", "action"), [(SECURE, "fail"), (SECURE_DECLINED, "authorize")])
def test_3_d_secure_that_fails_leaves_room_for_one_that_passes(shop, book, number, action):
    checkout = shop.start(book, "card")
    shop.press(shop.attach(checkout.client, number), action=action)
    assert shop.hear() == ["payment.failed"]
    assert now(checkout.payment).state == State.PENDING
    assert Charge.objects.count() == 0
    shop.press(shop.attach(checkout.client, SECURE), **AGREED)
    shop.settle()
    assert_given_once(book, checkout.payment)


@pytest.mark.parametrize(("method", "action"), [("gcash_intent", "fail"), ("paymaya", "expire")])
def test_a_wallet_that_was_not_agreed_to_and_then_another(shop, book, method, action):
    first = shop.start(book, method)
    shop.press(first.url, action=action)
    shop.hear()
    assert now(first.payment).state == State.FAILED
    second = shop.buy(book, method)
    shop.settle()
    assert_given_once(book, second)


def held(shop, book):
    payment = shop.buy(book, "card_hold")
    raseed.check_payment(payment)
    assert now(payment).state == State.AUTHORIZED
    intent = shop.sandbox.books()["payment_intents"][0]
    assert (intent["status"], shop.sandbox.books()["payments"]) == ("awaiting_capture", [])
    return payment, conf.current().gateway("paymongo")


def test_held_money_is_captured(shop, book):
    payment, _ = held(shop, book)
    assert raseed.capture(payment).state == State.PAID
    assert shop.hear() == ["payment.paid"]
    assert_given_once(book, payment)


def test_a_part_of_held_money_that_we_take_is_what_we_expect(shop, book):
    payment, _ = held(shop, book)
    assert raseed.capture(payment, raseed.Money(20_000, "PHP")).state == State.PAID
    shop.settle()
    assert [charge.minor for charge in Charge.objects.all()] == [20_000]
    assert now(payment).attention == ""
    assert Fulfilment.objects.count() == 1


def test_a_part_that_somebody_else_takes_is_held_for_a_person(shop, book):
    """The intent's amount stays; what counts is what the payment says."""
    payment, gateway = held(shop, book)
    gateway.capture(ref_of(payment), "", raseed.Money(20_000, "PHP"), DictMemory())
    shop.settle()
    assert shop.sandbox.books()["payment_intents"][0]["amount"] == PRICE
    assert [charge.minor for charge in Charge.objects.all()] == [20_000]
    assert now(payment).attention
    assert Fulfilment.objects.count() == 0


def test_held_money_is_given_back(shop, book):
    payment, _ = held(shop, book)
    raseed.void(payment)
    assert now(payment).state == State.CANCELLED
    shop.settle()
    assert now(payment).state == State.CANCELLED
    assert shop.sandbox.books()["payments"] == []
    assert Fulfilment.objects.count() == 0


@pytest.mark.parametrize("method", ["gcash", "card", "checkout", "link"])
def test_money_goes_back_in_parts_and_then_the_rest(shop, book, method):
    payment = shop.buy(book, method)
    shop.settle()
    first = raseed.request_refund(now(payment), raseed.Money(5_000, "PHP"))
    shop.settle()
    second = raseed.request_refund(now(payment))
    shop.settle()
    states = Refund.objects.filter(pk__in=[first.pk, second.pk]).values_list("minor", "state")
    assert sorted(states) == [(5_000, RefundState.SUCCEEDED), (20_000, RefundState.SUCCEEDED)]
    assert now(payment).refunded() == raseed.Money(PRICE, "PHP")
    assert {"payment.refunded", "payment.refund.updated"} <= set(shop.hear())
    assert sorted(r["amount"] for r in shop.sandbox.books()["refunds"]) == [5_000, 20_000]


def asked_back(shop, book, outcome):
    """A refund of the whole, sent to a gateway that leaves it as `outcome`."""
    payment = shop.buy(book, "gcash_intent")
    shop.settle()
    shop.sandbox.control("POST", "paymongo/settings", {"refund_outcome": outcome})
    refund = raseed.request_refund(now(payment))
    shop.settle()
    refund.refresh_from_db()
    return payment, refund, shop.sandbox.books()["refunds"][-1]["id"]


def test_a_refund_that_fails_leaves_the_money_here(shop, book):
    payment, refund, _ = asked_back(shop, book, "failed")
    assert refund.state == RefundState.FAILED
    assert now(payment).refunded() == raseed.Money(0, "PHP")
    shop.sandbox.control("POST", "paymongo/settings", {"refund_outcome": "succeeded"})
    again = raseed.request_refund(now(payment))
    shop.settle()
    again.refresh_from_db()
    assert again.state == RefundState.SUCCEEDED
    assert now(payment).refunded() == raseed.Money(PRICE, "PHP")


@pytest.mark.parametrize("outcome", ["pending", "processing"])
@pytest.mark.parametrize(
    ("verb", "state"), [("succeed", RefundState.SUCCEEDED), ("fail", RefundState.FAILED)]
)
def test_a_refund_stays_open_until_it_is_decided(shop, book, outcome, verb, state):
    _, refund, theirs = asked_back(shop, book, outcome)
    assert refund.state == RefundState.PENDING
    shop.sandbox.control("POST", f"paymongo/refunds/{theirs}/{verb}")
    shop.settle()
    refund.refresh_from_db()
    assert refund.state == state


def test_time_in_both_is_the_same(shop):
    assert conf.current().clock() == shop.sandbox.now() >= datetime(2026, 1, 1, tzinfo=UTC)
