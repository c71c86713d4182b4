"""A delivery read again: first a rehearsal that shows what would change, then (with a reason) for real."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Any, NamedTuple

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import reverse

from raseed.core.errors import RefusedRuling
from raseed.payments import conf
from raseed.payments.admin.actions.action import ReasonForm, new_key
from raseed.payments.admin.read_only import may_view
from raseed.payments.admin.redaction import redacted_text
from raseed.payments.admin.said import EFFECTS
from raseed.payments.admin.words import FACT_WORDS
from raseed.payments.flows.read_delivery import read_delivery
from raseed.payments.flows.rehearse import Rehearsal, Said, rehearse_delivery
from raseed.payments.flows.staff_action import Wish, by_staff
from raseed.payments.flows.words import words_of
from raseed.payments.models import Act, Delivery, DeliveryState, StaffAction

PERMISSION = "raseed.replay_delivery"

CHANGED = "What it would change is not what it was a moment ago. Nothing was done. Read the page again."


class Button(NamedTuple):
    """What the form's template shows of an action."""

    button: str = "Read it again"
    tone: str = ""


def may_replay(request: HttpRequest) -> bool:
    """Does the person hold the permission?"""
    return bool(request.user.has_perm(PERMISSION))


def replay(site: admin.AdminSite, request: HttpRequest, delivery_id: str) -> HttpResponse:
    """The rehearsal, and the button that reads it again. Refused with 403 without the permission."""
    if not delivery_id.isdigit():
        raise Http404
    if not (may_view(request, Delivery) and may_replay(request)):
        raise PermissionDenied
    delivery = get_object_or_404(Delivery, pk=delivery_id)
    known = StaffAction.objects.filter(key=str(request.POST.get("key", ""))).first()
    if known is not None:
        return _back(site, request, delivery, f"This was done already, once. {known.outcome}", known.is_done)
    rehearsal, trouble = _rehearsed(delivery)
    if request.method != "POST" or rehearsal is None:
        return _page(site, request, delivery, rehearsal, _fresh(rehearsal), trouble)
    if request.POST.get("seen") != _digest(rehearsal):
        return _page(site, request, delivery, rehearsal, _fresh(rehearsal, request), CHANGED)
    form = ReasonForm(request.POST)
    if not form.is_valid():
        return _page(site, request, delivery, rehearsal, form, "")
    wish = Wish(form.cleaned_data["reason"], user=request.user, key=form.cleaned_data["key"])
    done = by_staff(
        Act.REPLAY,
        wish,
        lambda: _read_again(delivery),
        payment=rehearsal.payment,
        delivery=delivery,
    )
    return _back(site, request, delivery, done.action.outcome, done.action.is_done)


def _read_again(delivery: Delivery) -> str:
    """For real. Raises RefusedRuling with the error where it could not be read."""
    became = read_delivery(delivery.pk, conf.now(), again=True)
    after = Delivery.objects.select_related("payment").get(pk=delivery.pk)
    if became is DeliveryState.READ and after.payment is not None:
        return f"It was read again. The payment is {after.payment.state}. {after.payment.attention}".strip()
    raise RefusedRuling(f"It was read again without success: it is {became}. {redacted_text(after.error)}")


def _rehearsed(delivery: Delivery) -> tuple[Rehearsal | None, str]:
    try:
        return rehearse_delivery(delivery, conf.now()), ""
    except Exception as mistake:  # noqa: BLE001 whatever an adapter makes of it: the page says so
        return None, f"It cannot be read: {redacted_text(words_of(mistake))}"


def _fresh(rehearsal: Rehearsal | None, request: HttpRequest | None = None) -> ReasonForm:
    reason = str(request.POST.get("reason", "")) if request else ""
    seen = _digest(rehearsal) if rehearsal else ""
    return ReasonForm(initial={"key": new_key(), "seen": seen, "reason": reason})


def _digest(rehearsal: Rehearsal) -> str:
    return hashlib.sha256("\n".join(_would(rehearsal)).encode()).hexdigest()[:32]


def said_words(said: Said) -> dict[str, str]:
    """One fact for people: what it says, how much it weighs, what would come of it, and why."""
    moved = said.from_state != said.to_state
    effect = f"{said.from_state} → {said.to_state}" if moved else EFFECTS.get(said.decision, "")
    title = FACT_WORDS.get(said.kind, said.kind)
    return {
        "title": f"{title}: {said.money}" if said.money else title,
        "weight": said.weight.value,
        "effect": effect,
        "reason": redacted_text(said.reason),
    }


def _would(rehearsal: Rehearsal) -> Iterator[str]:
    """What would change, in sentences."""
    if rehearsal.payment is None:
        yield "Nothing: it names no payment that is known here. It stays kept, and is read again as planned."
        return
    before, after = rehearsal.state
    if before != after:
        yield f"The payment would go from {before} to {after}."
    for charge in rehearsal.charges:
        held = ", set apart until a person decides" if charge.held else ""
        yield f"{charge.money} would be recorded as money that came (charge {charge.ref}{held})."
    for refund in rehearsal.refunds:
        yield f"A refund of {refund.money} would be {refund.state}."
    for posting in rehearsal.postings:
        yield f"{posting.money} would be posted from {posting.credit} to {posting.debit} ({posting.memo})."
    if rehearsal.attention[0] != rehearsal.attention[1]:
        flagged = rehearsal.attention[1]
        yield (
            f"A person would be asked to look: {flagged}."
            if flagged
            else "Nobody would need to look any more."
        )
    if rehearsal.gives:
        yield "What was paid for would be given. (The shop's own code has not run for this preview.)"
    if rehearsal.takes_back:
        yield "The shop's rule for refunds would run. (It has not run for this preview.)"
    if not rehearsal.is_news:
        yield "Nothing: all that it says is known already."


def _back(
    site: admin.AdminSite, request: HttpRequest, delivery: Delivery, said: str, is_done: bool | None
) -> HttpResponse:
    (messages.success if is_done else messages.warning)(request, said)
    return HttpResponseRedirect(reverse(f"{site.name}:raseed_delivery_change", args=[delivery.pk]))


def _page(
    site: admin.AdminSite,
    request: HttpRequest,
    delivery: Delivery,
    rehearsal: Rehearsal | None,
    form: ReasonForm,
    trouble: str,
) -> HttpResponse:
    context: dict[str, Any] = {
        **site.each_context(request),
        "title": "Read a delivery again",
        "opts": Delivery._meta,
        "delivery": delivery,
        "payment": rehearsal.payment if rehearsal else None,
        "said": [said_words(said) for said in rehearsal.said] if rehearsal else [],
        "would": list(_would(rehearsal)) if rehearsal else [],
        "can_be_applied": rehearsal is not None and rehearsal.payment is not None,
        "form": form,
        "action": Button(),
        "back_url": reverse(f"{site.name}:raseed_delivery_change", args=[delivery.pk]),
        "trouble": trouble,
    }
    return TemplateResponse(request, "admin/raseed/delivery/replay.html", context)
