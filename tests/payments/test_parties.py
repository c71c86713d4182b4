"""Starting a payment between wallets: who pays whom is checked first, and stored."""

import pytest

import raseed
from raseed import testing
from raseed.core.errors import Unsupported, WrongWallet
from raseed.payments import conf
from raseed.payments.flows.apply_facts import apply_ruling
from raseed.payments.models import Payment, Refund, Ruling
from raseed.proof.tour.books import ledger_oddities
from tests.payments.books import again, balances, php, use_policies

pytestmark = pytest.mark.django_db

ALICE, BOB = "https://wallet.example/alice", "https://wallet.example/bob"


@pytest.fixture
def pay(book):
    def begin(payer_wallet=ALICE, **more):
        options = {"purpose": "book", "account": "wallets", "payer_wallet": payer_wallet} | more
        return raseed.start_payment(book, **options)

    return begin


def _opened():
    return conf.current().gateway("wallets").opened


def test_both_wallets_reach_the_gateway_and_the_payment(pay):
    payment = pay(payee=BOB).payment
    payment.refresh_from_db()
    assert (payment.payer_wallet, payment.payee, payment.method) == (ALICE, BOB, "wallet")
    assert (_opened().payer_wallet, _opened().payee) == (ALICE, BOB)


def test_without_a_payee_the_account_itself_is_paid(pay):
    assert pay().payment.payee == ""
    assert _opened().payee is None


def test_naming_the_accounts_own_wallet_is_the_same(pay):
    pay(payee="$wallet.example/shop")
    assert _opened().payee is None
    assert pay().reused


def test_the_purpose_may_name_the_payee(pay, monkeypatch):
    monkeypatch.setattr("tests.bookshop.payments.BuyBook.payee", lambda self, book: BOB)
    assert pay().payment.payee == BOB
    assert pay(payee="https://wallet.example/carol").payment.payee == "https://wallet.example/carol"


def test_an_address_is_kept_in_one_form(pay):
    first = pay("  $wallet.example/alice ")
    assert first.payment.payer_wallet == ALICE
    assert pay(ALICE).payment == first.payment


def test_another_payer_or_payee_is_another_checkout(pay):
    first = pay(payee=BOB)
    second = pay("https://wallet.example/carol", payee=BOB)
    third = pay("https://wallet.example/carol", payee="https://wallet.example/dan")
    assert len({first.payment, second.payment, third.payment}) == 3
    assert Payment.objects.filter(state="pending").count() == 1


@pytest.mark.parametrize(
    ("payer", "payee", "which"),
    [
        ("", BOB, "payer_wallet"),
        ("alice", BOB, "payer_wallet"),
        (ALICE, "bob", "payee"),
        (BOB, BOB, "payer_wallet"),
    ],
)
def test_a_wrong_address_is_told_before_anything_is_stored(pay, payer, payee, which):
    with pytest.raises(WrongWallet) as caught:
        pay(payer, payee=payee)
    assert caught.value.which == which
    assert not Payment.objects.exists()


def test_other_gateways_know_no_wallets(start):
    for wallets in ({"payer_wallet": ALICE}, {"payee": BOB}):
        with pytest.raises(Unsupported, match="wallet to wallet"):
            start(**wallets)


def test_a_method_must_be_chosen_where_there_are_several(book):
    with pytest.raises(Unsupported, match="card, card_hold, wallet"):
        raseed.start_payment(book, purpose="book", account="fake")


def _confirm(payment, minor=None):
    fact = testing.pay(payment, php(minor) if minor else None)
    testing.deliver(payment, fact)
    return again(payment)


class TestMemorandum:
    """Money for somebody else's wallet never passes us, and no sum over ours counts it."""

    def test_a_payment_to_somebody_else(self, pay):
        payment = _confirm(pay(payee=BOB).payment)
        assert payment.is_paid
        assert balances() == {("memo:gateway:wallets", "PHP"): 20000, ("memo:sales:book", "PHP"): -20000}

    def test_a_payment_to_the_account_itself_is_a_sale(self, pay):
        _confirm(pay().payment)
        assert balances() == {("gateway:wallets", "PHP"): 20000, ("sales:book", "PHP"): -20000}

    def test_what_waits_for_a_decision_is_noted_apart_too(self, pay):
        payment = _confirm(pay(payee=BOB).payment, 15000)
        assert payment.state == "review"
        assert balances() == {("memo:gateway:wallets", "PHP"): 15000, ("memo:suspense", "PHP"): -15000}
        apply_ruling(payment.pk, Ruling.ACCEPTED, now=conf.now(), reason="agreed with both")
        assert balances() == {("memo:gateway:wallets", "PHP"): 15000, ("memo:sales:book", "PHP"): -15000}

    def test_a_second_payment_for_the_same_thing_is_noted_apart(self, pay):
        first, second = pay(payee=BOB).payment, pay("https://wallet.example/carol", payee=BOB).payment
        _confirm(second)
        assert _confirm(first).concern == "double"
        assert balances()["memo:suspense", "PHP"] == -20000
        assert not ledger_oddities(Payment.objects.all())

    def test_what_cannot_be_sent_back_is_held(self, pay, monkeypatch):
        use_policies(monkeypatch, under="refund")
        payment = _confirm(pay(payee=BOB).payment, 15000)
        assert payment.state == "review"
        assert "held until a person decides" in payment.attention
        assert not Refund.objects.exists()
