"""The consent page: what the payer reads, what each button does, and who may press it."""

from __future__ import annotations

import base64
import hashlib

import httpx2
import pytest

from tests.sandbox.bench import Bench, buttons
from tests.sandbox.openpayments.merchant import BASE, Doc, Merchant


@pytest.fixture
def grant(merchant: Merchant) -> Doc:
    incoming = merchant.incoming()
    return merchant.consent(incoming, merchant.quote(incoming))


def opened(bench: Bench, grant: Doc) -> str:
    """The consent page's address, after the start left its cookie."""
    return str(bench.page(grant["interact"]["redirect"]).headers["location"])


def test_what_the_payer_reads(bench: Bench, grant: Doc) -> None:
    page = bench.page(opened(bench, grant))
    for text in (
        "Marketplace asks to pay",
        "$25.50",
        "Bob gets",
        "$25.00",
        "balance $5,000.00",
        f"{BASE}/market",
    ):
        assert text in page.text
    assert "<script" not in page.text
    assert [value for _, value in buttons(page.text)] == ["accept", "reject", "wait", "empty"]


def test_an_empty_wallet_and_a_grant_without_a_limit(bench: Bench, merchant: Merchant) -> None:
    incoming = merchant.incoming()
    poor = merchant.consent(incoming, merchant.quote(incoming, "pat"))
    assert "There is less than that in this wallet" in bench.page(opened(bench, poor)).text
    quote = merchant.quote(incoming)
    boundless = merchant.consent(incoming, quote, debitAmount=None, receiver=None)
    assert "No limit is stated" in bench.page(opened(bench, boundless)).text
    repeated = merchant.consent(incoming, quote, interval="R12/2026-01-01T00:00:00Z/P1M")
    assert "R12/2026-01-01T00:00:00Z/P1M" in bench.page(opened(bench, repeated)).text
    assert bench.control("GET", "checkouts")["checkouts"][1]["currency"] == ""
    assert "no limit" in bench.run(bench.client.get("/_sandbox/checkouts")).text


def proof(endpoint: str, grant: Doc, reference: str) -> bytes:
    lines = ("6fb0c3d2a7e94c8b", grant["interact"]["finish"], reference, endpoint)
    return hashlib.sha256("\n".join(lines).encode()).digest()


@pytest.mark.parametrize("hash_url", ["as_is", "slash"])
@pytest.mark.parametrize("encoding", ["base64", "base64url"])
def test_the_hash_proves_the_way_back(
    bench: Bench, merchant: Merchant, grant: Doc, hash_url: str, encoding: str
) -> None:
    bench.control("POST", "openpayments/settings", {"hash_url": hash_url, "hash_encoding": encoding})
    brought = merchant.agree(grant)
    digest = proof(merchant.auth + ("/" if hash_url == "slash" else ""), grant, brought["interact_ref"])
    url_safe = base64.urlsafe_b64encode(digest).decode().rstrip("=")
    assert brought["hash"] == (url_safe if encoding == "base64url" else base64.b64encode(digest).decode())
    assert brought["pendingId"] == "7"


def test_the_way_back_repeats_itself(merchant: Merchant, grant: Doc) -> None:
    first = merchant.agree(grant)
    assert merchant.proceed(grant, first["interact_ref"]).status_code == 200
    assert merchant.come_back(grant) == first
    assert merchant.proceed(grant, first["interact_ref"]).status_code == 200


def test_without_money(bench: Bench, merchant: Merchant) -> None:
    incoming = merchant.incoming()
    quote = merchant.quote(incoming)
    grant = merchant.consent(incoming, quote)
    token = merchant.proceed(grant, merchant.agree(grant, "empty")["interact_ref"]).json()["access_token"][
        "value"
    ]
    payment = merchant.pay(quote, token).json()
    bench.advance(2)
    shown = merchant.made("GET", payment["id"], token=token)
    assert (shown["failed"], shown["metadata"]["cancellationReason"]) == (True, "insufficient funds")


def test_deciding_later_and_then(merchant: Merchant, grant: Doc) -> None:
    assert merchant.agree(grant, "wait")["result"] == "grant_invalid"
    assert "hash" in merchant.agree(grant)


def test_after_the_decision_there_is_nothing_to_decide(bench: Bench, merchant: Merchant, grant: Doc) -> None:
    page = opened(bench, grant)
    merchant.agree(grant, "reject")
    assert "There is nothing to decide any more." in bench.page(page).text
    assert bench.submit(page, action="accept").status_code == 303
    assert "result=grant_rejected" in bench.page(_finish(grant)).headers["location"]
    assert "result=invalid_interaction" in bench.page(grant["interact"]["redirect"]).headers["location"]


def _finish(grant: Doc) -> str:
    return str(grant["interact"]["redirect"]).partition("?")[0] + "/finish"


def test_another_browser_decides_nothing(bench: Bench, merchant: Merchant, grant: Doc) -> None:
    page = opened(bench, grant)
    bench.client.cookies.clear()
    for response in (bench.page(page), bench.submit(page, action="accept"), bench.page(_finish(grant))):
        assert response.status_code == 401
    bench.client.cookies.set(f"interaction-{page.partition('interactId=')[2][:36]}", "wrong")
    assert bench.submit(page, action="accept").status_code == 401
    assert merchant.proceed(grant, "x").status_code == 404


def test_pages_that_are_none(bench: Bench, merchant: Merchant, grant: Doc) -> None:
    page = opened(bench, grant)
    assert bench.submit(page, action="dance").status_code == 400
    assert bench.run(bench.client.put(page)).status_code == 405
    assert bench.run(bench.client.post(_finish(grant))).status_code == 405
    assert bench.page(f"{BASE}/consent").status_code == 404
    assert bench.page(f"{BASE}/auth/interact/a/b/finish").status_code == 404
    assert (
        bench.run(
            bench.client.post(page, content=b"\xff", headers={"Content-Type": "text/plain"})
        ).status_code
        == 400
    )


def test_a_payer_who_takes_too_long(bench: Bench, merchant: Merchant, grant: Doc) -> None:
    page = opened(bench, grant)
    bench.advance(600)
    assert bench.submit(page, action="accept").status_code == 303
    assert "result=invalid_interaction" in bench.page(_finish(grant)).headers["location"]


def test_decided_by_the_control_api(bench: Bench, merchant: Merchant, grant: Doc) -> None:
    checkout = grant["continue"]["uri"].rpartition("/")[2]
    bench.control("POST", f"checkouts/{checkout}/pay")
    row = next(row for row in bench.control("GET", "openpayments/books")["grants"] if row["id"] == checkout)
    back = bench.page(grant["interact"]["redirect"]).headers["location"]
    assert back == row["finish_url"]
    assert row["consent_url"] == grant["interact"]["redirect"].partition("?")[0]
    reference = httpx2.URL(back).params["interact_ref"]
    assert merchant.proceed(grant, reference).status_code == 200
