"""Wallets: filled by paying, emptied by refunds, moved between owners; the books stay right."""

import io

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, transaction

import raseed
from raseed import testing
from raseed.core.errors import ConfigurationError, RefusedTransfer
from raseed.core.states import State
from raseed.payments import conf
from raseed.payments.flows.apply_facts import apply_ruling
from raseed.payments.ledger_check import check_ledger
from raseed.payments.models import Fulfilment, Posting, Refund, Ruling, Wallet
from tests.bookshop.models import Basket
from tests.payments.books import again, balances, php, stands, use_policies, work

pytestmark = pytest.mark.django_db

PRICE = 20000


@pytest.fixture(autouse=True)
def _books_agree():
    yield
    assert [str(line) for line in check_ledger() if not line.is_right] == []


@pytest.fixture
def basket(db):
    return Basket.objects.create()


@pytest.fixture
def deposit(basket):
    """Start a payment that fills the basket's wallet."""

    def begin(payable=None):
        return raseed.start_payment(
            payable or basket, purpose="deposit", account="fake", method="card"
        ).payment

    return begin


def has(owner, minor, currency="PHP"):
    return raseed.wallet_balance(owner, currency) == raseed.Money(minor, currency)


def filled(deposit, payable=None, minor=None):
    payment = deposit(payable)
    testing.deliver(payment, testing.pay(payment, minor and php(minor)))
    return again(payment)


class TestDeposit:
    def test_it_is_in_the_wallet_when_it_is_paid(self, deposit, basket):
        payment = filled(deposit)
        assert (payment.state, payment.wallet) == ("paid", f"bookshop.basket:{basket.pk}")
        assert has(basket, PRICE)
        assert balances() == {
            ("gateway:fake", "PHP"): PRICE,
            (f"wallet:bookshop.basket:{basket.pk}", "PHP"): -PRICE,
        }
        assert Fulfilment.objects.get().state == "done"

    def test_however_often_it_is_told(self, deposit, basket):
        payment = filled(deposit)
        for salt in "abc":
            testing.deliver(payment, salt=salt)
            testing.deliver(payment, salt=salt)
        raseed.check_payment(payment)
        assert has(basket, PRICE)

    def test_a_fee_is_the_sites(self, deposit, basket):
        payment = deposit()
        testing.deliver(payment, testing.pay(payment, fee=php(500)))
        assert has(basket, PRICE)
        assert balances()["gateway:fake", "PHP"] == PRICE - 500

    def test_held_money_fills_it_once_it_is_accepted(self, deposit, basket):
        payment = filled(deposit, minor=25000)
        assert (payment.state, has(basket, 0)) == ("review", True)
        apply_ruling(payment.pk, Ruling.ACCEPTED, now=testing.clock())
        assert has(basket, 25000)

    def test_a_correction_moves_the_wallet_too(self, deposit, basket, monkeypatch):
        use_policies(monkeypatch, purpose="deposit", over="fulfil")
        payment = deposit()
        fact = testing.pay(payment, php(PRICE))
        fact = testing.replace(fact, is_total=True)
        testing.deliver(payment, fact)
        testing.deliver(payment, testing.replace(fact, money=php(PRICE + 700)), salt="more")
        assert has(basket, PRICE + 700)

    def test_whose_it_is_stays_as_it_was_at_the_start(self, deposit, basket, monkeypatch):
        payment = deposit()
        testing.pay(payment)
        monkeypatch.setattr(
            type(conf.current().purpose("deposit")), "credits", lambda self, basket: "somebody else"
        )
        testing.deliver(payment)
        assert has(basket, PRICE)
        assert has("somebody else", 0)

    def test_what_is_paid_elsewhere_fills_none_here(self, basket, monkeypatch):
        monkeypatch.setattr(
            type(conf.current().purpose("deposit")), "payee", lambda self, basket: "$wallet.example/bob"
        )
        with pytest.raises(raseed.core.errors.Unsupported, match="cannot fill one here"):
            raseed.start_payment(
                basket, purpose="deposit", account="wallets", payer_wallet="$wallet.example/alice"
            )

    @pytest.mark.parametrize("owner", ["", "x" * 65, Basket(), 7])
    def test_an_owner_that_cannot_be_named(self, deposit, monkeypatch, owner):
        monkeypatch.setattr(type(conf.current().purpose("deposit")), "credits", lambda self, basket: owner)
        with pytest.raises(ValueError, match="wallet"):
            deposit()


