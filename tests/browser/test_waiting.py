"""The page that changes by itself: told by a stream, by asking, by reloading; and what it survives."""

from __future__ import annotations

import re

from playwright.sync_api import Browser, Page, Request, expect

from tests.browser.shop import Shop, headline, start_fee, status, waiting_page

PAID = "Paid. Thank you!"


def test_it_hears_of_the_payment_by_itself(page: Page, shop: Shop) -> None:
    task = shop.new_task()
    start_fee(page, task)
    tab = waiting_page(page, task)
    expect(headline(tab)).to_have_text("Checking your payment")
    expect(status(tab)).to_have_attribute("data-connected", "stream")
    tab.evaluate("window.stayed = true")
    asked: list[str] = []
    tab.on("request", lambda request: asked.append(request.url))
    shop.sandbox.pay(shop.checkout_of(page))
    expect(headline(tab)).to_have_text(PAID)
    expect(tab).to_have_title(re.compile(PAID))
    assert tab.evaluate("window.stayed") is True
    assert len(asked) <= 2, f"told, it asks for the new text and no more: {asked}"


def test_without_streams_it_asks(page: Page, shop: Shop) -> None:
    task = shop.new_task()
    start_fee(page, task)
    tab = waiting_page(page, task)
    expect(status(tab)).to_have_attribute("data-connected", "stream")
    shop.local.events.stop()
    expect(status(tab)).not_to_have_attribute("data-connected", "stream")
    shop.sandbox.pay(shop.checkout_of(page))
    expect(headline(tab)).to_have_text(PAID)
    shop.local.events.start()
    expect(status(tab)).to_have_attribute("data-connected", "stream")


def test_without_a_script_it_reloads(page: Page, shop: Shop, browser: Browser) -> None:
    task = shop.new_task()
    start_fee(page, task)
    link = waiting_page(page, task).url
    context = browser.new_context(java_script_enabled=False, locale="en")
    plain = context.new_page()
    plain.goto(link)
    expect(headline(plain)).to_have_text("Checking your payment")
    expect(plain.get_by_role("link", name="Look again now")).to_be_visible()
    shop.sandbox.pay(shop.checkout_of(page))
    expect(headline(plain)).to_have_text(PAID)
    context.close()


def test_a_network_that_comes_back_is_enough(page: Page, shop: Shop) -> None:
    """A closed laptop, a tunnel: nothing arrives for a while, and then everything is as it is."""
    task = shop.new_task()
    start_fee(page, task)
    tab = waiting_page(page, task)
    tab.context.set_offline(True)
    shop.sandbox.pay(shop.checkout_of(page))
    expect(headline(tab)).to_have_text("Checking your payment")
    tab.context.set_offline(False)
    expect(headline(tab)).to_have_text(PAID)


def test_a_page_that_comes_back_from_the_history_looks_again(page: Page, shop: Shop) -> None:
    task = shop.new_task()
    start_fee(page, task)
    tab = waiting_page(page, task)
    checkout = shop.checkout_of(page)
    tab.get_by_role("link", name="Back to the shop").click()
    tab.wait_for_url(re.compile(task))
    shop.sandbox.pay(checkout)
    tab.go_back()
    expect(headline(tab)).to_have_text(PAID)


def test_who_stands_in_it_with_the_keyboard_stays_there(page: Page, shop: Shop) -> None:
    task = shop.new_task()
    start_fee(page, task)
    tab = waiting_page(page, task)
    expect(status(tab)).to_have_attribute("data-connected", "stream")
    tab.get_by_role("link", name="Back to the shop").focus()
    shop.sandbox.pay(shop.checkout_of(page))
    expect(headline(tab)).to_have_text(PAID)
    expect(tab.get_by_role("link", name="Continue")).to_be_focused()
    assert tab.evaluate("document.activeElement.closest('[data-raseed-status]') !== null")


def test_who_does_not_is_left_alone_and_told(page: Page, shop: Shop) -> None:
    task = shop.new_task()
    start_fee(page, task)
    tab = waiting_page(page, task)
    expect(status(tab)).to_have_attribute("data-connected", "stream")
    tab.evaluate("window.region = document.querySelector('[role=status][aria-live=polite]')")
    shop.sandbox.pay(shop.checkout_of(page))
    expect(headline(tab)).to_have_text(PAID)
    assert tab.evaluate("window.region.isConnected && window.region.textContent.includes('Paid')")
    assert tab.evaluate("document.activeElement === document.body")


def test_a_stranger_gets_neither_page_nor_stream(page: Page, shop: Shop) -> None:
    task = shop.new_task()
    start_fee(page, task)
    tab = waiting_page(page, task)
    streams: list[Request] = []
    tab.on("request", lambda request: streams.append(request) if "after=" in request.url else None)
    tab.reload()
    expect(status(tab)).to_have_attribute("data-connected", "stream")
    for url in (tab.url, streams[0].url):
        forged = url.replace("demo-", "demo-0")
        assert tab.request.get(forged).status == 404
