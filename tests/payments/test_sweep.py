"""The worker: what is due is found, claimed by one, and found again if that one dies."""

import os
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from copy import copy
from datetime import timedelta

import pytest
from django.core.management import call_command
from django.db import OperationalError, connection, transaction
from django.test.utils import CaptureQueriesContext

from raseed import testing
from raseed.core.states import State
from raseed.payments import tasks
from raseed.payments.flows import chores
from raseed.payments.flows import sweep as sweeping
from raseed.payments.flows.chores import next_due_at
from raseed.payments.flows.sweep import claim, sweep
from raseed.payments.management.commands import raseed_work
from raseed.payments.models import Delivery, Fulfilment, Payment
from tests.bookshop.payments import BuyBook

CHORES = {chore.name: chore for chore in chores.CHORES}


def unread(payment, gateway):
    """A delivery of this payment that waits to be read."""
    testing.pay(payment)
    gateway.trouble["read"] = [RuntimeError("not yet")]
    receipt = testing.deliver(payment)
    return Delivery.objects.get(pk=receipt.delivery_id)


@pytest.mark.django_db
class TestClaiming:
    def test_what_is_claimed_is_due_again_after_the_lease_if_nobody_did_it(self, payments):
        mine = claim(CHORES["check"], testing.clock())
        assert mine == [payment.pk for payment in payments[:5]]
        assert set(claim(CHORES["check"], testing.clock())).isdisjoint(mine)
        claim(CHORES["check"], testing.clock())
        assert claim(CHORES["check"], testing.clock()) == []
        testing.travel(59.9)
        assert claim(CHORES["check"], testing.clock()) == []
        testing.travel(0.1)
        assert len(claim(CHORES["check"], testing.clock())) == 5

    def test_what_is_not_due_is_left(self, payments):
        Payment.objects.update(next_check_at=testing.clock() + timedelta(seconds=1))
        Payment.objects.filter(pk=payments[0].pk).update(next_check_at=None)
        assert claim(CHORES["check"], testing.clock()) == []

    def test_a_payment_under_a_lease_is_passed_by(self, payments):
        held = testing.clock() + timedelta(seconds=10)
        Payment.objects.filter(pk=payments[0].pk).update(lease_until=held)
        assert payments[0].pk not in claim(CHORES["check"], testing.clock())
        testing.travel(10)
        assert payments[0].pk in claim(CHORES["check"], testing.clock())

    def test_what_is_local_is_done_before_what_waits_for_a_gateway_and_letters_last(self):
        assert [chore.name for chore in chores.CHORES] == [
            "read",
            "fulfil",
            "revoke",
            "release",
            "refund",
            "check",
            "notice",
        ]
        assert CHORES["check"].batch < CHORES["read"].batch


@pytest.mark.django_db
class TestSweeping:
    def test_it_does_what_is_due_and_says_how_much(self, start, gateway):
        testing.freeze()
        payment = start().payment
        unread(payment, gateway)
        assert sweep() == 1
        assert sweep() == 0
        payment.refresh_from_db()
        assert payment.state == State.PAID

    def test_a_task_that_breaks_does_not_stop_the_others(self, payments, monkeypatch):
        done = []

        def check(payment_id, channel):
            done.append(payment_id)
            if len(done) == 1:
                raise RuntimeError("a mistake nobody thought of")

        monkeypatch.setattr(tasks, "check_payment", check)
        assert sweep() == 5
        assert done == [payment.pk for payment in payments[:5]]
        testing.travel(60)
        sweep()
        assert done.count(payments[0].pk) == 1  # the others first, then again
        sweep(), sweep(), sweep()
        assert done.count(payments[0].pk) == 2

    def test_when_told_to_stop_it_begins_nothing_more_and_gives_back_what_it_holds(
        self, payments, monkeypatch
    ):
        done = []
        monkeypatch.setattr(tasks, "check_payment", lambda payment_id, channel: done.append(payment_id))
        assert sweep(stop=lambda: len(done) == 2) == 2
        assert done == [payment.pk for payment in payments[:2]]
        rest = Payment.objects.filter(pk__in=[payment.pk for payment in payments[2:5]])
        assert {payment.next_check_at for payment in rest} == {testing.clock()}

    def test_next_due_is_the_earliest_of_all_kinds(self, start, gateway):
        testing.freeze()
        assert next_due_at() is None
        payment = start().payment
        assert next_due_at() == testing.clock() + timedelta(seconds=5)
        delivery = unread(payment, gateway)
        assert next_due_at() == delivery.next_read_at == testing.clock()

    def test_a_sweep_that_finds_nothing_costs_one_statement(self, start):
        testing.freeze()
        start()
        with CaptureQueriesContext(connection) as queries:
            assert sweep() == 0
        assert len(queries) == 1

    def test_what_a_task_made_due_is_done_by_the_same_sweep(self, start, gateway, monkeypatch):
        """Reading a delivery may bring a check forward: nobody waits for the next look."""
        testing.freeze()
        payment = start().payment
        unread(payment, gateway)
        Payment.objects.update(next_check_at=None)
        done = []

        def reading(delivery_id, now):
            Payment.objects.filter(pk=payment.pk).update(next_check_at=now)

        monkeypatch.setattr(tasks, "read_delivery", reading)
        monkeypatch.setattr(tasks, "check_payment", lambda payment_id, channel: done.append(payment_id))
        assert sweep() == 2
        assert done == [payment.pk]

    def test_every_due_column_has_its_partial_index(self):
        for chore in chores.CHORES:
            conditions = {
                tuple(index.fields): index.condition for index in chore.model._meta.indexes if index.condition
            }
            assert f"{chore.column}__isnull" in str(conditions[(chore.column,)])


