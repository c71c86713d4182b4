"""A worker says that it lives; one that ends in order takes its sign away, one that is killed leaves it."""

from datetime import timedelta

import pytest
from django.core.management import call_command
from django.db import OperationalError
from django.utils import timezone

from raseed.payments.flows import heartbeat
from raseed.payments.flows.heartbeat import BEAT_SECONDS, Pulse
from raseed.payments.management.commands import raseed_work
from raseed.payments.models import Heartbeat

pytestmark = pytest.mark.django_db


@pytest.fixture
def monotonic(monkeypatch):
    now = [100.0]
    monkeypatch.setattr(heartbeat.time, "monotonic", lambda: now[0])
    return now


def test_one_row_per_worker_which_goes_with_it():
    first, second = Pulse(), Pulse()
    first.beat()
    second.beat()
    assert Heartbeat.objects.count() == 2
    first.stop()
    second.stop()
    assert not Heartbeat.objects.exists()


def test_it_writes_now_and_then_only(monotonic, django_assert_num_queries):
    pulse = Pulse()
    pulse.beat()
    long_ago = timezone.now() - timedelta(hours=1)
    Heartbeat.objects.update(beat_at=long_ago)
    with django_assert_num_queries(0):
        pulse.beat()
    monotonic[0] += BEAT_SECONDS
    with django_assert_num_queries(1):
        pulse.beat()
    assert Heartbeat.objects.get().beat_at > long_ago


def test_a_row_that_somebody_removed_comes_back(monotonic):
    pulse = Pulse()
    pulse.beat()
    Heartbeat.objects.all().delete()
    monotonic[0] += BEAT_SECONDS
    pulse.beat()
    assert Heartbeat.objects.count() == 1


def test_what_killed_workers_left_is_forgotten_after_a_day():
    for hours in (1, 25):
        moment = timezone.now() - timedelta(hours=hours)
        Heartbeat.objects.create(host="a", pid=hours, started_at=moment, beat_at=moment)
    Pulse().beat()
    assert set(Heartbeat.objects.values_list("pid", flat=True)) >= {1}
    assert not Heartbeat.objects.filter(pid=25).exists()


def test_runs_from_cron_share_one_row_that_stays():
    call_command("raseed_work", "--once")
    first = Heartbeat.objects.get()
    call_command("raseed_work", "--once")
    again = Heartbeat.objects.get()
    assert (again.pk, again.pid) == (first.pk, 0)
    assert again.beat_at > first.beat_at
    assert "--once" in str(again)


def test_the_worker_beats_between_two_tasks_and_leaves_in_order(monkeypatch):
    seen = []

    def sweep(stop):
        seen.append(Heartbeat.objects.count())
        stop()
        seen.append(Heartbeat.objects.count())
        return 0

    monkeypatch.setattr(raseed_work, "sweep", sweep)
    call_command("raseed_work", "--until-idle")
    assert seen == [0, 1]
    assert not Heartbeat.objects.exists()


def test_a_database_that_is_away_does_not_end_the_worker(monkeypatch, transactional_db):
    troubles = [OperationalError("away")]

    def trouble(self):
        if troubles:
            raise troubles.pop()

    monkeypatch.setattr(Pulse, "beat", trouble)
    monkeypatch.setattr(raseed_work, "_TROUBLE_PAUSE_SECONDS", 0.01)
    call_command("raseed_work", "--until-idle")
    assert troubles == []
