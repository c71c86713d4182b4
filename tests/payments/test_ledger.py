"""The ledger: what stands at the gateway is what came less what went back and what it cost."""

from contextlib import contextmanager, suppress
from dataclasses import replace

import pytest
from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import F
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

import raseed
from raseed import testing
from raseed.core.errors import RaseedError
from raseed.core.states import State
from raseed.payments.flows.apply_facts import apply_ruling
from raseed.payments.models import Charge, Fulfilment, Payment, Posting, Ruling, Wallet
from tests.bookshop.models import Book
from tests.bookshop.payments import BuyBook
from tests.payments.books import again, assert_books, balances, paid, php, use_policies, work

pytestmark = pytest.mark.django_db

PRICE = 20000


class TestPostings:
    def test_a_sale_with_its_fee(self, start):
        payment = start().payment
        testing.pay(payment, fee=php(500))
        testing.deliver(payment)
        assert balances() == {
            ("gateway:fake", "PHP"): PRICE - 500,
            ("sales:book", "PHP"): -PRICE,
            ("fees", "PHP"): 500,
        }
        assert_books()

    def test_a_fee_is_booked_once_whenever_it_becomes_known(self, start):
        payment = start().payment
        fact = testing.pay(payment)
        testing.deliver(payment, fact)
        for salt in "abc":
            testing.deliver(payment, replace(fact, fee=php(500)), salt=salt)
        assert Posting.objects.filter(memo="fee").count() == 1
        assert_books()

    def test_a_fee_that_comes_with_a_correction(self, start):
        payment = start().payment
        fact = testing.pay(payment, php(15000))
        testing.deliver(payment, fact)
        testing.deliver(payment, replace(fact, money=php(PRICE), fee=php(500)))
        assert Charge.objects.get().fee_minor == 500
        assert_books()

    def test_a_fee_in_another_currency_is_none_of_this_ledger(self, start):
        payment = start().payment
        testing.pay(payment, fee=raseed.Money(1, "USD"))
        testing.deliver(payment)
        assert Charge.objects.get().fee_minor is None
        assert_books()

    def test_no_fee_has_no_row(self, start):
        payment = start().payment
        testing.pay(payment, fee=php(0))
        testing.deliver(payment)
        assert Posting.objects.count() == 1

    def test_held_and_released(self, start):
        payment = start().payment
        testing.deliver(payment, testing.pay(payment, php(25000)))
        assert balances() == {("gateway:fake", "PHP"): 25000, ("suspense", "PHP"): -25000}
        apply_ruling(payment.pk, Ruling.ACCEPTED, now=testing.clock())
        assert balances() == {("gateway:fake", "PHP"): 25000, ("sales:book", "PHP"): -25000}
        assert_books()

    def test_released_after_a_part_went_back(self, start):
        payment = start().payment
        testing.deliver(payment, testing.pay(payment, php(25000)))
        testing.deliver(payment, testing.refund_at_gateway(payment, php(5000)))
        apply_ruling(payment.pk, Ruling.ACCEPTED, now=testing.clock())
        assert balances() == {("gateway:fake", "PHP"): PRICE, ("sales:book", "PHP"): -PRICE}
        assert_books()

    def test_a_correction_downwards(self, start):
        payment = start().payment
        fact = testing.pay(payment, php(25000))
        testing.deliver(payment, fact)
        testing.deliver(payment, replace(fact, money=php(PRICE)))
        assert balances() == {("gateway:fake", "PHP"): PRICE, ("sales:book", "PHP"): -PRICE}
        assert_books()

    def test_every_row_balances_and_names_what_it_is_about(self, start):
        payment = paid(start)
        testing.deliver(payment, testing.refund_at_gateway(payment, php(5000)))
        assert not Posting.objects.filter(debit=F("credit")).exists()
        assert not Posting.objects.filter(minor__lte=0).exists()
        refund = Posting.objects.get(memo="refund")
        assert refund.refund.charge_ref == refund.charge_ref == payment.charges.get().ref


AMOUNTS = st.sampled_from([1, 5000, 15000, PRICE, PRICE + 5000])
TWISTS = st.sampled_from(["", "", "", "account", "currency", "livemode", "hint", "total"])
STEPS = st.one_of(
    st.tuples(st.just("start"), st.sampled_from(["card", "wallet", "card as a guest"])),
    st.tuples(st.just("pay"), AMOUNTS),
    st.tuples(st.just("tell"), TWISTS),
    st.tuples(st.just("tell all"), st.just("")),
    st.tuples(st.just("end"), st.sampled_from(["failed", "expired", "voided", "authorized", "disputed"])),
    st.tuples(st.just("their refund"), AMOUNTS),
    st.tuples(st.just("our refund"), AMOUNTS),
    st.tuples(st.just("wait"), st.sampled_from([0, 70, 4000, 90000])),
    st.tuples(st.just("rule"), st.sampled_from([Ruling.ACCEPTED, Ruling.REJECTED])),
    st.tuples(st.just("fail"), st.integers(1, 3)),
    st.tuples(st.just("spend"), AMOUNTS),
)


@contextmanager
def undone():
    """A database that forgets; without being a transaction of the site's own."""
    block = transaction.atomic()
    block._from_testcase = True
    with block:
        yield
        transaction.set_rollback(True)


