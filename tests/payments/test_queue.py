"""What a queue between the sweep and its tasks may do: keep a message too long, say it twice, forget it."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from raseed import testing
from raseed.payments import tasks
from raseed.payments.flows import chores
from raseed.payments.flows.sweep import claim, sweep
from raseed.payments.models import Payment

CHORES = {chore.name: chore for chore in chores.CHORES}


@pytest.mark.django_db
class TestMessages:
    @pytest.fixture
    def asked(self, monkeypatch):
        """The payments that gateways were asked about. Asking moves the next check, as it does for real."""
        done = []

        def check(payment_id, channel):
            done.append(payment_id)
            Payment.objects.filter(pk=payment_id).update(next_check_at=testing.clock() + timedelta(hours=1))

        monkeypatch.setattr(tasks, "check_payment", check)
        return done

    def handed_out(self):
        """The messages that a sweep would put into a queue now: row and claim."""
        ids = claim(CHORES["check"], testing.clock())
        return [(row_id, (testing.clock() + timedelta(seconds=60)).isoformat()) for row_id in ids]

    def test_one_that_comes_twice_works_once(self, payments, asked):
        message = self.handed_out()[0]
        tasks.check.call(*message)
        tasks.check.call(*message)
        assert asked == [payments[0].pk]

    def test_one_whose_claim_ran_out_leaves_the_work_to_who_claimed_it_next(self, payments, asked):
        Payment.objects.exclude(pk=payments[0].pk).update(next_check_at=None)
        (late,) = self.handed_out()
        testing.travel(60)
        (fresh,) = self.handed_out()
        assert late[0] == fresh[0] == payments[0].pk
        tasks.check.call(*late)
        assert asked == []
        tasks.check.call(*fresh)
        assert asked == [payments[0].pk]

    def test_one_that_is_late_still_works_where_nobody_claimed_again(self, payments, asked):
        message = self.handed_out()[0]
        testing.travel(3600)
        tasks.check.call(*message)
        assert asked == [payments[0].pk]

    def test_one_that_is_lost_is_sent_again_after_the_lease(self, payments, asked):
        lost = self.handed_out()
        testing.travel(60)
        while sweep():
            pass
        assert sorted(asked) == sorted(payment.pk for payment in payments)
        for message in lost:  # they turn up after all
            tasks.check.call(*message)
        assert len(asked) == len(payments)

    def test_every_kind_of_work_is_guarded_by_its_own_due_column(self):
        for chore in chores.CHORES:
            with pytest.raises(TypeError):
                tasks.TASKS[chore].call(1)  # no claim, no work
            with CaptureQueriesContext(connection) as queries:
                tasks.TASKS[chore].call(0, testing.clock().isoformat())
            (query,) = queries
            assert chore.model._meta.db_table in query["sql"]
            assert f'"{chore.column}" = ' in query["sql"]