@pytest.mark.django_db(transaction=True)
class TestTwoWorkers:
    def together(self, task, threads):
        start = threading.Barrier(threads)

        def one(number):
            try:
                start.wait(10)
                return task()
            finally:
                connection.close()

        with ThreadPoolExecutor(threads) as pool:
            return list(pool.map(one, range(threads)))

    def test_no_row_is_claimed_by_two(self, payments):
        now = testing.clock()
        claims = self.together(lambda: claim(CHORES["check"], now), 2)
        mine, theirs = map(set, claims)
        assert mine.isdisjoint(theirs)
        assert mine
        assert theirs

    @pytest.mark.postgres
    def test_rows_that_another_transaction_holds_are_passed_by_without_waiting(self, payments):
        held = [payment.pk for payment in payments[:3]]
        with transaction.atomic():
            list(Payment.objects.select_for_update().filter(pk__in=held))
            (others,) = self.together(lambda: claim(CHORES["check"], testing.clock()), 1)
        assert others == [payment.pk for payment in payments[3:8]]

    @pytest.mark.postgres
    def test_of_many_rows_each_is_done_once_by_one_of_four_workers(self, payments, monkeypatch):
        """Claims of a few rows at a time, by four workers at once, until nothing is due."""
        done = []

        def check(payment_id, channel):
            done.append(payment_id)
            time.sleep(0.002)  # a gateway takes its time, and others sweep meanwhile
            Payment.objects.filter(pk=payment_id).update(next_check_at=testing.clock() + timedelta(hours=1))

        monkeypatch.setattr(tasks, "check_payment", check)
        many = [copied(payments[0], number) for number in range(200)]
        Payment.objects.bulk_create(many)

        def work():
            while sweep():
                pass

        self.together(work, 4)
        assert len(done) == len(set(done)) == len(payments) + len(many)

    def test_two_workers_give_once(self, start, gateway, book):
        unread(start().payment, gateway)
        self.together(sweep, 2)
        book.refresh_from_db()
        assert (book.given, Payment.objects.get().state, Fulfilment.objects.count()) == (1, "paid", 1)


def copied(payment, number):
    """Another payment of something else, due at the same moment."""
    made = copy(Payment.objects.get(pk=payment.pk))
    made.pk, made.reference, made.payable_key = None, f"copy{number}", f"copy{number}"
    return made