class Story:
    """One book, and whatever may happen to the money for it."""

    def __init__(self):
        self.book = Book.objects.create(title="El Filibusterismo")
        self.reader = User.objects.create(username="simoun")
        self.told = 0

    def do(self, step, with_):
        if step == "start":
            method, _, guest = with_.partition(" as ")
            user = None if guest else self.reader
            raseed.start_payment(self.book, purpose="book", account="fake", method=method, user=user)
        elif step == "spend":
            raseed.pay_out(self.reader, php(with_), key=f"spent {self.told}")
        elif step == "wait":
            work(with_)
        elif step == "fail":
            BuyBook.failures = with_
        else:
            for payment in Payment.objects.order_by("pk"):
                getattr(self, step.replace(" ", "_"))(payment, with_)

    def pay(self, payment, minor):
        testing.pay(payment, php(minor), fee=php(minor // 50))

    def tell(self, payment, twist):
        facts = testing.BOOKS[payment.reference].facts
        if facts:
            self._deliver(payment, _twisted(facts[-1], twist), "other" if twist == "account" else "")

    def tell_all(self, payment, _):
        for fact in testing.BOOKS[payment.reference].facts:
            self._deliver(payment, fact)

    def end(self, payment, kind):
        self._deliver(payment, testing.say(payment, kind))

    def their_refund(self, payment, minor):
        if any(fact.kind == "paid" for fact in testing.BOOKS[payment.reference].facts):
            testing.refund_at_gateway(payment, php(minor))

    def our_refund(self, payment, minor):
        raseed.request_refund(payment, php(minor))

    def rule(self, payment, ruling):
        apply_ruling(payment.pk, ruling, now=testing.clock())

    def _deliver(self, payment, fact, account=""):
        self.told += 1
        receipt = testing.deliver(payment, fact, account=account, salt=str(self.told))
        assert not again(payment).deliveries.exclude(state="read").exists(), receipt


def _twisted(fact, twist):
    if fact.money is None:
        return fact
    return {
        "currency": replace(fact, money=raseed.Money(fact.money.minor, "USD")),
        "livemode": replace(fact, livemode=True),
        "hint": replace(fact, weight=raseed.core.facts.Weight.HINT),
        "total": replace(fact, is_total=True, money=php(fact.money.minor + 700)),
    }.get(twist, fact)


def assert_promises(payments_paid):
    assert_books()
    for wallet in Wallet.objects.all():  # what was spent and then went back is owed, never taken twice
        assert wallet.balance_minor >= 0
    active = Fulfilment.objects.filter(state__in=["done", "due"])
    assert active.count() <= 1
    given_out = Fulfilment.objects.filter(state__in=["done", "revoked"]).count()
    assert sum(Book.objects.values_list("given", flat=True)) == given_out
    for payment in Payment.objects.filter(pk__in=payments_paid):
        assert payment.state == State.PAID  # nothing un-pays a payment
    for fulfilment in active:
        assert not fulfilment.payment.is_fully_refunded or fulfilment.revocations.exists()
    assert not Payment.objects.filter(state="review", attention="").exists()
    for payment in Payment.objects.filter(charges__held=True).distinct():
        refs = payment.charges.filter(held=True)
        left = sum(c.minor for c in refs) - sum(
            r.minor for r in payment.refunds.filter(state="succeeded", charge_ref__in=refs.values("ref"))
        )
        assert payment.attention or left == 0, "held money is never forgotten"


WORDS = st.sampled_from(["hold", "fulfil", "refund", "credit"])
POLICIES = st.fixed_dictionaries(dict.fromkeys(("late", "over", "under", "double"), WORDS))
PAID_TWICE = [("start", "card"), ("pay", PRICE), ("tell all", ""), ("pay", PRICE), ("tell all", "")]
REPLACED = [("start", "card"), ("end", "failed"), ("start", "card"), ("pay", 5000), ("tell all", "")]
REFUNDED_FIRST = [("start", "card"), ("pay", PRICE), ("their refund", 5000), ("tell", ""), ("wait", 70)]
CREDITED = [("start", "card"), ("pay", 5000), ("tell all", ""), ("spend", 5000), ("their refund", 5000)]
HELD = dict.fromkeys(("late", "over", "under", "double"), "hold")


def test_whatever_happens_the_books_agree(monkeypatch, gateway):
    @settings(
        max_examples=60,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        database=None,
        derandomize=True,
    )
    @given(POLICIES, st.lists(STEPS, min_size=5, max_size=20))
    @example(HELD, PAID_TWICE)
    @example(HELD, REFUNDED_FIRST)
    @example(HELD | {"double": "fulfil"}, REPLACED)
    @example(HELD | {"double": "credit", "over": "credit"}, [*CREDITED, ("tell all", "")])
    def run(policies, steps):
        use_policies(monkeypatch, **policies)
        testing.reset()
        BuyBook.failures = 0
        with undone():
            story = Story()
            for step, with_ in [("start", "card"), ("pay", PRICE), *steps]:
                paid_before = list(Payment.objects.filter(state="paid").values_list("pk", flat=True))
                with suppress(RaseedError):  # refused, with a reason
                    story.do(step, with_)
                assert_promises(paid_before)

    run()
