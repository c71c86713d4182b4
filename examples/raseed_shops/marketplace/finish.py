"""`GET /payments/finish`: the browser comes back from the wallet. One page for each way it can stand.

The visit is kept, its hash checked and the consent taken up by `raseed.take_return`; nothing is decided here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

import raseed
from raseed_shops.marketplace import payments, trace
from raseed_shops.marketplace.models import Event, Job

#: How long the waiting page stays before it looks again, and the good one before it leads to the job.
LOOK_AGAIN_SECONDS = 5
READ_SECONDS = 20


@dataclass(frozen=True)
class Form:
    """One form of the confirmation page: HTTP status, kind of box, title, what it means, what to do next."""

    name: str
    status: int
    kind: str
    title: Any
    text: Any
    action: Any


SUCCESS = Form(
    "success",
    200,
    "good",
    _("Payment complete"),
    _("The money is in the freelancer's wallet. The job is complete, and both of you get an e-mail."),
    _("See the job"),
)
WAITING = Form(
    "waiting",
    200,
    "wait",
    _("Your payment is on its way"),
    _("Your wallet is sending the money. This page looks again by itself; you may also close it."),
    _("Back to the job"),
)
DECLINED = Form(
    "declined",
    200,
    "bad",
    _("Payment not approved"),
    _("Your wallet says that you did not approve the payment. No money was sent."),
    _("Try again"),
)
FAILED = Form(
    "failed",
    200,
    "bad",
    _("Payment failed"),
    _("The payment did not go through, and it can no longer be paid. You can start a new one."),
    _("Try again"),
)
REVIEW = Form(
    "review",
    200,
    "wait",
    _("We are checking your payment"),
    _("Money arrived that is not as agreed. A person is looking at it. Please do not pay again."),
    _("Back to the job"),
)
MISSING = Form(
    "missing",
    400,
    "bad",
    _("Something is missing from this link"),
    _("Your wallet adds its answer to the address, and it is not there. Start again from the job."),
    _("Back to the job"),
)
WRONG = Form(
    "wrong",
    400,
    "bad",
    _("This link cannot be right"),
    _("Part of the address is not as a wallet writes it. Nothing was done. Start again from the job."),
    _("Back to the job"),
)
DOWN = Form(
    "down",
    503,
    "wait",
    _("Your wallet does not answer"),
    _("We keep asking, and you get an e-mail as soon as we know. Please do not pay again."),
    _("Look again"),
)
INVALID = Form(
    "invalid",
    404,
    "bad",
    _("We do not know this payment"),
    _("The link belongs to no payment of ours, or your wallet did not write it. It does nothing here."),
    _("To the marketplace"),
)
_FAILED_STATES = {"failed", "expired", "cancelled", "lapsed"}


def form_of(visit: raseed.Visit) -> Form:
    """The form that tells how it stands: first what is known, then what the address says."""
    payment: Any = visit.payment
    if payment.is_paid:
        return SUCCESS
    if payment.state == "review":
        return REVIEW
    if payment.state in _FAILED_STATES or payment.state == "paid":  # and given back
        return FAILED
    if visit.is_forged:
        return INVALID
    by_what_it_says = {"nothing": MISSING, "unreadable": WRONG, "declined": DECLINED}
    return by_what_it_says.get(visit.said) or (DOWN if visit.is_unanswered else WAITING)


@transaction.non_atomic_requests
@never_cache
@require_safe
def finish(request: HttpRequest) -> HttpResponse:
    """Where wallets send the browser. A reload repeats nothing, and a forged address does nothing."""
    event = trace.begin(request, Event.Kind.FINISH)
    visit = _visit(request)
    if visit is None:
        form = INVALID if "payment" in request.GET else MISSING
        payment = job = None
    else:
        form, payment = form_of(visit), visit.payment
        job = _job(request, payment)
        event.pending_id = payment.reference
    event.end(form.name, form.status)
    trace.lines_of(event).info("payment %s: %s", event.pending_id or "unknown", form.name)
    response = render(
        request, "marketplace/finish.html", _shown(request, form, payment, job), status=form.status
    )
    response["X-Request-ID"] = event.request_id
    response["Referrer-Policy"] = "same-origin"  # the address holds the consent
    return response


@transaction.non_atomic_requests
@never_cache
@require_safe
def to_job(request: HttpRequest) -> HttpResponse:
    """From the confirmation page to the job, with one line about how it went."""
    visit = _visit(request)
    job = _job(request, visit.payment) if visit else None
    if visit is None or job is None:
        return redirect("marketplace:list")
    payment: Any = visit.payment
    if payment.is_paid:
        messages.success(request, gettext("Your payment arrived. The job is complete."))
    elif payment.state in _FAILED_STATES:
        messages.error(request, gettext("Your payment did not go through. You can pay again."))
    else:
        messages.info(request, gettext("Your payment is not finished yet. We tell you as soon as it is."))
    return redirect(job)


def _visit(request: HttpRequest) -> raseed.Visit | None:
    visit = raseed.take_return(request)
    return visit if visit is not None and visit.payment.purpose == payments.PURPOSE else None


def _job(request: HttpRequest, payment: Any) -> Job | None:
    """The job that the address names, if the payment is one for it; a job may be gone."""
    named = request.GET.get("job", "")
    pk = int(named) if named.isascii() and named.isdigit() and len(named) < 10 else 0
    job = (
        Job.objects.select_related("contract__offer__freelancer")
        .filter(pk=pk, contract__isnull=False)
        .first()
    )
    is_its_own = job is not None and payments.payment_of(job.contract.offer, payment.reference) is not None
    return job if is_its_own else None


def _shown(request: HttpRequest, form: Form, payment: Any, job: Job | None) -> dict[str, Any]:
    named = {name: request.GET[name] for name in ("payment", "job") if name in request.GET}
    on = f"{reverse('marketplace:to-job')}?{urlencode(named)}" if job else reverse("marketplace:list")
    refresh = {"waiting": f"{LOOK_AGAIN_SECONDS}", "success": f"{READ_SECONDS};url={on}" if job else ""}
    return {
        "form": form,
        "job": job,
        "payment": payment,
        "transaction": payments.transaction_of(payment) if payment else "",
        "on": request.get_full_path() if form is DOWN else on,
        "refresh": refresh.get(form.name, ""),
    }
