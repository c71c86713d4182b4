"""The dashboard: the balance, which changes by itself; depositing in a new tab; paying; saved cards."""

from __future__ import annotations

import secrets
from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

import raseed
from raseed.core.errors import RefusedTransfer, UnusableCard
from raseed_shops import clock
from raseed_shops.services import payments
from raseed_shops.services.answers import UNUSABLE, sentence
from raseed_shops.services.forms import DepositForm, PayForm
from raseed_shops.services.models import CURRENCY, Deposit
from raseed_shops.services.people import is_technician

#: How long a banner tells of a deposit that arrived.
_NEWS_FOR = timedelta(minutes=2)
_SHOWN = 12

_WORDS = {
    "charge": "Deposit",
    "refund": "Deposit sent back",
    "release": "Deposit, after a check",
    "correction": "Correction",
    "credit": "Credit",
    "transfer": "Payment",
    "pay in": "Paid in",
    "pay out": "Paid out",
}


@require_safe
@never_cache
def dashboard(request: HttpRequest) -> HttpResponse:
    """Everything on one page. What can change by itself is in `services/now.html`."""
    if not request.user.is_authenticated:
        return render(request, "services/dashboard.html")
    context = _now(request.user) | {
        "is_technician": is_technician(request.user),
        "deposit_form": DepositForm(request.user),
        "pay_form": PayForm(initial={"key": secrets.token_hex(12)}, auto_id="pay_%s"),
        "cards": payments.cards_of(request.user),
    }
    return render(request, "services/dashboard.html", context)


@login_required
@require_safe
@never_cache
def now(request: HttpRequest) -> HttpResponse:
    """The part that changes, for the page's script: as HTML, and which deposit is the newest."""
    return render(request, "services/now.html", _now(request.user))


def _now(user: Any) -> dict[str, Any]:
    newest = Deposit.objects.filter(client=user).order_by("-pk").first()
    payment = payments.payment_of(newest) if newest else None
    return {
        "balance": payments.balance(user),
        "newest": newest,
        "payment": payment,
        "status": payments.status_of(payment) if newest else "",
        "is_over": bool(newest) and payments.is_over(payment),
        "arrived": _arrived(payment),
        "history": [_entry(posting) for posting in payments.history(user)[:_SHOWN]],
    }


def _arrived(payment: Any) -> raseed.Money | None:
    """What came a moment ago, or None."""
    if payment is None or not payment.is_paid or clock.now() - payment.paid_at >= _NEWS_FOR:
        return None
    return raseed.Money(payment.collected_minor, payment.currency)


def _entry(posting: Any) -> dict[str, Any]:
    return {
        "at": posting.created_at,
        "what": posting.note or _WORDS[posting.memo],
        "change": raseed.Money(posting.change_minor, CURRENCY),
        "after": raseed.Money(posting.balance_minor, CURRENCY),
        "came": posting.change_minor > 0,
    }


@login_required
@require_POST
@never_cache
def deposit(request: HttpRequest) -> HttpResponse:
    """Go to Paymob's page. The form opens it in a new tab, so that the dashboard stays."""
    form = DepositForm(request.user, request.POST)
    if not form.is_valid():
        return _back(request, form)
    try:
        checkout = payments.start(request.user, form.cleaned_data["amount"], **form.chosen())
    except UnusableCard:
        messages.error(request, UNUSABLE)
        return redirect("services:dashboard")
    return _to(checkout)


@login_required
@require_POST
@never_cache
def again(request: HttpRequest, pk: int) -> HttpResponse:
    """Go back to the page of a deposit of mine; where its time is over or it failed, to a new one."""
    asked = get_object_or_404(Deposit, pk=pk, client=request.user)
    return _to(payments.again(asked, request.user))


def _to(checkout: raseed.Checkout) -> HttpResponse:
    """To Paymob's page; without one, to the page that shows the kiosk's number."""
    return redirect(checkout.url or checkout.payment.status_url())


@login_required
@require_POST
@never_cache
def pay(request: HttpRequest) -> HttpResponse:
    """Pay a technician from the balance. The key in the form makes a second click harmless."""
    form = PayForm(request.POST)
    if not form.is_valid():
        return _back(request, form)
    said = form.cleaned_data
    try:
        moved = payments.pay(
            request.user, said["technician"], said["amount"], key=said["key"], note=said["note"]
        )
    except RefusedTransfer as refused:
        messages.error(request, sentence(refused))
    else:
        name = said["technician"].first_name or said["technician"].username
        messages.success(request, f"{moved.money} went to {name}.")
    return redirect("services:dashboard")


def _back(request: HttpRequest, form: Any) -> HttpResponse:
    for field, errors in form.errors.items():
        messages.error(request, f"{form.fields[field].label}: {' '.join(errors)}")
    return redirect("services:dashboard")


@login_required
@require_POST
@never_cache
def card(request: HttpRequest, pk: int) -> HttpResponse:
    """Rename a saved card of mine, make it the first choice, or delete it."""
    found = next((card for card in payments.cards_of(request.user) if card.pk == pk), None)
    if found is None:
        raise Http404("You have no such card.")
    match request.POST.get("do"):
        case "rename":
            raseed.rename_card(found, request.POST.get("name", ""))
        case "choose":
            raseed.choose_card(found)
        case "delete":
            raseed.delete_card(found)
        case _:
            raise Http404("There is no such action.")
    return redirect("services:dashboard")


@require_safe
def known(request: HttpRequest) -> JsonResponse:
    """Which deposit is the newest: asked by the dashboard while a new tab is being opened."""
    newest = Deposit.objects.filter(client=request.user.pk or 0).order_by("-pk").values_list("pk", flat=True)
    return JsonResponse({"newest": newest.first()})
