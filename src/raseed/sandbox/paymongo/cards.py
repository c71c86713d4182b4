"""Test cards and what becomes of them. https://developers.paymongo.com/docs/testing

A number is read once, to find its row here, and is never kept: documents carry the row and the last four
digits.
"""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass

from raseed.sandbox.paymongo.world import World
from raseed.sandbox.store import Doc

NUMBER = re.compile(r"[0-9]{13,19}")


@dataclass(frozen=True)
class Row:
    """`outcome`: "paid" | "3ds" | "3ds_declined" (after authentication) | a failure code, at once.

    `sticky_hold`: a held payment of this card cannot be cancelled.
    """

    outcome: str
    brand: str
    country: str = "US"
    sticky_hold: bool = False


CARDS = {
    "4343434343434345": Row("paid", "visa"),
    "4571736000000075": Row("paid", "visa", "PH"),
    "4009930000001421": Row("paid", "visa", "PH"),
    "4404520000001439": Row("paid", "visa", "PH"),
    "5555444444444457": Row("paid", "mastercard"),
    "5455590000000009": Row("paid", "mastercard"),
    "5339080000000003": Row("paid", "mastercard"),
    "5240050000001440": Row("paid", "mastercard", "PH"),
    "5577510000001446": Row("paid", "mastercard", "PH"),
    "5123000000000002": Row("paid", "mastercard"),
    "5123000000000001": Row("paid", "mastercard"),  # knows 3-D Secure and does not ask for it
    "4120000000000007": Row("3ds", "visa"),
    "4230000000000004": Row("generic_decline", "visa"),  # before it would authenticate
    "5234000000000106": Row("3ds_declined", "mastercard"),
    "4200000000000018": Row("card_expired", "visa"),
    "4300000000000017": Row("cvc_invalid", "visa"),
    "4400000000000016": Row("generic_decline", "visa"),
    "4028220000001457": Row("generic_decline", "visa", "PH"),
    "4111111111111111": Row("generic_decline", "visa"),
    "4500000000000015": Row("fraudulent", "visa"),
    "5100000000000198": Row("insufficient_funds", "mastercard"),
    "5240460000001466": Row("insufficient_funds", "mastercard", "PH"),
    "5200000000000197": Row("processor_blocked", "mastercard"),
    "5300000000000196": Row("lost_card", "mastercard"),
    "5483530000001462": Row("lost_card", "mastercard", "PH"),
    "5400000000000195": Row("stolen_card", "mastercard"),
    "5500000000000194": Row("processor_unavailable", "mastercard"),
    "4600000000000014": Row("blocked", "visa"),
    "5417881844647288": Row("paid", "mastercard", sticky_hold=True),
    "5417886761138807": Row("3ds", "mastercard", sticky_hold=True),
}
#: Our choice for a number in no table that a card could have: real test mode says nothing about it.
UNLISTED = Row("generic_decline", "unknown")


def row(number: str) -> Doc | None:
    """What to remember of a card instead of its number; None where it is no card number."""
    if not NUMBER.fullmatch(number) or (number not in CARDS and not _luhn(number)):
        return None
    return {**asdict(CARDS.get(number, UNLISTED)), "last4": number[-4:]}


def _luhn(number: str) -> bool:
    """Whether the check digit is right."""
    doubled = [int(digit) * (1 + position % 2) for position, digit in enumerate(reversed(number))]
    return sum(value - 9 * (value > 9) for value in doubled) % 10 == 0


def source(world: World, card: Doc) -> Doc:
    """The `source` member of a payment made with a remembered card."""
    shown = {name: card[name] for name in ("brand", "country", "last4")}
    return {"id": world.new_id("card"), "type": "card", **shown}
