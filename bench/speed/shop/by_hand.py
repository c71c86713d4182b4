"""A checkout written by hand: the smallest view that opens the same session and can be confirmed afterwards.

It makes the call that Raseed makes, with the same HTTP library and connections that are kept as long, and
leaves the rows without which the webhook would find nothing: the payment, committed before the call, and
after it the gateway's id and the first fact. It has no second click, no refusal and no lost answer. The
webhook is the floor's, as it stands.
"""

from __future__ import annotations

import json
import secrets
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import httpx2
from django.conf import settings
from django.db import connection
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.views.decorators.csrf import csrf_exempt

from bench.speed.shop.models import Order

_ACCOUNT = settings.RASEED["ACCOUNTS"]["paymongo"]
_METHODS = ["gcash", "grab_pay", "paymaya", "card"]
_OPEN_FOR = timedelta(hours=1)
#: As long as Raseed keeps them.
_KEEP_SECONDS = 3.0

INSERT_PAYMENT = """
INSERT INTO raseed_payment
    (reference, account, purpose, payable_key, occasion, method, minor, currency, description, state,
     concern, attention, detail, first_channel, livemode, gateway_ref, ids, client, checkout_url,
     payer_wallet, payee, wallet, next_url, created_at, expires_at, next_check_at, check_channel,
     check_error, lease_number, version)
VALUES (%s, 'paymongo', 'order', %s, '', 'checkout', %s, 'PHP', %s, 'new', '', '', '', '', false, '', '{}',
    '{}', '', '', '', '', '', %s, %s, %s, 'poll', '', 1, 0)
RETURNING id
"""
#: The payment, the gateway's ids and the first fact in one round trip, which is a transaction of its own.
RECORD_OPENED = """
WITH opened AS (
    UPDATE raseed_payment
    SET state = 'pending', gateway_ref = %s, ids = %s, checkout_url = %s, next_check_at = %s, version = 1
    WHERE id = %s
    RETURNING id
), known AS (
    INSERT INTO raseed_gatewayid (account, value, payment_id)
    SELECT 'paymongo', value, id FROM opened, (VALUES (%s), (%s)) AS named (value)
)
INSERT INTO raseed_paymentfact
    (payment_id, kind, channel, weight, decision, reason, from_state, to_state, gateway_ref, charge_ref,
     refund_ref, currency, detail, raw, digest, created_at)
SELECT id, 'opened', 'poll', 'proof', 'move', 'opened', 'new', 'pending', %s, '', '', '', '', '{}', %s, %s
FROM opened
"""


@csrf_exempt
def buy(_request: HttpRequest, order_id: int) -> HttpResponse:
    """Open a checkout for the order and send the customer there."""
    order = Order.objects.get(pk=order_id)
    reference, now = f"bench-{secrets.token_hex(12)}", datetime.now(UTC)
    whose = [reference, str(order.pk), order.minor, order.title]
    with connection.cursor() as cursor:
        cursor.execute(INSERT_PAYMENT, [*whose, now, now + _OPEN_FOR, now + _OPEN_FOR])
        (payment,) = cursor.fetchone()
        session = _open_session(order, reference)
        url, intent = session["attributes"]["checkout_url"], session["attributes"]["payment_intent"]["id"]
        ids, now = json.dumps({"payment_intent": intent}), datetime.now(UTC)
        opened = [session["id"], ids, url, now + timedelta(seconds=5), payment]
        fact = [session["id"], f"opened:{reference}", now]
        cursor.execute(RECORD_OPENED, [*opened, session["id"], intent, *fact])
    return HttpResponseRedirect(url)


def _open_session(order: Order, reference: str) -> dict[str, Any]:
    back = f"{settings.SITE_URL}/thanks/{reference}/"
    attributes = {
        "line_items": [{"name": order.title, "quantity": 1, "amount": order.minor, "currency": "PHP"}],
        "payment_method_types": _METHODS,
        "success_url": back,
        "cancel_url": back,
        "reference_number": reference,
        "send_email_receipt": False,
        "show_line_items": True,
        "metadata": {"reference": reference},
        "description": order.title,
    }
    answer = _gateway().post(
        f"{_ACCOUNT['BASE_URL']}/v1/checkout_sessions",
        json={"data": {"attributes": attributes}},
        headers={"Idempotency-Key": f"open:{reference}"},
    )
    answer.raise_for_status()
    session: dict[str, Any] = answer.json()["data"]
    return session


@cache
def _gateway() -> httpx2.Client:
    """One in each server process, made at its first call; its threads share the connections."""
    return httpx2.Client(
        auth=(_ACCOUNT["SECRET_KEY"], ""),
        headers={"Accept": "application/json", "Accept-Encoding": "identity"},
        limits=httpx2.Limits(keepalive_expiry=_KEEP_SECONDS),
        timeout=30.0,
        trust_env=False,
    )
