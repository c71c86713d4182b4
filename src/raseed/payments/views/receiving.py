"""Where gateways call: the bytes in, and an answer that says whether they are kept."""

from __future__ import annotations

from collections.abc import Callable

from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.utils.cache import add_never_cache_headers
from django.views.decorators.csrf import csrf_exempt

from raseed.core.errors import BadSignature, ConfigurationError
from raseed.payments import conf
from raseed.payments.flows.receive_delivery import receive_delivery
from raseed.payments.incoming import Refusal, read_request
from raseed.payments.models import Payment

View = Callable[..., HttpResponse]


def webhook(account: str) -> View:
    """A view that receives this account's webhooks; mount it at any path. 200 means: it is kept.

    Where a gateway signs what browsers bring back, it takes that too, and leads to the payment's page.
    Raises ConfigurationError at once for a name that is not in RASEED["ACCOUNTS"].
    """
    refuse_unknown(account)

    @csrf_exempt
    @transaction.non_atomic_requests
    def receive(request: HttpRequest) -> HttpResponse:
        settings = conf.current()
        takes = settings.gateway(account).capabilities
        read = read_request(request, takes.webhook_methods, settings.max_body_bytes, takes.webhook_types)
        if isinstance(read, Refusal):
            return _error(read.status, read.why, read.headers)
        receipt = receive_delivery(account, read)
        if receipt.refused is not None:
            return _error(401 if isinstance(receipt.refused, BadSignature) else 400, str(receipt.refused))
        return _led(request, receipt.payment_id) if request.method == "GET" else JsonResponse({})

    receive.raseed_account = account  # type: ignore[attr-defined]  # the doctor looks for it in the urlpatterns
    return receive


def _led(request: HttpRequest, payment_id: int | None) -> HttpResponse:
    """A browser that brought what its gateway signed is led to the page of the payment it names."""
    payment = Payment.objects.filter(pk=payment_id).first() if payment_id else None
    if payment is None:
        response = render(request, "raseed/returned.html")
    else:
        response = HttpResponseRedirect(payment.status_url())
        response.status_code = 303
    add_never_cache_headers(response)
    return response


def refuse_unknown(account: str) -> None:
    """A misspelt account shows when the site starts; settings that are all wrong are told by a check."""
    try:
        settings = conf.current()
    except ConfigurationError:
        return
    settings.gateway(account)


def _error(status: int, why: str, headers: dict[str, str] | None = None) -> HttpResponse:
    return JsonResponse({"error": why}, status=status, headers=headers)
