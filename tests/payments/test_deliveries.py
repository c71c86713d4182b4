"""Deliveries: twice, late, first, unreadable, foreign, forged. Nothing is lost, nothing counts double."""

import hashlib
from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import OperationalError

import raseed
from raseed import testing
from raseed.core.facts import FactKind, Weight
from raseed.core.states import State
from raseed.payments import conf, encryption
from raseed.payments.flows import read_delivery as reading
from raseed.payments.flows import receive_delivery as receiving
from raseed.payments.flows import statements
from raseed.payments.flows.receive_delivery import digest, raw_of, receive_delivery
from raseed.payments.models import (
    Charge,
    Delivery,
    DeliveryRef,
    DeliveryState,
    Fulfilment,
    Payment,
    PaymentFact,
    Refund,
    RejectedDelivery,
    RejectedMinute,
)
from tests.bookshop.payments import BuyBook

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def frozen():
    return testing.freeze()


@pytest.fixture
def payment(start):
    return start().payment


def state_of(payment):
    return Payment.objects.values_list("state", flat=True).get(pk=payment.pk)


def anonymous(fact, **more):
    """The same fact from a gateway that does not carry our reference."""
    return replace(fact, reference=None, **more)


def pause_of(delivery):
    """Seconds from now until the delivery is read again; None: never."""
    delivery.refresh_from_db()
    due = delivery.next_read_at
    return due and round((due - testing.clock()).total_seconds())


def standing(delivery):
    """Its state, and the seconds until it is read again."""
    pause = pause_of(delivery)
    return str(delivery.state), pause


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


