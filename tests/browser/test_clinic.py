"""The clinic, as patients and the front desk use it: cards with and without 3-D Secure, wallets, refunds."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser.shop import Shop, headline, log_in, reload_until, status

PAID = "Paid. Thank you!"
#: PayMongo's test cards, https://developers.paymongo.com/docs/testing.
PAYS = "4343 4343 4343 4345"
PAYS_TOO = "4571 7360 0000 0075"
ASKS_THEN_PAYS = "4120 0000 0000 0007"
ASKS_THEN_DECLINES = "5234 0000 0000 0106"
HAS_NO_MONEY = "5100 0000 0000 0198"


def open_dialog(page: Page, bill: str) -> None:
    """Paula, with the question how she wants to pay."""
    log_in(page, "Paula")
    page.goto(bill)
    page.get_by_role("link", name="Pay now").click()
    expect(page.get_by_role("dialog")).to_be_visible()


def pay_by_card(page: Page, number: str) -> None:
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("radio", name=re.compile("Card")).check()
    dialog.get_by_label("Card number").fill(number)
    dialog.get_by_label("Valid until").fill("12 / 40")
    dialog.get_by_label("Security code").fill("123")
    dialog.get_by_role("button", name=re.compile("^Pay ₱1,500.00")).click()


@pytest.mark.parametrize("number", [PAYS, PAYS_TOO])
def test_a_card_pays_and_its_number_never_meets_the_shop(page: Page, shop: Shop, number: str) -> None:
    bill = shop.new_bill()
    sent: list[str] = []
    page.on("request", lambda request: sent.append(f"{request.url} {request.post_data or ''}"))
    open_dialog(page, bill)
    pay_by_card(page, number)
    expect(headline(page)).to_have_text(PAID)
    digits = number.replace(" ", "")
    assert any(digits in each and each.startswith(shop.local.sandbox_url) for each in sent)
    assert not any(digits in each and each.startswith(shop.local.shop_url) for each in sent)
    page.get_by_role("link", name="Continue").click()
    page.get_by_role("link", name="Receipt").click()
    expect(page.get_by_text("₱1,500.00")).to_be_visible()


def test_a_declined_card_says_why_and_another_one_pays(page: Page, shop: Shop) -> None:
    open_dialog(page, shop.new_bill())
    pay_by_card(page, HAS_NO_MONEY)
    expect(page.get_by_role("alert").filter(has_text="not enough money")).to_be_visible()
    pay_by_card(page, PAYS)
    expect(headline(page)).to_have_text(PAID)


def test_3d_secure_passed(page: Page, shop: Shop) -> None:
    open_dialog(page, shop.new_bill())
    pay_by_card(page, ASKS_THEN_PAYS)
    page.get_by_role("heading", name="Confirm it is you").wait_for()
    page.get_by_role("button", name="Authorize").click()
    expect(headline(page)).to_have_text(PAID)


@pytest.mark.parametrize(("number", "button"), [(ASKS_THEN_PAYS, "Fail"), (ASKS_THEN_DECLINES, "Authorize")])
def test_3d_secure_failed_takes_no_money_and_can_be_tried_again(
    page: Page, shop: Shop, number: str, button: str
) -> None:
    bill = shop.new_bill()
    open_dialog(page, bill)
    pay_by_card(page, number)
    page.get_by_role("heading", name="Confirm it is you").wait_for()
    page.get_by_role("button", name=button).click()
    expect(headline(page)).to_have_text("The last attempt did not go through")
    expect(reason(page)).to_have_text(re.compile("The payment was declined|not authenticated by the bank"))
    page.get_by_role("link", name="Back to the shop, to try again").click()
    page.get_by_role("link", name="Pay now").click()
    pay_by_card(page, PAYS)
    expect(headline(page)).to_have_text(PAID)


@pytest.mark.parametrize("wallet", ["GCash", "Maya", "GrabPay"])
def test_a_wallet_pays(page: Page, shop: Shop, wallet: str) -> None:
    bill = shop.new_bill()
    choose(page, bill, wallet)
    page.get_by_role("button", name="Authorize").click()
    expect(headline(page)).to_have_text(PAID)
    page.get_by_role("link", name="Continue").click()
    expect(page.get_by_role("link", name="Receipt")).to_be_visible()


def test_a_wallet_declines(page: Page, shop: Shop) -> None:
    choose(page, shop.new_bill(), "Maya")
    page.get_by_role("button", name="Fail").click()
    expect(headline(page)).to_have_text("The payment did not go through")
    expect(page.get_by_text("No money was taken.")).to_be_visible()
    expect(reason(page)).to_have_text(re.compile(r"^[A-Z][a-z ]+\.$"))
    page.get_by_role("link", name="Back to the shop, to try again").click()
    expect(page.get_by_role("link", name="Pay now")).to_be_visible()


def reason(page: Page) -> Locator:
    """Why it failed, as the gateway says it."""
    return status(page).locator("q")


def test_the_tab_is_closed_at_the_wallet_and_the_bill_is_paid_all_the_same(page: Page, shop: Shop) -> None:
    bill = shop.new_bill()
    choose(page, bill, "GCash")
    context = page.context
    page.close()
    shop.sandbox.pay()
    later = context.new_page()
    reload_until(later, bill, later.get_by_role("link", name="Receipt"))


def test_without_a_script_a_card_is_typed_at_the_gateway(shop: Shop, browser: Browser) -> None:
    context = browser.new_context(base_url=shop.local.shop_url, java_script_enabled=False, locale="en")
    page, bill = context.new_page(), shop.new_bill()
    log_in(page, "Paula")
    page.goto(bill)
    page.get_by_role("link", name="Pay now").click()
    expect(page.get_by_label("Card number")).to_be_hidden()
    page.get_by_role("button", name=re.compile("^Pay ₱1,500.00")).click()
    page.wait_for_url(f"{shop.local.sandbox_url}/**")
    shop.sandbox.pay()
    reload_until(page, bill, page.get_by_role("link", name="Receipt"))
    context.close()


def test_the_keyboard_opens_the_dialog_and_stays_in_it(page: Page, shop: Shop) -> None:
    log_in(page, "Paula")
    page.goto(shop.new_bill())
    link = page.get_by_role("link", name="Pay now")
    link.focus()
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog")
    expect(dialog).to_be_visible()
    for _ in range(12):
        page.keyboard.press("Tab")
        outside = "document.activeElement !== document.body && !document.activeElement.closest('dialog')"
        assert not page.evaluate(outside)
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(link).to_be_focused()


def choose(page: Page, bill: str, wallet: str) -> None:
    open_dialog(page, bill)
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("radio", name=wallet).check()
    dialog.get_by_role("button", name=re.compile("^Pay ₱1,500.00")).click()
    page.get_by_role("button", name="Authorize").wait_for()


def test_a_code_is_scanned_and_the_page_changes_by_itself(page: Page, shop: Shop) -> None:
    open_dialog(page, shop.new_bill())
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("radio", name=re.compile("QR Ph")).check()
    dialog.get_by_role("button", name=re.compile("^Pay ₱1,500.00")).click()
    expect(page.get_by_role("img", name="QR code of this payment")).to_be_visible()
    expect(headline(page)).to_have_text("Pay with this code")
    shop.sandbox.pay()
    expect(headline(page)).to_have_text(PAID)


def test_the_front_desk_refunds_a_part_and_then_the_rest(page: Page, shop: Shop, browser: Browser) -> None:
    bill = shop.new_bill()
    open_dialog(page, bill)
    pay_by_card(page, PAYS)
    expect(headline(page)).to_have_text(PAID)
    context = browser.new_context(base_url=shop.local.shop_url, locale="en")
    desk = context.new_page()
    log_in(desk, "Sofia")
    refund(desk, bill, "500.00")
    expect(page.get_by_text("₱500.00 was sent back to you.")).to_be_visible()
    reload_until(desk, bill, desk.get_by_text("₱500.00 went back"))
    refund(desk, bill, "")
    expect(headline(page)).to_have_text("Refunded")
    reload_until(desk, bill, desk.get_by_text("refunded in full and is cancelled"))
    context.close()


def refund(desk: Page, bill: str, pesos: str) -> None:
    desk.goto(bill)
    desk.locator("summary", has_text="Refund").click()
    desk.get_by_label(re.compile("^Pesos to send back")).fill(pesos)
    desk.get_by_role("button", name="Refund").click()
