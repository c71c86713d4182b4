"""The page of one action: what will happen, a reason, one button. Works without JavaScript."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import reverse

from raseed.payments.admin.actions import ACTIONS, Action
from raseed.payments.admin.actions.action import ActionForm, fingerprint, new_key
from raseed.payments.admin.read_only import may_view
from raseed.payments.admin.story import load
from raseed.payments.flows.staff_action import Wish
from raseed.payments.models import Payment, StaffAction

CHANGED = (
    "The payment changed while you were looking at it. Nothing was done. Read the page again, then decide."
)


def act_on_payment(site: admin.AdminSite, request: HttpRequest, payment_id: str, name: str) -> HttpResponse:
    """Show an action's page, or carry it out. Refused with 403 without the permission."""
    action = ACTIONS.get(name)
    if action is None or not payment_id.isdigit():
        raise Http404
    if not (may_view(request, Payment) and action.may(request)):
        raise PermissionDenied
    payment = get_object_or_404(Payment, pk=payment_id)
    load(payment)
    if request.method == "POST":
        return _post(site, request, action, payment)
    return _page(site, request, action, payment, action.form(payment, initial=_initial(action, payment)))


def offered(site: admin.AdminSite, request: HttpRequest, payment: Payment) -> list[dict[str, str]]:
    """The actions that this person may do and that this payment's state allows, as links."""
    return [
        {"label": action.label, "url": action_url(site, payment, name), "tone": action.tone}
        for name, action in ACTIONS.items()
        if action.may(request) and not action.why_not(payment)
    ]


def action_url(site: admin.AdminSite, payment: Payment, name: str) -> str:
    """The address of an action's page."""
    return reverse(f"{site.name}:raseed_payment_act", args=[payment.pk, name])


def _initial(action: Action, payment: Payment) -> dict[str, Any]:
    return {**action.initial(payment), "key": new_key(), "seen": fingerprint(payment)}


def _post(site: admin.AdminSite, request: HttpRequest, action: Action, payment: Payment) -> HttpResponse:
    form = action.form(payment, request.POST)
    known = StaffAction.objects.filter(key=str(request.POST.get("key", ""))).first()
    if known is not None:
        return _to_payment(site, request, payment, known, is_repeat=True)
    if action.must_be_unchanged and request.POST.get("seen") != fingerprint(payment):
        return _again(site, request, action, payment, CHANGED)
    if not form.is_valid() or action.why_not(payment):
        return _page(site, request, action, payment, form)
    wish = Wish(form.cleaned_data["reason"], user=request.user, key=form.cleaned_data["key"])
    done = action.perform(payment, form.cleaned_data, wish)
    if done.action.is_done is False and not done.is_repeat:
        payment = Payment.objects.get(pk=payment.pk)
        load(payment)
        return _again(site, request, action, payment, done.action.outcome)
    return _to_payment(site, request, payment, done.action, is_repeat=done.is_repeat)


def _to_payment(
    site: admin.AdminSite, request: HttpRequest, payment: Payment, done: StaffAction, *, is_repeat: bool
) -> HttpResponse:
    """Back to the payment, with what came of it; for a second click what came of the first."""
    if done.is_done is None:
        said = "This was begun already; how it ended is not known yet. Look at the story below."
    else:
        said = f"This was done already, once. {done.outcome}" if is_repeat else done.outcome
    (messages.success if done.is_done else messages.warning)(request, said)
    return HttpResponseRedirect(reverse(f"{site.name}:raseed_payment_change", args=[payment.pk]))


def _again(
    site: admin.AdminSite, request: HttpRequest, action: Action, payment: Payment, trouble: str
) -> HttpResponse:
    """The form once more, under a new key, with what was written in it and why nothing was done."""
    fresh = {**_initial(action, payment), "reason": str(request.POST.get("reason", ""))}
    return _page(site, request, action, payment, action.form(payment, initial=fresh), trouble)


def _page(
    site: admin.AdminSite,
    request: HttpRequest,
    action: Action,
    payment: Payment,
    form: ActionForm,
    trouble: str = "",
) -> HttpResponse:
    why_not = action.why_not(payment)
    context = {
        **site.each_context(request),
        "title": action.label,
        "opts": Payment._meta,
        "payment": payment,
        "back_url": reverse(f"{site.name}:raseed_payment_change", args=[payment.pk]),
        "action": action,
        "why_not": why_not,
        "tells": [] if why_not else action.tells(payment),
        "form": form,
        "trouble": trouble,
    }
    return TemplateResponse(request, "admin/raseed/payment/act.html", context)
