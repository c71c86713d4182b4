"""The patients' pages: what is owed, paying it, and the receipt. Paying is `pay`; the rest is any shop."""

import secrets
from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

import raseed
from raseed_shops.clinic import payments
from raseed_shops.clinic.models import Appointment, Bill, Owed, Receipt
from raseed_shops.clinic.people import may_see, works_here

#: What can be chosen, with the words on the button, and a line about it.
CHOICES = [
    ("card", "Card", "Visa or Mastercard"),
    ("gcash", "GCash", ""),
    ("paymaya", "Maya", ""),
    ("grab_pay", "GrabPay", ""),
    ("qrph", "QR Ph", "scan a code with any bank's app"),
]
NAMES = {word: name for word, name, _ in CHOICES}
#: PayMongo's test cards, https://developers.paymongo.com/docs/testing, and what becomes of each.
TEST_CARDS = [
    ("4343 4343 4343 4345", "pays"),
    ("4571 7360 0000 0075", "pays, although older guides say otherwise"),
    ("4120 0000 0000 0007", "asks for 3-D Secure, then pays"),
    ("5234 0000 0000 0106", "asks for 3-D Secure, then is declined"),
    ("5100 0000 0000 0198", "has not enough money"),
    ("4200 0000 0000 0018", "has expired"),
]
_MODELS: dict[str, type[Owed]] = {"bill": Bill, "appointment": Appointment}


@require_safe
def bill_list(request: HttpRequest) -> HttpResponse:
    """What I owe and have paid; everything, for those who work here."""
    works = works_here(request.user)
    bills, visits = (_mine(request, works, model) for model in (Bill, Appointment))
    context = {"works_here": works, "bills": bills, "visits": visits, **_form_context()}
    return render(request, "clinic/list.html", context)


def _mine(request: HttpRequest, works: bool, model: type[Owed]) -> list[Owed]:
    rows = model._default_manager.select_related("patient").order_by("-pk")
    mine = list(rows if works else rows.filter(patient=request.user.pk or 0))
    for owed in mine:
        payments.keep_up(owed)
    return mine


@login_required
@require_safe
def owed_page(request: HttpRequest, kind: str, pk: int) -> HttpResponse:
    """One bill or appointment: what is due, and every payment there was."""
    owed = find(request, kind, pk)
    receipts = {
        receipt.payment_reference: receipt for receipt in Receipt.objects.filter(patient=owed.patient)
    }
    history = [
        {
            "payment": payment,
            "method": NAMES[payments.word_of(payment)],
            "status": payments.status_of(payment),
            "receipt": receipts.get(payment.reference),
            "refund_key": secrets.token_hex(12),
        }
        for payment in raseed.payments_of(owed, purpose=owed.purpose)
    ]
    context = {"owed": owed, "kind": kind, "history": history, "works_here": works_here(request.user)}
    return render(request, "clinic/owed.html", {**context, **_form_context()})


def find(request: HttpRequest, kind: str, pk: int) -> Owed:
    """The row as it stands, for somebody who may see it. Raises Http404 or PermissionDenied."""
    owed = get_object_or_404(_MODELS[kind]._default_manager.select_related("patient"), pk=pk)
    if not may_see(request.user, owed):
        raise PermissionDenied
    payments.keep_up(owed)
    return owed


def _form_context() -> dict[str, Any]:
    return {"choices": CHOICES, "test_cards": TEST_CARDS}


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def pay(request: HttpRequest, kind: str, pk: int) -> HttpResponse:
    """Choose how, and go. A script that pays by card itself asks for JSON and gets what it needs for that.

    What may not be paid raseed refuses, and a middleware tells the patient why.
    """
    owed = find(request, kind, pk)
    if request.method != "POST":
        return render(request, "clinic/pay.html", {"owed": owed, "kind": kind, **_form_context()})
    word = request.POST.get("method", "")
    if word not in payments.METHODS:
        raise Http404("there is no such way to pay")
    by_script = request.headers.get("Accept") == "application/json"
    if word == "card" and not by_script:
        word = payments.CARD_ELSEWHERE
    checkout = payments.start(owed, word, request.user)
    if by_script:
        return JsonResponse(dict(checkout.client))
    return redirect(checkout.url or checkout.payment.status_url())  # which shows the code to scan


@login_required
@require_safe
def receipt(request: HttpRequest, pk: int) -> HttpResponse:
    """A receipt, made to be printed."""
    found = get_object_or_404(Receipt.objects.select_related("patient"), pk=pk)
    if not may_see(request.user, found):
        raise PermissionDenied
    return render(request, "clinic/receipt.html", {"receipt": found, "method": NAMES[found.method]})
