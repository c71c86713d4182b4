"""The floor: the same work as hand-written SQL behind the smallest view, and as one SQL function.

Nobody should write a shop like this: one gateway, one kind of event, one way for money to come. It verifies
the same signature, writes the same rows, fetches the same order and ships it by the same code, and does
nothing else. What Raseed costs beyond it is the price of everything else that it promises.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from datetime import UTC, datetime
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt

from bench.speed.shop.models import Order
from bench.speed.shop.payments import ship

_SECRET = settings.WEBHOOK_SECRET.encode()
_WINDOW_SECONDS = 300

INSERT_DELIVERY = """
INSERT INTO raseed_delivery
    (account, digest, state, method, path, query, headers, body, is_encrypted, facts_summary, received_at,
     read_at, copies, tries, error, payment_id)
VALUES ('paymongo', %s, 'read', 'POST', %s, '{}', %s, %s, false, 'paid', %s, %s, 1, 0, '',
    (SELECT id FROM raseed_payment WHERE reference = %s))
ON CONFLICT (account, digest) DO NOTHING
RETURNING id, payment_id
"""
COUNT_COPY = "UPDATE raseed_delivery SET copies = copies + 1 WHERE account = 'paymongo' AND digest = %s"
LOCK_PAYMENT = """
SELECT purpose, payable_key, occasion, minor, currency, state
FROM raseed_payment WHERE id = %s FOR NO KEY UPDATE
"""
INSERT_CHARGE = """
INSERT INTO raseed_charge
    (payment_id, account, ref, minor, currency, fee_minor, counts, held, concern, occurred_at, created_at)
VALUES (%s, 'paymongo', %s, %s, %s, %s, true, false, '', %s, %s)
ON CONFLICT (account, ref) DO NOTHING
RETURNING id
"""
INSERT_FULFILMENT = """
INSERT INTO raseed_fulfilment
    (payment_id, purpose, payable_key, occasion, state, created_label, created_key, tries, error, created_at,
     fulfilled_at)
VALUES (%s, %s, %s, %s, 'done', '', '', 0, '', %s, %s)
ON CONFLICT (purpose, payable_key, occasion) WHERE state IN ('done', 'due') DO NOTHING
RETURNING id
"""
UPDATE_PAYMENT = """
UPDATE raseed_payment
SET state = 'paid', first_channel = 'webhook', paid_at = %s, next_check_at = %s, check_channel = 'poll',
    version = version + 1
WHERE id = %s
"""
INSERT_FACT = """
INSERT INTO raseed_paymentfact
    (payment_id, delivery_id, kind, channel, weight, decision, reason, from_state, to_state, gateway_ref,
     charge_ref, refund_ref, minor, currency, detail, raw, occurred_at, digest, created_at)
VALUES (%s, %s, 'paid', 'webhook', 'proof', 'move', 'paid', %s, 'paid', %s, %s, '', %s, %s, 'payment.paid',
    %s, %s, %s, %s)
ON CONFLICT DO NOTHING
"""
INSERT_POSTINGS = """
INSERT INTO raseed_posting
    (payment_id, charge_ref, debit, credit, minor, currency, memo, note, created_at)
VALUES (%s, %s, 'gateway:paymongo', %s, %s, %s, 'charge', '', %s),
       (%s, %s, 'fees', 'gateway:paymongo', %s, %s, 'fee', '', %s)
"""
CONFIRM = "SELECT bench_confirm(%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)"


@csrf_exempt
def webhook(request: HttpRequest) -> HttpResponse:
    """One delivery, statement by statement."""
    body = request.body
    if not _is_signed(request, body):
        return HttpResponse(status=401)
    event = json.loads(body)["data"]["attributes"]
    with transaction.atomic():
        _confirm(request, body, event["data"], datetime.now(UTC))
    return JsonResponse({})


def _is_signed(request: HttpRequest, body: bytes) -> bool:
    parts = dict(part.split("=", 1) for part in request.headers["Paymongo-Signature"].split(","))
    expected = hmac.digest(_SECRET, f"{parts['t']}.".encode() + body, "sha256").hex()
    is_fresh = abs(time.time() - int(parts["t"])) <= _WINDOW_SECONDS
    return hmac.compare_digest(expected, parts["te"]) and is_fresh


def _confirm(request: HttpRequest, body: bytes, paid: dict[str, Any], now: datetime) -> None:
    said = paid["attributes"]
    charge, minor, currency, fee = paid["id"], said["amount"], said["currency"], said["fee"]
    occurred_at = datetime.fromtimestamp(said["paid_at"], UTC)
    digest, headers = hashlib.sha256(body).hexdigest(), _kept_headers(request)
    reference = said["metadata"]["reference"]
    with connection.cursor() as cursor:
        cursor.execute(INSERT_DELIVERY, [digest, request.path, headers, body, now, now, reference])
        kept = cursor.fetchone()
        if kept is None:
            cursor.execute(COUNT_COPY, [digest])
            return
        delivery, payment = kept
        cursor.execute(LOCK_PAYMENT, [payment])
        purpose, key, occasion, expected, its_currency, state = cursor.fetchone()
        if state != "pending" or (minor, currency) != (expected, its_currency):
            return
        cursor.execute(INSERT_CHARGE, [payment, charge, minor, currency, fee, occurred_at, now])
        if cursor.fetchone() is None:
            return
        cursor.execute(INSERT_FULFILMENT, [payment, purpose, key, occasion, now, now])
        is_first = cursor.fetchone() is not None
        cursor.execute(UPDATE_PAYMENT, [now, now.replace(year=now.year + 1), payment])
        fact = [payment, delivery, state, said["payment_intent_id"], charge, minor, currency]
        cursor.execute(INSERT_FACT, [*fact, json.dumps(_shown(paid)), occurred_at, digest, now])
        sale = [payment, charge, f"sales:{purpose}", minor, currency, now]
        cursor.execute(INSERT_POSTINGS, [*sale, payment, charge, fee, currency, now])
    if is_first:
        ship(Order.objects.get(pk=key))


def _kept_headers(request: HttpRequest) -> str:
    return json.dumps({"content-type": request.headers["Content-Type"]})


def _shown(paid: dict[str, Any]) -> dict[str, Any]:
    names = ("status", "amount", "currency", "fee", "net_amount", "origin", "payment_intent_id")
    return {"id": paid["id"], "type": paid["type"], **{name: paid["attributes"][name] for name in names}}


@csrf_exempt
def webhook_by_function(request: HttpRequest) -> HttpResponse:
    """One delivery: everything but the shipping in one call of an SQL function."""
    body = request.body
    if not _is_signed(request, body):
        return HttpResponse(status=401)
    paid = json.loads(body)["data"]["attributes"]["data"]
    said = paid["attributes"]
    moment = datetime.fromtimestamp(said["paid_at"], UTC)
    values = [hashlib.sha256(body).hexdigest(), request.path, _kept_headers(request), body, datetime.now(UTC)]
    values += [said["metadata"]["reference"], paid["id"], said["amount"], said["currency"], said["fee"]]
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(CONFIRM, [*values, moment, json.dumps(_shown(paid))])
            (key,) = cursor.fetchone()
        if key is not None:
            ship(Order.objects.get(pk=key))
    return JsonResponse({})
