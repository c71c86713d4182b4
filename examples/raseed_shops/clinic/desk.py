"""The staff's pages: send a bill, refund, ask PayMongo again, and read how all of it works."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from functools import wraps
from typing import Any

from django.contrib import messages
from django.contrib.auth import get_user_model
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.forms import ModelChoiceField, ModelForm
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

import raseed
from raseed.core.errors import MoneyError, RefusedRefund
from raseed_shops.clinic import payments
from raseed_shops.clinic.models import Bill, Owed
from raseed_shops.clinic.people import PATIENT, works_here
from raseed_shops.clinic.views import find

View = Callable[..., HttpResponse]


def staff_only(view: View) -> View:
    """For those who work here; others are told that it is not theirs to do."""

    @wraps(view)
    def checked(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not works_here(request.user):
            raise PermissionDenied
        return view(request, *args, **kwargs)

    return login_required(checked)


class BillForm(ModelForm):  # type: ignore[type-arg]
    """A new bill for one of the patients."""

    patient = ModelChoiceField(get_user_model().objects.none(), label="Patient")

    class Meta:
        model = Bill
        fields = ("patient", "title", "amount")
        labels = {"title": "What for", "amount": "Pesos"}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        patients = get_user_model().objects.filter(groups__name=PATIENT).order_by("first_name")
        field: Any = self.fields["patient"]
        field.queryset = patients
        field.label_from_instance = lambda user: user.first_name or user.get_username()


@staff_only
@require_http_methods(["GET", "HEAD", "POST"])
def desk(request: HttpRequest) -> HttpResponse:
    """How payments work here, in plain words; and a new bill."""
    form = BillForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        bill = form.save()
        messages.success(request, f"The bill was sent to {bill.patient.first_name}.")
        return redirect(bill)
    return render(request, "clinic/desk.html", {"form": form, "being_paid": _being_paid()})


def _being_paid() -> list[Bill]:
    """Bills with a payment of which it is not known yet how it ends."""
    started = Bill.objects.select_related("patient").filter(status=Owed.Status.DUE)
    bills = list(started.exclude(payment_intent_id="").order_by("-pk"))
    for bill in bills:
        payments.keep_up(bill)
    return [b for b in bills if b.is_due and b.payment_status != Owed.PaymentStatus.FAILED]


@staff_only
@require_POST
def refund(request: HttpRequest, kind: str, pk: int, reference: str) -> HttpResponse:
    """Send back what the form says; an empty amount is all that is left."""
    owed = find(request, kind, pk)
    text = request.POST.get("amount", "").strip()
    try:
        money = raseed.Money.of(Decimal(text), "PHP") if text else None
        asked = raseed.request_refund(
            _payment(owed, reference),
            money,
            reason=request.POST.get("reason", "") or "requested_by_customer",
            key=request.POST.get("key", "")[:64] or secrets.token_hex(12),
            user=request.user,
        )
    except (InvalidOperation, MoneyError):
        messages.error(request, f"“{text}” is no amount. Write it like 250.00. Nothing was sent back.")
    except RefusedRefund as refused:
        messages.error(request, f"Nothing was sent back: {refused}")
    else:
        messages.success(request, f"₱{asked.money.amount:,f} is on its way back. See below how far it is.")
    return redirect(owed)


@staff_only
@require_POST
def ask(request: HttpRequest, kind: str, pk: int, reference: str) -> HttpResponse:
    """Ask PayMongo now how a payment stands."""
    owed = find(request, kind, pk)
    checked = raseed.check_payment(_payment(owed, reference))
    if checked.error:
        messages.error(request, "PayMongo did not answer. Nothing has changed; we keep asking by ourselves.")
    else:
        said = checked.payment.state.replace("pending", "not paid yet")
        messages.success(request, f"PayMongo was asked. The payment is: {said}.")
    return redirect(owed)


@staff_only
@require_POST
def reopen(request: HttpRequest, kind: str, pk: int) -> HttpResponse:
    """A cancelled bill is due again."""
    owed = find(request, kind, pk)
    rows = type(owed)._default_manager.filter(pk=owed.pk, status=Owed.Status.CANCELLED)
    rows.update(status=Owed.Status.DUE, payment_status=Owed.PaymentStatus.PENDING, payment_intent_id="")
    return redirect(owed)


def _payment(owed: Owed, reference: str) -> Any:
    """The payment of this reference, if it is one for it. Raises Http404."""
    found = raseed.payments_of(owed, purpose=owed.purpose).filter(reference=reference).first()
    if found is None:
        raise Http404("there is no such payment for this")
    return found
