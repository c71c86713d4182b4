"""The calls of the payments service: start a payment, say how it stands, and take browsers back.

PUT  /payments/{pendingId}          start, or show again: 200 and the consent page
GET  /payments/{pendingId}/status   how it stands
GET  /payments/finish               browsers come from their wallet, and are sent on to the shop
"""

from __future__ import annotations

import hmac
import json
import logging
from base64 import b64encode
from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import urlencode, urlsplit

from django.db import connection, transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

import raseed
from raseed.core.errors import GatewayRefused, GatewayUnavailable, RaseedError, RefusedStart, WrongWallet
from raseed_shops.payments_service import settings
from raseed_shops.payments_service.models import Order
from raseed_shops.payments_service.payments import payment_of, told

_log = logging.getLogger(__name__)
USER = "shop"
TEXTS = ("offerId", "payerWallet", "payeeWallet", "finishPath")
LARGEST_BYTES = 32 * 1024


def for_the_shop(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Only with the token that both know; in HTTP's own basic form."""

    @wraps(view)
    def checked(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        wanted = "Basic " + b64encode(f"{USER}:{settings.TOKEN}".encode()).decode()
        given = request.headers.get("Authorization", "")
        if not settings.TOKEN or not hmac.compare_digest(given.encode(), wanted.encode()):
            return _error(401, "the token is not ours")
        return view(request, *args, **kwargs)

    return checked


@csrf_exempt
@for_the_shop
@transaction.non_atomic_requests
@require_http_methods(["PUT"])
def start(request: HttpRequest, pending_id: str) -> HttpResponse:
    """Open the payment, or return to the one that is open. The same id again must mean the same."""
    try:
        order = _order(pending_id, request.body)
        checkout = raseed.start_payment(
            order,
            purpose="order",
            account="openpayments",
            payer_wallet=order.payer_wallet,
            return_url="/payments/finish",
            description=order.description,
        )
    except ValueError as wrong:
        return _error(400, str(wrong))
    except WrongWallet as wrong:
        return JsonResponse({"error": str(wrong), "which": wrong.which}, status=422)
    except (RefusedStart, GatewayRefused) as refused:
        return _error(422, str(refused))
    except (GatewayUnavailable, RaseedError):
        _log.warning("payment %s could not be started", pending_id, exc_info=True)
        return _error(503, "the wallets do not answer")
    expires_at = checkout.payment.expires_at.isoformat()
    return JsonResponse({"pendingId": pending_id, "redirectUrl": checkout.url, "expiresAt": expires_at})


def _order(pending_id: str, body: bytes) -> Order:
    """The order of this id. Raises ValueError for a body that is none, or that is another one."""
    try:
        said = json.loads(body[: LARGEST_BYTES + 1])
        money = raseed.Money(int(said["amount"]["minor"]), str(said["amount"]["currency"]))
        texts = {name: str(said[name]) for name in TEXTS}
    except (ValueError, KeyError, TypeError, RecursionError):
        raise ValueError(f"send amount, {', '.join(TEXTS)} as JSON") from None
    if money.minor <= 0 or any(not 0 < len(text) <= 2048 for text in texts.values()):
        raise ValueError("the amount must be above zero, and texts must not be empty")
    if not texts["finishPath"].startswith("/") or urlsplit(texts["finishPath"]).netloc:
        raise ValueError("finishPath must be a path of the shop")
    order, _ = Order._default_manager.get_or_create(
        pending_id=pending_id,
        defaults={
            "offer_id": texts["offerId"][:64],
            "minor": money.minor,
            "currency": money.currency,
            "payer_wallet": texts["payerWallet"],
            "payee_wallet": texts["payeeWallet"],
            "description": str(said.get("description", ""))[:255],
            "finish_path": texts["finishPath"],
        },
    )
    stated = (money.minor, money.currency, texts["payerWallet"], texts["payeeWallet"])
    if stated != (order.minor, order.currency, order.payer_wallet, order.payee_wallet):
        raise ValueError("there is another payment of this id")
    return order


@for_the_shop
@never_cache
@require_safe
def status(request: HttpRequest, pending_id: str) -> HttpResponse:
    """How it stands by what we know; the worker asks the wallets."""
    order = Order._default_manager.filter(pending_id=pending_id).first()
    if order is None:
        return _error(404, "unknown payment")
    return JsonResponse(told(order, payment_of(order)))


@transaction.non_atomic_requests
@never_cache
@require_safe
def finish(request: HttpRequest) -> HttpResponse:
    """Take the consent up, then send the browser on to the shop with a word about what it brought."""
    visit = raseed.take_return(request)
    if visit is None:
        return HttpResponseRedirect(f"{settings.DJANGO_BASE_URL}/payments/finish?payment=unknown")
    order = Order._default_manager.get(pk=visit.payment.payable_key)
    outcome = "unreadable" if visit.is_forged else visit.said
    _log.info("payment %s: the browser is back, %s", order.pending_id, outcome)
    joint = "&" if "?" in order.finish_path else "?"
    address = f"{settings.DJANGO_BASE_URL}{order.finish_path}{joint}{urlencode({'outcome': outcome})}"
    response = HttpResponseRedirect(address)
    response.status_code = 303
    return response


@require_safe
def health(request: HttpRequest) -> HttpResponse:
    """200 once the database answers."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return HttpResponse("ok", content_type="text/plain")


def _error(code: int, why: str) -> HttpResponse:
    return JsonResponse({"error": why}, status=code)
