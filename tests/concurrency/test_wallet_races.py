"""Many hands on one wallet: the balance ends exact, and nobody waits for anybody for ever."""

import pytest

import raseed
from raseed import testing
from raseed.core.errors import RefusedTransfer
from raseed.payments.ledger_check import check_ledger
from raseed.payments.models import Posting
from tests.bookshop.models import Basket
from tests.payments.books import php

pytestmark = pytest.mark.django_db(transaction=True)

PRICE = 20000


@pytest.fixture(autouse=True)
def _books_agree():
    yield
    assert [str(line) for line in check_ledger() if not line.is_right] == []


def no_errors(results):
    assert [result for result in results if isinstance(result, Exception)] == []
    return results


def balance(owner):
    return raseed.wallet_balance(owner, "PHP").minor


class _ToOneWallet:
    """All deposits fill the same wallet."""

    def credits(self, basket):
        return "ana"


@pytest.fixture
def deposit(transactional_db, monkeypatch):
    from tests.bookshop.payments import FillBasket

    monkeypatch.setattr(FillBasket, "credits", _ToOneWallet.credits)

    def begin():
        payment = testing.make_payment(Basket.objects.create(), purpose="deposit")
        testing.pay(payment)
        return payment

    return begin


def test_the_first_deposits_of_a_wallet(deposit, at_once, rounds):
    """The wallet does not exist yet: all of them make it."""
    for _ in list(rounds)[:3]:
        before = balance("ana")
        payments = [deposit() for _ in range(8)]
        no_errors(at_once(*[lambda p=p: testing.deliver(p) for p in payments]))
        assert balance("ana") == before + 8 * PRICE


def test_deposits_told_twice_and_withdrawals(deposit, at_once, rounds):
    raseed.pay_in("ana", php(100_000), key="start")
    for number in list(rounds)[:5]:
        before = balance("ana")
        payments = [deposit() for _ in range(4)]
        no_errors(
            at_once(
                *[lambda p=p: testing.deliver(p) for p in payments],
                *[lambda p=p: testing.deliver(p, salt="again") for p in payments],
                *[lambda k=k: raseed.pay_out("ana", php(100), key=f"{number}-{k}") for k in range(6)],  # noqa: B023
            )
        )
        assert balance("ana") == before + 4 * PRICE - 600


def test_to_and_fro_between_two(transactional_db, at_once, rounds):
    """Each locks both; in whatever order they are named, the locks come in the order of ids."""
    for name in ("ana", "ben"):
        raseed.pay_in(name, php(50_000), key=name)
    for number in rounds:
        no_errors(
            at_once(
                *[lambda k=k: raseed.transfer("ana", "ben", php(7), key=f"a{number}-{k}") for k in range(6)],  # noqa: B023
                *[lambda k=k: raseed.transfer("ben", "ana", php(5), key=f"b{number}-{k}") for k in range(6)],  # noqa: B023
            )
        )
    assert balance("ana") + balance("ben") == 100_000
    assert balance("ben") == 50_000 + len(rounds) * 6 * 2


def test_one_key_at_once_moves_once(transactional_db, at_once, rounds):
    raseed.pay_in("ana", php(100_000), key="start")
    for number in rounds:
        moved = no_errors(
            at_once(*[lambda: raseed.transfer("ana", "ben", php(10), key=f"job-{number}")] * 8)  # noqa: B023
        )
        assert len({posting.pk for posting in moved}) == 1
    assert balance("ben") == 10 * len(rounds)


def test_the_last_money_is_spent_once(transactional_db, at_once, rounds):
    for number in rounds:
        raseed.pay_in("ana", php(10), key=f"in-{number}")
        results = at_once(
            *[lambda k=k: raseed.transfer("ana", f"t{k}", php(10), key=f"{number}-{k}") for k in range(8)]  # noqa: B023
        )
        assert sum(isinstance(result, Posting) for result in results) == 1
        assert sum(isinstance(result, RefusedTransfer) for result in results) == 7
        assert balance("ana") == 0


@pytest.mark.slow
@pytest.mark.postgres
def test_a_thousand_deposits_and_withdrawals(deposit, at_once):
    """Five hundred payments of gateways and five hundred withdrawals, sixteen hands, one wallet."""
    raseed.pay_in("ana", php(50_000), key="start")
    for number in range(63):
        payments = [deposit() for _ in range(8)]
        no_errors(
            at_once(
                *[lambda p=p: testing.deliver(p) for p in payments],
                *[lambda k=k: raseed.pay_out("ana", php(37), key=f"{number}-{k}") for k in range(8)],  # noqa: B023
            )
        )
    assert balance("ana") == 50_000 + 63 * 8 * (PRICE - 37)
    assert raseed.wallet_history("ana", "PHP")[0].balance_minor == balance("ana")
