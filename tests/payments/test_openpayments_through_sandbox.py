"""Open Payments as a shop meets it, over HTTP: consent at the payer's wallet, the return, the worker."""

import pytest
from django.test import Client

from raseed.core.errors import GatewayRefused, GatewayUnavailable, StartInProgress, WrongWallet
from raseed.core.states import State
from raseed.payments.models import MemoryStep, Payment, PaymentFact
from raseed.testing_sandbox import sandbox, sandbox_server
from tests.bookshop.models import Book
from tests.openapi.open_payments import violations
from tests.payments.books import assert_books
from tests.payments.wallet_market import PRICE, Market, now

__all__ = ["sandbox", "sandbox_server"]  # fixtures are found by name
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def market(sandbox, settings):
    market = Market(sandbox, settings)
    yield market
    market.browser.close()
    assert violations(sandbox.log()) == []
    assert_books()


@pytest.fixture
def book():
    return Book.objects.create(title="Dekada '70", price_minor=PRICE)


def test_a_purchase(market, book):
    checkout = market.start(book)
    answer = market.come_back(market.decide(checkout))
    assert "/payments/" in answer["Location"]
    payment = now(checkout.payment)
    assert (payment.state, payment.ids["outgoing_payment"]) == (
        State.PENDING,
        f"{market.base}/op/outgoing-payments/{market.books('outgoing_payments')[0]['id']}",
    )
    market.pass_time(30)
    market.assert_sent_once(book, checkout.payment)
    assert now(payment).first_channel == "poll"


def test_the_status_page_shows_no_secret(market, book):
    checkout = market.start(book)
    path = market.decide(checkout)
    page = Client().get(market.come_back(path)["Location"])
    assert page.status_code == 200
    secrets = [value for pair in path.partition("?")[2].split("&") for value in pair.split("=")[1:]]
    shown = page.content.decode()
    assert not [secret for secret in secrets[1:] if secret in shown]
    for row in PaymentFact.objects.all():
        assert not {"hash", "interact_ref"} & set(row.raw)


def test_what_is_remembered_is_encrypted(market, book):
    market.come_back(market.decide(market.start(book)))
    kept = b"".join(bytes(row.answer) for row in MemoryStep.objects.exclude(answer=None))
    assert MemoryStep.objects.filter(step="continue").exists()
    assert b"auth/continue" not in kept
    assert b"value" not in kept


def test_the_wallet_wants_us_to_wait(market, book):
    """The page says that it goes on; the worker takes the consent up when it may."""
    market.setting(wait_seconds=5)
    checkout = market.start(book)
    market.come_back(market.decide(checkout))
    assert market.calls("/auth/continue") == 0
    market.pass_time(60, step=5)
    market.assert_sent_once(book, checkout.payment)
    assert market.calls("/auth/continue") == 1


def test_the_return_is_opened_again_and_again(market, book):
    checkout = market.start(book)
    path = market.decide(checkout)
    for _ in range(3):
        market.come_back(path)
    market.pass_time(30)
    for _ in range(3):
        market.come_back(path)
    market.assert_sent_once(book, checkout.payment)
    assert (market.calls("/auth/continue"), market.calls("/op/outgoing-payments")) == (1, 1)


def test_the_browser_never_comes_back(market, book):
    """The payer agreed, and nobody told us: nothing is sent, and a late return pays nothing."""
    checkout = market.start(book)
    path = market.decide(checkout)
    market.pass_time(16 * 60)
    assert (now(checkout.payment).state, market.grants()) == (State.CANCELLED, ["revoked"])
    market.come_back(path)
    market.pass_time(300)
    assert (market.delivered(), market.received()) == ([], 0)
    assert now(checkout.payment).state == State.CANCELLED
    again = market.start(book)
    market.come_back(market.decide(again))
    market.pass_time(30)
    market.assert_sent_once(book, again.payment)


@pytest.mark.parametrize("spoilt", ["hash", "interact_ref"])
def test_a_forged_return_pays_nothing_and_stops_nobody(market, book, spoilt):
    checkout = market.start(book)
    path = market.decide(checkout)
    forged = path.replace(f"{spoilt}=", f"{spoilt}=x")
    for _ in range(3):
        market.come_back(forged)
    market.pass_time(60)
    assert (market.calls("/auth/continue"), now(checkout.payment).state) == (0, State.PENDING)
    market.come_back(path)
    market.pass_time(30)
    market.assert_sent_once(book, checkout.payment)


@pytest.mark.parametrize("more", ["&hash=x", "&interact_ref=x", "&result=grant_rejected"])
def test_a_return_that_no_wallet_makes(market, book, more):
    checkout = market.start(book)
    path = market.decide(checkout)
    market.come_back(path + more)
    assert market.calls("/auth/continue") == 0
    market.come_back(path)
    market.pass_time(30)
    market.assert_sent_once(book, checkout.payment)


def test_the_payer_rejects_and_then_pays_after_all(market, book):
    first = market.start(book)
    market.come_back(market.decide(first, "reject"))
    assert now(first.payment).state == State.PENDING
    second = market.start(book)
    assert second.payment.pk != first.payment.pk
    assert (now(first.payment).state, market.grants()) == (State.CANCELLED, ["revoked", "pending"])
    market.come_back(market.decide(second))
    market.pass_time(30)
    market.assert_sent_once(book, second.payment)


