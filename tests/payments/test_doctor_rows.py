"""The doctor's findings in the database, the commands, and `check --deploy`."""

import io
import json
from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.core.checks import run_checks
from django.core.management import call_command
from django.db import OperationalError
from django.db.migrations import Migration
from django.utils import timezone

import raseed
from raseed import testing
from raseed.payments import conf
from raseed.payments.doctor import database, examination, owed, worker
from raseed.payments.doctor.examination import SUBJECTS, examine, look_at
from raseed.payments.doctor.report import document, exit_code
from raseed.payments.flows.chores import CHORES
from raseed.payments.models import Delivery, Fulfilment, Heartbeat, Notice, Payment

pytestmark = pytest.mark.django_db


def ids(examine_one):
    return [message.id for message in examine_one(conf.current())]


class TestWorker:
    def beat(self, seconds_ago, pid=1):
        moment = timezone.now() - timedelta(seconds=seconds_ago)
        return Heartbeat.objects.create(host="a", pid=pid, started_at=moment, beat_at=moment)

    def test_none(self):
        (told,) = worker.examine(conf.current())
        assert (told.id, "sign of life" in told.msg) == ("raseed.E050", True)

    def test_one_that_was_killed_long_ago(self):
        self.beat(7300)
        (told,) = worker.examine(conf.current())
        assert told.id == "raseed.E050"
        assert "process 1 on a" in told.msg
        assert "2 hours ago" in told.msg

    def test_one_lives_and_another_was_killed(self):
        self.beat(5)
        assert ids(worker.examine) == []
        self.beat(600, pid=2)
        assert ids(worker.examine) == ["raseed.W050"]


class TestOwed:
    def test_nothing(self, payment):
        assert ids(owed.examine) == []

    def test_what_nobody_did(self, payment):
        testing.travel(3600)
        (told,) = owed.examine(conf.current())
        assert (told.id, "1 overdue" in told.msg) == ("raseed.E070", True)
        assert "59 minutes" in told.msg
        Payment.objects.update(lease_until=testing.clock() + timedelta(seconds=5))
        assert ids(owed.examine) == []

    def test_every_kind_of_work_has_its_words(self):
        assert {chore.name for chore in CHORES} == set(owed._WORK)

    def test_what_waits_for_a_person(self, payment):
        testing.pay(payment)
        testing.deliver(payment)
        raseed.send_email("a@example.org", "a", "b")
        Payment.objects.update(attention="look")
        Delivery.objects.update(state="stuck")
        Notice.objects.update(state="failed", next_try_at=None)
        Fulfilment.objects.update(state="due", tries=3)
        assert ids(owed.examine) == ["raseed.W070"] * 4


class TestDatabase:
    def test_a_good_one(self):
        assert ids(database.examine) == []

    def test_an_engine_that_nobody_tried(self, monkeypatch):
        monkeypatch.setattr(database.connections["default"], "vendor", "mysql")
        assert ids(database.examine) == ["raseed.E060"]

    def test_sqlite_that_does_not_wait(self):
        options = {"OPTIONS": {"timeout": 1}}
        assert [m.id for m in database._sqlite(SimpleNamespace(settings_dict=options))] == ["raseed.W060"]
        assert list(database._sqlite(SimpleNamespace(settings_dict={}))) == []

    def test_migrations_that_were_not_applied(self, monkeypatch):
        plan = [(SimpleNamespace(name="0002_more"), False)]
        monkeypatch.setattr(database.MigrationExecutor, "migration_plan", lambda self, targets: plan)
        assert ids(database.examine) == ["raseed.E062"]

    def test_fsync(self, monkeypatch):
        said = dict.fromkeys(database._ASKED, "0") | {
            "fsync": "off",
            "synchronous_commit": "on",
            "transaction_isolation": "read committed",
        }
        monkeypatch.setattr(database, "_shown", lambda connection: said)
        assert [m.id for m in database._postgresql(None)] == ["raseed.E061"]

    @pytest.mark.postgres
    @pytest.mark.parametrize(
        ("set_", "told"),
        [
            ("synchronous_commit = off", ["raseed.W061"]),
            ("synchronous_commit = local", []),
            ("statement_timeout = '2s'", ["raseed.W060"]),
            ("lock_timeout = 10", ["raseed.W060"]),
            ("lock_timeout = '1min'", []),
            ("transaction_isolation = 'repeatable read'", ["raseed.W062"]),
        ],
    )
    def test_postgresql_as_it_is_set(self, transactional_db, set_, told):
        connection = database.connections["default"]
        with database.connections["default"].cursor() as cursor:
            cursor.execute("BEGIN")
            cursor.execute(f"SET LOCAL {set_}")
            try:
                assert [m.id for m in database._postgresql(connection)] == told
            finally:
                cursor.execute("ROLLBACK")


