"""Recorded callbacks of Paymob's through the real view: once, doubled, and all copies at the same moment."""

import itertools
import json
from functools import partial

import pytest
from django.contrib.auth.models import User
from django.test import RequestFactory

import raseed
from raseed import testing
from raseed.payments.models import Charge, Fulfilment, Payment, SavedCard
from tests.bookshop.models import Book
from tests.gateways import paymob_account as pm
from tests.payments.books import assert_books
from tests.payments.paymob_server import ACCOUNT, PaymobServer

pytestmark = pytest.mark.django_db(transaction=True)

PAID = ["docs2020-transaction-post", "sdk-attif-transaction-post-wallet", "sdk-xdot-transaction-post-minimal"]
COPIES = 8


class Books(PaymobServer):
    """Opens the recorded order, whatever it is called, and knows the recorded transaction."""

    def __init__(self, order, transaction=None):
        super().__init__()
        self.order = order
        self.transactions = {transaction["id"]: transaction} if transaction else {}

    def _intention(self, sent):
        self.orders = int(self.order) - 330_000_201
        return super()._intention(sent)


@pytest.fixture
def start(settings):
    """A payment of the recorded amount, whose order has the recorded number."""

    def begin(order, minor, secret, transaction=None):
        integration = transaction["integration_id"] if transaction else pm.CARD
        ours = {"HMAC_SECRETS": [secret], "INTEGRATION_IDS": {"card": integration}, "OWNER": None}
        account = {**ACCOUNT, **ours, "HTTP": Books(order, transaction)}
        settings.RASEED = {
            **settings.RASEED,
            "ACCOUNTS": {**settings.RASEED["ACCOUNTS"], "paymob": account},
        }
        book = Book.objects.create(title="Cairo Modern", price_minor=minor)
        reader = User.objects.create(username="mahgub")
        options = {"purpose": "book-egp", "account": "paymob", "method": "card", "user": reader}
        return raseed.start_payment(book, **options).payment

    return begin


def hear(body, digest):
    """The status that the view answers."""
    request = RequestFactory().post(f"/hook/?hmac={digest}", json.dumps(body), "application/json")
    return raseed.webhook(account="paymob")(request).status_code


WAYS = {
    "once": lambda at_once, *told: [one() for one in told],
    "doubled": lambda at_once, *told: [one() for one in told for _ in range(2)],
    "backwards and doubled": lambda at_once, *told: [one() for one in told[::-1] for _ in range(2)],
    "at once": lambda at_once, *told: at_once(*told * max(2, COPIES // len(told))),
}


@pytest.fixture(params=WAYS)
def told(request, at_once):
    """Tell callbacks one way or another. Each is taken."""

    def run(*callbacks):
        answers = WAYS[request.param](at_once, *callbacks)
        assert set(answers) == {200}
        for _ in range(3):
            testing.travel(30)
            testing.work()
        assert_books()

    return run


def assert_paid_once(payment, minor):
    payment = Payment.objects.get(pk=payment.pk)
    assert (payment.state, payment.attention) == ("paid", "")
    assert [charge.minor for charge in Charge.objects.filter(payment=payment)] == [minor]
    assert Fulfilment.objects.filter(payment=payment).count() == 1
    assert Book.objects.get(pk=payment.payable_key).given == 1


@pytest.mark.parametrize("name", PAID)
def test_a_recorded_payment(start, told, name):
    sample = pm.golden(name)
    body, expected = sample["request"]["body"], sample["expect"]
    payment = start(expected["order_id"], expected["amount_minor"], sample["hmac_secret"], body["obj"])
    told(partial(hear, body, sample["request"]["query"]["hmac"]))
    assert_paid_once(payment, expected["amount_minor"])


@pytest.mark.parametrize("name", PAID)
def test_a_recorded_payment_of_another_amount_gives_nothing(start, told, name):
    sample = pm.golden(name)
    body, expected = sample["request"]["body"], sample["expect"]
    payment = start(expected["order_id"], expected["amount_minor"] + 1, sample["hmac_secret"], body["obj"])
    told(partial(hear, body, sample["request"]["query"]["hmac"]))
    assert Payment.objects.get(pk=payment.pk).state == "review"
    assert not Fulfilment.objects.exists()


def test_a_recorded_card(start, told):
    sample = pm.golden("sdk-xdot-token-post")
    start(sample["expect"]["order_id"], 50_000, sample["hmac_secret"])
    told(partial(hear, sample["request"]["body"], sample["request"]["query"]["hmac"]))
    assert SavedCard.objects.get().masked == sample["expect"]["masked_pan"]


@pytest.mark.parametrize("order", list(itertools.permutations(["success", "decline", "pending", "token"])))
def test_an_orders_events_in_any_order(start, at_once, order):
    """One transaction as pending, declined and paid, and the card: paid, whatever came last."""
    sample = pm.golden("emulator-farapi-golden")
    cases = {case["name"]: case for case in sample["cases"]}
    paid = cases["success"]["body"]["obj"]
    payment = start(paid["order"]["id"], paid["amount_cents"], sample["hmac_secret"], paid)
    callbacks = [partial(hear, cases[name]["body"], cases[name]["hmac"]) for name in order]
    assert {one() for one in [*callbacks, *callbacks]} == {200}
    assert_paid_once(payment, paid["amount_cents"])
    assert SavedCard.objects.count() == 1


def test_an_orders_events_at_once(start, told):
    sample = pm.golden("emulator-farapi-golden")
    paid = sample["cases"][0]["body"]["obj"]
    payment = start(paid["order"]["id"], paid["amount_cents"], sample["hmac_secret"], paid)
    told(*(partial(hear, case["body"], case["hmac"]) for case in sample["cases"]))
    assert_paid_once(payment, paid["amount_cents"])
    assert SavedCard.objects.count() == 1


@pytest.mark.parametrize("name", PAID)
def test_a_recorded_payment_with_another_amount_is_no_callback(start, name):
    sample = pm.golden(name)
    body, expected = sample["request"]["body"], sample["expect"]
    payment = start(expected["order_id"], 90_000, sample["hmac_secret"], body["obj"])
    changed = {**body, "obj": {**body["obj"], "amount_cents": 90_000}}
    assert hear(changed, sample["request"]["query"]["hmac"]) == 401
    assert Payment.objects.get(pk=payment.pk).state == "pending"