class TestUnknownOrders:
    """Rule 15."""

    def test_a_delivery_that_overtakes_the_answer_to_opening_is_parked_and_applied(
        self, start, gateway, book
    ):
        def hurry():
            fact = testing.pay(Payment.objects.get())
            receipt = receive_delivery("fake", testing.delivery_of([anonymous(fact)]))
            parked.append(Delivery.objects.get(pk=receipt.delivery_id))

        parked = []
        gateway.before["open"] = hurry
        payment = start().payment
        assert (parked[0].state, parked[0].payment) == ("parked", None)
        assert pause_of(parked[0]) == 0  # opening woke it
        testing.work()
        assert (state_of(payment), Payment.objects.get().first_channel) == ("paid", "webhook")
        book.refresh_from_db()
        assert (book.given, DeliveryRef.objects.count()) == (1, 0)

    def test_a_delivery_with_our_reference_that_overtakes_is_applied_at_once(self, start, gateway, book):
        gateway.before["open"] = lambda: testing.deliver(_paid_now())
        payment = start().payment
        assert (state_of(payment), Delivery.objects.get().state) == ("paid", "read")
        book.refresh_from_db()
        assert book.given == 1

    def test_a_wake_up_that_is_missed_is_made_up_for_by_the_schedule(self, start, gateway, monkeypatch):
        """Parking and opening at the same moment: neither transaction sees the other."""
        monkeypatch.setattr(statements, "wake_deliveries", lambda *args: None)
        gateway.before["open"] = lambda: receive_delivery(
            "fake", testing.delivery_of([anonymous(testing.pay(Payment.objects.get()))])
        )
        payment = start().payment
        Payment.objects.update(next_check_at=None)
        testing.travel(29)
        testing.work()
        assert state_of(payment) == State.PENDING
        testing.travel(1)
        testing.work()
        assert state_of(payment) == State.PAID

    def of_ours_and_lost(self, payment):
        """It bears our prefix, and we have no such payment (a restored database, perhaps)."""
        fact = testing.say(payment, FactKind.PAID, charge_ref="pay_9", money=payment.money)
        return replace(fact, reference=f"{_prefix()}-nobody", gateway_ref="elsewhere")

    def test_a_reference_of_ours_without_a_payment_is_looked_for_and_then_shown(self, payment):
        lost = self.of_ours_and_lost(payment)
        receive_delivery("fake", testing.delivery_of([lost]))
        delivery = Delivery.objects.get()
        for pause in (30, 120, 600, 3600, 6 * 3600, 24 * 3600):
            assert standing(delivery) == ("parked", pause)
            testing.travel(pause)
            testing.work()
        delivery.refresh_from_db()
        assert (delivery.state, delivery.next_read_at, delivery.error) == ("stuck", None, "")

    def test_something_else_on_the_account_is_kept_and_burdens_nobody(self, payment):
        fact = testing.say(payment, FactKind.PAID, charge_ref="pay_9", money=raseed.Money(500, "PHP"))
        receive_delivery(
            "fake", testing.delivery_of([replace(fact, reference="invoice 7", gateway_ref="cs_of_another")])
        )
        delivery = Delivery.objects.get()
        assert sorted(DeliveryRef.objects.values_list("value", flat=True)) == [
            "cs_of_another",
            "invoice 7",
            "pay_9",
        ]
        for pause in (60, 600):
            assert standing(delivery) == ("foreign", pause)
            testing.travel(pause)
            testing.work()
        delivery.refresh_from_db()
        assert (delivery.state, delivery.next_read_at) == ("foreign", None)
        assert state_of(payment) == State.PENDING

    def test_an_event_without_facts_is_foreign_and_never_read_again(self, payment):
        receive_delivery("fake", testing.delivery_of([]))
        delivery = Delivery.objects.get()
        assert (delivery.state, delivery.next_read_at, delivery.payment) == ("foreign", None, None)

    def test_a_refund_before_its_payment_waits_until_the_charge_is_known(self, payment, book):
        """The refund names only the charge; the charge becomes known by polling."""
        testing.pay(payment)
        refunded = anonymous(testing.refund_at_gateway(payment), gateway_ref=None)
        paid = testing.BOOKS[payment.reference].facts[0]
        testing.BOOKS[payment.reference].facts = [paid]
        receive_delivery("fake", testing.delivery_of([refunded]))
        delivery = Delivery.objects.get()
        assert delivery.state == "foreign"
        testing.travel(3000)  # its own schedule is over
        testing.work()
        assert state_of(payment) == State.PAID
        testing.work()
        delivery.refresh_from_db()
        assert (delivery.state, delivery.payment) == ("read", payment)
        assert Refund.objects.get().state == "succeeded"
        book.refresh_from_db()
        assert book.revoked == 1

    def test_a_delivery_that_was_unreadable_at_first_is_woken_like_any_other(self, start, gateway):
        """It had no ids when it came: nobody could tell what it names."""

        def hurry():
            gateway.trouble["read"] = [RuntimeError("not yet")]
            fact = anonymous(testing.pay(Payment.objects.get()))
            receipt = receive_delivery("fake", testing.delivery_of([fact]))
            assert reading.read_delivery(receipt.delivery_id, testing.clock()) == "parked"

        gateway.before["open"] = hurry
        payment = start().payment
        assert pause_of(Delivery.objects.get()) == 0
        testing.work()
        assert state_of(payment) == State.PAID

    def test_copies_do_not_use_up_the_looks_of_a_parked_delivery(self, payment):
        lost = self.of_ours_and_lost(payment)
        for _ in range(9):
            receive_delivery("fake", testing.delivery_of([lost]))
            testing.work()
        delivery = Delivery.objects.get()
        assert (*standing(delivery), delivery.copies) == ("parked", 30, 9)

    def test_a_name_longer_than_any_id_does_not_lose_the_delivery(self, payment):
        fact = replace(testing.pay(payment), reference="x" * 5000, gateway_ref="elsewhere")
        receive_delivery("fake", testing.delivery_of([fact]))
        assert Delivery.objects.get().state == "foreign"
        assert "elsewhere" in DeliveryRef.objects.values_list("value", flat=True)


def _prefix():
    return conf.current().reference_prefix


def _paid_now():
    payment = Payment.objects.get()
    testing.pay(payment)
    return payment


