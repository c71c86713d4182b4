"""The marketplace as people see it: from a job to its payment, in five languages, on a phone, in the dark."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from raseed.cli.local_shop import LocalShop
from tests.browser.shop import Shop, log_in
from tests.browser.test_looks import is_as_wide_as_the_screen, pale_words

#: The page looks again every five seconds, and the worker may be busy.
ARRIVES_MILLISECONDS = 60_000
TITLES = {
    "en": "Payment complete",
    "es": "Pago completado",
    "fil": "Kumpleto na ang bayad",
    "ar": "اكتمل الدفع",
    "hi": "भुगतान पूरा हुआ",
}


@pytest.fixture(autouse=True)
def quick_wallets(shop: Shop) -> None:
    shop.sandbox.control("POST", "openpayments/settings", {"wait_seconds": 0})


def to_the_wallet(page: Page, shop: Shop, job: str) -> None:
    page.goto(job)
    page.get_by_label("Your wallet address").fill(f"{shop.sandbox.url('openpayments')}/alice")
    page.get_by_role("button", name="Pay USD 25.00").click()


@pytest.fixture(scope="module")
def paid(browser: Browser, local: LocalShop) -> Iterator[str]:
    """Where the browser came back to after a payment that is complete."""
    shop = Shop(local)
    shop.sandbox.control("POST", "openpayments/settings", {"wait_seconds": 0})
    context = browser.new_context(base_url=local.shop_url, locale="en")
    page = context.new_page()
    job = shop.new_job()
    log_in(page, "Alice")
    to_the_wallet(page, shop, job)
    page.get_by_role("button", name="Approve", exact=True).click()
    address = page.url
    expect(page.get_by_role("heading", level=1)).to_have_text(TITLES["en"], timeout=ARRIVES_MILLISECONDS)
    yield address
    context.close()


def test_from_a_job_to_its_payment(page: Page, shop: Shop) -> None:
    log_in(page, "Alice")
    page.goto("/marketplace/")
    page.get_by_role("link", name="Post a job").click()
    page.get_by_label("What should be done?").fill("Paint a sign")
    page.get_by_role("button", name="Post the job").click()
    job = page.url
    log_in(page, "Bob")
    page.goto(job)
    page.get_by_label("Your price in US dollars").fill("25.00")
    page.get_by_label("Your wallet address").fill(f"{shop.sandbox.url('openpayments')}/bob")
    page.get_by_role("button", name="Send the offer").click()
    expect(page.get_by_text("Your offer was sent.")).to_be_visible()
    log_in(page, "Alice")
    page.goto(job)
    page.get_by_role("button", name="Accept Bob’s offer").click()
    to_the_wallet(page, shop, job)
    page.get_by_role("button", name="Approve", exact=True).click()
    title = page.get_by_role("heading", level=1)
    expect(title).to_have_text(TITLES["en"], timeout=ARRIVES_MILLISECONDS)  # the page looks by itself
    expect(page.get_by_role("main")).to_contain_text("USD 25.00")
    expect(page.get_by_role("main")).to_contain_text("/openpayments/op/outgoing-payments/")
    page.get_by_role("link", name="See the job").click()
    expect(page.get_by_text("Your payment arrived. The job is complete.")).to_be_visible()
    expect(page.get_by_text("Nothing is left to do.")).to_be_visible()


def test_a_client_who_says_no_is_told_that_nothing_was_sent(page: Page, shop: Shop) -> None:
    job = shop.new_job()
    log_in(page, "Alice")
    to_the_wallet(page, shop, job)
    page.get_by_role("button", name="Reject").click()
    expect(page.get_by_role("alert")).to_contain_text("No money was sent.")
    page.get_by_role("link", name="Try again").click()
    expect(page.get_by_role("button", name="Pay USD 25.00")).to_be_visible()


def test_a_wrong_wallet_is_told_at_its_field(page: Page, shop: Shop) -> None:
    log_in(page, "Alice")
    page.goto(shop.new_job())
    page.get_by_label("Your wallet address").fill("somebody")
    page.get_by_role("button", name="Pay USD 25.00").click()
    expect(page.get_by_text("This is not a wallet address")).to_be_visible()


@pytest.mark.parametrize("language", TITLES)
def test_the_confirmation_page_in_each_language_on_a_phone(
    browser: Browser, paid: str, language: str
) -> None:
    context = browser.new_context(locale=language, viewport={"width": 320, "height": 640})
    page = context.new_page()
    page.goto(paid)
    expect(page.get_by_role("heading", level=1)).to_have_text(TITLES[language])
    direction = "rtl" if language == "ar" else "ltr"
    assert page.evaluate("[document.documentElement.lang, document.documentElement.dir]") == [
        language,
        direction,
    ]
    assert is_as_wide_as_the_screen(page)
    context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_its_pages_fit_a_phone_and_can_be_read(page: Page, shop: Shop, paid: str, scheme: str) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    job = shop.new_job()
    log_in(page, "Alice")
    for path in ("/marketplace/", job, paid):
        page.goto(path)
        assert is_as_wide_as_the_screen(page), path
        assert page.get_by_role("heading", level=1).count() == 1
        assert not pale_words(page.locator("main")), (path, pale_words(page.locator("main")))
