"""Wallet payments through a source (GCash, GrabPay): the customer agrees first, then we take the money.

A chargeable source is not paid: its payment must be created, once, for exactly its amount. The source
does not name that payment afterwards, so it is remembered, or found among the latest payments.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

from raseed.core.errors import GatewayRefused, GatewayUnavailable
from raseed.core.facts import Fact, FactKind
from raseed.core.money import Money
from raseed.gateways.base import GatewayRef, Memory, Opened, Order
from raseed.gateways.http import Api, Document
from raseed.gateways.paymongo.checkouts import source_fact
from raseed.gateways.paymongo.members import Resource, resource
from raseed.gateways.paymongo.methods import SOURCE_LIFE_SECONDS
from raseed.gateways.paymongo.requests import body, described, each, path, retrieved, url_of
from raseed.gateways.paymongo.resources import About, payment_facts

#: Payments looked through for the one of a source: 20 pages of 100, newest first.
MOST_PAGES = 20


class _NotFoundYet(GatewayUnavailable):
    """The source is paid, and its payment is not among the latest ones."""


def open_source(api: Api, order: Order) -> Opened:
    """Create the source. The customer agrees at `url`, within an hour."""
    attributes: Document = {
        "type": order.method,
        "amount": order.money.minor,
        "currency": order.money.currency,
        "redirect": {"success": order.return_url, "failed": order.cancel_url or order.return_url},
        **described(order),
    }
    answer = api.post("/v1/sources", body(attributes), idempotency_key=f"open:{order.reference}")
    source = retrieved(answer, "source")
    redirect = source.attributes.get("redirect")
    created_at = source.moment("created_at")
    return Opened(
        gateway_ref=str(source.id),
        url=url_of(redirect),
        expires_at=created_at + timedelta(seconds=SOURCE_LIFE_SECONDS) if created_at else None,
    )


def query_source(api: Api, ref: GatewayRef, memory: Memory) -> list[Fact]:
    """Where the source stands; the payment and its refunds once it is paid."""
    about = About(reference=ref.reference, gateway_ref=ref.gateway_ref)
    source = retrieved(api.get(path("sources", ref.gateway_ref)), "source")
    if source.text("status") != "paid":
        return [source_fact(source, about)]
    return _paid(api, source, about, memory)


def charge_source(api: Api, ref: GatewayRef, source_id: str, memory: Memory) -> list[Fact]:
    """Take the money of a chargeable source, once. The source is read again first: events arrive late.

    Facts: PAID, FAILED (a source is used up by its one charge), PENDING, or where the source stands.
    """
    about = About(reference=ref.reference, gateway_ref=source_id)
    source = retrieved(api.get(path("sources", source_id)), "source")
    if source.text("status") == "paid":
        return _paid(api, source, about, memory)
    money = source.money()
    if source.text("status") != "chargeable" or money is None:
        return [source_fact(source, about)]
    stranger = _stranger(source, ref, money)
    if stranger:
        return [replace(source_fact(source, about), kind=FactKind.UNKNOWN, detail=stranger)]
    fresh: list[Resource] = []

    def charge() -> dict[str, str]:
        payment = _create_payment(api, source, money, ref)
        fresh.append(payment)
        return {"payment": str(payment.id)}

    def lookup() -> dict[str, str] | None:
        # None leads to the same call under the same idempotency key, for a source that takes one charge.
        payment = _find_payment(api, source)
        return {"payment": str(payment.id)} if payment else None

    kept = memory.once(_step(source), charge, lookup)
    payment = fresh[0] if fresh else _payment(api, kept)
    failed = {FactKind.ATTEMPT_FAILED: FactKind.FAILED}
    return [replace(fact, kind=failed.get(fact.kind, fact.kind)) for fact in payment_facts(payment, about)]


def _create_payment(api: Api, source: Resource, money: Money, ref: GatewayRef) -> Resource:
    attributes: Document = {
        "amount": money.minor,
        "currency": money.currency,
        "source": {"id": source.id, "type": "source"},
        "metadata": {"reference": ref.reference},
    }
    if source.text("description"):
        attributes["description"] = source.text("description")
    try:
        answer = api.post("/v1/payments", body(attributes), idempotency_key=_step(source))
    except GatewayRefused:
        # Refused also when somebody was faster (a retry, another process): then the payment is there.
        found = _find_payment(api, source)
        if found is None or found.text("status") == "failed":
            raise
        return found
    return retrieved(answer, "payment")


def _paid(api: Api, source: Resource, about: About, memory: Memory) -> list[Fact]:
    """The payment of a paid source: the remembered one, else the one found (and then remembered)."""

    def find() -> dict[str, str]:
        payment = _find_payment(api, source)
        if payment is None or payment.text("status") != "paid":
            raise _NotFoundYet(f"PayMongo source {source.id} is paid; its payment is not listed yet.")
        return {"payment": str(payment.id)}

    try:
        return payment_facts(_payment(api, memory.once(_step(source), find, find)), about)
    except _NotFoundYet as error:
        return [replace(source_fact(source, about), detail=str(error))]


def _step(source: Resource) -> str:
    """What a charge is remembered under; its answer is `{"payment": "pay_…"}`."""
    return f"charge:{source.id}"


def _payment(api: Api, kept: Any) -> Resource:
    return retrieved(api.get(path("payments", str(kept["payment"]))), "payment")


def _find_payment(api: Api, source: Resource) -> Resource | None:
    """The payment made from a source; the paid one, if there are others. Looks back to when it was made."""
    attempts = []
    made_at = source.integer("created_at") or 0
    for payment in each(api, "/v1/payments", {}, most_pages=MOST_PAGES):
        made_from = payment.attributes.get("source")
        if isinstance(made_from, dict) and resource(made_from).id == source.id:
            if payment.text("status") == "paid":
                return payment
            attempts.append(payment)
        if (payment.integer("created_at") or made_at) < made_at:
            break
    return attempts[0] if attempts else None


def _stranger(source: Resource, ref: GatewayRef, money: Money) -> str:
    """Why a source must not be charged for this payment, or an empty text."""
    if source.id != ref.gateway_ref and source.reference() != ref.reference:
        return f"source {source.id} is not the one opened for {ref.reference}; it is not charged"
    if ref.money is not None and money != ref.money:
        return f"source {source.id} is for {money} instead of {ref.money}; it is not charged"
    return ""