class TestMoneyThatGoesBack:
    def test_a_refund_leaves_the_wallet(self, deposit, basket):
        payment = filled(deposit)
        raseed.request_refund(payment, php(5000))
        work()
        assert has(basket, PRICE - 5000)
        testing.deliver(payment, testing.refund_at_gateway(payment, php(3000)))
        assert has(basket, PRICE - 8000)
        assert again(payment).attention == ""

    def test_what_was_spent_is_owed_and_staff_know(self, deposit, basket):
        payment = filled(deposit)
        raseed.transfer(basket, "technician", php(15000), key="job-1")
        testing.deliver(payment, testing.refund_at_gateway(payment))
        payment = again(payment)
        assert has(basket, 0)
        assert balances()["receivable", "PHP"] == 15000
        assert payment.concern == "shortfall"
        assert "PHP 150.00" in payment.attention
        assert payment.is_fully_refunded
        apply_ruling(payment.pk, Ruling.ACCEPTED, now=testing.clock(), reason="they paid at the desk")
        assert again(payment).attention == ""
        assert has(basket, 0)

    def test_each_part_that_is_not_there_any_more(self, deposit, basket):
        payment = filled(deposit)
        raseed.transfer(basket, "technician", php(PRICE), key="job-1")
        for minor in (5000, 15000):
            testing.deliver(payment, testing.refund_at_gateway(payment, php(minor)), salt=str(minor))
        assert balances()["receivable", "PHP"] == PRICE
        assert again(payment).attention.count("went back") == 2

    def test_as_far_as_the_wallet_may_go_below_zero(self, deposit, basket):
        payment = filled(deposit)
        raseed.transfer(basket, "technician", php(PRICE), key="job-1")
        raseed.allow_overdraft(basket, php(8000))
        testing.deliver(payment, testing.refund_at_gateway(payment))
        assert has(basket, -8000)
        assert balances()["receivable", "PHP"] == PRICE - 8000


class TestCredit:
    """The policy `credit`: what should not have come is put into the payer's wallet."""

    @pytest.fixture
    def payer(self, django_user_model):
        return django_user_model.objects.create_user("ana")

    def test_too_much(self, start, monkeypatch, payer):
        use_policies(monkeypatch, over="credit")
        payment = start(user=payer).payment
        testing.deliver(payment, testing.pay(payment, php(25000)))
        assert stands(payment) == ("paid", "", 1)
        assert has(payer, 5000)
        assert balances()["sales:book", "PHP"] == -PRICE
        assert again(payment).refunded() == php(5000)

    def test_too_little(self, start, monkeypatch, payer, book):
        use_policies(monkeypatch, under="credit")
        payment = start(user=payer).payment
        testing.deliver(payment, testing.pay(payment, php(5000)))
        assert stands(payment) == ("cancelled", "", 0)
        assert has(payer, 5000)
        assert start(user=payer).payment != payment

    def test_late(self, start, monkeypatch, payer):
        use_policies(monkeypatch, late="credit")
        payment = start(user=payer).payment
        work(3601)
        testing.deliver(payment, testing.pay(payment))
        assert stands(payment) == ("paid", "", 0)
        assert has(payer, PRICE)
        assert start(user=payer).payment != payment

    def test_twice(self, start, monkeypatch, payer):
        use_policies(monkeypatch, double="credit")
        payment = start(user=payer).payment
        for salt in "ab":
            testing.deliver(payment, testing.pay(payment), salt=salt)
        assert stands(payment) == ("paid", "", 1)
        assert has(payer, PRICE)
        testing.deliver(payment, salt="both told again")
        raseed.check_payment(payment)
        assert has(payer, PRICE)

    def test_who_is_not_logged_in_has_no_wallet(self, start, monkeypatch):
        use_policies(monkeypatch, over="credit")
        payment = start().payment
        testing.deliver(payment, testing.pay(payment, php(25000)))
        assert stands(payment) == ("review", "over", 0)
        assert not Wallet.objects.exists()

    def test_what_the_gateway_counts_as_refunded_is_something_else(self, start, monkeypatch, payer):
        use_policies(monkeypatch, over="credit")
        payment = start(user=payer).payment
        testing.deliver(payment, testing.pay(payment, php(25000)))
        testing.deliver(payment, testing.refund_at_gateway(payment, php(5000)))
        assert Refund.objects.filter(state="succeeded").count() == 2
        assert balances()["gateway:fake", "PHP"] == PRICE
        assert again(payment).refunded() == php(10000)


