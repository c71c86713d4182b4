"""How the fake gateway's webhooks carry facts: as JSON."""

from __future__ import annotations

from typing import Any

from raseed.core.cards import SavedCardSeen
from raseed.core.facts import Fact, FactKind, Weight
from raseed.core.money import Money


def encoded(fact: Fact) -> dict[str, Any]:
    """A fact as a JSON object."""
    return {
        "kind": fact.kind,
        "weight": fact.weight,
        "reference": fact.reference,
        "gateway_ref": fact.gateway_ref,
        "charge_ref": fact.charge_ref,
        "refund_ref": fact.refund_ref,
        "money": [fact.money.minor, fact.money.currency] if fact.money else None,
        "fee": [fact.fee.minor, fact.fee.currency] if fact.fee else None,
        "is_total": fact.is_total,
        "livemode": fact.livemode,
        "detail": fact.detail,
        "card": _card(fact.card),
    }


def decoded(said: dict[str, Any]) -> Fact:
    """The fact that `encoded` wrote."""
    money, fee, card = said["money"], said["fee"], said["card"]
    return Fact(
        **{key: said[key] for key in ("reference", "gateway_ref", "charge_ref", "refund_ref", "is_total")},
        kind=FactKind(said["kind"]),
        weight=Weight(said["weight"]),
        money=Money(*money) if money else None,
        fee=Money(*fee) if fee else None,
        livemode=said["livemode"],
        detail=said["detail"],
        card=SavedCardSeen(**card | {"order_ids": frozenset(card["order_ids"])}) if card else None,
    )


def _card(card: SavedCardSeen | None) -> dict[str, Any] | None:
    if card is None:
        return None
    return {
        "token": card.token,
        "masked": card.masked,
        "brand": card.brand,
        "order_ids": sorted(card.order_ids),
    }
