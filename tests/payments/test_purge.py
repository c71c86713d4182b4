"""Retention: what is finished goes, what is needed stays, and what comes again afterwards does no harm."""

from datetime import timedelta

import pytest
from django.core.management import CommandError

import raseed
from raseed import testing
from raseed.core.facts import FactKind
from raseed.payments import conf
from raseed.payments.flows.purge import chaff, let_go
from raseed.payments.models import (
    Delivery,
    DeliveryState,
    Dispute,
    Notice,
    Payment,
    PaymentFact,
    RejectedDelivery,
    RejectedMinute,
)
from tests.bookshop.payments import BuyBook
from tests.payments.ages import AGES, DAY, ages_later, gone, money, moves, purge
from tests.payments.books import again, paid, php, work

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("facts_go")]


class TestFinished:
    def test_it_goes_in_steps_and_the_books_stay(self, start):
        paid(start)
        testing.travel(95 * DAY)  # old enough, and the gateway is still asked about refunds
        assert gone() == {}
        before, moved = money(), moves()
        ages_later(200)
        assert gone() == {"bodies": 1}
        assert Delivery.objects.get().copies == 1
        ages_later()
        assert gone()["deliveries"] == 1
        assert Delivery.objects.count() == 0
        assert (money(), moves()) == (before, moved)
        assert gone() == {}

    def test_facts_that_changed_nothing_go_and_moves_stay(self, start):
        payment = paid(start)
        testing.deliver(payment, testing.say(payment, FactKind.FAILED), salt="late")
        assert PaymentFact.objects.filter(decision="record").exists()
        moved = moves()
        ages_later()
        assert gone()["facts"] >= 1
        assert not PaymentFact.objects.filter(decision__in=["record", "ask"]).exists()
        assert moves() == moved

    def test_facts_are_kept_for_good_unless_a_site_says_otherwise(self, start, monkeypatch):
        monkeypatch.setitem(conf.current().retention_days, "facts", None)
        payment = paid(start)
        testing.deliver(payment, testing.say(payment, FactKind.FAILED), salt="late")
        ages_later()
        assert "facts" not in gone()
        assert "for good" in purge()

    def test_a_dry_run_counts_what_the_next_run_takes_and_changes_nothing(self, start):
        paid(start)
        testing.deliver(Payment.objects.get(), signed=False)
        ages_later()
        would = gone("--dry-run")
        assert gone("--dry-run") == would
        assert would.keys() == {"bodies", "deliveries", "facts", "rejected", "rejected counts"}
        assert gone() == would

    def test_only_the_kinds_that_are_named(self, start):
        paid(start)
        testing.deliver(Payment.objects.get(), signed=False)
        ages_later()
        assert gone("--only", "rejected") == {"rejected": 1, "rejected counts": 1}
        assert (RejectedDelivery.objects.count(), RejectedMinute.objects.count()) == (0, 0)
        assert Delivery.objects.count() == 1

    def test_the_table_tells_kind_days_rows_and_the_oldest(self, start):
        paid(start)
        day = testing.clock().date().isoformat()
        ages_later()
        lines = purge("--dry-run").splitlines()
        assert lines[0].split() == ["kind", "kept", "for", "days", "would", "go", "oldest"]
        assert lines[1].split() == ["bodies", "90", "1", day]

    def test_no_rows_at_a_time_is_refused(self):
        with pytest.raises(CommandError, match="no number of rows above zero"):
            purge("--batch", "0")


