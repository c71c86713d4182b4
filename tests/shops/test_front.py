"""What all shops share: demo log-ins, pages, and the settings' small tools."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.test import Client

from raseed.core import errors
from raseed_shops import clock
from raseed_shops.database import database
from raseed_shops.errands.models import Task
from raseed_shops.front.refusals import REFUSALS


def test_a_button_logs_in_and_leads_to_where_one_wanted_to_go(people: dict[str, User]) -> None:
    client = Client()
    answer = client.post("/login/", {"username": "ana", "next": "/errands/new/"})
    assert answer["Location"] == "/errands/new/"
    assert client.get("/errands/new/").status_code == 200


@pytest.mark.parametrize("wanted", ["https://evil.example/", "//evil.example", "javascript:alert(1)", ""])
def test_logging_in_leads_nowhere_else(people: dict[str, User], wanted: str) -> None:
    answer = Client().post("/login/", {"username": "ana", "next": wanted})
    assert answer["Location"] == "/errands/"


def test_only_the_demos_people_log_in_without_a_password(people: dict[str, User], settings: object) -> None:
    User.objects.create_user("root", password="secret")
    assert Client().post("/login/", {"username": "root"}).status_code == 404
    settings.DEMO_LOGINS = False  # type: ignore[attr-defined]
    assert Client().post("/login/", {"username": "ana"}).status_code == 404


def test_log_in_needs_the_form_of_this_site(people: dict[str, User]) -> None:
    strict = Client(enforce_csrf_checks=True)
    assert strict.post("/login/", {"username": "ana"}).status_code == 403


@pytest.mark.parametrize("path", ["/", "/errands/", "/login/", "/health/"])
def test_pages_that_need_no_log_in(people: dict[str, User], path: str) -> None:
    assert Client().get(path).status_code == 200


@pytest.mark.parametrize("path", ["/errands/new/", "/notifications/"])
def test_pages_that_need_one_lead_to_it(people: dict[str, User], path: str) -> None:
    assert Client().get(path)["Location"] == f"/login/?next={path}"


def test_every_page_works_without_scripts_and_without_other_sites(task: Task) -> None:
    client = Client()
    client.force_login(task.poster)
    for path in ("/", "/errands/", f"/errands/{task.pk}/", "/errands/new/", "/notifications/", "/login/"):
        page = client.get(path).content.decode()
        assert "<script" not in page
        assert 'src="http' not in page
        assert '<html lang="en" dir="ltr">' in page
        assert page.count("<h1") == 1


def test_every_refusal_has_words_and_every_error_finds_some() -> None:
    def kinds(kind: type[errors.RaseedError]) -> list[type[errors.RaseedError]]:
        return [kind, *(below for child in kind.__subclasses__() for below in kinds(child))]

    for kind in kinds(errors.RaseedError):
        refusal = next(REFUSALS[base] for base in kind.__mro__ if base in REFUSALS)
        assert refusal.title
        assert refusal.text.endswith(".")
        assert refusal.status >= 400


@pytest.fixture
def clock_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    file = tmp_path / "clock.json"
    monkeypatch.setattr(clock, "_file", str(file))
    monkeypatch.setattr(clock, "_last", None)
    return file


def _publish(file: Path, **clock_says: object) -> None:
    draft = file.with_suffix(".new")
    draft.write_text(json.dumps(clock_says))
    draft.replace(file)


def test_the_clock_is_the_sandboxes(clock_file: Path) -> None:
    real = datetime.now(UTC)
    assert abs(clock.now() - real) < timedelta(seconds=5)

    _publish(clock_file, mode="real", offset_seconds=86_400.0, frozen_at=None)
    assert abs(clock.now() - real - timedelta(days=1)) < timedelta(seconds=5)

    _publish(clock_file, mode="frozen", offset_seconds=0.0, frozen_at=1_800_000_000.25)
    assert clock.now() == datetime.fromtimestamp(1_800_000_000.25, UTC)


def test_the_clock_file_is_read_only_when_it_changed(
    clock_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _publish(clock_file, mode="frozen", offset_seconds=0.0, frozen_at=5.0)
    clock.now()
    monkeypatch.setattr(Path, "read_text", lambda self: pytest.fail("read again without need"))
    assert clock.now() == datetime.fromtimestamp(5, UTC)


def test_databases_by_url() -> None:
    sqlite = database("sqlite:////var/shop%20one.sqlite3")
    assert (sqlite["ENGINE"], sqlite["NAME"]) == ("django.db.backends.sqlite3", "/var/shop one.sqlite3")
    assert sqlite["OPTIONS"]["transaction_mode"] == "IMMEDIATE"
    assert "journal_mode=WAL" in sqlite["OPTIONS"]["init_command"]

    postgres = database("postgresql://ana:w%40rd@db.example:5433/shop?sslmode=require")
    assert postgres["ENGINE"] == "django.db.backends.postgresql"
    assert [postgres[key] for key in ("NAME", "USER", "PASSWORD", "HOST", "PORT")] == [
        "shop",
        "ana",
        "w@rd",
        "db.example",
        "5433",
    ]
    assert postgres["OPTIONS"] == {"sslmode": "require"}
    socket = database("postgresql:///shop?host=/run/postgresql")
    assert (socket["HOST"], socket["OPTIONS"]) == ("/run/postgresql", {})

    with pytest.raises(ValueError, match="'mysql' is no database of the demo"):
        database("mysql://localhost/shop")


def test_settings_take_their_variables_from_the_demo() -> None:
    from raseed_shops import settings

    if "RASEED_DEMO_SITE_URL" not in os.environ:
        assert settings.SITE_URL == "http://127.0.0.1:8000"
    assert settings.RASEED["ACCOUNTS"]["paymongo"]["BASE_URL"] == f"{settings.SANDBOX_URL}/paymongo"
