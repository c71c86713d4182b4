"""Deliveries: twice, late, unreadable, killed half-way. Nothing is lost, nothing counts double."""

from dataclasses import replace

import pytest
from django.db import OperationalError

from raseed import testing
from raseed.core.facts import Weight
from raseed.core.states import State
from raseed.payments import encryption
from raseed.payments.flows import read_delivery as reading
from raseed.payments.flows import receive_delivery as receiving
from raseed.payments.flows.receive_delivery import digest, raw_of, receive_delivery
from raseed.payments.models import (
    Charge,
    Delivery,
    DeliveryState,
    Fulfilment,
    Payment,
    PaymentFact,
    RejectedDelivery,
)
from tests.bookshop.payments import BuyBook
from tests.payments.looks import pause_of, standing, state_of

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def frozen():
    return testing.freeze()


class TestCopies:
    """Rule 8."""

    def test_a_copy_is_counted_and_changes_nothing(self, payment, book):
        testing.pay(payment)
        first, second = testing.deliver(payment), testing.deliver(payment)
        assert (first.is_copy, second.is_copy) == (False, True)
        delivery = Delivery.objects.get()
        assert (delivery.copies, delivery.next_read_at) == (2, None)
        assert (Charge.objects.count(), PaymentFact.objects.filter(kind="paid").count()) == (1, 1)

    def test_the_same_words_through_another_account_are_no_copy(self, payment):
        """Rule 4: the account is compared too, so the money is held for a person."""
        testing.pay(payment)
        assert not testing.deliver(payment, account="other").is_copy
        assert state_of(payment) == State.REVIEW
        assert not testing.deliver(payment).is_copy
        assert sorted(Delivery.objects.values_list("account", "copies")) == [("fake", 1), ("other", 1)]

    def test_a_forged_copy_first_does_not_shut_out_the_genuine_one(self, payment):
        testing.pay(payment)
        assert testing.deliver(payment, signed=False).refused is not None
        assert state_of(payment) == State.PENDING
        assert not testing.deliver(payment).is_copy
        assert state_of(payment) == State.PAID

    def test_a_signature_in_the_query_is_no_part_of_what_is_said(self, payment):
        raw = testing.delivery_of([testing.pay(payment)])
        once = replace(raw, query={"hmac": "abc", "page": "1"})
        again = replace(raw, query={"page": "1", "hmac": "def"})
        assert digest(once, frozenset({"hmac"})) == digest(again, frozenset({"hmac"}))
        assert digest(once) != digest(again)

    def test_method_query_and_body_cannot_be_mistaken_for_one_another(self):
        raw = replace(testing.delivery_of([]), body=b"c", query={"a": "b"})
        others = [
            replace(raw, method="PUT"),
            replace(raw, query={}, body=b"a=b\nc"),
            replace(raw, query={"a": "b", "c": ""}, body=b""),
            replace(raw, query={"a": "b\nc"}, body=b""),
        ]
        assert len({digest(one) for one in [raw, *others]}) == 5

    def test_a_copy_of_an_unread_delivery_has_it_read(self, payment, gateway):
        testing.pay(payment)
        gateway.trouble["read"] = [RuntimeError("a word we do not know")] * 2
        testing.deliver(payment)
        testing.work()
        delivery = Delivery.objects.get()
        assert standing(delivery) == ("due", 30)
        assert testing.deliver(payment).is_copy
        assert pause_of(delivery) == 0
        testing.work()
        assert (state_of(payment), Delivery.objects.get().state) == (State.PAID, DeliveryState.READ)

    def test_a_copy_that_cannot_be_read_either_is_counted_and_has_it_read(self, payment, gateway):
        testing.pay(payment)
        gateway.trouble["read"] = [RuntimeError("a word we do not know")] * 3
        testing.deliver(payment)
        testing.work()
        assert testing.deliver(payment).is_copy
        delivery = Delivery.objects.get()
        assert (delivery.copies, pause_of(delivery)) == (2, 0)

    def test_copies_do_not_use_up_the_looks_that_are_planned(self, payment, gateway):
        """A burst of copies within a second must not leave the delivery to a person at once."""
        testing.pay(payment)
        gateway.trouble["read"] = [RuntimeError("broken until we deploy")] * 40
        for _ in range(10):
            testing.deliver(payment)
            testing.work()
        delivery = Delivery.objects.get()
        assert standing(delivery) == ("due", 30)
        gateway.trouble.clear()
        testing.travel(30)
        testing.work()
        assert state_of(payment) == State.PAID


