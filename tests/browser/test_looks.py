"""How the waiting page looks and reads: small screens, dark mode, right to left, headings and names."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser.shop import Shop, headline, log_in, start_fee, waiting_page

#: Relative luminance and contrast as in WCAG 2.2; a colour that is not opaque is laid on what is behind it.
CONTRAST = """
root => {
  const parts = text => (text.match(/[\\d.]+/g) || []).map(Number);
  const solid = element => {
    for (let at = element; at; at = at.parentElement) {
      const [r, g, b, a = 1] = parts(getComputedStyle(at).backgroundColor);
      if (a > 0) return [r, g, b];
    }
    return matchMedia('(prefers-color-scheme: dark)').matches ? [18, 18, 18] : [255, 255, 255];
  };
  const light = rgb => {
    const [r, g, b] = rgb.map(v => v / 255).map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const found = [];
  for (const element of root.querySelectorAll('*')) {
    const own = [...element.childNodes].some(node => node.nodeType === 3 && node.textContent.trim());
    const style = getComputedStyle(element);
    if (!own || element.closest('[aria-hidden=true]') || style.visibility === 'hidden') continue;
    const [a, b] = [light(parts(style.color).slice(0, 3)), light(solid(element))].sort((x, y) => y - x);
    found.push([element.textContent.trim().slice(0, 40), (a + 0.05) / (b + 0.05)]);
  }
  return found;
}
"""


@pytest.fixture(scope="module")
def links(browser: Browser, local: object) -> Iterator[dict[str, str]]:
    """One payment that waits and one that is paid: their status pages."""
    shop = Shop(local)  # type: ignore[arg-type]
    context = browser.new_context(base_url=shop.local.shop_url, locale="en")
    page = context.new_page()
    found = {}
    for name in ("waiting", "paid"):
        task = shop.new_task()
        start_fee(page, task)
        found[name] = waiting_page(page, task).url
        if name == "paid":
            page.get_by_role("button", name="Authorize").click()
            expect(headline(page)).to_have_text("Paid. Thank you!")
    yield found
    context.close()


def is_as_wide_as_the_screen(page: Page) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth"))


@pytest.mark.parametrize("name", ["waiting", "paid"])
def test_a_phone_shows_all_of_it(page: Page, links: dict[str, str], name: str) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(links[name])
    assert is_as_wide_as_the_screen(page)
    page.set_viewport_size({"width": 320, "height": 600})
    assert is_as_wide_as_the_screen(page)


def test_no_page_of_the_shop_is_wider_than_a_phone(page: Page, shop: Shop) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    task = shop.new_task()
    log_in(page, "Ana")
    for path in ("/", "/errands/", "/errands/new/", task, "/notifications/"):
        page.goto(path)
        assert is_as_wide_as_the_screen(page), path


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_clinic_fits_a_phone_and_can_be_read(page: Page, shop: Shop, scheme: str) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    bill = shop.new_bill()
    for person, paths in (("Paula", ("/clinic/", bill, f"{bill}pay/")), ("Sofia", ("/clinic/desk/", bill))):
        log_in(page, person)
        for path in paths:
            page.goto(path)
            assert is_as_wide_as_the_screen(page), path
            assert not pale_words(page.locator("main")), (path, pale_words(page.locator("main")))
    page.get_by_role("link", name="Pay now").click()
    assert not pale_words(page.get_by_role("dialog"))


def pale_words(part: Locator) -> list[tuple[str, float]]:
    """Words in it that stand out too little from what is behind them, with their contrast."""
    ratios = part.evaluate(CONTRAST)
    assert len(ratios) > 5
    return [(text, round(ratio, 2)) for text, ratio in ratios if ratio < 4.5]


@pytest.mark.parametrize("name", ["waiting", "paid"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_word_can_be_read(page: Page, links: dict[str, str], name: str, scheme: str) -> None:
    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    page.goto(links[name])
    assert not pale_words(page.locator("main"))


@pytest.mark.parametrize("name", ["waiting", "paid"])
def test_a_screen_reader_finds_its_way(page: Page, links: dict[str, str], name: str) -> None:
    page.goto(links[name])
    assert page.get_by_role("heading", level=1).count() == 1
    expect(page.get_by_role("main")).to_contain_text("Amount")
    assert page.get_by_role("status").count() == 1
    nameless = "[...document.querySelectorAll('a, button')].filter(e => !e.textContent.trim()).length"
    assert page.evaluate(nameless) == 0
    assert page.evaluate("[...document.querySelectorAll('img:not([alt])')].length") == 0
    assert page.evaluate("document.documentElement.lang") == "en"


def test_it_stands_still_for_those_who_ask_for_it(page: Page, links: dict[str, str]) -> None:
    moves = "document.getAnimations().filter(a => a.playState === 'running').length"
    page.emulate_media(reduced_motion="reduce")
    page.goto(links["waiting"])
    assert page.evaluate(moves) == 0
    page.emulate_media(reduced_motion="no-preference")
    assert page.evaluate(moves) == 1


def test_right_to_left(browser: Browser, links: dict[str, str]) -> None:
    context = browser.new_context(locale="ar", viewport={"width": 390, "height": 844})
    page = context.new_page()
    page.goto(links["waiting"])
    assert page.evaluate("[document.documentElement.lang, document.documentElement.dir]") == ["ar", "rtl"]
    mark = page.locator(".raseed-mark").bounding_box()
    title = headline(page).bounding_box()
    assert mark is not None
    assert title is not None
    assert mark["x"] > title["x"], "the mark stands where reading begins: on the right"
    term, value = (page.locator(f".raseed-facts {name}").first.bounding_box() for name in ("dt", "dd"))
    assert term is not None
    assert value is not None
    assert term["x"] > value["x"]
    assert is_as_wide_as_the_screen(page)
    context.close()
