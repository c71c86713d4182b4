"""The temple, as devotees and the office use it: choose, pay at PhonePe, the booking, another day."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from tests.browser.shop import Shop, headline, log_in


def to_phonepe(page: Page) -> None:
    """Meera puts a puja into her cart, and goes to pay for it."""
    log_in(page, "Meera")
    page.goto("/puja/")
    page.get_by_role("link", name="Satyanarayan Puja", exact=True).click()
    page.get_by_role("radio", name=re.compile("Complete")).check()
    page.get_by_label("Day").fill("2040-06-20")
    page.get_by_label("Time").fill("10:30")
    page.get_by_role("button", name="Put it into the cart").click()
    page.get_by_role("button", name="Pay ₹999.00 with PhonePe").click()
    page.wait_for_url("**/transact/**")


def choose_upi_id(page: Page, vpa: str) -> None:
    """Pay with a UPI ID that decides at once."""
    page.locator("input[value=UPI_COLLECT]").check()
    page.get_by_role("textbox", name="UPI ID").fill(vpa)
    page.get_by_role("button", name="Continue").click()


def test_a_puja_is_paid_for_booked_and_moved(page: Page, shop: Shop) -> None:
    to_phonepe(page)
    choose_upi_id(page, "success@ybl")
    expect(headline(page)).to_have_text("Paid. Thank you!")
    page.get_by_role("link", name=re.compile("^BK-")).click()
    page.get_by_text("Choose another day").click()
    page.get_by_label("Day").fill("2040-07-01")
    page.get_by_label("Time").fill("17:45")
    page.get_by_role("button", name="Reschedule").click()
    expect(page.get_by_text("Sunday, 1 July 2040, 17:45")).to_be_visible()


def test_a_payment_that_fails_leaves_the_cart_as_it_was(page: Page, shop: Shop) -> None:
    to_phonepe(page)
    choose_upi_id(page, "failed@ybl")
    expect(page.get_by_text("No money was taken.")).to_be_visible()
    page.goto("/puja/")
    page.get_by_role("link", name="Satyanarayan Puja, Complete").first.click()
    page.get_by_role("button", name="Pay ₹999.00 with PhonePe").click()
    choose_upi_id(page, "success@ybl")
    expect(headline(page)).to_have_text("Paid. Thank you!")
