"""`POST /api/webhooks/payments`: a payments service tells that a payment is complete.

Signed, it is evidence, and followed at once. Unsigned, it is a hint: it only makes us ask, now and then.
The money is what the wallets say, or the service
that pays in this process's place. Every delivery that is not one too many is in the history.
"""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST, require_safe

import raseed
from raseed_shops import clock
from raseed_shops.marketplace import events, payments, trace
from raseed_shops.marketplace.events import Refused
from raseed_shops.marketplace.models import Event, Offer

#: The account whose gateway is a payments service; see its settings.
SERVICE = "payments-service"
LARGEST_BYTES = 64 * 1024
#: Unsigned deliveries make us ask about one payment at most once in this time.
HINT_PAUSE_SECONDS = 60


@csrf_exempt
@transaction.non_atomic_requests
@require_POST
def receive(request: HttpRequest) -> HttpResponse:
    """Keep it, then do what it is good for. 200: taken; 500: our own failure, and it is kept all the same."""
    event = trace.begin(request, Event.Kind.WEBHOOK)
    log = trace.lines_of(event)
    try:
        outcome, status = _take(request, event), 200
        log.info("offer %s, payment %s: %s", event.offer_id, event.pending_id, outcome)
    except Refused as refused:
        outcome, status = str(refused), refused.status
        log.warning("refused with %s: %s", status, refused)
    except Exception:
        outcome, status = "our own failure; please send it again", 500
        log.exception("failed; the delivery is kept")
    if event.pk is not None:
        _end(event, outcome, status, log)
    answer = JsonResponse({"status": outcome} if status == 200 else {"error": outcome}, status=status)
    answer["X-Request-ID"] = event.request_id
    if status == 429:
        answer["Retry-After"] = "60"
    return answer


def _end(event: Event, outcome: str, status: int, log: trace.Lines) -> None:
    """The answer does not depend on whether its outcome can be written down."""
    try:
        event.end(outcome, status)
    except Exception:
        log.exception("the outcome %s could not be kept", status)


def _take(request: HttpRequest, event: Event) -> str:
    """What came of it. Raises Refused."""
    _refuse_strangers(event)
    event.body = _body(request)
    event.save()
    event.is_signed = events.is_signed(request.headers, event.body)
    said = events.read(event.body)
    event.pending_id, event.offer_id = said.pending_id[:64], said.offer_id[:64]
    offer = _offer(said.offer_id)
    payment = payments.payment_of(offer, said.pending_id)
    if payment is None:
        raise Refused(404, "this offer has no such payment")
    if event.is_signed and payment.account == SERVICE:
        _hand_over(request)
        payment.refresh_from_db()
    return _follow(payment, event)


def _hand_over(request: HttpRequest) -> None:
    """What pays for this shop has told it, signed: that is a proof, as from any gateway. Raises Refused."""
    taken = raseed.webhook(account=SERVICE)(request)
    if taken.status_code != 200:
        raise Refused(taken.status_code, json.loads(taken.content)["error"])


def _refuse_strangers(event: Event) -> None:
    """Too many from one address are refused without a row, those from an address not allowed with one."""
    since = clock.now() - timedelta(minutes=1)
    just_now = Event.objects.filter(kind=event.kind, address=event.address, received_at__gte=since)
    if just_now.count() >= settings.MARKETPLACE["WEBHOOKS_PER_MINUTE"]:
        raise Refused(429, "too many deliveries; try again in a minute")
    allowed = settings.MARKETPLACE["ALLOWED_IPS"]
    if allowed and not trace.is_among(event.address, allowed):
        event.save()
        raise Refused(403, "this address is not one that may call")


def _body(request: HttpRequest) -> bytes:
    length = request.headers.get("Content-Length", "")
    if length.isdigit() and int(length[:15]) > LARGEST_BYTES:
        raise Refused(413, f"the body is larger than {LARGEST_BYTES} bytes")
    return request.body


def _offer(offer_id: str) -> Offer:
    pk = int(offer_id) if offer_id.isascii() and offer_id.isdigit() and len(offer_id) < 10 else 0
    offer = Offer.objects.filter(pk=pk).first()
    if offer is None:
        raise Refused(404, "unknown offer")
    return offer


def _follow(payment: Any, event: Event) -> str:
    """Ask the wallets, unless it is known already, or nobody signed and we asked a moment ago."""
    if payment.state == "paid":
        return "known: the payment is complete"
    if not event.is_signed and _asked_just_now(event):
        return "a hint; asked a moment ago"
    checked = raseed.check_payment(payment, "webhook")
    weight = "evidence" if event.is_signed else "a hint"
    return f"{weight}; the payment is {checked.payment.state}"


def _asked_just_now(event: Event) -> bool:
    since = clock.now() - timedelta(seconds=HINT_PAUSE_SECONDS)
    same = Event.objects.filter(
        kind=event.kind, pending_id=event.pending_id, received_at__gte=since, status=200
    )
    return same.exclude(pk=event.pk).exists()


@require_safe
def status(request: HttpRequest, pending_id: str) -> HttpResponse:
    """`GET /payments/{pendingId}/status`: how a payment stands by what we know; nobody is called.

    The id is long and random, and the answer names nobody: whoever knows the id may know this.
    """
    payment: Any = raseed.find_payment(pending_id)
    if payment is None or payment.purpose != payments.PURPOSE:
        return JsonResponse({"error": "unknown payment"}, status=404)
    answer = JsonResponse(
        {
            "pendingId": payment.reference,
            "offerId": payment.payable_key,
            "status": payments.status_of(payment),
            "outgoingPaymentId": payments.transaction_of(payment) or None,
            "timestamp": clock.now().isoformat(),
        }
    )
    answer["Cache-Control"] = "no-store"
    return answer