class TestTheWhole:
    def test_settings_that_cannot_be_read_are_told_and_the_rest_left(self, settings):
        settings.RASEED = settings.RASEED | {"SITE_ULR": "x"}
        outcomes = list(examine())
        assert [message.id for message in outcomes[0].findings] == ["raseed.E001"]
        assert {outcome.skipped for outcome in outcomes[1:]} == {"the settings cannot be read"}
        assert exit_code(outcomes, strict=False) == 1

    def test_a_database_that_is_away_is_told_once(self, monkeypatch):
        def away(settings):
            raise OperationalError("the server is away")

        changed = [
            examination.Subject(s.name, s.title, away, s.touches) if s.name == "database" else s
            for s in SUBJECTS
        ]
        monkeypatch.setattr(examination, "SUBJECTS", changed)
        outcomes = {outcome.subject.name: outcome for outcome in examine(network=False)}
        assert [message.id for message in outcomes["database"].findings] == ["raseed.E090"]
        assert outcomes["worker"].skipped == "the database did not answer"

    def test_tables_that_are_missing_are_told_once_with_what_brings_them(self, monkeypatch):
        class Executor:
            def __init__(self, connection):
                self.loader = SimpleNamespace(graph=SimpleNamespace(leaf_nodes=list))

            def migration_plan(self, targets):
                return [(Migration("0001_initial", "raseed"), False)]

        monkeypatch.setattr(database, "MigrationExecutor", Executor)
        outcomes = {outcome.subject.name: outcome for outcome in examine(network=False)}
        (told,) = outcomes["database"].findings
        assert (told.id, "raseed.0001_initial not applied" in told.msg) == ("raseed.E062", True)
        assert {outcomes[name].skipped for name in ("stored", "worker", "owed")} == {
            "the tables are not those of this version"
        }

    def test_one_subjects_trouble_hides_nothing_else(self):
        def broken(settings):
            raise ZeroDivisionError("oh")

        outcome = look_at(examination.Subject("x", "X", broken), conf.current())
        assert [message.id for message in outcome.findings] == ["raseed.E091"]

    def test_silenced_findings_stay_silent(self, settings):
        settings.SILENCED_SYSTEM_CHECKS = ["raseed.E050"]
        subject = next(subject for subject in SUBJECTS if subject.name == "worker")
        assert look_at(subject, conf.current()).worst == "fine"

    def test_the_command_in_words_and_in_json(self, settings):
        settings.DEBUG = True
        out = io.StringIO()
        with pytest.raises(SystemExit) as ended:
            call_command("raseed_doctor", "--offline", stdout=out)
        assert ended.value.code == 1
        assert "raseed.E050 error: the worker: no worker runs" in out.getvalue()
        assert "1 error" in out.getvalue().splitlines()[-1]
        out = io.StringIO()
        with pytest.raises(SystemExit):
            call_command("raseed_doctor", "--offline", "--json", stdout=out)
        told = json.loads(out.getvalue())
        assert (told["ok"], told["errors"]) == (False, 1)
        assert {"worker", "clock"} <= {subject["name"] for subject in told["subjects"]}

    def test_warnings_end_with_zero_unless_strict(self, settings):
        settings.DEBUG = True
        Heartbeat.objects.create(host="a", pid=1, started_at=timezone.now(), beat_at=timezone.now())
        outcomes = list(examine(network=False))
        assert document(outcomes)["errors"] == 0
        assert document(outcomes)["warnings"] > 0  # nothing takes the webhooks of "other"
        assert [exit_code(outcomes, strict=strict) for strict in (False, True)] == [0, 1]

    def test_check_deploy_says_the_same(self):
        said = {message.id for message in run_checks(include_deployment_checks=True)}
        assert "raseed.W020" in said
        assert "raseed.E050" not in said
        asked = {message.id for message in run_checks(include_deployment_checks=True, databases=["default"])}
        assert {"raseed.W020", "raseed.E050"} <= asked
        assert "raseed.W020" not in {message.id for message in run_checks()}
