"""The services shop as clients use it: deposits in a new tab, a live dashboard, saved cards."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.shop import Shop, log_in, reload_until
from tests.browser.test_looks import is_as_wide_as_the_screen, pale_words

PAYS, DECLINED, ASKS = "0000 0000 0000 0000", "0000 0000 0000 1111", "0000 0000 0000 2222"


@pytest.fixture
def dashboard(page: Page, shop: Shop) -> Page:
    """Karim at his dashboard. Both tests of a run share his balance, so they look at what it gains."""
    log_in(page, "Karim")
    page.goto("/services/")
    return page


def balance(page: Page) -> Locator:
    return page.locator("[data-balance]")


def pounds(page: Page) -> float:
    return float(re.sub(r"[^\d.]", "", balance(page).inner_text()))


def in_words(amount: float) -> str:
    return f"EGP\u00a0{amount:,.2f}"


def deposit(dashboard: Page, amount: str, way: str = "A new card") -> Page:
    """Press Deposit. The new tab, at Paymob's page."""
    form = dashboard.locator("[data-deposit]")
    form.get_by_label("Amount in pounds").fill(amount)
    form.get_by_role("radio", name=way).check()
    with dashboard.context.expect_page() as opened:
        form.get_by_role("button", name="Deposit").click()
    tab = opened.value
    tab.get_by_role("button", name=re.compile("^Pay")).wait_for()
    return tab


def type_card(tab: Page, number: str, *, save: bool = False) -> None:
    tab.get_by_label("Card number").first.fill(number)
    tab.get_by_label("Month").first.fill("12")
    tab.get_by_label("Year").first.fill("25")
    tab.get_by_label("CVV", exact=True).first.fill("123")
    if save:
        tab.get_by_label("Save this card").first.check()
    tab.get_by_role("button", name=re.compile("^Pay")).click()


def test_the_balance_changes_by_itself_and_the_card_is_offered_next_time(dashboard: Page) -> None:
    before = pounds(dashboard)
    tab = deposit(dashboard, "120.00")
    expect(dashboard.locator("[data-raseed-status]")).to_be_visible()  # the dashboard watches it
    type_card(tab, PAYS, save=True)
    expect(dashboard.locator("[data-banner]")).to_contain_text("arrived")
    expect(balance(dashboard)).to_have_text(in_words(before + 120))
    tab.close()

    reload_until(dashboard, "/services/", dashboard.get_by_role("heading", name="Saved cards"))
    saved = dashboard.locator("[data-deposit]").get_by_role("radio").first
    expect(saved).to_be_checked()
    words = dashboard.locator("[data-deposit] .choice").first.inner_text().strip()
    assert words.endswith("•••• 0000"), words
    again = deposit(dashboard, "30.00", words)
    again.get_by_role("radio").first.check()
    again.get_by_role("button", name=re.compile("^Pay")).click()
    expect(balance(dashboard)).to_have_text(in_words(before + 150))


def test_declined_then_paid_with_a_password(dashboard: Page) -> None:
    before = pounds(dashboard)
    tab = deposit(dashboard, "40.00")
    page = tab.url
    type_card(tab, DECLINED)
    tab.wait_for_url("**/payments/**")
    expect(balance(dashboard)).to_have_text(in_words(before))
    tab.goto(page)
    type_card(tab, ASKS)
    tab.get_by_label("One-time password").fill("1234")
    tab.get_by_role("button", name="Confirm").click()
    expect(balance(dashboard)).to_have_text(in_words(before + 40))


def test_a_kiosks_number_is_on_the_page_of_the_payment(dashboard: Page) -> None:
    dashboard.set_viewport_size({"width": 390, "height": 844})
    form = dashboard.locator("[data-deposit]")
    form.get_by_label("Amount in pounds").fill("60.00")
    form.get_by_role("radio", name="Cash at a kiosk").check()
    with dashboard.context.expect_page() as opened:
        form.get_by_role("button", name="Deposit").click()
    tab = opened.value
    expect(tab.get_by_role("heading", name="Pay with this number")).to_be_visible()
    expect(tab.get_by_text("Give it at a kiosk or outlet")).to_be_visible()
    expect(tab.locator(".raseed-number")).to_have_text(re.compile(r"^\d{8}$"))
    tab.set_viewport_size({"width": 390, "height": 844})
    assert is_as_wide_as_the_screen(tab)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("direction", ["ltr", "rtl"])
def test_the_dashboard_fits_a_phone_and_can_be_read(dashboard: Page, scheme: str, direction: str) -> None:
    dashboard.set_viewport_size({"width": 390, "height": 844})
    dashboard.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    dashboard.evaluate("direction => { document.documentElement.dir = direction }", direction)
    assert is_as_wide_as_the_screen(dashboard)
    assert not pale_words(dashboard.locator("main"))
    ids = dashboard.evaluate("[...document.querySelectorAll('[id]')].map(element => element.id)")
    assert len(ids) == len(set(ids))
