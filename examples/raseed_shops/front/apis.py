"""What holds for every API of the shops: errors are `{"error": "…"}`, whoever finds them."""

from __future__ import annotations

import json
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse, HttpResponsePermanentRedirect
from django.middleware.common import CommonMiddleware

_BELOW = "/api/"
_WORDS = {
    400: "The request cannot be read.",
    403: "This is not yours to do.",
    404: "There is nothing at this address.",
    405: "This address does not take this method.",
    413: "The request is too large.",
    500: "Something is wrong on our side. What was paid is not lost.",
}


class ErrorsAsJson:
    """Middleware: an error that no view of the API has worded, such as an unknown address, is JSON too."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        is_page = not response.get("Content-Type", "").startswith("application/json")
        if response.status_code >= 400 and is_page and request.path.startswith(_BELOW):
            response.content = json.dumps({"error": _WORDS.get(response.status_code, response.reason_phrase)})
            response["Content-Type"] = "application/json"
        return response


class _SameMethod(HttpResponsePermanentRedirect):
    """301 makes many clients turn a POST into a GET; 308 does not."""

    status_code = 308


class AppendSlash(CommonMiddleware):
    """Django's, but what was posted to an address without its last slash arrives at the right one."""

    response_redirect_class = _SameMethod
