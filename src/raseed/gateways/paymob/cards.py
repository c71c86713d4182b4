"""A card that Paymob has kept, as a TOKEN callback tells of it: it comes before its transaction, or after."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from raseed.core.cards import SavedCardSeen
from raseed.core.facts import Fact, FactKind, Weight
from raseed.gateways.paymob.members import Members, moment

#: The last digits, in groups or alone. Its neighbours in the signed text are digits too.
_MASKED = re.compile(r"(x{4}-){0,3}[0-9]{4}")


def is_card(document: Mapping[str, Any]) -> bool:
    """Whether it has what a card's callback must have; `email` may be the text NA, and is never used."""
    told = Members(document)
    has_ids = None not in (told.id("id"), told.id("merchant_id"), told.id("order_id"))
    return has_ids and bool(told.text("token")) and _MASKED.fullmatch(told.text("masked_pan")) is not None


def card_fact(document: Mapping[str, Any]) -> Fact:
    """The card and the order it was saved with. All of it is signed but what is not read."""
    told = Members(document)
    order = told.id("order_id") or ""
    card = SavedCardSeen(
        told.text("token"),
        told.text("masked_pan"),
        told.text("card_subtype"),
        order_ids=frozenset({order}),
    )
    return Fact(
        FactKind.CARD_SAVED,
        Weight.PROOF,
        gateway_ref=order,
        occurred_at=moment(told.get("created_at")),
        detail=f"{card.brand} {card.masked}".strip(),
        raw={"masked_pan": card.masked, "card_subtype": card.brand},
        card=card,
    )
