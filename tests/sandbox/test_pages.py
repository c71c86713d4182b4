"""The payer's pages, driven as a browser without JavaScript would."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.sandbox.bench import Bench, buttons
from tests.sandbox.paymongo_calls import SECURE, attach, card, intent, method, page_of


def wallet_url(bench: Bench, **changes: Any) -> str:
    return bench.source(**changes)["attributes"]["redirect"]["checkout_url"]


def test_the_wallet_page_offers_three_ways(bench: Bench) -> None:
    page = bench.page(wallet_url(bench, amount=123_456, description="A <b>sofa</b>"))
    assert page.status_code == 200
    assert buttons(page.text) == [("action", "authorize"), ("action", "fail"), ("action", "expire")]
    assert "₱1,234.56" in page.text
    assert "A &lt;b&gt;sofa&lt;/b&gt;" in page.text
    assert "<script" not in page.text
    assert "default-src 'none'" in page.headers["content-security-policy"]


@pytest.mark.parametrize("kind", ["gcash", "card", "dob", "dob_ubp", "qrph"])
def test_every_page_of_a_payer_is_as_wide_as_the_phone(bench: Bench, kind: str) -> None:
    made = intent(bench, payment_method_allowed=[kind])
    waiting = attach(bench, made, card(bench, SECURE) if kind == "card" else method(bench, kind)).json()[
        "data"
    ]
    for url in (page_of(waiting), bench.session()["attributes"]["checkout_url"], wallet_url(bench)):
        page = bench.page(url)
        assert page.status_code == 200
        assert '<meta name="viewport" content="width=device-width, initial-scale=1">' in page.text
        fixed = re.findall(r"[ ;{](?:min-)?width: *([0-9.]+)(px|rem)", page.text)
        assert fixed
        assert all(float(size) * (16 if unit == "rem" else 1) <= 288 for size, unit in fixed)


@pytest.mark.parametrize(
    ("action", "goes_to", "status"),
    [
        ("authorize", "http://shop.test/ok", "chargeable"),
        ("fail", "http://shop.test/no", "cancelled"),
        ("expire", "http://shop.test/no", "expired"),
    ],
)
def test_each_button(bench: Bench, action: str, goes_to: str, status: str) -> None:
    url = wallet_url(bench)
    answer = bench.submit(url, action=action)
    assert (answer.status_code, answer.headers["location"]) == (303, goes_to)
    assert bench.control("GET", "paymongo/books")["sources"][0]["status"] == status
    assert bench.submit(url, action=action).headers["location"] == goes_to
    assert "Nothing to do" in bench.page(url).text


def test_agreeing_twice_says_so_once(bench: Bench) -> None:
    bench.hook()
    url = wallet_url(bench)
    for _ in range(2):
        assert bench.submit(url, action="authorize").headers["location"] == "http://shop.test/ok"
    bench.flush()
    assert bench.shop.events == ["source.chargeable"]


def test_agreeing_after_the_end_goes_to_the_failed_address(bench: Bench) -> None:
    url = wallet_url(bench)
    bench.submit(url, action="expire")
    assert bench.submit(url, action="authorize").headers["location"] == "http://shop.test/no"


@pytest.mark.parametrize("fields", [{}, {"action": ""}, {"action": "dance"}, {"method": "authorize"}])
def test_a_form_without_a_known_button(bench: Bench, fields: dict[str, str]) -> None:
    url = wallet_url(bench)
    assert bench.submit(url, **fields).status_code == 400
    assert bench.control("GET", "paymongo/books")["sources"][0]["status"] == "pending"


@pytest.mark.parametrize("content", [b"\xff=\xff", b"&" * 1000, b"a=b&" * 100])
def test_a_broken_form(bench: Bench, content: bytes) -> None:
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    answer = bench.run(bench.client.post(wallet_url(bench), content=content, headers=headers))
    assert answer.status_code == 400


def test_what_is_not_there(bench: Bench) -> None:
    base = "http://127.0.0.1:8900/paymongo"
    for path in ("/sources", "/sources?id=src_x", "/checkout/cs_x_client_y", "/checkout/", "/elsewhere"):
        assert bench.page(base + path).status_code == 404
    session = bench.session()
    assert bench.page(f"{base}/checkout/{session['id']}_client_guess").status_code == 404
    assert bench.run(bench.client.put(wallet_url(bench))).status_code == 405


def test_the_checkout_page_offers_what_the_session_takes(bench: Bench) -> None:
    session = bench.session(payment_method_types=["dob", "gcash", "card"], description="Bill 7")
    page = bench.page(session["attributes"]["checkout_url"]).text
    assert 'value="gcash"' in page
    assert 'value="card"' in page
    assert 'value="paymaya"' not in page
    assert "Bill 7" in page
    assert "₱100.00" in page
    assert 'href="http://shop.test/back"' in page
    assert bench.submit(session["attributes"]["checkout_url"], method="paymaya").status_code == 400
    assert bench.submit(session["attributes"]["checkout_url"]).status_code == 400


def test_expiring_a_wallet_attempt_leads_back_to_the_checkout(bench: Bench) -> None:
    session = bench.session()
    url = session["attributes"]["checkout_url"]
    attempt = bench.submit(url, method="gcash").headers["location"]
    assert buttons(bench.page(attempt).text)
    assert bench.submit(attempt, action="expire").headers["location"] == url
    assert "You can try again" in bench.page(url).text
    assert "This attempt is over" in bench.page(attempt).text


def test_a_paid_checkout_leads_back_to_the_shop(bench: Bench) -> None:
    session = bench.session()
    url = session["attributes"]["checkout_url"]
    attempt = bench.submit(url, method="gcash").headers["location"]
    bench.submit(attempt, action="authorize")
    assert bench.submit(attempt, action="authorize").headers["location"] == "http://shop.test/ok"
    assert 'href="http://shop.test/ok"' in bench.page(url).text
    assert len(bench.control("GET", "paymongo/books")["payments"]) == 1


def test_only_the_latest_attempt_counts(bench: Bench) -> None:
    session = bench.session()
    url = session["attributes"]["checkout_url"]
    first = bench.submit(url, method="gcash").headers["location"]
    second = bench.submit(url, method="grab_pay").headers["location"]
    assert bench.submit(first, action="authorize").headers["location"] == url
    assert bench.submit(second, action="authorize").headers["location"] == "http://shop.test/ok"
    assert [p["source"]["type"] for p in bench.control("GET", "paymongo/books")["payments"]] == ["grab_pay"]


def test_a_session_without_addresses_ends_on_its_own_page(bench: Bench) -> None:
    session = bench.session(success_url=None, cancel_url=None)
    url = session["attributes"]["checkout_url"]
    attempt = bench.submit(url, method="gcash").headers["location"]
    assert bench.submit(attempt, action="authorize").headers["location"] == url
    assert "This checkout is paid" in bench.page(url).text


def test_live_pages_say_so(bench: Bench) -> None:
    redirect = {"success": "http://shop.test/ok", "failed": "http://shop.test/no"}
    attributes = {"type": "grab_pay", "amount": 10000, "currency": "PHP", "redirect": redirect}
    source = bench.made("/v1/sources", attributes, key="sk_live_x")
    assert "live keys" in bench.page(source["attributes"]["redirect"]["checkout_url"]).text
