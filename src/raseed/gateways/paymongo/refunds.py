"""Refunds: always of a payment (`pay_…`), one at a time, and found again by our own key."""

from __future__ import annotations

import contextlib
import hashlib

from raseed.core.errors import GatewayRefused, LeaseLost
from raseed.core.facts import Fact
from raseed.core.money import Money
from raseed.gateways.base import GatewayRef, Memory
from raseed.gateways.http import Api, Document
from raseed.gateways.paymongo.members import Resource
from raseed.gateways.paymongo.refusals import refund_refusal
from raseed.gateways.paymongo.requests import body, each, path, retrieved
from raseed.gateways.paymongo.resources import About, refund_fact
from raseed.gateways.paymongo.vocabulary import REFUND_REASONS, refund_reason
from raseed.gateways.steps import note

#: The metadata member that carries our key.
KEY = "raseed_refund"

#: PayMongo takes notes of up to 255 characters.
LONGEST_NOTES = 255

#: Our own keys are short; a longer one is replaced by its digest, so that it fits wherever it is kept.
LONGEST_KEY = 64

#: Refunds of one payment looked through: no payment has this many.
MOST_PAGES = 10


def send_refund(
    api: Api, ref: GatewayRef, charge_ref: str, money: Money, reason: str, key: str, memory: Memory
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
        attributes["notes"] = reason[:LONGEST_NOTES]
    attempt = _attempt(key, memory)
    try:
        answer = api.post("/v1/refunds", body(attributes), idempotency_key=attempt)
    except GatewayRefused as refused:
        if refused.is_temporary:
            with contextlib.suppress(LeaseLost):  # then the next attempt has the same key; no harm
                note(memory, f"refused:{attempt}", True)
        raise refund_refusal(refused, ref.method) from None
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


def _attempt(key: str, memory: Memory) -> str:
    """The idempotency key to use now: the same until PayMongo has refused it.

    It repeats a refusal under its key for a day. A refusal did nothing, so the next attempt may have
    another key; a lost answer is looked up by our own key first, whatever this one is.
    """
    short = key if len(key) <= LONGEST_KEY else hashlib.sha256(key.encode()).hexdigest()
    number, attempt = 1, f"refund:{short}"
    while memory.recall(f"refused:{attempt}"):
        number += 1
        attempt = f"refund:{short}:{number}"
    return attempt