class TestTransfer:
    def test_from_one_to_another(self, deposit, basket):
        filled(deposit)
        moved = raseed.transfer(basket, "technician", php(12000), key="job-1", note="Leaking tap")
        assert (has(basket, 8000), has("technician", 12000)) == (True, True)
        assert (moved.memo, moved.note, moved.payment) == ("transfer", "Leaking tap", None)

    def test_a_second_click_is_the_same_movement(self, deposit, basket):
        filled(deposit)
        moved = [raseed.transfer(basket, "technician", php(12000), key="job-1") for _ in range(3)]
        assert len({posting.pk for posting in moved}) == 1
        assert has("technician", 12000)
        with pytest.raises(RefusedTransfer, match="names another movement"):
            raseed.transfer(basket, "technician", php(12001), key="job-1")

    def test_no_more_than_there_is(self, deposit, basket):
        filled(deposit)
        with pytest.raises(RefusedTransfer, match=r"PHP 200\.00 is left, and PHP 200\.01 is needed"):
            raseed.transfer(basket, "technician", php(PRICE + 1), key="job-1")
        assert (has(basket, PRICE), has("technician", 0)) == (True, True)

    def test_unless_it_may_go_below_zero(self, basket):
        raseed.allow_overdraft(basket, php(500))
        raseed.transfer(basket, "technician", php(500), key="a")
        with pytest.raises(RefusedTransfer, match="too little"):
            raseed.transfer(basket, "technician", php(1), key="b")
        with pytest.raises(RefusedTransfer, match="below that limit"):
            raseed.allow_overdraft(basket, php(499))

    @pytest.mark.parametrize("minor", [0, -1])
    def test_nothing_and_less(self, minor):
        with pytest.raises(RefusedTransfer, match="above zero"):
            raseed.transfer("a", "b", php(minor), key="k")

    @pytest.mark.parametrize("key", ["", "k" * 129])
    def test_a_key_that_is_none(self, key):
        with pytest.raises(RefusedTransfer, match="key of 1 to 128"):
            raseed.pay_in("a", php(1), key=key)

    def test_to_itself(self):
        with pytest.raises(RefusedTransfer, match="itself"):
            raseed.transfer("a", "a", php(1), key="k")

    def test_by_hand(self, admin_user):
        raseed.pay_in("a", php(700), key="in", note="cash", user=admin_user)
        raseed.pay_out("a", php(300), key="out")
        assert has("a", 400)
        assert balances()["by-hand", "PHP"] == 400
        with pytest.raises(RefusedTransfer, match="too little"):
            raseed.pay_out("a", php(401), key="more")
        assert Posting.objects.get(key="in").user == admin_user

    def test_each_currency_is_a_wallet_of_its_own(self):
        raseed.pay_in("a", php(700), key="php")
        raseed.pay_in("a", raseed.Money(5, "USD"), key="usd")
        assert (has("a", 700), has("a", 5, "USD")) == (True, True)
        with pytest.raises(RefusedTransfer, match="too little"):
            raseed.transfer("a", "b", raseed.Money(6, "USD"), key="k")

    def test_a_movement_that_is_undone_with_the_sites_transaction(self):
        with transaction.atomic():
            raseed.pay_in("a", php(700), key="in")
            transaction.set_rollback(True)
        assert has("a", 0)


class TestHistory:
    def test_each_change_with_the_balance_after_it(self, deposit, basket):
        payment = filled(deposit)
        raseed.transfer(basket, "technician", php(12000), key="job-1")
        testing.deliver(payment, testing.refund_at_gateway(payment, php(1000)))
        told = [(p.memo, p.change_minor, p.balance_minor) for p in raseed.wallet_history(basket, "PHP")]
        assert told == [("refund", -1000, 7000), ("transfer", -12000, 8000), ("charge", PRICE, PRICE)]
        assert raseed.wallet_history(basket, "PHP")[:1][0].balance_minor == 7000

    def test_of_nobody(self):
        assert list(raseed.wallet_history("nobody", "PHP")) == []


class TestCheck:
    def told(self, **options):
        out = io.StringIO()
        call_command("raseed_ledger_check", stdout=out, **options)
        return out.getvalue()

    def test_right_books(self, deposit, basket):
        filled(deposit)
        told = self.told()
        assert "ok    gateway:fake: PHP 200.00" in told
        assert "The books are right: 2 accounts." in told
        assert self.told(verbosity=0) == ""

    def test_a_balance_that_somebody_wrote(self, deposit, basket):
        filled(deposit)
        Wallet.objects.update(balance_minor=1)
        with pytest.raises(CommandError, match="1 of 2 accounts differ"):
            self.told()
        Wallet.objects.update(balance_minor=PRICE)

    def test_a_charge_that_somebody_wrote(self, deposit, basket):
        payment = filled(deposit)
        payment.charges.update(minor=PRICE + 1)
        with pytest.raises(CommandError, match="differ"):
            self.told()
        payment.charges.update(minor=PRICE)

    def test_wallets_without_history(self):
        wallet = Wallet.objects.create(owner="a", currency="PHP", balance_minor=5, created_at=testing.clock())
        with pytest.raises(CommandError, match="1 of 1"):
            self.told()
        wallet.delete()


@pytest.mark.parametrize(
    "row",
    [
        {"balance_minor": -1},
        {"balance_minor": -6, "overdraft_minor": 5},
        {"overdraft_minor": -1, "balance_minor": 7},
    ],
)
def test_the_database_itself_refuses(row):
    with pytest.raises(IntegrityError), transaction.atomic():
        Wallet.objects.create(owner="a", currency="PHP", created_at=testing.clock(), **row)


def test_a_posting_has_a_payment_or_a_key():
    with pytest.raises(IntegrityError), transaction.atomic():
        Posting.objects.create(
            debit="a", credit="b", minor=1, currency="PHP", memo="transfer", created_at=testing.clock()
        )


def test_an_account_cannot_be_called_like_a_wallet(settings):
    accounts = settings.RASEED["ACCOUNTS"] | {"wallet:a": {"GATEWAY": "raseed.testing.FakeGateway"}}
    with pytest.raises(ConfigurationError, match="is a wallet's"):
        conf.parse(settings.RASEED | {"ACCOUNTS": accounts})


def test_state_of_a_spent_deposit_that_went_back(deposit):
    payment = filled(deposit)
    testing.deliver(payment, testing.refund_at_gateway(payment))
    assert again(payment).state == State.PAID
