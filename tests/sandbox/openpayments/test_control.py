"""Keys of clients here and elsewhere, the control API, settings and the page of wallets."""

from __future__ import annotations

from typing import Any

import httpx2
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from raseed.sandbox.box import Options
from raseed.sandbox.openpayments.keys import public_jwk
from raseed.sandbox.server import create_app
from tests.sandbox.bench import Bench
from tests.sandbox.openpayments.merchant import BASE, Doc, Merchant, Signer

KEY = Ed25519PrivateKey.from_private_bytes(b"e" * 32)
JWK = public_jwk(KEY, "shop-1")
SHOP = "https://shop.test/wallet"
QUOTE = {"access_token": {"access": [{"type": "quote", "actions": ["read"]}]}}


class Elsewhere:
    """What the shop publishes under its own address, and how often it was read."""

    def __init__(self, bench: Bench) -> None:
        self.documents: dict[str, Any] = {
            SHOP: {"id": SHOP, "publicName": "Shop"},
            f"{SHOP}/jwks.json": {"keys": [JWK]},
        }
        self.read: list[str] = []
        bench.sandbox.courier._client = httpx2.AsyncClient(transport=httpx2.MockTransport(self.answer))

    def answer(self, request: httpx2.Request) -> httpx2.Response:
        self.read.append(str(request.url))
        found = self.documents.get(str(request.url))
        if isinstance(found, Exception):
            raise found
        return httpx2.Response(404) if found is None else httpx2.Response(200, json=found)


@pytest.fixture
def elsewhere(bench: Bench) -> Elsewhere:
    return Elsewhere(bench)


@pytest.fixture
def shop(bench: Bench, elsewhere: Elsewhere) -> Merchant:
    merchant = Merchant(bench, SHOP)
    merchant.signer = Signer(KEY, "shop-1")
    return merchant


def ask(merchant: Merchant) -> int:
    return merchant.call("POST", merchant.auth, {**QUOTE, "client": merchant.client}).status_code


def test_a_client_that_lives_elsewhere(bench: Bench, shop: Merchant, elsewhere: Elsewhere) -> None:
    incoming = shop.incoming()
    grant = shop.consent(incoming, shop.quote(incoming))
    assert (
        "Shop asks to pay" in bench.page(bench.page(grant["interact"]["redirect"]).headers["location"]).text
    )
    assert elsewhere.read == [f"{SHOP}/jwks.json", SHOP]  # and kept for a minute
    bench.advance(61)
    assert ask(shop) == 200
    assert len(elsewhere.read) == 4
    assert [
        e["url"] for e in bench.control("GET", "log")["entries"] if e["kind"] == "reading"
    ] == elsewhere.read


@pytest.mark.parametrize(
    "document",
    [None, {}, {"keys": "x"}, {"keys": [7]}, {"keys": [{**JWK, "x": "short"}]}, httpx2.ConnectError("down")],
)
def test_a_client_that_publishes_nothing_of_use(shop: Merchant, elsewhere: Elsewhere, document: Any) -> None:
    elsewhere.documents[f"{SHOP}/jwks.json"] = document
    response = shop.call("POST", shop.auth, {**QUOTE, "client": SHOP})
    assert (response.status_code, response.json()["error"]["code"]) == (400, "invalid_client")


def test_a_new_key_is_looked_for_at_once(shop: Merchant, elsewhere: Elsewhere) -> None:
    assert ask(shop) == 200
    fresh = Ed25519PrivateKey.from_private_bytes(b"f" * 32)
    shop.signer = Signer(fresh, "shop-2")
    assert ask(shop) == 400
    elsewhere.documents[f"{SHOP}/jwks.json"] = {"keys": [public_jwk(fresh, "shop-2")]}
    assert ask(shop) == 200


def test_a_wallet_here_whose_keys_are_published_by_the_shop(bench: Bench, shop: Merchant) -> None:
    bench.control("POST", "openpayments/wallets", {"name": "market", "jwks_url": f"{SHOP}/jwks.json"})
    shop.client = f"{BASE}/market"
    assert ask(shop) == 200


