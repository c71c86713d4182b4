"""Purging beside others: copies that come at once, a second purge, a row in use, and SIGKILL."""

import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from copy import copy
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.db.models import F

from raseed import testing
from raseed.payments.models import (
    Delivery,
    PaymentFact,
    RejectedDelivery,
)
from tests.payments.ages import AGES, DAY, ages_later, gone, money, purge
from tests.payments.books import again, paid

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("facts_go")]


@pytest.mark.django_db(transaction=True)
class TestBesideOthers:
    """Several machines purge while deliveries come in."""

    @pytest.fixture
    def finished(self, start):
        payment = paid(start)
        ages_later()
        return payment

    def together(self, *tasks):
        def one(task):
            try:
                return task()
            finally:
                connection.close()

        with ThreadPoolExecutor(len(tasks)) as pool:
            return list(pool.map(one, tasks))

    def test_copies_come_at_once_while_two_purge(self, finished, book):
        before, facts = money(), tuple(testing.BOOKS[finished.reference].facts)
        copies = [lambda: testing.deliver(finished, *facts)] * 6
        receipts = self.together(purge, purge, *copies)[2:]
        assert all(receipt.refused is None for receipt in receipts)
        assert (money(), again(book).given) == (before, 1)

    def test_each_row_goes_once(self, db):
        row = RejectedDelivery(account="fake", reason="forged", head=b"", received_at=testing.clock())
        RejectedDelivery.objects.bulk_create([copy(row) for _ in range(60)])
        testing.travel(AGES * DAY)
        went = self.together(*[lambda: gone("--batch", "5", "--only", "rejected")] * 2)
        assert sum(each.get("rejected", 0) for each in went) == 60

    @pytest.mark.postgres
    def test_a_row_that_somebody_works_on_is_passed_by(self, finished):
        with transaction.atomic():
            Delivery.objects.select_for_update().get()
            (went,) = self.together(gone)
        assert "deliveries" not in went
        assert gone()["deliveries"] == 1

    @pytest.mark.slow
    def test_killed_in_the_middle_it_has_lost_nothing_and_goes_on(self, finished):
        """SIGKILL to a real process between and inside batches of one row."""
        long_ago = timedelta(days=2 * AGES)  # the process lives in real time
        PaymentFact.objects.update(created_at=F("created_at") - long_ago)
        Delivery.objects.update(received_at=F("received_at") - long_ago)
        before = money()
        template = Delivery.objects.get()
        for number in range(60):
            Delivery.objects.bulk_create([copied(template, digest=f"copy {number}")])
        environment = os.environ | {
            "DJANGO_SETTINGS_MODULE": "tests.payments.worker_settings",
            "WORKER_DATABASE": str(connection.settings_dict["NAME"]),
        }
        command = [sys.executable, "-m", "django", "raseed_purge", "--batch", "1", "--pause", "0.05"]
        process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL)
        for _ in range(1200):
            left = Delivery.objects.filter(body__isnull=False).count()
            if left < 55 or process.poll() is not None:
                break
            time.sleep(0.05)
        process.kill()
        assert process.wait() == -signal.SIGKILL
        left = Delivery.objects.count()
        assert left == 61  # bodies go first, and it was killed among them
        assert 0 < Delivery.objects.filter(body__isnull=False).count() < 55
        assert gone()["deliveries"] == 61
        assert money() == before


def copied(row, **changes):
    made = copy(row)
    made.pk = None
    for name, value in changes.items():
        setattr(made, name, value)
    return made
