"""What a payment costs the payer: rates between currencies, scales, and the wallet's fee. Integers only."""

from __future__ import annotations

import math
from fractions import Fraction

from raseed.sandbox.openpayments.errors import resource_refused
from raseed.sandbox.openpayments.settings import decimal
from raseed.sandbox.openpayments.world import World
from raseed.sandbox.store import Doc


def price(world: World, payer: Doc, payee: Doc) -> Fraction:
    """How many of the payer's minor units one of the payee's costs, without the fee."""
    rates = world.settings["rates"]
    codes = (payer["asset_code"], payee["asset_code"])
    if codes[0] == codes[1]:
        rate = Fraction(1)
    elif set(codes) <= set(rates):
        rate = decimal("rate", rates[codes[0]]) / decimal("rate", rates[codes[1]])
    else:
        raise resource_refused(400, "invalid receiver")
    return rate * Fraction(10 ** payer["asset_scale"], 10 ** payee["asset_scale"])


def _with_fee(payer: Doc) -> Fraction:
    return 1 + decimal("fee_percent", payer["fee_percent"], least=0) / 100


def debit_for(world: World, payer: Doc, payee: Doc, receive: int) -> tuple[int, int]:
    """What the payer is debited in all for `receive`, and how much of it is sent; rounded up."""
    sent = math.ceil(receive * price(world, payer, payee))
    return math.ceil(sent * _with_fee(payer)), sent


def receive_for(world: World, payer: Doc, payee: Doc, debit: int) -> tuple[int, int]:
    """What arrives where the payer is debited `debit` in all, and how much of it is sent; rounded down."""
    sent = math.floor(debit / _with_fee(payer))
    return math.floor(sent / price(world, payer, payee)), sent
