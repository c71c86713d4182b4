"""The pages of the marketplace: jobs, offers, accepting one, and paying it from one's own wallet."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

import raseed
from raseed.core.errors import WrongWallet
from raseed_shops.marketplace import payments
from raseed_shops.marketplace.forms import JobForm, OfferForm, WalletForm
from raseed_shops.marketplace.models import Contract, Job, Offer

#: Wallets of the sandbox: with dollars, with euros, Bob's own, and one without money.
WALLETS_TO_TRY = ("alice", "elena", "bob", "pat")


@require_safe
def job_list(request: HttpRequest) -> HttpResponse:
    """All jobs, newest first."""
    return render(request, "marketplace/list.html", {"jobs": Job.objects.select_related("client")[::-1]})


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def new_job(request: HttpRequest) -> HttpResponse:
    """Post a job."""
    form = JobForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        form.instance.client = request.user
        return redirect(form.save())
    return render(request, "marketplace/new.html", {"form": form})


@never_cache
@require_safe
def job_page(request: HttpRequest, pk: int) -> HttpResponse:
    """A job with its offers; what a person may do next depends on who they are."""
    job = get_object_or_404(Job.objects.select_related("client"), pk=pk)
    return render(request, "marketplace/job.html", _shown(request, job))


def _shown(request: HttpRequest, job: Job, **forms: Any) -> dict[str, Any]:
    contract = Contract.objects.select_related("offer__freelancer").filter(job=job).first()
    offers = job.offers.select_related("freelancer").order_by("price", "pk")
    is_client = request.user == job.client
    shown: dict[str, Any] = {"job": job, "contract": contract, "is_client": is_client, **forms}
    shown["offers"] = offers if is_client else offers.filter(freelancer=request.user.pk or 0)
    shown["is_party"] = is_client or (contract is not None and contract.offer.freelancer == request.user)
    if contract is not None and shown["is_party"]:
        shown["payment"] = raseed.latest_payment(contract.offer, purpose=payments.PURPOSE)
    shown["may_offer"] = (
        job.status == Job.Status.OPEN
        and request.user.is_authenticated
        and not (is_client or shown["offers"].exists())
    )
    base = f"{settings.SANDBOX_URL}/openpayments"
    shown["wallets_to_try"] = [f"{base}/{name}" for name in WALLETS_TO_TRY]
    shown.setdefault("offer_form", OfferForm())
    shown.setdefault("wallet_form", WalletForm())
    return shown


@login_required
@require_POST
def offer(request: HttpRequest, pk: int) -> HttpResponse:
    """Make an offer: what it costs, and the wallet to be paid."""
    job = get_object_or_404(Job, pk=pk)
    if job.status != Job.Status.OPEN or job.client == request.user:
        raise PermissionDenied
    form = OfferForm(request.POST)
    if not form.is_valid():
        return render(request, "marketplace/job.html", _shown(request, job, offer_form=form), status=422)
    form.instance.job, form.instance.freelancer = job, request.user
    try:
        with transaction.atomic():
            form.save()
    except IntegrityError:  # a second press: one offer each
        messages.info(request, _("You have made an offer already."))
    return redirect(job)


def _tell(form: WalletForm, wrong: WrongWallet) -> None:
    """Whose wallet it is about decides who can do something."""
    said = str(wrong)
    if wrong.which == "payer_wallet":
        form.add_error("wallet", _(said[:1].upper() + said[1:]))
    else:
        form.add_error(None, _("The freelancer’s wallet cannot be paid. Ask them for another address."))


@login_required
@require_POST
def accept(request: HttpRequest, pk: int) -> HttpResponse:
    """Accept an offer: a contract, the one contract of its job."""
    chosen = get_object_or_404(Offer.objects.select_related("job"), pk=pk)
    if chosen.job.client != request.user:
        raise PermissionDenied
    with transaction.atomic():
        waiting = Job.objects.filter(pk=chosen.job_id, status=Job.Status.OPEN)
        if waiting.update(status=Job.Status.ASSIGNED):
            Contract.objects.create(job=chosen.job, offer=chosen)
    return redirect(chosen.job)


@login_required
@require_POST
def pay(request: HttpRequest, pk: int) -> HttpResponse:
    """Go to the client's own wallet, which asks for their consent.

    What cannot be paid raseed refuses, and a middleware tells why; a wrong address is told at its field.
    """
    chosen = get_object_or_404(Offer.objects.select_related("job__client", "freelancer"), pk=pk)
    form = WalletForm(request.POST)
    if form.is_valid():
        try:
            checkout = payments.start(chosen, form.cleaned_data["wallet"], request.user)
        except WrongWallet as wrong:
            _tell(form, wrong)
        else:
            return redirect(checkout.url or checkout.payment.status_url())
    if not payments.JobPayment(payments.PURPOSE).may_see(request.user, chosen):
        raise PermissionDenied
    return render(request, "marketplace/job.html", _shown(request, chosen.job, wallet_form=form), status=422)
