"""How a payment stands, for whoever holds its signed link: as a page, as a part of one, as JSON."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotModified
from django.shortcuts import render
from django.template.loader import render_to_string
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from raseed.payments.models import Payment
from raseed.payments.tokens import reference_of
from raseed.payments.told import Told, as_json, etag, shown, tell

#: What of the page may be asked for besides the whole: data for programs, and what scripts put into pages.
_PARTS = {"json": "application/json", "part": "text/html; charset=utf-8"}


@never_cache
@require_safe
def status(request: HttpRequest, token: str) -> HttpResponse:
    """How a payment stands, in plain words, for whoever holds the signed link.

    `?format=json` (or a request that accepts JSON and no HTML) gives a document, `?format=part` the piece
    of HTML that a page shows; both carry an ETag, and a copy that is still right gets 304.
    """
    reference = reference_of(token)
    payment = Payment.objects.filter(reference=reference).first() if reference else None
    if payment is None:
        raise Http404("This link names no payment.")
    told = tell(payment)
    wanted = _wanted(request)
    if wanted in _PARTS:
        response = _part(request, told, wanted)
    else:
        context = shown(told, heading="h1", back=True) | {"payment": payment, "page": told.page}
        response = render(request, "raseed/status.html", context)
    response["Referrer-Policy"] = "same-origin"  # the address is the key; links to gateways must not carry it
    response["Vary"] = "Accept, Accept-Language, Cookie"
    return response


def _wanted(request: HttpRequest) -> str:
    named = request.GET.get("format", "")
    if named:
        return named
    is_for_programs = not request.accepts("text/html") and request.accepts("application/json")
    return "json" if is_for_programs else ""


def _part(request: HttpRequest, told: Told, wanted: str) -> HttpResponse:
    if wanted == "json":
        content = as_json(told)
    else:
        content = render_to_string("raseed/payment_status.html", {"told": told, "back": True}, request)
    tag = etag(content)
    if tag in request.headers.get("If-None-Match", ""):
        response: HttpResponse = HttpResponseNotModified()
    else:
        response = HttpResponse(content, content_type=_PARTS[wanted])
    response["ETag"] = tag
    return response
