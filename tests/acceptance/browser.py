"""A customer's browser as far as the shops need one: cookies, redirects, forms. Standard library only."""

from __future__ import annotations

import urllib.error
import urllib.request
from dataclasses import dataclass, field
from html.parser import HTMLParser
from http.cookiejar import CookieJar
from urllib.parse import urlencode, urljoin


@dataclass
class Form:
    """A form of a page: where it goes, what it holds, and its buttons as (name, value, words)."""

    action: str
    method: str = "get"
    fields: dict[str, str] = field(default_factory=dict)
    buttons: list[tuple[str, str, str]] = field(default_factory=list)


class _Forms(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self._button: tuple[str, str] | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.forms.append(Form(given.get("action", ""), given.get("method", "get").lower()))
        elif tag in {"input", "textarea"} and self.forms and "name" in given:
            self.forms[-1].fields[given["name"]] = given.get("value", "")
        elif tag == "button" and self.forms:
            self._button = (given.get("name", ""), given.get("value", ""))
            self.forms[-1].buttons.append((*self._button, ""))

    def handle_endtag(self, tag: str) -> None:
        if tag == "button":
            self._button = None

    def handle_data(self, data: str) -> None:
        if self._button is not None:
            name, value, words = self.forms[-1].buttons[-1]
            self.forms[-1].buttons[-1] = (name, value, words + data)


class Browser:
    """Goes to pages and presses buttons. `status`, `url` and `text` are those of the page it is on."""

    def __init__(self) -> None:
        self._opener = urllib.request.build_opener(
            urllib.request.ProxyHandler({}), urllib.request.HTTPCookieProcessor(CookieJar())
        )
        self.status, self.url, self.text = 0, "", ""

    def go(self, url: str, data: dict[str, str] | None = None) -> Browser:
        """GET, or POST with data; follows redirects and keeps what any status answered."""
        body = None if data is None else urlencode(data).encode()
        request = urllib.request.Request(urljoin(self.url, url), data=body, headers=self._headers())
        try:
            with self._opener.open(request, timeout=60) as answer:
                self.status, self.url, self.text = answer.status, answer.url, answer.read().decode()
        except urllib.error.HTTPError as answer:
            with answer:
                self.status, self.url, self.text = answer.code, answer.url, answer.read().decode()
        return self

    def _headers(self) -> dict[str, str]:
        return {"Referer": self.url} if self.url else {}

    def press(self, words: str, **filled: str) -> Browser:
        """Press the button with these words on it, with fields filled in."""
        parser = _Forms()
        parser.feed(self.text)
        for form in parser.forms:
            for name, value, label in form.buttons:
                if words in " ".join(label.split()):
                    chosen = {name: value} if name else {}
                    data = {**form.fields, **filled, **chosen}
                    target = form.action or self.url
                    return self.go(target, data if form.method == "post" else None)
        labels = [label for form in parser.forms for _, _, label in form.buttons]
        raise AssertionError(f"no button {words!r} on {self.url}; there are {labels}")
