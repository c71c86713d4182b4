"""The tour's own customer: a browser without JavaScript, and trouble on purpose that counts its calls."""

from __future__ import annotations

from pathlib import Path

import httpx2
import pytest

from raseed.proof.tour.browser import Browser, PageMissing
from raseed.proof.tour.database import named
from raseed.proof.tour.trouble import Plan, Trouble

FORM = """
<style>p { color: red }</style><p>Choose</p>
<form method="post" action="pay/?x=1">
  <input type="hidden" name="token" value="t1"><input name="note">
  <input type="radio" name="how" value="card"><input type="radio" name="how" value="wallet" checked>
  <button name="action" value="go"><strong>Pay</strong> now</button>
  <button>Only look</button>
</form>
"""


class Site:
    """A site of three pages that remembers what was asked of it."""

    def __init__(self) -> None:
        self.asked: list[httpx2.Request] = []

    def __call__(self, request: httpx2.Request) -> httpx2.Response:
        self.asked.append(request)
        if request.method == "POST":
            return httpx2.Response(303, headers={"Location": "/done/", "Set-Cookie": "seen=1; Path=/"})
        body = FORM if request.url.path == "/shop/" else "<p>Done, thank&nbsp;you</p>"
        return httpx2.Response(200, html=body)


@pytest.fixture
def site() -> Site:
    return Site()


@pytest.fixture
def browser(site: Site) -> Browser:
    return Browser(transport=httpx2.MockTransport(site))


def test_a_button_sends_what_is_filled_in_chosen_and_its_own_value(site: Site, browser: Browser) -> None:
    page = browser.get("http://site/shop/")
    assert page.text == "Choose Pay now Only look"
    after = browser.press(page, "Pay now", {"note": "hello & bye"})
    sent = site.asked[1]
    assert str(sent.url) == "http://site/shop/pay/?x=1"
    assert sent.content == b"token=t1&note=hello+%26+bye&how=wallet&action=go"
    assert sent.headers["Referer"] == "http://site/shop/"
    assert (after.url, after.text) == ("http://site/done/", "Done, thank you")
    assert site.asked[2].headers["Cookie"] == "seen=1"


def test_a_tab_can_be_closed_at_the_redirect(site: Site, browser: Browser) -> None:
    page = browser.get("http://site/shop/")
    closed = browser.press(page, "Only look", follow=False)
    assert closed.leads_to == "http://site/done/"
    assert [request.method for request in site.asked] == ["GET", "POST"]
    assert b"action" not in site.asked[1].content


def test_a_page_without_the_button_is_shown_in_the_error(browser: Browser) -> None:
    with pytest.raises(PageMissing, match=r"no button 'Buy'.*Done, thank you"):
        browser.press(browser.get("http://site/other/"), "Buy")


def test_fulfil_raises_as_often_as_planned_and_every_call_counts(tmp_path: Path) -> None:
    plan = Plan(tmp_path)
    plan.write(**{"fee:7": {"raise_times": 2}})
    for _ in range(2):
        with pytest.raises(Trouble):
            plan.attempt("fee:7")
    plan.attempt("fee:7")
    plan.attempt("fee:77")
    assert (plan.count("fee:7"), plan.count("fee:77")) == (3, 1)


@pytest.mark.parametrize(
    ("url", "wanted"),
    [
        ("postgres:///postgres", "postgres:///mine"),
        (
            "postgresql://me:pw@host:5433/shop?sslmode=require",
            "postgresql://me:pw@host:5433/mine?sslmode=require",
        ),
    ],
)
def test_the_tours_database_is_on_the_same_server(url: str, wanted: str) -> None:
    assert named(url, "mine") == wanted
