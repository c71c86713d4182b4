"""The demo's mail: letters end on a page instead of with people."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.core import mail
from django.test import Client

import raseed
from raseed import testing
from tests import letters


@pytest.fixture(autouse=True)
def outbox(settings: Any, tmp_path: Path) -> Path:
    letters.go_through(settings, "raseed_shops.front.outbox.Outbox")
    settings.OUTBOX = tmp_path / "outbox"
    return tmp_path / "outbox"


def test_before_the_first_letter_the_page_says_so(db: None) -> None:
    assert "No letter yet" in Client().get("/outbox/").content.decode()


def test_what_the_worker_sends_can_be_read_newest_first(db: None, outbox: Path) -> None:
    raseed.send_email(
        "ana@example.org", "Resibo №1 ₱2.00", "Salamat.\nhttps://shop.example/1", html="<b>x</b>"
    )
    raseed.send_email("ben@example.org", "Second", "<script>alert(1)</script>")
    testing.work()
    page = Client().get("/outbox/").content.decode()
    assert page.index("Second") < page.index("Resibo №1 ₱2.00")
    assert "to ana@example.org" in page
    assert 'href="https://shop.example/1"' in page
    assert "<script>" not in page
    assert [path.suffix for path in outbox.iterdir()] == [".eml", ".eml"]


def test_a_letter_without_text_or_headers_is_shown_all_the_same(db: None, outbox: Path) -> None:
    mail.EmailMessage("Only this", "", to=["ana@example.org"]).send()
    (outbox / "0.eml").write_bytes(b"\n")
    assert "Only this" in Client().get("/outbox/").content.decode()
