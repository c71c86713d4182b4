"""The views a site mounts: webhook, return and status. They decide nothing; the flows do."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from django.core.exceptions import ObjectDoesNotExist
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from raseed.core.errors import BadSignature, ConfigurationError, InsideTransaction
from raseed.core.states import CLOSED, OPEN, State
from raseed.payments import conf
from raseed.payments.flows.check_payment import check_on_return
from raseed.payments.flows.receive_delivery import receive_delivery
from raseed.payments.incoming import Refusal, read_request
from raseed.payments.links import PARAMETER
from raseed.payments.models import Fulfilment, FulfilmentState, Payment
from raseed.payments.tokens import reference_of

log = logging.getLogger("raseed.return")

View = Callable[..., HttpResponse]


def webhook(account: str) -> View:
    """A view that receives this account's webhooks; mount it at any path. 200 means: it is kept.

    Raises ConfigurationError at once for a name that is not in RASEED["ACCOUNTS"].
    """
    _refuse_unknown(account)

    @csrf_exempt
    @transaction.non_atomic_requests
    def receive(request: HttpRequest) -> HttpResponse:
        settings = conf.current()
        methods = settings.gateway(account).capabilities.webhook_methods
        read = read_request(request, methods, settings.max_body_bytes)
        if isinstance(read, Refusal):
            return _error(read.status, read.why, read.headers)
        receipt = receive_delivery(account, read)
        if receipt.refused is not None:
            return _error(401 if isinstance(receipt.refused, BadSignature) else 400, str(receipt.refused))
        return JsonResponse({})

    return receive


def _refuse_unknown(account: str) -> None:
    """A misspelt account shows when the site starts; settings that are all wrong are told by a check."""
    try:
        settings = conf.current()
    except ConfigurationError:
        return
    settings.gateway(account)


def _error(status: int, why: str, headers: dict[str, str] | None = None) -> HttpResponse:
    return JsonResponse({"error": why}, status=status, headers=headers)


@csrf_exempt
@transaction.non_atomic_requests
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def returned(request: HttpRequest, *, payment: Payment | None = None) -> HttpResponse:
    """Where gateways send the browser back. Asks the gateway, then leads to the signed status page.

    The visit itself proves nothing. The payment is named by the signed parameter; a view of the site may
    pass `payment` instead, and then only someone whom `Purpose.may_see` allows is led to its page.
    """
    named = _named(request)
    if payment is None:
        payment = named
    elif (named is None or named.pk != payment.pk) and not _may_see(request, payment):
        _ask(payment)
        return render(request, "raseed/returned.html")
    if payment is None:
        raise Http404("This link names no payment.")
    _ask(payment)
    response = HttpResponseRedirect(payment.status_url())
    response.status_code = 303
    return response


def _ask(payment: Payment) -> None:
    """Whatever goes wrong with asking, who may have paid is led to the page; the worker asks again."""
    try:
        check_on_return(payment)
    except InsideTransaction:
        raise  # the mistake of the view that called us: it would never confirm anything
    except Exception:
        log.exception("payment %s could not be checked when its customer came back", payment.reference)


def _named(request: HttpRequest) -> Payment | None:
    tokens = request.GET.getlist(PARAMETER)
    reference = reference_of(tokens[0]) if len(tokens) == 1 else None
    return Payment.objects.filter(reference=reference).first() if reference else None


def _may_see(request: HttpRequest, payment: Payment) -> bool:
    user: Any = getattr(request, "user", None)
    try:
        return bool(payment.purpose_object().may_see(user, payment.payable()))
    except (ConfigurationError, ObjectDoesNotExist):  # the purpose or the thing itself is gone
        return False


@never_cache
@require_safe
def status(request: HttpRequest, token: str) -> HttpResponse:
    """How a payment stands, in plain words, for whoever holds the signed link."""
    reference = reference_of(token)
    payment = Payment.objects.filter(reference=reference).first() if reference else None
    if payment is None:
        raise Http404("This link names no payment.")
    context = {"payment": payment, "page": _page(payment), "next_url": payment.next_url or "/"}
    response = render(request, "raseed/status.html", context)
    response["Referrer-Policy"] = "same-origin"  # the address is the key; links to gateways must not carry it
    return response


def _page(payment: Payment) -> str:
    """Which of the page's texts fits: the state, where the money is, and whether the goods are given."""
    if payment.is_fully_refunded:
        return "refunded"
    if payment.state == State.PAID:
        if payment.fulfilments.filter(state=FulfilmentState.DONE).exists():
            return "paid"
        return "held" if payment.attention else ("paid" if _is_given(payment) else "preparing")
    if payment.state in CLOSED and payment.charges.exists():
        return "held"  # a person turned it down, and the money has not gone back yet
    return "waiting" if payment.state in OPEN else payment.state


def _is_given(payment: Payment) -> bool:
    """The thing itself is given, by an earlier payment: money that came twice and is kept by policy."""
    return Fulfilment.objects.filter(**payment.thing, state=FulfilmentState.DONE).exists()
