"""The resource server: incoming payments, quotes, outgoing payments, lists, and what a token may do."""

from __future__ import annotations

from typing import Any

import httpx2
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from raseed.sandbox.openpayments.keys import public_jwk
from tests.sandbox.bench import Bench
from tests.sandbox.openpayments.merchant import BASE, Doc, Merchant, Signer

USD = {"assetCode": "USD", "assetScale": 2}


def refused(response: httpx2.Response) -> tuple[int, str]:
    """Status and description of a refusal."""
    return response.status_code, response.json()["error"]["description"]


def another(bench: Bench) -> Merchant:
    """A second client, with a wallet and a key of its own."""
    key = Ed25519PrivateKey.from_private_bytes(b"a" * 32)
    bench.control("POST", "openpayments/wallets/pat/keys", {"jwk": public_jwk(key, "pat-1")})
    merchant = Merchant(bench, f"{BASE}/pat")
    merchant.signer = Signer(key, "pat-1")
    return merchant


# -- tokens ------------------------------------------------------------------------------------------------


def test_what_a_token_may_do(bench: Bench, merchant: Merchant) -> None:
    incoming = merchant.incoming()
    url, token = incoming["id"], incoming["token"]
    only_quotes = merchant.token("quote", "read")
    only_create = merchant.token("incoming-payment", "create")
    assert refused(merchant.call("GET", url, None, "NOBODY")) == (403, "Inactive Token")
    assert refused(merchant.call("GET", url, None, only_quotes)) == (403, "Insufficient Grant")
    assert refused(merchant.call("GET", url, None, only_create)) == (403, "Insufficient Grant")
    bench.advance(600)
    assert refused(merchant.call("GET", url, None, token)) == (403, "Inactive Token")


def test_the_identifier_is_the_wallets_address_letter_for_letter(merchant: Merchant) -> None:
    incoming = merchant.incoming()
    for identifier, status in ((f"{BASE}/bob", 200), (f"{BASE}/alice", 403), (f"{BASE}/bob/", 403)):
        access = {"type": "incoming-payment", "actions": ["read"], "identifier": identifier}
        token = merchant.grant(access)["access_token"]["value"]
        assert merchant.call("GET", incoming["id"], None, token).status_code == status


def test_whose_things_a_client_sees(bench: Bench, merchant: Merchant) -> None:
    incoming, other = merchant.incoming(), another(bench)
    own = other.token("incoming-payment", "read", "list", "complete")
    everything = other.token("incoming-payment", "read-all")
    assert refused(other.call("GET", incoming["id"], None, own)) == (404, "incoming payment does not exist")
    assert refused(other.call("POST", f"{incoming['id']}/complete", None, own))[0] == 404
    assert other.call("GET", incoming["id"], None, everything).status_code == 200
    url = f"{merchant.op}/incoming-payments?wallet-address={BASE}/bob"
    assert other.made("GET", url, token=own)["result"] == []


def test_a_token_of_another_client_is_of_no_use(bench: Bench, merchant: Merchant) -> None:
    incoming, other = merchant.incoming(), another(bench)
    status, said = refused(other.call("GET", incoming["id"], None, incoming["token"]))
    assert (status, said) == (401, "Signature validation error: the client has no key 'pat-1'")


@pytest.mark.parametrize("collection", ["incoming-payments", "quotes", "outgoing-payments"])
def test_an_unknown_id_is_unauthorized(merchant: Merchant, collection: str) -> None:
    token = merchant.token("quote", "read")
    url = f"{merchant.op}/{collection}/5f3c6c1e-8f7b-4d0e-9a51-2f4f0c1f6a10"
    assert refused(merchant.call("GET", url, None, token)) == (401, "Unauthorized")


# -- incoming payments ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "changes",
    [
        {"incomingAmount": {"value": "x", **USD}},
        {"incomingAmount": {"value": "-5", **USD}},
        {"incomingAmount": {"value": "1.5", **USD}},
        {"incomingAmount": {"value": "0", **USD}},
        {"incomingAmount": {"value": "5", "assetCode": "EUR", "assetScale": 2}},
        {"incomingAmount": {"value": "5", "assetCode": "USD", "assetScale": 3}},
        {"incomingAmount": {"value": 5, **USD}},
        {"incomingAmount": "5"},
        {"expiresAt": "tomorrow"},
        {"expiresAt": "2026-01-01T00:00:00"},
        {"expiresAt": "2025-12-31T23:59:59Z"},
        {"expiresAt": "2026-02-01T00:00:00Z"},
        {"metadata": []},
        {"colour": "red"},
        {"walletAddress": "bob"},
    ],
)
def test_what_is_no_incoming_payment(merchant: Merchant, changes: Doc) -> None:
    token = merchant.token("incoming-payment", "create")
    doc = {"walletAddress": f"{BASE}/bob"} | changes
    assert merchant.call("POST", f"{merchant.op}/incoming-payments", doc, token).status_code == 400


