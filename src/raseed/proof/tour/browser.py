"""A browser without JavaScript: it follows links and redirects, keeps cookies and submits forms."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urljoin

import httpx2

#: A page that hangs is a failure, but the shop may wait for a slow gateway first.
PATIENCE_SECONDS = 45.0
MOST_REDIRECTS = 8


class PageMissing(Exception):
    """The page does not have what a customer would look for. The message says what, and shows the page."""


@dataclass
class Form:
    """A form as it stands: where it goes, its filled-in fields, its buttons by their text."""

    action: str
    method: str
    fields: dict[str, str] = field(default_factory=dict)
    buttons: dict[str, tuple[str, str]] = field(default_factory=dict)


@dataclass(frozen=True)
class Page:
    """What the browser shows. `leads_to` is the address of a redirect that was not followed.

    `links` are the addresses of its links, in their order.
    """

    url: str
    status: int
    text: str = ""
    forms: tuple[Form, ...] = ()
    leads_to: str = ""
    links: tuple[str, ...] = ()

    def form(self, button: str) -> Form:
        """The form with a button whose text begins like this. Raises PageMissing."""
        for form in self.forms:
            if any(text.startswith(button) for text in form.buttons):
                return form
        raise PageMissing(f"no button {button!r} at {self.url} ({self.status}): {self.text[:300]!r}")

    def token(self) -> dict[str, str]:
        """The site's protection against forged forms; any form of the page carries it."""
        forms = [form for form in self.forms if "csrfmiddlewaretoken" in form.fields]
        return {"csrfmiddlewaretoken": forms[0].fields["csrfmiddlewaretoken"]} if forms else {}


class Browser:
    """One person's browser. Tabs are pages: they share the cookies and may be used at once."""

    def __init__(self, transport: httpx2.BaseTransport | None = None) -> None:
        self._client = httpx2.Client(
            transport=transport, timeout=PATIENCE_SECONDS, trust_env=False, follow_redirects=False
        )

    def get(self, url: str, *, follow: bool = True) -> Page:
        """Open an address."""
        return self._show(self._client.get(url), follow=follow)

    def press(
        self, page: Page, button: str, fields: Mapping[str, str] | None = None, *, follow: bool = True
    ) -> Page:
        """Fill in fields and press a button of the page. `follow` False: close the tab at the redirect."""
        form = page.form(button)
        name, value = next(pair for text, pair in form.buttons.items() if text.startswith(button))
        filled = {**form.fields, **(fields or {}), **({name: value} if name else {})}
        return self.send(page, form.action, filled, follow=follow)

    def send(self, page: Page, action: str, fields: Mapping[str, str], *, follow: bool = True) -> Page:
        """Post fields to an address, as a form of this page would."""
        return self._show(self._post(page, action, fields), follow=follow)

    def fetch(self, page: Page, action: str, fields: Mapping[str, str]) -> dict[str, Any]:
        """Post fields as a script of this page would, and read the JSON that it gets."""
        said: dict[str, Any] = self._post(page, action, fields, accept="application/json").json()
        return said

    def _post(
        self, page: Page, action: str, fields: Mapping[str, str], accept: str = "*/*"
    ) -> httpx2.Response:
        headers = {"Referer": page.url, "Accept": accept}
        return self._client.post(urljoin(page.url, action), data=dict(fields), headers=headers)

    def _show(self, answer: httpx2.Response, *, follow: bool) -> Page:
        for _ in range(MOST_REDIRECTS):
            if not answer.is_redirect:
                break
            target = urljoin(str(answer.url), answer.headers["Location"])
            if not follow:
                return Page(str(answer.url), answer.status_code, leads_to=target)
            answer = self._client.get(target)
        reader = _Reader()
        reader.feed(answer.text)
        text = " ".join(" ".join(reader.words).split())
        links = tuple(urljoin(str(answer.url), link) for link in reader.links)
        return Page(str(answer.url), answer.status_code, text, tuple(reader.forms), links=links)

    def close(self) -> None:
        """Close all connections."""
        self._client.close()


class _Reader(HTMLParser):
    """Reads the visible words and the forms of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.words: list[str] = []
        self.forms: list[Form] = []
        self.links: list[str] = []
        self._form: Form | None = None
        self._button: tuple[str, str] | None = None
        self._label: list[str] = []
        self._hidden = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag in {"style", "script"}:
            self._hidden += 1
        elif tag == "form":
            self._form = Form(given.get("action", ""), given.get("method", "get").lower())
            self.forms.append(self._form)
        elif tag == "a" and given.get("href"):
            self.links.append(given["href"])
        elif tag == "button":
            self._button, self._label = (given.get("name", ""), given.get("value", "")), []
        elif self._form is not None and given.get("name"):
            self._take_field(self._form, tag, given)

    def _take_field(self, form: Form, tag: str, given: Mapping[str, str]) -> None:
        choice = given.get("type") in {"radio", "checkbox"}
        if (tag == "input" and (not choice or "checked" in given)) or tag == "textarea":
            form.fields[given["name"]] = given.get("value", "")

    def handle_endtag(self, tag: str) -> None:
        if tag in {"style", "script"}:
            self._hidden -= 1
        elif tag == "form":
            self._form = None
        elif tag == "button" and self._button is not None:
            if self._form is not None:
                self._form.buttons[" ".join("".join(self._label).split())] = self._button
            self._button = None

    def handle_data(self, data: str) -> None:
        if self._hidden:
            return
        self.words.append(data)
        if self._button is not None:
            self._label.append(data)
