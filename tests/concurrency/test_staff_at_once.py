"""Staff, customers, webhooks and workers at the same moment, with real connections."""

# ruff: noqa: B023 at_once has done all of it before the loop goes on
import pytest
from django.test import Client

import raseed
from raseed import testing
from raseed.payments.flows.fulfil import retry_fulfilment
from raseed.payments.models import Fulfilment, Refund, StaffAction
from tests.bookshop.payments import BuyBook
from tests.payments.books import again, assert_books, paid, stands, work
from tests.payments.desk import Desk

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _books_agree():
    yield
    assert_books()


@pytest.fixture
def desks(django_user_model):
    """Two people of staff."""
    found = []
    for name in ("anna", "ben"):
        client = Client()
        client.force_login(django_user_model.objects.create_superuser(name))
        found.append(Desk(client))
    return found


def few(rounds):
    return rounds[:4]


def answers(results):
    assert all(result.status_code in (200, 302) for result in results), results
    return sorted(result.status_code for result in results)


def test_two_refund_all_of_it(start, at_once, rounds, desks):
    for _ in few(rounds):
        payment = paid(start)
        forms = [desk.form(payment, "refund") for desk in desks]
        pairs = list(zip(desks, forms, strict=True))
        send = [lambda d=d, f=f: d.send(payment, "refund", f, amount="200.00") for d, f in pairs]
        assert answers(at_once(*send)) == [200, 302]
        work()
        assert Refund.objects.get(payment=payment).state == "succeeded"
        assert again(payment).is_fully_refunded


def test_one_presses_four_times(start, at_once, rounds, desks):
    for _ in few(rounds):
        payment = paid(start)
        form = desks[0].form(payment, "refund")
        assert answers(at_once(*[lambda: desks[0].send(payment, "refund", form, amount="50.00")] * 4))
        assert Refund.objects.filter(payment=payment).count() == 1
        assert StaffAction.objects.filter(payment=payment).count() == 1


def test_retry_against_the_worker(start, at_once, rounds, desks):
    for _ in few(rounds):
        BuyBook.failures = 1
        payment = paid(start)
        owed = Fulfilment.objects.get(payment=payment)
        form = desks[0].form(payment, "retry")
        at_once(
            lambda: desks[0].send(payment, "retry", form),
            lambda: retry_fulfilment(owed.pk, testing.clock()),
            lambda: retry_fulfilment(owed.pk, testing.clock()),
        )
        assert stands(payment) == ("paid", "", 1)


def test_one_accepts_and_one_rejects(start, at_once, rounds, desks):
    from tests.payments.books import php

    for _ in few(rounds):
        payment = start().payment
        testing.deliver(payment, testing.pay(payment, php(15000)))
        forms = [desk.form(payment, act) for desk, act in zip(desks, ("accept", "reject"), strict=True)]
        at_once(
            lambda: desks[0].send(payment, "accept", forms[0]),
            lambda: desks[1].send(payment, "reject", forms[1]),
        )
        assert stands(payment)[::2] in {("paid", 1), ("cancelled", 0)}
        done = StaffAction.objects.filter(payment=payment, is_done=True)
        assert done.count() == 1


def test_one_takes_held_money_and_one_lets_it_go(start, at_once, rounds, gateway):
    for _ in few(rounds):
        payment = start(method="card_hold").payment
        testing.hold(payment)
        raseed.check_payment(payment)
        gateway.calls.clear()
        at_once(
            lambda: raseed.capture(payment),
            lambda: raseed.void(payment),
            lambda: raseed.check_payment(payment, "poll"),
        )
        assert stands(payment) in {("paid", "", 1), ("cancelled", "", 0)}
        assert sum(call in {"capture", "void"} for call in gateway.calls) == 1


def test_marked_as_paid_while_the_webhook_lands(start, at_once, rounds, desks):
    for _ in few(rounds):
        payment = start().payment
        form = desks[0].form(payment, "mark_paid")
        testing.pay(payment)
        sent = {"amount": "200.00", "where": "elsewhere"}
        results = at_once(
            lambda: desks[0].send(payment, "mark_paid", form, **sent),
            lambda: testing.deliver(payment),
            lambda: desks[1].send(payment, "mark_paid", form | {"key": "other" * 5}, **sent),
        )
        answers([results[0], results[2]])
        state, concern, given = stands(payment)
        assert (state, given) == ("paid", 1)
        by_hand = payment.charges.filter(account="by-hand").count()
        assert (by_hand, concern) in {(0, ""), (1, "double")}
        assert payment.charges.filter(account="fake").count() == 1
