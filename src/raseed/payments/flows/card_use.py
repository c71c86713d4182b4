"""What a payment has to do with saved cards: one is offered or charged, or one may be saved."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from raseed.core.errors import NotAllowed, Unsupported
from raseed.gateways.base import Gateway
from raseed.payments.flows.save_card import token_of
from raseed.payments.models import SavedCard


@dataclass(frozen=True)
class CardUse:
    """`token` is that of `card`. `off_session`: charge it now, nobody is there to type."""

    card: SavedCard | None = None
    token: str | None = field(default=None, repr=False)
    save: bool = False
    off_session: bool = False


def card_use(
    gateway: Gateway, account: str, user: Any, card: SavedCard | None, *, save: bool, off_session: bool
) -> CardUse:
    """Check what is asked for. Raises Unsupported, NotAllowed (another's card) or UnusableCard."""
    capabilities = gateway.capabilities
    if (save or card is not None) and not capabilities.keeps_cards:
        raise Unsupported(f"account {account!r} keeps no cards.")
    if off_session and not capabilities.charges_kept_cards:
        raise Unsupported(f"account {account!r} charges no saved card while its owner is away.")
    if card is None:
        if off_session:
            raise Unsupported("off_session needs the saved card that is to be charged.")
        return CardUse(save=save)
    if card.account != account or card.owner_id != getattr(user, "pk", None):
        raise NotAllowed("this card is not yours to pay with here.")
    return CardUse(card, token_of(card), save=False, off_session=off_session)