def test_keys_are_registered_and_removed(bench: Bench, merchant: Merchant) -> None:
    bench.control("POST", "openpayments/wallets/alice/keys", {"jwk": JWK})
    merchant.client, merchant.signer = f"{BASE}/alice", Signer(KEY, "shop-1")
    assert ask(merchant) == 200
    assert bench.run(bench.client.get(f"{BASE}/alice/jwks.json")).json() == {"keys": [JWK]}
    left = bench.control("DELETE", "openpayments/wallets/alice/keys/shop-1")
    assert left["keys"] == []
    assert ask(merchant) == 400
    bench.control("DELETE", "openpayments/wallets/alice/keys/shop-1", status=404)


# -- the control API -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("wallets", {"name": "Bad Name"}, 400),
        ("wallets", {"name": "auth"}, 400),
        ("wallets", {}, 400),
        ("wallets", {"name": "a", "colour": "red"}, 400),
        ("wallets", {"name": "a", "asset_code": ""}, 400),
        ("wallets", {"name": "a", "asset_scale": 256}, 400),
        ("wallets", {"name": "a", "balance": -1}, 400),
        ("wallets", {"name": "a", "balance": "5"}, 400),
        ("wallets", {"name": "a", "fee_percent": "much"}, 400),
        ("wallets", {"name": "a", "fee_percent": "-1"}, 400),
        ("wallets", {"name": "a", "public_name": 7}, 400),
        ("wallets/nobody/keys", {"jwk": JWK}, 404),
        ("wallets/alice/keys", {"jwk": {**JWK, "d": "private"}}, 400),
        ("wallets/alice/keys", {}, 400),
        ("settings", {"signature_mode": "loose"}, 400),
        ("settings", {"wait_seconds": -1}, 400),
        ("settings", {"wait_seconds": "5"}, 400),
        ("settings", {"tenant": "a/b"}, 400),
        ("settings", {"rates": {}}, 400),
        ("settings", {"rates": {"EUR": "0"}}, 400),
        ("settings", {"rates": {"EUR": "1/2"}}, 400),
        ("settings", {"rates": {"EUR": "1e999999999"}}, 400),
        ("settings", {"rates": {"EUR": 0.9}}, 400),
        ("settings", {"colour": "red"}, 400),
        ("grants/nobody/accept", {}, 404),
        ("quotes/x/accept", {}, 404),
        ("nothing", {}, 404),
    ],
)
def test_mistakes_are_refused(bench: Bench, path: str, body: Doc, status: int) -> None:
    assert bench.control("POST", f"openpayments/{path}", body, status=status)["error"]


def test_what_befalls_grants_and_payments(bench: Bench, merchant: Merchant) -> None:
    purchase = merchant.purchase()
    books = bench.control("GET", "openpayments/books")
    grant = next(row["id"] for row in books["grants"] if row["is_interactive"])
    payment, incoming = books["outgoing_payments"][0]["id"], books["incoming_payments"][0]["id"]
    bench.control("POST", f"openpayments/outgoing-payments/{payment}/send-part", {"percent": 100}, status=400)
    half = bench.control("POST", f"openpayments/outgoing-payments/{payment}/send-part", {"percent": 40})
    assert (half["status"], half["delivered"]) == ("failed", 1000)
    bench.control("POST", f"openpayments/outgoing-payments/{payment}/dance", status=404)
    bench.control("POST", f"openpayments/grants/{grant}/expire-tokens")
    assert merchant.call("GET", purchase.outgoing["id"], None, purchase.token["value"]).status_code == 403
    fresh = merchant.made("POST", purchase.token["manage"], token=purchase.token["value"])["access_token"][
        "value"
    ]
    assert merchant.call("GET", purchase.outgoing["id"], None, fresh).status_code == 200
    bench.control("POST", f"openpayments/grants/{grant}/revoke-tokens")
    assert merchant.call("GET", purchase.outgoing["id"], None, fresh).status_code == 403
    assert bench.control("POST", f"openpayments/incoming-payments/{incoming}/close")["status"] == "completed"
    bench.control("POST", f"openpayments/incoming-payments/{incoming}/close", status=409)
    assert bench.control("POST", f"openpayments/grants/{grant}/revoke")["status"] == "revoked"


