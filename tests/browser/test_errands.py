"""Errands, as people use it: pay, decline, close the tab, come back, two tabs, the keyboard, a refund."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from tests.browser.shop import Shop, headline, log_in, reload_until, start_fee, waiting_page


def test_pay_and_write_in_the_chat(page: Page, shop: Shop) -> None:
    start_fee(page, shop.new_task())
    page.get_by_role("button", name="Authorize").click()
    expect(headline(page)).to_have_text("Paid. Thank you!")
    expect(page).to_have_title(re.compile("Paid. Thank you!"))
    page.get_by_role("link", name="Continue").click()
    page.get_by_label("Your message").fill("The slip is on the table")
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_role("list", name="Messages")).to_contain_text("The slip is on the table")


def test_declined_then_paid_on_a_second_try(page: Page, shop: Shop) -> None:
    start_fee(page, shop.new_task())
    page.get_by_role("button", name="Fail").click()
    expect(headline(page)).to_have_text(re.compile("did not go through|was cancelled|has expired"))
    expect(page.get_by_text("No money was taken.")).to_be_visible()
    page.get_by_role("link", name="Back to the shop, to try again").click()
    expect(page.get_by_text("The chat is locked.")).to_be_visible()
    page.get_by_role("button", name="Pay ₱2.00 with GCash").click()
    page.get_by_role("button", name="Authorize").click()
    expect(headline(page)).to_have_text("Paid. Thank you!")


def test_the_tab_is_closed_at_the_wallet_and_the_shop_knows_all_the_same(page: Page, shop: Shop) -> None:
    task = shop.new_task()
    start_fee(page, task)
    checkout = shop.checkout_of(page)
    context = page.context
    page.close()
    shop.sandbox.pay(checkout)
    later = context.new_page()
    reload_until(later, task, later.get_by_label("Your message"))
    later.goto("/notifications/")
    expect(later.get_by_role("heading", name="₱2 System Fee Paid!").first).to_be_visible()


def test_two_tabs_are_one_payment_and_both_hear_of_it(page: Page, shop: Shop) -> None:
    task = shop.new_task()
    start_fee(page, task)
    second = page.context.new_page()
    second.goto(task)
    second.get_by_role("button", name="Pay ₱2.00 with GCash").click()
    second.get_by_role("button", name="Authorize").wait_for()
    assert shop.checkout_of(second) == shop.checkout_of(page)
    tabs = [waiting_page(page, task) for _ in range(2)]
    second.get_by_role("button", name="Authorize").click()
    for tab in (second, *tabs):
        expect(headline(tab)).to_have_text("Paid. Thank you!")


def test_the_keyboard_is_enough(page: Page, shop: Shop) -> None:
    log_in(page, "Ana")
    page.goto(shop.new_task())
    press(page, "Pay ₱2.00 with GCash")
    page.get_by_role("button", name="Authorize").wait_for()
    press(page, "Authorize")
    expect(headline(page)).to_have_text("Paid. Thank you!")
    press(page, "Continue")
    expect(page.get_by_label("Your message")).to_be_visible()


def press(page: Page, words: str) -> None:
    """Tab to the button or link with these words, see that it shows where we are, and press Enter."""
    for _ in range(30):
        page.keyboard.press("Tab")
        focused = page.locator(":focus")
        if words in (focused.text_content() or ""):
            outline = focused.evaluate("element => getComputedStyle(element).outlineStyle")
            assert outline != "none", f"nothing shows that {words!r} has the focus"
            page.keyboard.press("Enter")
            return
    raise AssertionError(f"{words!r} cannot be reached with the Tab key on {page.url}")


def test_staff_send_it_back_and_the_open_page_says_so(page: Page, shop: Shop) -> None:
    task = shop.new_task()
    start_fee(page, task)
    page.get_by_role("button", name="Authorize").click()
    expect(headline(page)).to_have_text("Paid. Thank you!")
    reference = page.locator(".raseed-facts bdi").last.inner_text()
    desk = page.context.browser.new_context(base_url=shop.local.shop_url).new_page()  # type: ignore[union-attr]
    log_in(desk, "Staff")
    desk.goto(f"/admin/raseed/payment/?q={reference}")
    desk.get_by_role("link", name=re.compile(reference)).first.click()
    desk.get_by_role("link", name="Refund", exact=True).click()
    desk.get_by_label("Reason").fill("the customer changed her mind")
    desk.locator(".raseed-act button, .raseed-act input[type=submit]").first.click()
    expect(headline(page)).to_have_text("Refunded")
    desk.context.close()
    page.goto(task)
    expect(page.get_by_text("The chat is locked.")).to_be_visible()
