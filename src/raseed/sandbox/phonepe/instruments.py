"""What a completed attempt shows of how it was paid: the rail the money took, and the payer's instrument.

Shapes: https://developer.phonepe.com/v1/reference/order-status-standard-checkout
"""

from __future__ import annotations

from raseed.sandbox.phonepe.world import World
from raseed.sandbox.store import Doc


def upi(world: World, vpa: str) -> tuple[Doc, Doc]:
    rail = {
        "type": "UPI",
        "utr": world.digits(12),
        "upiTransactionId": f"YBL{world.sandbox.ids.text(32).lower()}",
        "vpa": masked(vpa),
    }
    instrument = {
        "type": "ACCOUNT",
        "maskedAccountNumber": f"XXXXXX{world.digits(4)}",
        "accountType": "SAVINGS",
    }
    return rail, instrument


def through_bank(world: World, instrument_type: str, bank_id: str) -> tuple[Doc, Doc]:
    """A card (CREDIT_CARD, DEBIT_CARD) or NET_BANKING."""
    rail = {
        "type": "PG",
        "transactionId": world.digits(12),
        "authorizationCode": world.digits(6),
        "serviceTransactionId": f"PG{world.digits(16)}",
    }
    instrument = {
        "type": instrument_type,
        "bankTransactionId": world.digits(12),
        "bankId": bank_id,
        "arn": world.digits(23),
        "brn": world.digits(12),
    }
    return rail, instrument


def of(world: World, attempt: Doc) -> tuple[Doc, Doc]:
    """Rail and instrument for an attempt that has just gone through."""
    if attempt["mode"] == "CARD":
        return through_bank(world, attempt["with"], "VISA")
    if attempt["mode"] == "NET_BANKING":
        return through_bank(world, "NET_BANKING", attempt["with"])
    return upi(world, attempt["with"])


def masked(vpa: str) -> str:
    """A payer's address as answers show it: 98****10@ybl."""
    name, _, bank = vpa.partition("@")
    return f"{name[:2]}****{name[-2:]}@{bank}"
