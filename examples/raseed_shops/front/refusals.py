"""A page in plain words for everything Raseed refuses, so that no view needs a try block."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext_lazy as _

from raseed.core import errors

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Refusal:
    """What to tell the customer. `again` says whether trying again may help."""

    status: int
    title: Any
    text: Any
    again: bool = False


#: By error; an error without a row uses the row of its nearest ancestor.
REFUSALS: dict[type[errors.RaseedError], Refusal] = {
    errors.NotAllowed: Refusal(
        403,
        _("You cannot pay for this"),
        _("Only the person it belongs to can pay, and only while it is due."),
    ),
    errors.AlreadyPaid: Refusal(
        409, _("This is already paid"), _("Your payment has been received. There is nothing more to pay.")
    ),
    errors.UnderReview: Refusal(
        409,
        _("We are checking your payment"),
        _("A payment for this arrived and a person is looking at it. Please do not pay again."),
    ),
    errors.StartInProgress: Refusal(
        409,
        _("One moment"),
        _("Your payment page is being opened right now. Wait a few seconds."),
        again=True,
    ),
    errors.AmountBelowMinimum: Refusal(
        409,
        _("The amount is too small"),
        _("The payment company does not take amounts this small. Nothing was charged. Please tell the shop."),
    ),
    errors.RefusedStart: Refusal(
        409,
        "This cannot be paid for right now",
        "Something has changed. Nothing was charged. Please look again.",
    ),
    errors.RefusedRefund: Refusal(
        409,
        _("This cannot be refunded"),
        _("Nothing was sent back: it is not paid, or less is left of it than that."),
    ),
    errors.GatewayRefused: Refusal(
        502,
        _("The payment company said no"),
        _("It refused to open a payment page. Nothing was charged. Tell the shop if it happens again."),
        again=True,
    ),
    errors.GatewayUnavailable: Refusal(
        503,
        _("The payment company does not answer"),
        _("Please try again in a minute. If you have paid already, we will find out by ourselves."),
        again=True,
    ),
    errors.RaseedError: Refusal(
        503,
        _("Payments do not work right now"),
        _("Something is wrong on our side. Nothing was charged just now. Please try again later."),
        again=True,
    ),
}


def refusal_of(error: errors.RaseedError) -> Refusal:
    """What to tell the customer about this error; what is wrong on our side or the gateway's is logged."""
    refusal = next(REFUSALS[kind] for kind in type(error).__mro__ if kind in REFUSALS)
    if refusal.status >= 500:
        _log.warning("%s: %s", type(error).__name__, error, exc_info=error)
    return refusal


class RefusalPages:
    """Middleware: turns any RaseedError of a view into its page. Other errors pass."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """The page for a RaseedError; the cause goes to the log, never to the customer."""
        if not isinstance(error, errors.RaseedError):
            return None
        refusal = refusal_of(error)
        if request.headers.get("Accept") == "application/json":  # a script of ours asked
            return JsonResponse({"error": refusal.text}, status=refusal.status)
        context = {"refusal": refusal, "back": _back(request)}
        return render(request, "front/refusal.html", context, status=refusal.status)


def _back(request: HttpRequest) -> str:
    """The page the customer came from, if it is ours."""
    referer = request.headers.get("Referer", "")
    if not url_has_allowed_host_and_scheme(referer, {request.get_host()}, require_https=request.is_secure()):
        return "/"
    parts = urlsplit(referer)
    return f"{parts.path}?{parts.query}" if parts.query else parts.path or "/"
