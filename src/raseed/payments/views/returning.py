"""Where browsers come back. The visit proves nothing: it asks the gateway and leads to the status page."""

from __future__ import annotations

import logging

from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from raseed.core.errors import InsideTransaction
from raseed.gateways.base import RawDelivery
from raseed.payments import conf
from raseed.payments.access import may_see
from raseed.payments.flows.receive_return import receive_return
from raseed.payments.flows.visits import Visit, receive_visit
from raseed.payments.incoming import FORM, Refusal, read_request
from raseed.payments.links import PARAMETER
from raseed.payments.models import Payment
from raseed.payments.tokens import reference_of

log = logging.getLogger("raseed.return")

#: A HEAD request is a look at the address, and carries nothing.
_WITH_CONTENT = frozenset({"GET", "POST"})


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
    elif (named is None or named.pk != payment.pk) and not may_see(getattr(request, "user", None), payment):
        _ask(request, payment)
        return render(request, "raseed/returned.html")
    if payment is None:
        raise Http404("This link names no payment.")
    _ask(request, payment)
    response = HttpResponseRedirect(payment.status_url())
    response.status_code = 303
    return response


def take_return(request: HttpRequest) -> Visit | None:
    """For a page of the site's own: keep what the browser brought, ask the gateway, and tell what came of it.

    None where the signed parameter names no payment. Unlike `returned` it makes no page and leads nowhere.
    Exempt the view from CSRF checks and from ATOMIC_REQUESTS. Raises InsideTransaction.
    """
    payment = _named(request)
    return None if payment is None else receive_visit(payment, _delivery(request))


def _ask(request: HttpRequest, payment: Payment) -> None:
    """Whatever goes wrong with asking, who may have paid is led to the page; the worker asks again."""
    try:
        receive_return(payment, _delivery(request))
    except InsideTransaction:
        raise  # the mistake of the view that called us: it would never confirm anything
    except Exception:
        log.exception("payment %s could not be checked when its customer came back", payment.reference)


def _delivery(request: HttpRequest) -> RawDelivery | None:
    """The return as bytes; None for one that no gateway makes."""
    read = read_request(request, _WITH_CONTENT, conf.current().max_body_bytes, FORM)
    if isinstance(read, Refusal):
        log.info("a return is not read: %s", read.why)
        return None
    return read


def _named(request: HttpRequest) -> Payment | None:
    tokens = request.GET.getlist(PARAMETER)
    reference = reference_of(tokens[0]) if len(tokens) == 1 else None
    return Payment.objects.filter(reference=reference).first() if reference else None