def test_a_wallet_that_nobody_has(merchant: Merchant) -> None:
    token = merchant.token("incoming-payment", "create")
    doc = {"walletAddress": f"{BASE}/nobody"}
    assert refused(merchant.call("POST", f"{merchant.op}/incoming-payments", doc, token))[0] == 401


def test_without_a_token_little_is_told(bench: Bench, merchant: Merchant) -> None:
    incoming = merchant.incoming()
    told = bench.run(bench.client.get(incoming["id"])).json()
    assert told == {"receivedAmount": {"value": "0", **USD}, "authServer": merchant.auth}
    assert bench.run(bench.client.get(f"{incoming['id']}0")).status_code == 404


def test_completed_by_hand_and_not_twice(merchant: Merchant) -> None:
    incoming = merchant.incoming()
    done = merchant.made("POST", f"{incoming['id']}/complete", token=incoming["token"])
    assert (done["completed"], "methods" in done) == (True, False)
    again = merchant.call("POST", f"{incoming['id']}/complete", None, incoming["token"])
    assert refused(again) == (409, "wrong state")


def test_what_expires_unpaid_vanishes_and_what_was_paid_in_part_stays(
    bench: Bench, merchant: Merchant
) -> None:
    soon = {"expiresAt": "2026-01-01T00:01:00Z"}
    unpaid, paid = merchant.incoming(**soon), merchant.incoming(**soon)
    quote = merchant.quote(paid, receiveAmount={"value": "1000", **USD})
    token = merchant.granted(paid, quote)["access_token"]["value"]
    assert merchant.pay(quote, token).status_code == 201
    bench.advance(60)
    assert refused(merchant.call("GET", unpaid["id"], None, unpaid["token"])) == (401, "Unauthorized")
    shown = merchant.made("GET", paid["id"], token=paid["token"])
    assert (shown["completed"], shown["receivedAmount"]["value"], shown["methods"]) == (False, "1000", [])


# -- quotes --------------------------------------------------------------------------------------------------


def test_a_fixed_debit(merchant: Merchant) -> None:
    quote = merchant.quote(merchant.incoming(), debitAmount={"value": "1020", **USD})
    assert (quote["debitAmount"]["value"], quote["receiveAmount"]["value"]) == ("1020", "1000")
    assert "token" in quote


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"receiver": f"{BASE}/op/incoming-payments/nothing"}, "invalid receiver"),
        ({"receiver": "https://elsewhere.test/incoming-payments/1"}, "invalid receiver"),
        ({"receiver": f"{BASE}/bob"}, "body.receiver must be the URL of an incoming payment"),
        ({"receiveAmount": {"value": "5", "assetCode": "EUR", "assetScale": 2}}, "invalid amount"),
        ({"debitAmount": {"value": "5", "assetCode": "EUR", "assetScale": 2}}, "invalid amount"),
        ({"receiveAmount": {"value": "2501", **USD}}, "invalid amount"),
        ({"debitAmount": {"value": "1", **USD}}, "non-positive receive amount"),
        ({"method": "card"}, "body.method must be 'ilp'"),
        ({"debitAmount": {"value": "5", **USD}, "receiveAmount": {"value": "5", **USD}}, "both"),
    ],
)
def test_what_cannot_be_quoted(merchant: Merchant, changes: Doc, said: str) -> None:
    incoming, token = merchant.incoming(), merchant.token("quote", "create")
    doc = {"walletAddress": f"{BASE}/alice", "receiver": incoming["id"], "method": "ilp"} | changes
    response = merchant.call("POST", f"{merchant.op}/quotes", doc, token)
    assert response.status_code == 400
    assert said in response.json()["error"]["description"]


def test_the_least_that_can_be_sent_is_told(merchant: Merchant) -> None:
    incoming, token = merchant.incoming("5", "yuki"), merchant.token("quote", "create")
    doc = {"walletAddress": f"{BASE}/alice", "receiver": incoming["id"], "method": "ilp"}
    response = merchant.call(
        "POST", f"{merchant.op}/quotes", doc | {"debitAmount": {"value": "1", **USD}}, token
    )
    assert response.json()["error"]["details"] == {"minSendAmount": {"value": "2", **USD}}