@pytest.mark.django_db
class TestCommandInProcess:
    def test_until_idle_goes_on_until_nothing_is_due(self, start, gateway, book):
        testing.freeze()
        BuyBook.failures = 0
        payment = start().payment
        unread(payment, gateway)
        call_command("raseed_work", "--until-idle")
        book.refresh_from_db()
        assert book.given == 1

    def test_once_does_what_is_due_now_and_no_more(self, payments, monkeypatch):
        done = []
        monkeypatch.setattr(tasks, "check_payment", lambda payment_id, channel: done.append(payment_id))
        call_command("raseed_work", "--once")
        assert len(done) == 5

    def test_the_callers_own_signal_handlers_are_back_afterwards(self, db):
        before = signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)
        call_command("raseed_work", "--once")
        assert (signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)) == before

    def test_a_database_or_queue_that_is_away_for_a_moment_does_not_end_it(self, db, monkeypatch):
        monkeypatch.setattr(raseed_work, "_TROUBLE_PAUSE_SECONDS", 0.01)
        monkeypatch.setattr(connection, "close_if_unusable_or_obsolete", lambda: None)
        troubles = [OperationalError("the server closed the connection"), ConnectionError("no queue")]
        happened = []

        def trouble(stop):
            if troubles:
                happened.append(troubles[0])
                raise troubles.pop(0)
            return sweeping.sweep(stop)

        monkeypatch.setattr(raseed_work, "sweep", trouble)
        call_command("raseed_work", "--until-idle", "--pause", "0.01")
        assert len(happened) == 2

    def test_once_tells_cron_about_trouble(self, db, monkeypatch):
        def trouble(stop):
            raise OperationalError("the server is away")

        monkeypatch.setattr(raseed_work, "sweep", trouble)
        with pytest.raises(OperationalError):
            call_command("raseed_work", "--once")

    def test_it_runs_in_a_thread_too_where_no_signal_is_heard(self, transactional_db, monkeypatch):
        monkeypatch.setattr(raseed_work, "sweep", lambda stop: 0)

        def work():
            try:
                return call_command("raseed_work", "--once")
            finally:
                connection.close()  # the thread's own: its heartbeat opened it

        with ThreadPoolExecutor(1) as pool:
            assert pool.submit(work).result() is None


@pytest.mark.django_db(transaction=True)
class TestProcess:
    """`manage.py raseed_work` as it runs in production, killed in every way."""

    @pytest.fixture
    def work(self, tmp_path):
        """Start workers; whatever still runs at the end is killed."""
        started = []

        def begin(*options, seconds=0):
            environment = os.environ | {
                "DJANGO_SETTINGS_MODULE": "tests.payments.worker_settings",
                "WORKER_DATABASE": str(connection.settings_dict["NAME"]),
                "WORKER_MARK": str(tmp_path / "giving"),
                "WORKER_SECONDS": str(seconds),
            }
            command = [sys.executable, "-m", "django", "raseed_work", "--pause", "0.05", *options]
            started.append(subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True))
            return started[-1]

        yield begin
        for process in started:
            process.kill()
            process.wait()
            process.stderr.close()

    def in_the_middle(self, tmp_path):
        """Wait until the shop's code has begun."""
        for _ in range(400):
            if (tmp_path / "giving").exists():
                return
            time.sleep(0.05)
        raise AssertionError("the worker did not begin to give")

    def is_paid(self):
        return Payment.objects.get().state == State.PAID

    def wait_until_paid(self):
        for _ in range(400):
            if self.is_paid():
                return True
            time.sleep(0.05)
        return False

    @pytest.mark.parametrize("option", ["--once", "--until-idle"])
    def test_it_does_what_is_due_and_ends(self, start, gateway, book, work, option):
        unread(start().payment, gateway)
        process = work(option)
        _, said = process.communicate(timeout=60)
        assert (process.returncode, said) == (0, "")
        book.refresh_from_db()
        assert (self.is_paid(), book.given) == (True, 1)

    @pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
    def test_told_to_stop_it_finishes_the_task_at_hand(self, start, gateway, book, work, tmp_path, number):
        unread(start().payment, gateway)
        process = work(seconds=1)
        self.in_the_middle(tmp_path)
        process.send_signal(number)
        _, said = process.communicate(timeout=60)
        assert (process.returncode, said) == (0, "")
        book.refresh_from_db()
        assert (self.is_paid(), book.given) == (True, 1)

    def test_it_waits_for_work_and_when_idle_stops_at_once(self, start, gateway, work):
        process = work()
        unread(start().payment, gateway)
        assert self.wait_until_paid()
        assert process.poll() is None
        process.terminate()
        process.communicate(timeout=60)
        assert process.returncode == 0

    @pytest.mark.slow
    def test_killed_in_the_middle_it_leaves_nothing_half_done_and_another_worker_finishes(
        self, start, gateway, book, work, tmp_path
    ):
        unread(start().payment, gateway)
        process = work(seconds=60)
        self.in_the_middle(tmp_path)
        process.kill()
        process.wait()
        book.refresh_from_db()
        assert (self.is_paid(), book.given) == (False, 0)
        work()  # the lease of two seconds runs out, and this one finds the row
        assert self.wait_until_paid()
        book.refresh_from_db()
        assert (book.given, Fulfilment.objects.count()) == (1, 1)
