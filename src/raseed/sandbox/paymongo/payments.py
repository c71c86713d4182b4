"""Payments: one movement of money each. There is no status `refunded`; a refunded payment stays `paid`.

https://developers.paymongo.com/reference/payment-source and captures of 2025.
"""

from __future__ import annotations

from dataclasses import dataclass

from raseed.sandbox.paymongo import sources
from raseed.sandbox.paymongo.call import Call
from raseed.sandbox.paymongo.errors import not_found, refused, wrong_state
from raseed.sandbox.paymongo.events import emit
from raseed.sandbox.paymongo.fees import available_at, credited_at, fees
from raseed.sandbox.paymongo.paging import page
from raseed.sandbox.paymongo.world import World, bare
from raseed.sandbox.store import Doc


@dataclass(frozen=True)
class Charge:
    """What is known when money moves, or fails to. `source` is the payment's own `source` member."""

    amount: int
    currency: str
    method: str
    source: Doc
    billing: Doc | None = None
    description: str | None = None
    statement_descriptor: str | None = None
    metadata: Doc | None = None
    intent_id: str | None = None
    foreign: bool = False
    origin: str = "api"
    reference_number: str | None = None
    names_intent: bool = True
    is_instalment: bool = False


def create(call: Call) -> Doc:
    """Take the money of a chargeable source."""
    world, fields = call.world, call.fields
    amount = fields.integer("amount", minimum=world.minimum("payments"))
    currency = fields.choice("currency", ("PHP", "USD"))
    description, descriptor = fields.text("description"), fields.text("statement_descriptor")
    metadata, source_id = fields.metadata(), ""
    named = fields.nested("source", required=True)
    if named is not None:
        source_id = named.text("id", required=True) or ""
        named.choice("type", ("source",))
    fields.done()
    source = _chargeable(world, source_id, amount, currency)
    attributes = source["attributes"]
    payment = take(
        world,
        Charge(
            amount=amount,
            currency=currency,
            method=attributes["type"],
            source=wallet(source_id, attributes["type"]),
            billing=attributes["billing"],
            description=description if description is not None else attributes["description"],
            statement_descriptor=descriptor if descriptor is not None else attributes["statement_descriptor"],
            metadata=metadata if metadata is not None else attributes["metadata"],
        ),
    )
    world.touch(source, status="paid")
    emit(world, "payment.paid", view(world, payment))
    return view(world, payment)


def _chargeable(world: World, source_id: str, amount: int, currency: str) -> Doc:
    source = sources.find(world, source_id)
    attributes = source["attributes"]
    if attributes["status"] != "chargeable":
        # the code as integrators met it; the wording of the detail is ours
        detail = f"is {attributes['status']}, not chargeable"
        raise wrong_state("resource_not_chargeable_state", "Source", source_id, detail)
    if amount != attributes["amount"]:
        detail = "amount should be equal to the chargeable source amount."
        raise refused("parameter_invalid", detail, "amount")
    if currency != attributes["currency"]:
        detail = "currency should be equal to the chargeable source currency."
        raise refused("parameter_invalid", detail, "currency")
    return source


def retrieve(call: Call) -> Doc:
    return view(call.world, find(call.world, call.id))


def list_all(call: Call) -> Doc:
    world, found = call.world, list(call.world.table("payments").values())
    return page(found, call.query, "payment", lambda payment: view(world, payment))


def find(world: World, payment_id: str) -> Doc:
    """The payment, or ApiError (404)."""
    if payment_id not in world.table("payments"):
        raise not_found("payment", payment_id)
    return world.table("payments")[payment_id]


def view(world: World, payment: Doc) -> Doc:
    """The payment as the API shows it, with its refunds inside."""
    shown = bare(payment)
    shown["attributes"]["refunds"] = [bare(refund) for refund in refunds_of(world, payment)]
    return shown


def refunds_of(world: World, payment: Doc) -> list[Doc]:
    """The refunds of a payment, oldest first."""
    return [world.table("refunds")[refund_id] for refund_id in payment["private"]["refunds"]]


def wallet(source_id: str, method: str, code_id: str | None = None) -> Doc:
    """The `source` member of a payment that is not made by card."""
    provider = {"id": None, "code_id": code_id} if code_id else {"id": None}
    return {"id": source_id, "type": method, "provider": provider, "provider_id": None}


def refunded(world: World, payment: Doc) -> int:
    """How much of a payment went back, in centavos."""
    given = [refund["attributes"] for refund in refunds_of(world, payment)]
    return sum(int(refund["amount"]) for refund in given if refund["status"] == "succeeded")


def take(world: World, charge: Charge) -> Doc:
    """Make a paid payment. The caller says so in an event once everything that shows it is in place."""
    now = world.now()
    numbers = fees(charge.amount, charge.method, livemode=world.livemode, foreign=charge.foreign)
    attributes = _attributes(world, charge)
    attributes.update(
        numbers,
        balance_transaction_id=world.new_id("bal_txn"),
        status="paid",
        available_at=available_at(now),
        credited_at=credited_at(now),
    )
    return _keep(world, charge, attributes)


def fail(world: World, charge: Charge, code: str, message: str) -> Doc:
    """Make a failed payment. The caller says so."""
    attributes = _attributes(world, charge)
    attributes.update(status="failed", failed_code=code, failed_message=message)
    return _keep(world, charge, attributes)


def _keep(world: World, charge: Charge, attributes: Doc) -> Doc:
    private = {"method": charge.method, "intent": charge.intent_id, "instalment": charge.is_instalment}
    payment = world.add("payments", "pay", "payment", attributes, refunds=[], **private)
    if charge.intent_id is not None:
        world.table("intents")[charge.intent_id]["private"]["payments"].append(payment["id"])
    return payment


def _attributes(world: World, charge: Charge) -> Doc:
    now = world.now()
    return {
        "access_url": None,
        "amount": charge.amount,
        "balance_transaction_id": None,
        "billing": charge.billing,
        "currency": charge.currency,
        "description": charge.description,
        "digital_withholding_vat_amount": 0,
        "disputed": False,
        "external_reference_number": charge.reference_number,
        "fee": 0,
        "instant_settlement": None,
        "livemode": world.livemode,
        "net_amount": 0,
        "origin": charge.origin,
        "payment_intent_id": charge.intent_id if charge.names_intent else None,
        "payout": None,
        "source": charge.source,
        "statement_descriptor": charge.statement_descriptor or world.settings["business_name"],
        "status": "pending",
        "tax_amount": None,
        "metadata": charge.metadata,
        "promotion": None,
        "refunds": [],
        "taxes": [],
        "created_at": now,
        "paid_at": now,
        "updated_at": now,
    }