def test_a_currency_without_a_rate(bench: Bench, merchant: Merchant) -> None:
    bench.control("POST", "openpayments/wallets", {"name": "zoe", "asset_code": "ZAR"})
    incoming, token = merchant.incoming("5", "zoe"), merchant.token("quote", "create")
    doc = {"walletAddress": f"{BASE}/alice", "receiver": incoming["id"], "method": "ilp"}
    assert merchant.call("POST", f"{merchant.op}/quotes", doc, token).status_code == 400
    bench.control("POST", "openpayments/settings", {"rates": {"ZAR": "18.5"}})
    assert merchant.call("POST", f"{merchant.op}/quotes", doc, token).status_code == 201


def test_an_incoming_payment_of_any_amount_needs_one_in_the_quote(merchant: Merchant) -> None:
    incoming = merchant.incoming(incomingAmount=None)
    token = merchant.token("quote", "create")
    doc = {"walletAddress": f"{BASE}/alice", "receiver": incoming["id"], "method": "ilp"}
    assert merchant.call("POST", f"{merchant.op}/quotes", doc, token).status_code == 400
    assert merchant.quote(incoming, receiveAmount={"value": "7", **USD})["receiveAmount"]["value"] == "7"


def test_a_quote_ends_with_its_incoming_payment(merchant: Merchant) -> None:
    assert merchant.quote(merchant.incoming())["expiresAt"] == "2026-01-01T00:05:00.000Z"
    soon = merchant.incoming(expiresAt="2026-01-01T00:01:00Z")
    quote = merchant.quote(soon)
    assert quote["expiresAt"] == "2026-01-01T00:01:00.000Z"
    shown = merchant.made("GET", quote["id"], token=quote["token"])
    assert shown == {key: part for key, part in quote.items() if key != "token"}


# -- outgoing payments ---------------------------------------------------------------------------------------


def prepared(merchant: Merchant, **limits: Any) -> tuple[Doc, Doc, str]:
    incoming = merchant.incoming()
    quote = merchant.quote(incoming)
    return incoming, quote, merchant.granted(incoming, quote, **limits)["access_token"]["value"]


def test_a_quote_pays_once(bench: Bench, merchant: Merchant) -> None:
    _, quote, token = prepared(merchant)
    made = merchant.pay(quote, token).json()
    assert made["id"].rpartition("/")[2] == quote["id"].rpartition("/")[2]
    assert refused(merchant.pay(quote, token)) == (400, "invalid quote")
    bench.advance(10)
    assert bench.control("GET", "openpayments/books")["wallets"][1]["amount"] == 500_000 - 2550


def test_quotes_that_cannot_be_paid(bench: Bench, merchant: Merchant) -> None:
    incoming, quote, token = prepared(merchant)
    assert refused(merchant.pay(quote, token, quoteId=f"{BASE}/op/quotes/nothing")) == (404, "unknown quote")
    others = merchant.quote(incoming, "elena")
    assert refused(merchant.pay(quote, token, quoteId=others["id"])) == (400, "invalid quote")
    bench.advance(300)
    assert refused(merchant.pay(quote, token)) == (400, "invalid quote")


@pytest.mark.parametrize(
    "limits",
    [
        {"debitAmount": {"value": "2549", **USD}},
        {"debitAmount": {"value": "9999", "assetCode": "EUR", "assetScale": 2}},
        {"debitAmount": None, "receiveAmount": {"value": "2499", **USD}},
        {"receiver": f"{BASE}/op/incoming-payments/5f3c6c1e-8f7b-4d0e-9a51-2f4f0c1f6a10"},
        {"interval": "R1/2026-02-01T00:00:00Z/P1M"},
    ],
)
def test_what_was_not_granted(merchant: Merchant, limits: Doc) -> None:
    _, quote, token = prepared(merchant, **limits)
    assert refused(merchant.pay(quote, token)) == (403, "unauthorized")


def test_a_limit_is_used_up_and_comes_again_with_the_interval(bench: Bench, merchant: Merchant) -> None:
    month = {"interval": "R12/2026-01-01T00:00:00Z/P1M", "receiver": None}
    bench.control("POST", "openpayments/settings", {"token_seconds": 10**8})
    _, quote, token = prepared(merchant, debitAmount={"value": "4000", **USD}, **month)
    assert merchant.pay(quote, token).status_code == 201
    spent = merchant.made("GET", f"{merchant.op}/outgoing-payment-grant", token=token)
    assert spent == {
        "spentDebitAmount": {"value": "2550", **USD},
        "spentReceiveAmount": {"value": "2500", **USD},
    }
    second = merchant.quote(merchant.incoming())
    assert refused(merchant.pay(second, token)) == (403, "unauthorized")
    bench.advance(31 * 86_400)
    assert merchant.made("GET", f"{merchant.op}/outgoing-payment-grant", token=token) == {
        "spentDebitAmount": None,
        "spentReceiveAmount": None,
    }
    third = merchant.quote(merchant.incoming())
    made = merchant.pay(third, token)
    assert (made.status_code, made.json()["grantSpentDebitAmount"]["value"]) == (201, "0")


