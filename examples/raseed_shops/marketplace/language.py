"""The marketplace speaks the browser's language; the other shops of the demo speak English only."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils import translation
from django.utils.cache import patch_vary_headers

APP = "marketplace"


class MarketLanguage:
    """Middleware: what Django's LocaleMiddleware does, for the pages of one shop."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        before = translation.get_language()
        try:
            response = self.get_response(request)
            if _is_ours(request):
                response.headers.setdefault("Content-Language", translation.get_language() or "en")
                patch_vary_headers(response, ("Accept-Language",))
        finally:
            translation.activate(before or "en")  # a thread serves other shops next
        return response

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: Any) -> None:
        """Once it is known whose page it is."""
        if _is_ours(request):
            translation.activate(translation.get_language_from_request(request))


def _is_ours(request: HttpRequest) -> bool:
    match = getattr(request, "resolver_match", None)
    return match is not None and match.app_name == APP
