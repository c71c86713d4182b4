"""Test cards and what becomes of them. https://developers.paymongo.com/docs/testing"""

from __future__ import annotations

from raseed.sandbox.paymongo.world import World
from raseed.sandbox.store import Doc

#: number -> (what happens, brand, country). "paid", "3ds", "3ds_declined", or a failure code.
CARDS = {
    "4343434343434345": ("paid", "visa", "US"),
    "4571736000000075": ("paid", "visa", "PH"),
    "4009930000001421": ("paid", "visa", "PH"),
    "4404520000001439": ("paid", "visa", "PH"),
    "5555444444444457": ("paid", "mastercard", "US"),
    "5455590000000009": ("paid", "mastercard", "US"),
    "5339080000000003": ("paid", "mastercard", "US"),
    "5240050000001440": ("paid", "mastercard", "PH"),
    "5577510000001446": ("paid", "mastercard", "PH"),
    "5123000000000002": ("paid", "mastercard", "US"),
    "5123000000000001": ("paid", "mastercard", "US"),
    "4120000000000007": ("3ds", "visa", "US"),
    "4230000000000004": ("generic_decline", "visa", "US"),
    "5234000000000106": ("3ds_declined", "mastercard", "US"),
    "4200000000000018": ("card_expired", "visa", "US"),
    "4300000000000017": ("cvc_invalid", "visa", "US"),
    "4400000000000016": ("generic_decline", "visa", "US"),
    "4028220000001457": ("generic_decline", "visa", "PH"),
    "4111111111111111": ("generic_decline", "visa", "US"),
    "4500000000000015": ("fraudulent", "visa", "US"),
    "5100000000000198": ("insufficient_funds", "mastercard", "US"),
    "5240460000001466": ("insufficient_funds", "mastercard", "PH"),
    "5200000000000197": ("processor_blocked", "mastercard", "US"),
    "5300000000000196": ("lost_card", "mastercard", "US"),
    "5483530000001462": ("lost_card", "mastercard", "PH"),
    "5400000000000195": ("stolen_card", "mastercard", "US"),
    "5500000000000194": ("processor_unavailable", "mastercard", "US"),
    "4600000000000014": ("blocked", "visa", "US"),
}


def outcome(number: str) -> str:
    """What becomes of a card: "paid", "3ds", "3ds_declined", a failure code, or "" for an unknown card."""
    return CARDS[number][0] if number in CARDS else ""


def source(world: World, number: str) -> Doc:
    """The `source` member of a payment made with this card."""
    _, brand, country = CARDS[number]
    return {
        "id": world.new_id("card"),
        "type": "card",
        "brand": brand,
        "country": country,
        "last4": number[-4:],
    }