class TestUnverifiable:
    """Rule 16."""

    def forged(self, payment=None, salt="", body=None, account="fake"):
        facts = [testing.say(payment, FactKind.PAID)] if payment else []
        raw = testing.delivery_of(facts, signed=False, salt=salt)
        return receive_delivery(account, replace(raw, body=body) if body is not None else raw)

    def due_in(self, payment):
        payment.refresh_from_db()
        return round((payment.next_check_at - testing.clock()).total_seconds())

    def test_the_digest_and_the_first_4_kib_are_kept_and_nothing_is_read(self, payment, gateway):
        self.forged(body=b"x" * 4096 + b"the rest")
        kept = RejectedDelivery.objects.get()
        assert bytes(kept.head) == b"x" * 4096
        assert kept.digest == hashlib.sha256(b"x" * 4096 + b"the rest").hexdigest()
        assert kept.reason == "BadSignature: the signature is not ours"
        assert (Delivery.objects.count(), gateway.calls) == (0, [])

    def test_twenty_a_minute_are_kept_and_then_only_counted(self, payment):
        for number in range(25):
            self.forged(salt=str(number))
        assert RejectedDelivery.objects.count() == 20
        assert RejectedMinute.objects.get().count == 25
        self.forged(account="other")
        assert RejectedDelivery.objects.filter(account="other").count() == 1
        testing.travel(60)
        self.forged(salt="next minute")
        assert RejectedDelivery.objects.filter(account="fake").count() == 21

    def test_it_has_the_gateway_asked_about_the_payment_it_names(self, payment, gateway):
        testing.pay(payment)
        testing.travel(1)
        assert self.due_in(payment) == 4
        self.forged(payment)
        assert self.due_in(payment) == 0
        testing.work()
        assert (state_of(payment), gateway.calls[-1]) == (State.PAID, "query")

    def test_once_a_minute_for_one_payment(self, payment):
        self.forged(payment)
        testing.work()
        testing.travel(2)
        due = self.due_in(payment)
        assert due > 0
        self.forged(payment, salt="again")
        assert self.due_in(payment) == due
        Payment.objects.update(next_check_at=testing.clock() + timedelta(hours=1))
        testing.travel(58)
        self.forged(payment, salt="a minute later")
        assert self.due_in(payment) == 0

    def test_once_a_second_for_one_account(self, start, book):
        first, second = start().payment, start(method="card", purpose="gift").payment
        self.forged(first)
        self.forged(second)
        assert (self.due_in(first), self.due_in(second)) == (0, 5)
        testing.travel(1)
        self.forged(second, salt="again")
        assert self.due_in(second) == 0

    def test_naming_one_payment_all_the_time_does_not_keep_others_from_their_turn(self, start, book):
        first, second = start().payment, start(method="card", purpose="gift").payment
        self.forged(first)
        Payment.objects.update(next_check_at=testing.clock() + timedelta(hours=1))
        for number in range(5):
            testing.travel(1)
            self.forged(first, salt=str(number))
        self.forged(second)
        assert (self.due_in(first), self.due_in(second)) == (3595, 0)

    @pytest.mark.parametrize("state", ["paid", "failed", "expired", "cancelled"])
    def test_settled_payments_are_left_alone(self, payment, state):
        later = testing.clock() + timedelta(days=1)
        Payment.objects.update(state=state, paid_at=testing.clock(), next_check_at=later)
        self.forged(payment)
        payment.refresh_from_db()
        assert (payment.next_check_at, payment.hinted_at) == (later, None)

    @pytest.mark.parametrize("state", ["pending", "authorized", "lapsed", "review"])
    def test_all_others_are_looked_at(self, payment, state):
        Payment.objects.update(state=state, next_check_at=None)
        self.forged(payment)
        assert self.due_in(payment) == 0

    def test_another_accounts_payment_is_left_alone(self, payment):
        self.forged(payment, account="other")
        assert self.due_in(payment) == 5

    def test_thousands_of_names_cost_one_short_look_up(self, payment, django_assert_max_num_queries):
        names = b",".join(b'{"reference": "r%d"}' % number for number in range(9000))
        with django_assert_max_num_queries(4) as captured:
            self.forged(body=b'{"facts": [' + names + b"]}")
        assert (
            max(len(query["sql"]) for query in captured.captured_queries if "SELECT" in query["sql"]) < 4000
        )

    def test_names_that_no_database_takes_are_passed_by(self, payment):
        self.forged(body=b'{"facts": [{"reference": "\\ud800"}, {"reference": "a\\u0000"}]}')
        assert RejectedDelivery.objects.count() == 1


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