def test_what_failed_is_not_spent(bench: Bench, merchant: Merchant) -> None:
    incoming, quote, token = prepared(merchant)
    payment = merchant.pay(quote, token).json()["id"].rpartition("/")[2]
    bench.control("POST", f"openpayments/outgoing-payments/{payment}/fail")
    spent = merchant.made("GET", f"{merchant.op}/outgoing-payment-grant", token=token)
    assert spent["spentDebitAmount"]["value"] == "0"
    assert merchant.pay(merchant.quote(incoming), token).status_code == 201


def test_a_token_that_is_for_no_outgoing_payment_has_spent_nothing(merchant: Merchant) -> None:
    url, token = f"{merchant.op}/outgoing-payment-grant", merchant.token("quote", "read")
    assert refused(merchant.call("GET", url, None, token)) == (403, "Insufficient Grant")


def test_straight_from_an_incoming_payment(bench: Bench, merchant: Merchant) -> None:
    incoming, _, token = prepared(merchant)
    doc = {
        "walletAddress": f"{BASE}/alice",
        "incomingPayment": incoming["id"],
        "debitAmount": {"value": "1020", **USD},
    }
    made = merchant.made("POST", f"{merchant.op}/outgoing-payments", doc, token)
    assert (made["receiveAmount"]["value"], "metadata" in made) == ("1000", False)
    bench.advance(2)
    assert merchant.made("GET", incoming["id"], token=incoming["token"])["receivedAmount"]["value"] == "1000"


@pytest.mark.parametrize(
    "doc",
    [
        {"walletAddress": f"{BASE}/alice"},
        {"walletAddress": f"{BASE}/alice", "quoteId": "q"},
        {
            "walletAddress": f"{BASE}/alice",
            "quoteId": f"{BASE}/op/quotes/1",
            "debitAmount": {"value": "1", **USD},
        },
        {"walletAddress": f"{BASE}/alice", "incomingPayment": f"{BASE}/op/incoming-payments/1"},
        {"walletAddress": f"{BASE}/alice", "quoteId": f"{BASE}/op/quotes/1", "metadata": "x"},
    ],
)
def test_what_is_no_outgoing_payment(merchant: Merchant, doc: Doc) -> None:
    token = merchant.token("quote", "read")
    assert merchant.call("POST", f"{merchant.op}/outgoing-payments", doc, token).status_code == 400


# -- lists ---------------------------------------------------------------------------------------------------


def test_pages(merchant: Merchant) -> None:
    made = [merchant.incoming(str(value))["id"].rpartition("/")[2] for value in range(1, 6)][::-1]
    token = merchant.token("incoming-payment", "list")

    def page(**query: str) -> tuple[list[str], bool, bool]:
        url = httpx2.URL(
            f"{merchant.op}/incoming-payments", params={"wallet-address": f"{BASE}/bob", **query}
        )
        found = merchant.made("GET", str(url), token=token)
        rows = [row["id"].rpartition("/")[2] for row in found["result"]]
        info = found["pagination"]
        ends = (rows[0], rows[-1]) if rows else (None, None)
        assert (info.get("startCursor"), info.get("endCursor")) == ends
        return rows, info["hasPreviousPage"], info["hasNextPage"]

    assert page() == (made, False, False)
    assert page(first="2") == (made[:2], False, True)
    assert page(first="2", cursor=made[1]) == (made[2:4], True, True)
    assert page(first="9", cursor=made[3]) == (made[4:], True, False)
    assert page(last="2", cursor=made[3]) == (made[1:3], True, True)
    assert page(last="9", cursor=made[2]) == (made[:2], False, True)
    assert page(cursor=made[4]) == ([], True, False)


@pytest.mark.parametrize(
    "query",
    [
        "",
        "first=0",
        "first=101",
        "first=x",
        "first=1&last=1",
        "last=1",
        "cursor=",
        "cursor=nobody",
        "first=-1",
    ],
)
def test_queries_that_are_none(merchant: Merchant, query: str) -> None:
    token = merchant.token("incoming-payment", "list")
    wallet = f"wallet-address={BASE}/bob&" if query else ""
    url = f"{merchant.op}/incoming-payments?{wallet}{query}"
    assert merchant.call("GET", url, None, token).status_code == 400
