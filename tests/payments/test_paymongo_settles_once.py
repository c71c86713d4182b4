"""One purchase at PayMongo, told up to three times in any order, is settled and given once."""

import hashlib
import hmac
import itertools
import json

import httpx2
import pytest

import raseed
from raseed import testing
from raseed.core.states import State
from raseed.gateways.base import RawDelivery
from raseed.payments.flows.receive_delivery import receive_delivery
from raseed.payments.models import Charge, Delivery, DeliveryState, Fulfilment, Payment
from tests.bookshop.models import Book
from tests.gateways import paymongo_account as pm

SECRET = "whsk_settlesOnce0000000001"
ORDERS = list(itertools.permutations(range(3)))
pytestmark = pytest.mark.django_db(transaction=True)


class PayMongoWire:
    """Answers opening and asking with whatever the test holds as true."""

    def __init__(self):
        self.link = pm.link()
        self.session = None
        self.intent = None

    def __call__(self, request):
        family = request.url.path.split("/")[2]
        if request.method == "POST" and family == "checkout_sessions":
            sent = json.loads(request.content)["data"]["attributes"]
            shape = {"payment_intent": None} if request.url.path.startswith("/v2/") else {}
            self.session = pm.session(
                metadata=sent["metadata"], reference_number=sent["reference_number"], **shape
            )
        if request.method == "POST" and request.url.path == "/v1/payment_intents":
            self.intent = pm.intent(metadata=json.loads(request.content)["data"]["attributes"]["metadata"])
        if request.url.path.endswith("/attach"):
            self.intent["attributes"] |= {"status": "awaiting_next_action", "next_action": pm.REDIRECT}
        found = {
            "links": self.link,
            "checkout_sessions": self.session,
            "payment_intents": self.intent,
            "payment_methods": pm.payment_method(),
        }[family]
        return httpx2.Response(200, json={"data": found})


@pytest.fixture
def wire(settings):
    wire = PayMongoWire()
    account = {
        "GATEWAY": "paymongo",
        "SECRET_KEY": "sk_test_x",
        "PUBLIC_KEY": "pk_test_x",
        "WEBHOOK_SECRETS": [SECRET],
        "MINIMUM": 1,
        "HTTP": wire,
    }
    accounts = {**settings.RASEED["ACCOUNTS"], "paymongo": account}
    settings.RASEED = {**settings.RASEED, "ACCOUNTS": accounts}
    return wire


@pytest.fixture
def book():
    return Book.objects.create(title="El Filibusterismo", price_minor=pm.MONEY.minor)


def begin(book, method):
    return raseed.start_payment(book, purpose="book", account="paymongo", method=method).payment


def deliver(name, carried):
    body = json.dumps(pm.event(name, carried)).encode()
    now = testing.clock()
    signed_at = str(int(now.timestamp()))
    digest = hmac.new(SECRET.encode(), signed_at.encode() + b"." + body, hashlib.sha256).hexdigest()
    headers = {"Paymongo-Signature": f"t={signed_at},te={digest},li="}
    receipt = receive_delivery("paymongo", RawDelivery("POST", "/hook", {}, headers, body, now))
    assert receipt.refused is None


def settle():
    testing.travel(3600)
    testing.work()


def assert_settled_once(book, payment):
    payment = Payment.objects.get(pk=payment.pk)
    assert (payment.state, payment.attention) == (State.PAID, "")
    assert [(charge.ref, charge.minor) for charge in Charge.objects.all()] == [(pm.PAYMENT, pm.MONEY.minor)]
    assert Fulfilment.objects.count() == 1
    book.refresh_from_db()
    assert book.given == 1


def events_of_a_link():
    through = {"payment_intent_id": "pi_Unseen"}
    paid = pm.link_payment(**through)
    return {
        "payment.paid": paid,
        "checkout_session.payment.paid": pm.session(
            metadata=None, reference_number=pm.LINK_NUMBER, payments=[paid]
        ),
        "link.payment.paid": pm.link("paid", payments=[{"data": paid}]),
    }


def events_of_a_session(wire):
    """As PayMongo copies the session's metadata onto its intents and payments."""
    metadata = wire.session["attributes"]["metadata"]
    is_first = wire.session["attributes"]["payment_intent"] is not None
    paid = pm.payment(payment_intent_id=pm.INTENT if is_first else "pi_Unseen", metadata=metadata)
    whole = {**wire.session, "attributes": {**wire.session["attributes"], "payments": [paid]}}
    bare = {**whole, "attributes": {**whole["attributes"], "metadata": None}}
    return {"payment.paid": paid, "checkout_session.payment.paid": whole, "again": bare}