def test_the_state_is_taken_along(bench: Bench, merchant: Merchant) -> None:
    purchase = merchant.purchase()
    state = bench.control("GET", "state")
    bench.control("DELETE", "state")
    assert bench.control("GET", "openpayments/books")["outgoing_payments"] == []
    assert bench.control("GET", "openpayments/books")["wallets"][0]["keys"] == ["sandbox-market"]
    bench.control("PUT", "state", state)
    bench.advance(2)
    assert purchase.look()[1]["completed"] is True


def test_settings_it_was_started_with_come_back_after_a_reset() -> None:
    sandbox = create_app(Options(openpayments={"wait_seconds": 0})).state.sandbox
    gateway = sandbox.gateways["openpayments"]
    gateway.control("POST", ["settings"], {"wait_seconds": 9}, {})
    sandbox.reset()
    assert gateway.control("GET", ["settings"], {}, {})["wait_seconds"] == 0


# -- the page ------------------------------------------------------------------------------------------------


def do(bench: Bench, **fields: str) -> httpx2.Response:
    return bench.run(bench.client.post("/_sandbox/do/wallets?from=wallets", data=fields))


def shown(bench: Bench) -> str:
    page = bench.run(bench.client.get("/_sandbox/wallets"))
    assert page.status_code == 200
    assert "<script" not in page.text
    return str(page.text)


def test_the_page_shows_wallets_consents_and_payments(bench: Bench, merchant: Merchant) -> None:
    assert "Nobody paid yet." in shown(bench)
    bench.control("POST", "openpayments/wallets", {"name": "eve", "public_name": "<b>Eve</b>"})
    merchant.purchase()
    incoming = merchant.incoming("124000")
    merchant.consent(incoming, merchant.quote(incoming, "yuki"))
    page = shown(bench)
    for text in (
        "$5,000.00",
        "JPY 900,000",
        "MXN 9,000.0000",
        "alice → bob",
        "funding",
        "JPY 185,380",
        "Open the consent page",
    ):
        assert text in page
    assert "<b>Eve</b>" not in page
    for path in ("", "books", "checkouts"):
        assert bench.run(bench.client.get(f"/_sandbox/{path}")).status_code == 200


def test_its_buttons(bench: Bench, merchant: Merchant) -> None:
    merchant.purchase()
    payment = bench.control("GET", "openpayments/books")["outgoing_payments"][0]["id"]
    assert do(bench, path=f"outgoing-payments/{payment}/send-part", body='{"percent": 50}').status_code == 303
    assert "failed" in shown(bench)
    assert do(bench, path="wallets", name="alice", balance="0").status_code == 303
    assert (
        do(bench, path="wallets", name="eve", asset_code="EUR", asset_scale="3", balance="5000").status_code
        == 303
    )
    assert "EUR 5.000" in shown(bench)
    assert do(bench, path="settings", name="signature_mode", value="rafiki").status_code == 303
    assert do(bench, path="settings", name="signature_age_seconds", value="null").status_code == 303
    settings = bench.control("GET", "openpayments/settings")
    assert (settings["signature_mode"], settings["signature_age_seconds"]) == ("rafiki", None)


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"path": "wallets", "name": "alice", "balance": "much"},
        {"path": "settings", "name": "wait_seconds", "value": "soon"},
        {"path": "grants/x/accept"},
        {"path": "outgoing-payments/x/send-part", "body": "{"},
    ],
)
def test_its_mistakes_are_shown(bench: Bench, fields: dict[str, str]) -> None:
    answer = do(bench, **fields)
    assert answer.status_code == 400
    assert 'role="alert"' in answer.text
