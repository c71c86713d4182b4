"""Rule 16: what cannot be verified is never read; a bounded trace is kept, and the gateway is asked."""

import hashlib
from dataclasses import replace
from datetime import timedelta

import pytest

from raseed import testing
from raseed.core.facts import FactKind
from raseed.core.states import State
from raseed.payments import encryption
from raseed.payments.flows.receive_delivery import receive_delivery
from raseed.payments.models import (
    Delivery,
    Payment,
    RejectedDelivery,
    RejectedMinute,
)
from tests.payments.looks import state_of

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def frozen():
    return testing.freeze()


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

    def test_a_body_that_may_carry_a_reusable_secret_is_kept_encrypted(
        self, gateway, monkeypatch, admin_client
    ):
        able = replace(gateway.capabilities, token_fields=frozenset({"card.token"}))
        monkeypatch.setattr(gateway, "capabilities", able)
        whole, cut = (b'{"card": {"token": "hush"}, "note": "%s"}' % (b"x" * size) for size in (10, 5000))
        for body in (whole, cut):
            self.forged(body=body)
        kept = RejectedDelivery.objects.order_by("pk")
        assert [encryption.decrypt(bytes(row.head)) for row in kept] == [whole, cut[:4096]]
        assert not any(b"hush" in bytes(row.head) for row in kept)
        pages = [admin_client.get(f"/admin/raseed/rejecteddelivery/{row.pk}/change/") for row in kept]
        shown = [page.content.decode() for page in pages]
        assert ["xxxxxxxxxx" in page for page in shown] == [True, False]
        assert not any("hush" in page for page in shown)
        assert "Nothing of it can be shown." in shown[1]

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
