"""A purchase between wallets from the wallet address to money that arrived."""

from __future__ import annotations

import httpx2
import pytest

from tests.openapi.open_payments import checked, violations
from tests.sandbox.bench import Bench
from tests.sandbox.openpayments.merchant import BASE, Merchant


def balance(bench: Bench, name: str) -> int:
    wallets = bench.control("GET", "openpayments/books")["wallets"]
    return next(wallet["amount"] for wallet in wallets if wallet["id"] == name)


def test_a_purchase(bench: Bench, merchant: Merchant) -> None:
    purchase = merchant.purchase()
    assert purchase.outgoing["sentAmount"]["value"] == "0"
    assert purchase.outgoing["grantSpentDebitAmount"]["value"] == "0"
    outgoing, incoming = purchase.look()
    assert (outgoing["failed"], incoming["completed"]) == (False, False)
    bench.advance(2)
    outgoing, incoming = purchase.look()
    assert outgoing["sentAmount"]["value"] == "2500"  # the fee is added later
    assert (incoming["receivedAmount"]["value"], incoming["completed"], incoming["methods"]) == (
        "2500",
        True,
        [],
    )
    bench.advance(5)
    assert purchase.look()[0]["sentAmount"] == purchase.quote["debitAmount"]
    assert (balance(bench, "alice"), balance(bench, "bob")) == (500_000 - 2550, 2500)
    assert bench.control("GET", "checkouts")["checkouts"][0]["news"] == ["agreed", "sending", "paid"]


def test_every_exchange_of_it_is_official(bench: Bench, merchant: Merchant) -> None:
    merchant.purchase().look()
    log = bench.control("GET", "log")["entries"]
    assert violations(log) == []
    assert checked(log) >= {
        ("POST", "/", 200),
        ("POST", "/incoming-payments", 201),
        ("POST", "/quotes", 201),
        ("POST", "/continue/{id}", 200),
        ("POST", "/outgoing-payments", 201),
        ("GET", "/outgoing-payments/{id}", 200),
        ("GET", "/incoming-payments/{id}", 200),
    }


@pytest.mark.parametrize(
    ("payer", "payee", "value", "debit"),
    [
        ("alice", "bob", "10000", "10200"),  # 2 %
        ("elena", "bob", "10000", "9338"),  # 100.00 USD are 92.00 EUR, and 1.5 % of that
        ("yuki", "bob", "10000", "14950"),  # no decimals in yen
        ("alice", "yuki", "1000", "683"),  # 6.689 USD, rounded up to 6.69; the fee, rounded up to 0.14
        ("mateo", "bob", "10000", "17200000"),  # four decimals
        ("bob", "alice", "1", "1"),
    ],
)
def test_what_it_costs(merchant: Merchant, payer: str, payee: str, value: str, debit: str) -> None:
    quote = merchant.quote(merchant.incoming(value, payee), payer)
    assert (quote["debitAmount"]["value"], quote["receiveAmount"]["value"]) == (debit, value)
    assert quote["debitAmount"]["assetCode"] == merchant.made_asset(payer)["assetCode"]


@pytest.mark.parametrize(
    "settings", [{"tenant": "9c1f7d1e-52f4-4e2c-8d0b-7a5e0f3b6c44"}, {"signature_mode": "rafiki"}]
)
def test_in_other_modes(bench: Bench, merchant: Merchant, settings: dict[str, str]) -> None:
    bench.control("POST", "openpayments/settings", settings)
    document = bench.run(bench.client.get(f"{BASE}/alice")).json()
    merchant.auth, merchant.op = document["authServer"], document["resourceServer"]
    assert document["authServer"].endswith(settings.get("tenant", "auth"))
    purchase = merchant.purchase()
    bench.advance(2)
    assert purchase.look()[1]["completed"] is True
    assert violations(bench.control("GET", "log")["entries"]) == []


def test_wallet_documents(bench: Bench) -> None:
    def read(path: str) -> httpx2.Response:
        return bench.run(bench.client.get(f"{BASE}/{path}"))

    assert read("alice").json() == {
        "id": f"{BASE}/alice",
        "publicName": "Alice",
        "assetCode": "USD",
        "assetScale": 2,
        "authServer": f"{BASE}/auth",
        "resourceServer": f"{BASE}/op",
    }
    assert read("alice").headers["cache-control"] == "max-age=86400"
    assert read("alice/jwks.json").json() == {"keys": []}
    assert [key["kid"] for key in read("market/jwks.json").json()["keys"]] == ["sandbox-market"]
    paths = ("nobody", "nobody/jwks.json", "alice/did.json", "alice/x")
    assert [read(path).status_code for path in paths] == [
        404, 404, 500, 404,
    ]  # fmt: skip
