"""The shapes that others build by position, field after field, as the contract lists them."""

from dataclasses import fields

import pytest

from raseed.core.facts import Channel, Fact, FactKind, SavedCardSeen, Weight
from raseed.core.money import Money
from raseed.gateways.base import GatewayRef, Opened, Order, RawDelivery

SHAPES = {
    Money: "minor currency",
    Fact: "kind weight reference gateway_ref charge_ref refund_ref money is_total fee occurred_at livemode "
    "detail raw",
    RawDelivery: "method path query headers body received_at query_string",
    Order: "reference money method customer return_url description saved_card payer_wallet payee metadata",
    Opened: "gateway_ref ids url client expires_at",
    GatewayRef: "reference gateway_ref ids",
}

#: Every word of each list, in its order.
WORDS = {
    Channel: "webhook return poll manual",
    Weight: "proof hint",
    FactKind: "opened pending chargeable authorized captured paid voided attempt_failed failed expired "
    "cancelled refund_pending refunded refund_failed disputed dispute_closed card_saved unknown",
}


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.__name__)
def test_fields_come_in_the_order_of_the_contract(shape):
    listed = SHAPES[shape].split()
    assert [field.name for field in fields(shape)][: len(listed)] == listed


@pytest.mark.parametrize("words", WORDS, ids=lambda words: words.__name__)
def test_words_are_those_of_the_contract(words):
    assert [word.value for word in words] == WORDS[words].split()


def test_a_saved_cards_token_shows_nowhere():
    card = SavedCardSeen("8d0791ff", "xxxx-xxxx-xxxx-2346", "MasterCard", None, frozenset({"84169"}))
    fact = Fact(FactKind.CARD_SAVED, Weight.PROOF, card=card)
    assert "8d0791ff" not in f"{card!r} {fact!r}"
    assert fact == Fact(FactKind.CARD_SAVED, Weight.PROOF)
