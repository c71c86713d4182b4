"""Public clients from npm complete a purchase, whichever way their base URL can be changed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from raseed.testing_sandbox import LocalSandbox
from tests.openapi.open_payments import checked, violations
from tests.sdk.conftest import Purchase

pytestmark = pytest.mark.slow
HERE = Path(__file__).parent


def test_paymongo_whose_base_url_is_a_constant(purchase: Purchase, sandbox: LocalSandbox) -> None:
    told = purchase("purchase_paymongo.cjs", require="base_url.cjs", HOOK="http://127.0.0.1:9/hook")
    assert told == {
        "source": "chargeable",
        "payment": "paid",
        "listed": [True],
        "refund": 2500,
        "refused": "parameter_below_minimum",
        "hook": "disabled",
        "intent": "succeeded",
    }
    authorizations = {e["path"] for e in sandbox.log() if e["kind"] == "request"}
    assert "/v1/refunds" in authorizations


def test_paymongo_node_which_also_verifies_the_webhooks(purchase: Purchase, sandbox: LocalSandbox) -> None:
    told = purchase("purchase_paymongo_node.cjs")
    assert told == {
        "source": "chargeable",
        "payment": "paid",
        "listed": [True],
        "refund": 2500,
        "refused": "InvalidRequestError",
        "missing": "ResourceNotFoundError",
        "events": ["source.chargeable", "payment.paid"],
    }
    books = sandbox.books()
    assert [payment["amount"] for payment in books["payments"]] == [10_000]
    assert {delivery["state"] for delivery in sandbox.deliveries()} == {"delivered"}


def test_open_payments_the_official_client(purchase: Purchase, sandbox: LocalSandbox) -> None:
    told = purchase("purchase_open_payments.cjs", SANDBOX=sandbox.url("openpayments"))
    assert told == {
        "payer": "Elena",
        "keys": ["sandbox-market"],
        "closed": True,
        "open": "0",
        "quote": ["2335", "EUR", "2500"],  # 25.00 USD at 0.92, and 1.5 % of it
        "pending": [True, False],
        "rejected": {"pendingId": "7", "result": "grant_rejected"},
        "proof": True,
        "early": [400, "too_fast", "continued before the wait was over"],
        "stale": [403, "403", "Inactive Token"],
        "again": [400, "400", "invalid quote"],
        "sent": [False, "2335"],
        "received": [True, "2500"],
        "listed": [True],
        "pages": [1, True],
        "spent": ["2335", "2500"],
    }
    assert violations(sandbox.log()) == []
    assert len(checked(sandbox.log())) > 15


def test_the_lock_file_names_versions_and_no_places() -> None:
    lock = json.loads((HERE / "package-lock.json").read_text(encoding="utf-8"))
    packages = {name: row for name, row in lock["packages"].items() if name}
    assert packages["node_modules/paymongo"]["version"]
    assert packages["node_modules/@interledger/open-payments"]["version"] == "7.4.0"
    for name, row in packages.items():
        assert row["integrity"].startswith("sha512-"), name
        assert "resolved" not in row, f"{name}: make the lock with --omit-lockfile-registry-resolved"
