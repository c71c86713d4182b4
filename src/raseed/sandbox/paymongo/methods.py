"""Payment methods: how a payer wants to pay. A card's number and security code are never kept.

https://developers.paymongo.com/reference/the-payment-method-object
"""

from __future__ import annotations

from datetime import UTC, datetime

from raseed.sandbox.paymongo import cards
from raseed.sandbox.paymongo.call import Call
from raseed.sandbox.paymongo.errors import not_found
from raseed.sandbox.paymongo.fields import Fields
from raseed.sandbox.paymongo.vocabulary import METHODS
from raseed.sandbox.paymongo.world import World, bare
from raseed.sandbox.store import Doc

#: https://developers.paymongo.com/docs/customizing-qr-ph-code-expiry
QR_SECONDS, SHORTEST_QR, LONGEST_QR = 1800, 60, 9000


def create(call: Call) -> Doc:
    world, fields = call.world, call.fields
    kind = fields.choice("type", METHODS)
    details, card = _details(world, fields, kind)
    billing, metadata = fields.billing(), fields.metadata()
    seconds = QR_SECONDS
    if fields.given("expiry_seconds"):
        seconds = fields.integer("expiry_seconds", minimum=SHORTEST_QR, maximum=LONGEST_QR)
        if kind != "qrph":
            fields.wrong("parameter_invalid", "expiry_seconds", "expiry_seconds is for qrph only.")
    fields.done()
    return bare(make(world, kind, details=details, card=card, billing=billing, metadata=metadata, qr=seconds))


def make(
    world: World,
    kind: str,
    *,
    details: Doc | None = None,
    card: Doc | None = None,
    billing: Doc | None = None,
    metadata: Doc | None = None,
    qr: int = QR_SECONDS,
) -> Doc:
    """Keep a payment method. `card` is a row of the card table, `qr` the seconds a QR code will live."""
    now = world.now()
    attributes: Doc = {
        "livemode": world.livemode,
        "type": kind,
        "billing": billing,
        "created_at": now,
        "updated_at": now,
        "details": details,
        "metadata": metadata,
    }
    return world.add("methods", "pm", "payment_method", attributes, card=card, expiry_seconds=qr)


def retrieve(call: Call) -> Doc:
    return bare(find(call.world, call.id))


def update(call: Call) -> Doc:
    """Change billing, metadata, or a card's expiry; a new security code is checked and forgotten."""
    world, method, fields = call.world, find(call.world, call.id), call.fields
    attributes = method["attributes"]
    changes: Doc = {}
    if fields.given("billing"):
        changes["billing"] = fields.billing()
    if fields.given("metadata"):
        changes["metadata"] = fields.metadata()
    if fields.given("details") and attributes["type"] == "card":
        details = fields.nested("details")
        if details is not None:
            changes["details"] = {**attributes["details"], **_changed_expiry(world, details)}
    fields.done()
    world.touch(method, **changes)
    return bare(method)


def find(world: World, method_id: str) -> Doc:
    """The payment method, or ApiError (404)."""
    if method_id not in world.table("methods"):
        raise not_found("payment method", method_id)
    return world.table("methods")[method_id]


def _details(world: World, fields: Fields, kind: str) -> tuple[Doc | None, Doc | None]:
    """What may be shown of the details, and for a card its row of the table."""
    if kind == "card":
        given = fields.nested("details", required=True)
        return (None, None) if given is None else _card(world, given)
    given = fields.nested("details")
    if kind == "dob" and given is not None and given.given("bank_code"):
        return {"bank_code": given.text("bank_code", required=True, longest=50)}, None  # values: not found
    return None, None


def _card(world: World, details: Fields) -> tuple[Doc, Doc | None]:
    number = details.text("card_number", required=True) or ""
    row = cards.row(number.replace(" ", ""))
    if number and row is None:
        detail = "details.card_number format is invalid."
        details.wrong("parameter_format_invalid", "card_number", detail)
    month = details.integer("exp_month", minimum=1, maximum=12)
    year = details.integer("exp_year", minimum=1, maximum=9999)
    _check_expiry(world, details, month, year)
    _check_code(details, required=True)
    return {"exp_month": month, "exp_year": year, "last4": row["last4"] if row else ""}, row


def _changed_expiry(world: World, details: Fields) -> Doc:
    changes: Doc = {}
    if details.given("exp_month") or details.given("exp_year"):
        month = details.integer("exp_month", minimum=1, maximum=12)
        year = details.integer("exp_year", minimum=1, maximum=9999)
        _check_expiry(world, details, month, year)
        changes = {"exp_month": month, "exp_year": year}
    _check_code(details, required=False)
    return changes


def _check_expiry(world: World, details: Fields, month: int, year: int) -> None:
    """A card is good until the end of its month. The year has two or four digits."""
    today = datetime.fromtimestamp(world.now(), UTC)
    full = year + 2000 if year < 100 else year
    if month and year and (full, month) < (today.year, today.month):
        details.wrong("parameter_invalid", "exp_month", "The card is already expired.")


def _check_code(details: Fields, *, required: bool) -> None:
    code = details.text("cvc", required=required)
    if code and not (code.isascii() and code.isdigit() and len(code) in (3, 4)):
        details.wrong("parameter_format_invalid", "cvc", "details.cvc format is invalid.")