class TestNeeded:
    """Whatever its age: what somebody or something still waits for keeps all of its deliveries and facts."""

    def keeps(self, payment):
        Payment.objects.filter(pk=payment.pk).update(next_check_at=None)
        testing.travel(AGES * DAY)
        kept = Delivery.objects.filter(payment=payment).count()
        assert kept
        assert "deliveries" not in gone()
        assert "bodies" not in gone()
        assert Delivery.objects.filter(payment=payment, body__isnull=False).count() == kept
        return True

    def test_an_open_payment(self, start):
        payment = start().payment
        testing.deliver(payment, testing.say(payment, FactKind.PENDING))
        assert self.keeps(payment)

    def test_a_payment_under_review(self, start):
        assert self.keeps(paid(start, minor=1))

    def test_a_payment_that_is_still_looked_at(self, start):
        payment = paid(start)
        testing.travel(AGES * DAY)
        Payment.objects.filter(pk=payment.pk).update(next_check_at=testing.clock() + timedelta(days=1))
        assert gone() == {}

    def test_what_is_not_given_yet(self, start, monkeypatch):
        monkeypatch.setattr(BuyBook, "failures", 99)
        assert self.keeps(paid(start))

    def test_a_refund_without_an_end(self, start):
        payment = paid(start)
        raseed.request_refund(payment)
        assert self.keeps(payment)

    def test_a_dispute(self, start):
        payment = paid(start)
        charge = payment.charges.get().ref
        fact = testing.say(payment, FactKind.DISPUTED, charge_ref=charge, money=php(20000))
        testing.deliver(payment, fact)
        Payment.objects.update(attention="", concern="")
        assert Dispute.objects.get().state == "open"
        assert self.keeps(payment)

    def test_a_payment_that_was_heard_of_since(self, start):
        payment = paid(start)
        testing.travel(AGES * DAY)
        testing.deliver(payment, testing.say(payment, FactKind.FAILED), salt="late")
        Payment.objects.update(next_check_at=None)
        assert gone() == {}
        assert Delivery.objects.filter(body__isnull=False).count() == 2

    @pytest.mark.parametrize("state", [DeliveryState.DUE, DeliveryState.PARKED, DeliveryState.STUCK])
    def test_what_was_not_read(self, start, state):
        paid(start)
        ages_later()
        Delivery.objects.update(state=state)
        assert gone("--only", "bodies", "--only", "deliveries") == {}

    def test_what_a_foreign_delivery_says_until_it_goes_whole(self, start):
        """Its payment may gain the id that it names; then it must be readable."""
        payment = start().payment
        testing.pay(payment)
        Delivery.objects.all().delete()
        testing.deliver(payment)
        Delivery.objects.update(state=DeliveryState.FOREIGN, payment=None)
        testing.travel(200 * DAY)
        assert "bodies" not in gone("--only", "bodies", "--only", "deliveries")
        testing.travel(AGES * DAY)
        assert gone("--only", "bodies", "--only", "deliveries") == {"deliveries": 1}
        testing.deliver(payment)
        assert again(payment).state == "paid"


class TestNotices:
    def test_the_text_goes_and_the_same_notice_is_not_sent_twice(self, db):
        notice = raseed.send_email("ana@example.org", "Hello", "There", key="hello:1")
        work()
        assert again(notice).state == "sent"
        testing.travel(AGES * DAY)
        assert gone() == {"notices": 1}
        assert (again(notice).recipient, again(notice).body) == ("", "")
        raseed.send_email("ana@example.org", "Hello", "There", key="hello:1")
        assert Notice.objects.count() == 1
        assert work() == 0
        assert gone() == {}

    def test_one_that_was_given_up_waits_for_a_person(self, db):
        notice = raseed.send_email("ana@example.org", "Hello", "There")
        Notice.objects.update(state="failed", next_try_at=None)
        testing.travel(AGES * DAY)
        assert gone() == {}
        assert again(notice).body == "There"


class TestBrokenOff:
    @pytest.fixture
    def refused(self, db):
        """Fifty requests that nobody could verify."""
        rows = [
            RejectedDelivery(
                account="fake", reason="forged", digest="", head=b"", received_at=testing.clock()
            )
            for _ in range(50)
        ]
        RejectedDelivery.objects.bulk_create(rows)
        testing.travel(AGES * DAY)

    def kind(self):
        return next(kind for kind in chaff(testing.clock()) if kind.name == "rejected")

    def test_what_was_done_stays_done_and_the_next_run_goes_on(self, refused):
        batches = let_go(self.kind(), 20)
        assert next(batches) == 20
        batches.close()
        assert RejectedDelivery.objects.count() == 30
        assert gone("--batch", "7") == {"rejected": 30}

    def test_a_batch_that_breaks_is_undone_whole(self, refused):
        kind = self.kind()

        def breaks(ids):
            RejectedDelivery.objects.filter(pk__in=ids[:5]).delete()
            raise RuntimeError("the machine stops here")

        broken = type(kind)(kind.name, kind.days, kind.rows, kind.column, breaks)
        with pytest.raises(RuntimeError):
            list(let_go(broken, 20))
        assert RejectedDelivery.objects.count() == 50