@pytest.mark.parametrize("order", ORDERS, ids=str)
def test_a_link_told_three_times_in_any_order(wire, book, order):
    payment = begin(book, "link")
    events = list(events_of_a_link().items())
    wire.link = events_of_a_link()["link.payment.paid"]
    for number in order:
        deliver(*events[number])
    assert_settled_once(book, payment)
    settle()
    assert_settled_once(book, payment)
    assert Delivery.objects.filter(state=DeliveryState.READ).count() == 3


@pytest.mark.parametrize("name", ["payment.paid", "link.payment.paid"])
def test_any_one_event_that_names_the_link_is_enough(wire, book, name):
    payment = begin(book, "link")
    deliver(name, events_of_a_link()[name])
    assert_settled_once(book, payment)


def test_a_session_that_names_no_link_waits_and_asking_settles(wire, book):
    payment = begin(book, "link")
    deliver("checkout_session.payment.paid", events_of_a_link()["checkout_session.payment.paid"])
    wire.link = events_of_a_link()["link.payment.paid"]
    settle()
    assert_settled_once(book, payment)
    assert Delivery.objects.get().payment_id == payment.pk


@pytest.mark.parametrize("method", ["checkout", "checkout_v2"])
@pytest.mark.parametrize("order", ORDERS, ids=str)
def test_a_session_told_three_times_in_any_order(wire, book, method, order):
    payment = begin(book, method)
    events = list(events_of_a_session(wire).items())
    for number in order:
        name, carried = events[number]
        deliver("checkout_session.payment.paid" if name == "again" else name, carried)
    assert_settled_once(book, payment)
    wire.session = events[1][1]
    settle()
    assert_settled_once(book, payment)


def test_asking_and_being_told_settle_once(wire, book):
    payment = begin(book, "checkout_v2")
    events = events_of_a_session(wire)
    wire.session = events["checkout_session.payment.paid"]
    raseed.check_payment(payment)
    deliver("payment.paid", events["payment.paid"])
    assert_settled_once(book, payment)


def test_a_wallet_that_failed_can_be_paid_with_a_fresh_intent(wire, book):
    """Nobody can try again on the first one, so the customer must not be led back to its dead page."""
    first = begin(book, "gcash_intent")
    metadata = wire.intent["attributes"]["metadata"]
    failed = pm.payment("failed", failed_code="CLOSED", payment_intent_id=pm.INTENT, metadata=metadata)
    deliver("payment.failed", failed)
    first.refresh_from_db()
    assert first.state == State.FAILED
    checkout = raseed.start_payment(book, purpose="book", account="paymongo", method="gcash_intent")
    assert not checkout.reused
    assert checkout.payment.pk != first.pk


def test_a_declined_card_stays_open_until_another_one_pays(wire, book):
    checkout = raseed.start_payment(book, purpose="book", account="paymongo", method="card")
    assert (checkout.url, checkout.client["client_key"]) == (None, pm.CLIENT_KEY)
    metadata = wire.intent["attributes"]["metadata"]
    of_intent = {"payment_intent_id": pm.INTENT, "metadata": metadata}
    declined = pm.payment("failed", ref="pay_First", failed_code="insufficient_funds", **of_intent)
    deliver("payment.failed", declined)
    checkout.payment.refresh_from_db()
    assert checkout.payment.state == State.PENDING
    paid = pm.payment(**of_intent)
    deliver("payment.paid", paid)
    wire.intent["attributes"] |= {"status": "succeeded", "payments": [declined, paid]}
    settle()
    assert_settled_once(book, checkout.payment)


def test_a_held_card_is_authorized_until_it_is_captured(wire, book):
    payment = begin(book, "card_hold")
    wire.intent["attributes"] |= {"status": "awaiting_capture", "capture_type": "manual"}
    assert raseed.check_payment(payment).payment.state == State.AUTHORIZED
    metadata = wire.intent["attributes"]["metadata"]
    deliver("payment.paid", pm.payment(payment_intent_id=pm.INTENT, metadata=metadata))
    assert_settled_once(book, payment)
