"""Refunds: always of a payment (`pay_…`), one at a time, and found again by our own key."""

from __future__ import annotations

import hashlib

from raseed.core.facts import Fact
from raseed.core.money import Money
from raseed.gateways.base import GatewayRef
from raseed.gateways.http import Api, Document
from raseed.gateways.paymongo.members import Resource
from raseed.gateways.paymongo.requests import body, each, path, retrieved
from raseed.gateways.paymongo.resources import About, refund_fact
from raseed.gateways.paymongo.vocabulary import REFUND_REASONS, refund_reason

#: The metadata member that carries our key.
KEY = "raseed_refund"

#: PayMongo keeps idempotency keys of up to 255 characters, and notes as long.
LONGEST = 255

#: Refunds of one payment looked through: no payment has this many.
MOST_PAGES = 10


def send_refund(
    api: Api, ref: GatewayRef, charge_ref: str, money: Money, reason: str, key: str
) -> list[Fact]:
    """Ask for a refund. Repeating it with the same key within 24 hours makes no second one."""
    theirs = refund_reason(reason)
    attributes: Document = {
        "amount": money.minor,
        "payment_id": charge_ref,
        "reason": theirs,
        "metadata": {"reference": ref.reference, KEY: key},
    }
    if reason and reason not in REFUND_REASONS:
        attributes["notes"] = reason[:LONGEST]
    answer = api.post("/v1/refunds", body(attributes), idempotency_key=_idempotency_key(key))
    return [_fact(retrieved(answer, "refund"), ref, charge_ref)]


def find_refund(api: Api, ref: GatewayRef, charge_ref: str, key: str, refund_ref: str | None) -> list[Fact]:
    """One refund by its id, or among the payment's refunds by our key; empty if there is none."""
    if refund_ref:
        return [_fact(retrieved(api.get(path("refunds", refund_ref)), "refund"), ref, charge_ref)]
    for refund in each(api, "/v1/refunds", {"payment_id": charge_ref}, most_pages=MOST_PAGES):
        if refund.metadata.get(KEY) == key:
            return [_fact(refund, ref, charge_ref)]
    return []


def _fact(refund: Resource, ref: GatewayRef, charge_ref: str) -> Fact:
    about = About(reference=ref.reference, gateway_ref=ref.gateway_ref or None)
    return refund_fact(refund, about, Resource(charge_ref, "payment", {}))


def _idempotency_key(key: str) -> str:
    whole = f"refund:{key}"
    return whole if len(whole) <= LONGEST else f"refund:{hashlib.sha256(key.encode()).hexdigest()}"