class TestOurOwnMistakes:
    """Rule 14."""

    def test_what_cannot_be_read_is_kept_acknowledged_and_read_again(self, payment, gateway):
        testing.pay(payment)
        gateway.trouble["read"] = [RuntimeError("a word we do not know")]
        receipt = testing.deliver(payment)
        assert receipt.refused is None
        delivery = Delivery.objects.get(pk=receipt.delivery_id)
        assert (delivery.state, delivery.error) == ("due", "RuntimeError: a word we do not know")
        assert state_of(payment) == State.PENDING
        assert testing.work() == 1
        delivery.refresh_from_db()
        assert (delivery.state, delivery.payment, delivery.error) == ("read", payment, "")
        assert (state_of(payment), Payment.objects.get().first_channel) == (State.PAID, "webhook")

    def test_what_cannot_be_applied_leaves_nothing_half_done(self, payment, monkeypatch):
        testing.pay(payment)

        def apply_then_fail(*args, **kwargs):
            applied.append(real(*args, **kwargs))
            raise ValueError("after everything was written")

        applied = []
        real = receiving.apply_facts
        monkeypatch.setattr(receiving, "apply_facts", apply_then_fail)
        assert testing.deliver(payment).delivery_id is not None
        assert len(applied) == 1
        assert (state_of(payment), Charge.objects.count(), Fulfilment.objects.count()) == ("pending", 0, 0)
        testing.work()
        assert (state_of(payment), Charge.objects.count(), Fulfilment.objects.count()) == ("paid", 1, 1)

    def test_a_process_that_dies_has_acknowledged_nothing(self, payment, monkeypatch):
        testing.pay(payment)
        monkeypatch.setattr(receiving, "apply_facts", _dies)
        with pytest.raises(SystemExit):
            testing.deliver(payment)
        assert Delivery.objects.count() == 0
        monkeypatch.undo()
        testing.deliver(payment)  # the gateway repeats what was not answered
        assert state_of(payment) == State.PAID

    def test_a_transaction_that_dies_is_done_once_more_without_the_shops_code(
        self, payment, book, monkeypatch
    ):
        testing.pay(payment)
        calls = _fail_in_the_shop(monkeypatch, times=1)
        testing.deliver(payment)
        assert (state_of(payment), Delivery.objects.get().state, len(calls)) == ("paid", "read", 1)
        assert Fulfilment.objects.get().state == "due"
        testing.work()
        book.refresh_from_db()
        assert (book.given, Fulfilment.objects.get().state) == (1, "done")

    def test_a_database_that_dies_twice_leaves_the_delivery_to_the_worker(self, payment, monkeypatch):
        testing.pay(payment)
        deaths = _raise_first(monkeypatch, receiving, "apply_facts", OperationalError("deadlock"), times=2)
        receipt = testing.deliver(payment)
        assert len(deaths) == 2
        assert (Delivery.objects.get(pk=receipt.delivery_id).state, state_of(payment)) == ("due", "pending")
        testing.work()
        assert state_of(payment) == State.PAID

    def test_a_commit_whose_answer_was_lost_counts_once(self, payment, monkeypatch):
        """The first attempt was committed; the second finds itself and is a copy."""
        testing.pay(payment)
        real = receiving._once

        def commit_then_lose_the_line(*args, **kwargs):
            monkeypatch.setattr(receiving, "_once", real)
            real(*args, **kwargs)
            raise OperationalError("the line broke while committing")

        monkeypatch.setattr(receiving, "_once", commit_then_lose_the_line)
        receipt = testing.deliver(payment)
        assert receipt.is_copy
        assert (state_of(payment), Charge.objects.count(), Fulfilment.objects.count()) == ("paid", 1, 1)

    def test_the_worker_too_gives_later_where_the_shops_code_kills_the_transaction(
        self, payment, gateway, monkeypatch
    ):
        testing.pay(payment)
        gateway.trouble["read"] = [RuntimeError("not yet")]
        testing.deliver(payment)
        _fail_in_the_shop(monkeypatch, times=1)
        read = reading.read_delivery(Delivery.objects.get().pk, testing.clock())
        assert (read, state_of(payment), Fulfilment.objects.get().state) == ("read", "paid", "due")

    def test_what_never_can_be_read_is_shown_to_a_person_in_the_end(self, payment, gateway):
        testing.pay(payment)
        gateway.trouble["read"] = [RuntimeError("never")] * 40
        testing.deliver(payment)
        delivery = Delivery.objects.get()
        for pause in (0, 30, 120, 600, 3600, 6 * 3600, 24 * 3600):
            assert standing(delivery) == ("due", pause)
            testing.travel(pause)
            read = reading.read_delivery(delivery.pk, testing.clock())
        delivery.refresh_from_db()
        assert (read, delivery.state, delivery.next_read_at) == ("stuck", "stuck", None)
        gateway.trouble.clear()
        testing.deliver(payment)  # yet a copy has it read again
        testing.work()
        assert state_of(payment) == State.PAID

    def test_a_worker_that_failed_does_not_undo_what_another_one_read(self, payment, gateway):
        testing.pay(payment)
        gateway.trouble["read"] = [RuntimeError("a word we do not know")]
        delivery = Delivery.objects.get(pk=testing.deliver(payment).delivery_id)
        assert reading.read_delivery(delivery.pk, testing.clock()) == "read"
        assert reading._put_off(delivery, RuntimeError("late"), testing.clock()) == "read"
        row = Delivery.objects.get()
        assert (row.state, row.next_read_at, row.error) == ("read", None, "")

    def test_a_delivery_of_an_account_that_is_gone_waits_for_a_person(self, payment, gateway, settings):
        testing.pay(payment)
        gateway.trouble["read"] = [RuntimeError("not yet")]
        testing.deliver(payment)
        accounts = {"other": settings.RASEED["ACCOUNTS"]["other"]}
        settings.RASEED = settings.RASEED | {"ACCOUNTS": accounts}
        assert reading.read_delivery(Delivery.objects.get().pk, testing.clock()) == "due"
        assert "no account 'fake'" in Delivery.objects.get().error

    def test_an_adapter_that_fails_to_judge_a_request_refuses_it(self, payment, gateway, monkeypatch):
        testing.pay(payment)
        monkeypatch.setattr(gateway, "verify", _fails)
        monkeypatch.setattr(gateway, "peek", _fails)
        receipt = testing.deliver(payment)
        assert str(receipt.refused) == "the request cannot be verified"
        assert (RejectedDelivery.objects.count(), state_of(payment)) == (1, "pending")