def test_a_rejection_written_by_anybody_is_forgotten_when_the_payer_agrees(market, book):
    checkout = market.start(book)
    path = market.decide(checkout)
    token = path.partition("?")[2].partition("&")[0]
    market.come_back(f"{path.partition('?')[0]}?{token}&result=grant_rejected")
    market.come_back(path)
    market.pass_time(30)
    market.assert_sent_once(book, checkout.payment)


def test_the_payer_hesitates_until_the_quote_is_over(market, book):
    checkout = market.start(book)
    market.pass_time(400)
    market.come_back(market.decide(checkout))
    market.pass_time(30)
    market.assert_sent_once(book, checkout.payment)


def test_no_money_after_all(market, book):
    checkout = market.start(book)
    market.come_back(market.decide(checkout, "empty"))
    market.pass_time(30)
    payment = now(checkout.payment)
    assert (payment.state, market.received()) == (State.FAILED, 0)
    again = market.start(book)
    market.come_back(market.decide(again))
    market.pass_time(60)
    assert (now(again.payment).state, market.received()) == (State.PAID, PRICE)


def test_a_part_is_held_for_a_person(market, book):
    market.sandbox.arm("sends-half")
    checkout = market.start(book)
    market.come_back(market.decide(checkout))
    market.pass_time(30)
    payment = now(checkout.payment)
    assert (payment.state, payment.concern) == (State.REVIEW, "under")
    assert Book.objects.get().given == 0


@pytest.mark.parametrize("scenario", ["wallet-fails", "receiver-closes-while-sending", "consent-withdrawn"])
def test_nothing_arrives_and_the_next_attempt_does(market, book, scenario):
    market.sandbox.arm(scenario)
    first = market.start(book)
    market.come_back(market.decide(first))
    market.pass_time(60)
    assert now(first.payment).state in {State.FAILED, State.CANCELLED}
    second = market.start(book)
    market.come_back(market.decide(second))
    market.pass_time(60)
    assert (now(second.payment).state, market.received()) == (State.PAID, PRICE)
    assert Book.objects.get().given == 1


def test_a_slow_wallet_is_waited_for_and_nobody_pays_twice(market, book):
    market.sandbox.arm("wallet-slow")
    checkout = market.start(book)
    market.come_back(market.decide(checkout))
    market.pass_time(120)
    with pytest.raises(StartInProgress, match="do not pay again"):
        market.start(book)
    market.pass_time(900)
    market.assert_sent_once(book, checkout.payment)


def test_a_wallet_that_never_sends_is_given_up_and_cannot_send_later(market, book):
    market.sandbox.arm("wallet-stuck")
    checkout = market.start(book)
    market.come_back(market.decide(checkout))
    market.pass_time(17 * 60)
    assert now(checkout.payment).state == State.CANCELLED
    (stuck,) = market.books("outgoing_payments")
    market.sandbox.control("POST", f"openpayments/outgoing-payments/{stuck['id']}/complete")
    market.pass_time(60)
    assert (market.received(), market.taken()) == (0, 0)


@pytest.mark.parametrize("fault", ["drop_after", "error_after"])
def test_the_payment_is_made_and_its_answer_lost(market, book, fault):
    checkout = market.start(book)
    path = market.decide(checkout)
    market.lose("/op/outgoing-payments", fault=fault)
    market.come_back(path)
    market.pass_time(60)
    market.assert_sent_once(book, checkout.payment)
    assert market.calls("/op/outgoing-payments") == 1


@pytest.mark.parametrize("path", ["/op/incoming-payments", "/op/quotes", "/auth", "/seller"])
def test_an_answer_is_lost_while_opening(market, book, path):
    market.lose(path, method="GET" if path == "/seller" else "POST")
    with pytest.raises(GatewayUnavailable):
        market.start(book)
    again = market.start(book)
    market.come_back(market.decide(again))
    market.pass_time(30)
    market.assert_sent_once(book, again.payment)
    market.pass_time(20 * 60)
    assert not Payment.objects.filter(state__in=[State.NEW, State.PENDING]).exists()
    market.assert_sent_once(book, again.payment)


def test_the_token_is_rotated_while_the_money_is_on_its_way(market, book):
    market.sandbox.arm("wallet-slow")
    market.setting(token_seconds=60)
    checkout = market.start(book)
    market.come_back(market.decide(checkout))
    market.pass_time(700)
    market.assert_sent_once(book, checkout.payment)
    assert market.calls("/auth/token") > 1


@pytest.mark.parametrize(
    ("payer", "refusal"), [("nobody", WrongWallet), ("seller", WrongWallet), ("alice?x=1", WrongWallet)]
)
def test_a_wallet_that_cannot_pay_is_refused(market, book, payer, refusal):
    with pytest.raises(refusal) as caught:
        market.start(book, payer=payer)
    assert caught.value.which == "payer_wallet"
    assert market.books("incoming_payments") == []


def test_a_price_in_a_currency_the_seller_does_not_hold(market, book):
    with pytest.raises(GatewayRefused, match="price is in PHP"):
        market.start(book, payee="bob")
    assert market.books("incoming_payments") == []
