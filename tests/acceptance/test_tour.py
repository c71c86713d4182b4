"""`raseed tour`: every situation ends as it must, on the database of this run, and it can also fail."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from raseed.proof.tour.shops import APART

#: Programs that read the JSON know these names. These are played in every shop …
SITUATIONS = {
    "webhook only",
    "return only",
    "poll only",
    "all three at once",
    "webhook before the start call has returned",
    "five duplicates in a row",
    "eight at once",
    "failed then paid",
    "paid then stale failure",
    "paid after local expiry",
    "wrong amount",
    "wrong currency",
    "bad signature",
    "bad signature and then the genuine copy of the same body",
    "refund before its payment's delivery",
    "two partial refunds then a duplicate of each",
    "fulfilment raising twice and then succeeding",
    "full refund while the fulfilment still fails",
    "paid again after a full refund",
    "two real charges on one payment",
    "the same task paid in two tabs",
    "worker killed with SIGKILL between the gateway call and the commit",
    "source charged and the answer lost",
}
#: … and these where the shop has what they are about.
MORE = {
    "errands": set[str](),
    "clinic": {
        "card",
        "3-D Secure passed",
        "3-D Secure failed",
        "card declined and then another one",
        "QR code expires",
        "staff refund all of it",
        "staff refund a part",
    },
    "marketplace": {
        "signed webhook",
        "unsigned webhook",
        "webhook before finish",
        "webhook with a bad signature",
        "webhook six times in a row",
        "webhook eight times at once",
        "wallet: return only",
        "wallet: poll only",
        "wallet: all three at once",
        "finish opened twice",
        "finish with a forged hash",
        "finish never opened",
        "consent rejected",
        "quote expired during consent",
        "outgoing payment created and the answer lost",
        "partial send",
        "insufficient funds",
        "wallet: fulfilment raising twice",
        "wallet: worker killed before the commit",
        "wallet: paid in two tabs",
    },
    "puja": {
        "twenty minutes pending then completed",
        "completed after local expiry",
        "attempt failed then completed",
        "callback never comes",
        "status call answers 500 for a minute",
        "same cart paid in two tabs",
        "last promo use raced by eight carts",
        "reschedule",
    },
    "services": {
        "token first",
        "token last",
        "saved card pays",
        "declined then paid on the same order",
        "two partial refunds in the dashboard",
        "refund made in the dashboard",
        "void",
        "kiosk paid three days later",
        "balance pays a technician",
        "saved card charged while nobody is there",
        "saved card declined while nobody is there",
        "saved card charged and the answer lost",
        "split callback",
    },
}
#: What a shop leaves out of the first, because its gateway has no such thing.
LESS = {
    "puja": {"paid after local expiry", "wrong currency", "refund before its payment's delivery"},
}
#: The same in every process of the tour: signatures are not looked at any more.
BELIEVE_EVERYBODY = """
from raseed.gateways import signatures
signatures.Secrets.signed = lambda *_: True
"""


def tour(*arguments: str, database: str | None = None, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run it as a person would, on the database of this test run if none is named."""
    database = os.environ.get("RASEED_TEST_DATABASE", "") if database is None else database
    on_postgres = ["--database", database] if database.startswith("postgres") else []
    command = [sys.executable, "-c", "from raseed.cli import main; main()", "tour", *on_postgres, *arguments]
    environment = {**os.environ, **variables}
    environment.pop("DJANGO_SETTINGS_MODULE", None)
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=1500, check=False)


@pytest.mark.slow
@pytest.mark.parametrize("shop", MORE)
def test_every_situation_ends_as_it_must(shop: str) -> None:
    ran = tour("--json", "--shop", shop)
    assert ran.stdout, ran.stderr
    whole = json.loads(ran.stdout)
    wrong = {result["situation"]: result["detail"] for result in whole["results"] if not result["ok"]}
    assert wrong == {}
    played = [result["situation"] for result in whole["results"]]
    everywhere = set() if shop in APART else SITUATIONS - LESS.get(shop, set())
    assert sorted(played) == sorted(everywhere | MORE[shop])
    assert (whole["passed"], whole["failed"], ran.returncode) == (len(played), 0, 0)
    members = {"shop", "situation", "ok", "detail", "first_channel", "seconds"}
    assert all(result.keys() == members and result["detail"] for result in whole["results"])


@pytest.mark.slow
def test_a_shop_that_believes_everybody_is_found_out(tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text(BELIEVE_EVERYBODY)
    path = os.pathsep.join([str(tmp_path), os.environ.get("PYTHONPATH", "")])
    only = ["--shop", "errands", "--situation", "bad signature"]
    ran = tour("--json", *only, PYTHONPATH=path, TMPDIR=str(tmp_path))
    assert ran.stdout, ran.stderr
    whole = json.loads(ran.stdout)
    details = {result["situation"]: result["detail"] for result in whole["results"]}
    assert "answer to a made-up webhook: 200 instead of 401" in details["bad signature"]
    assert (whole["passed"], whole["failed"], ran.returncode) == (0, 2, 1)
    assert "Database and logs are kept in" in ran.stderr


def test_an_unknown_shop_is_named_with_those_there_are() -> None:
    ran = tour("--shop", "errands", "--shop", "bakery")
    assert ran.returncode == 2
    assert "there is no shop 'bakery'. Shops: errands, clinic, marketplace, puja, services" in ran.stderr
    assert not ran.stdout


def test_a_server_that_does_not_answer_is_an_error_without_a_traceback() -> None:
    ran = tour("--database", "postgresql://nobody@127.0.0.1:1/nothing")
    assert ran.returncode == 1
    assert ran.stderr.startswith("Error: CREATE DATABASE failed")
    assert "Traceback" not in ran.stderr


def test_only_postgresql_can_be_given() -> None:
    ran = tour("--database", "mysql://root@127.0.0.1/shop")
    assert ran.returncode == 2
    assert "postgresql://" in ran.stderr