def _dies(*args, **kwargs):
    raise SystemExit("killed")


def _fails(*args, **kwargs):
    raise TypeError("comparing strings with non-ASCII characters is not supported")


def _raise_first(monkeypatch, module, name, error, times):
    """Make a function raise the first few times, after it did its work. The list of what happened."""
    real, happened = getattr(module, name), []

    def trouble(*args, **kwargs):
        done = real(*args, **kwargs)
        if len(happened) < times:
            happened.append(done)
            raise error
        return done

    monkeypatch.setattr(module, name, trouble)
    return happened


def _fail_in_the_shop(monkeypatch, times):
    return _raise_first(monkeypatch, BuyBook, "fulfil", OperationalError("deadlock detected"), times)


def test_a_body_that_carries_a_reusable_secret_is_encrypted_at_rest(payment, gateway, monkeypatch):
    monkeypatch.setattr(gateway, "capabilities", replace(gateway.capabilities, token_fields={"card.token"}))
    raw = testing.delivery_of([testing.pay(payment)])
    receive_delivery("fake", raw)
    delivery = Delivery.objects.get()
    assert delivery.is_encrypted
    assert payment.reference.encode() not in bytes(delivery.body)
    assert encryption.decrypt(bytes(delivery.body)) == raw.body == raw_of(delivery).body
    assert state_of(payment) == State.PAID


def test_an_encrypted_delivery_can_be_read_again(payment, gateway, monkeypatch):
    monkeypatch.setattr(gateway, "capabilities", replace(gateway.capabilities, token_fields={"card.token"}))
    gateway.trouble["read"] = [RuntimeError("not yet")]
    testing.pay(payment)
    testing.deliver(payment)
    testing.work()
    assert state_of(payment) == State.PAID


def test_a_hint_moves_no_money_but_has_the_gateway_asked(payment, gateway):
    hint = replace(testing.pay(payment), weight=Weight.HINT)
    testing.BOOKS[payment.reference].facts.clear()
    testing.deliver(payment, hint)
    assert (state_of(payment), Charge.objects.count()) == ("pending", 0)
    testing.work()
    assert gateway.calls[-1] == "query"
    assert state_of(payment) == State.PENDING
