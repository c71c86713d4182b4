"""System checks: what a site's owner is told before the first payment, and under which id."""

import io

import pytest
from django.core.checks import run_checks
from django.core.management import call_command
from django.core.management.base import SystemCheckError
from django.db import connection
from django.db.utils import ConnectionHandler

from raseed.payments import checks
from raseed.payments.checks import check_databases, check_settings


def ids(found):
    return [message.id for message in found]


@pytest.fixture
def live(settings):
    """The account is live."""

    def go(**credentials):
        accounts = {"fake": {"GATEWAY": f"{__name__}.Vendor", "LIVEMODE": True, **credentials}}
        settings.RASEED = settings.RASEED | {"ACCOUNTS": accounts}

    return go


class Vendor:
    """A gateway with an address of its own."""

    name = "vendor"

    def __init__(self, livemode=False, base_url="https://api.vendor.example/v1"):
        self.livemode, self.base_url = livemode, base_url


def test_good_settings_are_passed_without_a_word():
    assert list(check_settings()) == []


def test_wrong_settings_are_one_error_that_says_all(settings):
    settings.RASEED = settings.RASEED | {"ENCRYPTION_KEYS": ["no key"]}
    (told,) = check_settings()
    assert told.id == "raseed.E001"
    assert "RASEED['ENCRYPTION_KEYS']" in told.msg


def test_moments_need_their_time_zone(settings):
    settings.USE_TZ = False
    (told,) = check_settings()
    assert (told.id, told.hint) == ("raseed.E002", "Set USE_TZ = True.")


def test_a_live_account_needs_https(settings, live):
    live()
    settings.RASEED = settings.RASEED | {"SITE_URL": "http://shop.example"}
    (told,) = check_settings()
    assert told.id == "raseed.E003"
    assert "account 'fake' is live" in told.msg
    settings.RASEED = settings.RASEED | {"SITE_URL": "https://shop.example"}
    assert list(check_settings()) == []


def test_a_live_account_talks_to_the_vendor_and_nobody_else(live):
    live(BASE_URL="http://localhost:8900")
    (told,) = check_settings()
    assert told.id == "raseed.E004"
    assert told.hint == "Remove BASE_URL from RASEED['ACCOUNTS']['fake'], or use test keys."
    live(BASE_URL="https://api.vendor.example/v1/")
    assert list(check_settings()) == []


def test_a_test_account_may_talk_to_the_sandbox(settings, live):
    live(LIVEMODE=False, BASE_URL="http://localhost:8900")
    settings.RASEED = settings.RASEED | {"SITE_URL": "http://localhost:8000"}
    assert list(check_settings()) == []


@pytest.mark.parametrize(
    "entry",
    [
        {"SECRET_KEY": "sk_live_x", "BASE_URL": "http://localhost:8900/paymongo"},
        {"SECRET_KEY": "sk_live_x", "PUBLIC_KEY": "pk_test_x"},
        {"SECRET_KEY": "sk_live_x", "LIVEMODE": False},
    ],
    ids=["base url", "mixed keys", "mixed mode"],
)
def test_paymongo_itself_refuses_live_money_that_goes_elsewhere(settings, entry):
    settings.RASEED = settings.RASEED | {"ACCOUNTS": {"live": {"GATEWAY": "paymongo", **entry}}}
    (told,) = check_settings()
    assert told.id == "raseed.E001"
    assert "RASEED['ACCOUNTS']['live']" in told.msg
    assert "sk_live_x" not in told.msg


def test_atomic_requests_are_a_warning_that_names_the_decorator(monkeypatch):
    monkeypatch.setitem(connection.settings_dict, "ATOMIC_REQUESTS", True)
    (told,) = check_settings()
    assert told.id == "raseed.W001"
    assert "non_atomic_requests" in told.hint


@pytest.mark.parametrize(
    ("mode", "told"),
    [(None, ["raseed.E005"]), ("deferred", ["raseed.E005"]), ("immediate", []), ("EXCLUSIVE", [])],
)
def test_sqlite_takes_its_write_lock_at_the_start(monkeypatch, mode, told):
    monkeypatch.setattr(connection, "vendor", "sqlite")
    monkeypatch.setitem(connection.settings_dict, "OPTIONS", {"transaction_mode": mode} if mode else {})
    assert ids(check_settings()) == told


def test_postgresql_needs_nothing(monkeypatch):
    monkeypatch.setattr(connection, "vendor", "postgresql")
    monkeypatch.setitem(connection.settings_dict, "OPTIONS", {})
    assert list(check_settings()) == []
    assert list(check_databases(databases=["default"])) == []


@pytest.mark.django_db
class TestWal:
    @pytest.fixture
    def sqlite(self, monkeypatch, tmp_path):
        """A site on SQLite, whatever the tests themselves run on."""
        database = {"ENGINE": "django.db.backends.sqlite3", "NAME": tmp_path / "shop.sqlite3"}
        handler = ConnectionHandler({"default": database})
        monkeypatch.setattr(checks, "connections", handler)
        yield handler["default"]
        handler.close_all()

    def test_sqlite_lets_readers_go_on_while_one_writes(self, sqlite):
        (told,) = check_databases(databases=["default"])
        assert (told.id, "journal_mode=WAL" in told.hint) == ("raseed.E006", True)
        with sqlite.cursor() as cursor:
            cursor.execute("PRAGMA journal_mode=WAL")
        assert list(check_databases(databases=["default"])) == []

    def test_it_is_asked_only_where_a_database_may_be_touched(self, sqlite):
        assert list(check_databases(databases=None)) == []
        assert list(check_databases(databases=["analytics"])) == []
        assert sqlite.connection is None


def test_a_site_that_does_not_mount_the_addresses_is_told_how(settings):
    settings.ROOT_URLCONF = "tests.payments.no_urls"
    (told,) = check_settings()
    assert told.id == "raseed.E007"
    assert told.hint == 'Add path("payments/", include("raseed.payments.urls")) to your urlpatterns.'


@pytest.mark.django_db
def test_they_are_registered_and_stop_the_commands(settings):
    settings.RASEED = settings.RASEED | {"SITE_ULR": "x"}
    assert "raseed.E001" in ids(run_checks())
    with pytest.raises(SystemCheckError, match="Did you mean SITE_URL"):
        call_command("check", stdout=io.StringIO(), stderr=io.StringIO())


@pytest.mark.parametrize(
    ("days", "told"),
    [
        ({"bodies": 90, "deliveries": 60}, ["raseed.W002"]),
        ({"bodies": None}, ["raseed.W002"]),
        ({"bodies": 7, "facts": 29}, ["raseed.W003", "raseed.W003"]),
        ({"bodies": 30, "deliveries": 30, "facts": 30}, []),
        ({"deliveries": None, "bodies": None}, []),
        ({"rejected": 1, "notices": 1}, []),
    ],
)
def test_periods_that_make_no_sense_are_told(settings, days, told):
    settings.RASEED = settings.RASEED | {"RETENTION_DAYS": days}
    assert ids(check_settings()) == told


def test_the_queue_must_be_one_of_the_task_backends(settings):
    settings.RASEED = settings.RASEED | {"TASK_QUEUE": "payments"}
    (told,) = check_settings()
    assert told.id == "raseed.E008"
    assert told.hint.startswith("Add 'payments' to the QUEUES")
