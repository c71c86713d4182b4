"""Cards that a gateway keeps: written when a proof tells of one, renamed, chosen and deleted by their owner.

A card belongs to the user who started the payment with which it was saved. Its token is stored encrypted,
and leaves this module only to pay.
"""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import Any

from raseed.core.cards import SavedCardSeen
from raseed.core.errors import UnusableCard
from raseed.payments import conf, encryption
from raseed.payments.flows.words import storable
from raseed.payments.models import Payment, SavedCard

#: Fit for the card's owner.
UNUSABLE = "this saved card can no longer be used. Pay with another card, or enter this one again."


def keep_card(payment: Payment, card: SavedCardSeen, now: datetime, *, told: bool) -> None:
    """Keep a card that was saved with a payment, in the open transaction under the payment's lock.

    `told`: the gateway called us. What it answers when it is asked may be old: it replaces no token, and
    brings no deleted card back. Does nothing where it was saved with another order, nobody was logged in, or
    its number is not shown.
    """
    if payment.user_id is None or not _is_of(payment, card) or not card.masked[-4:].strip():
        return
    digest = hashlib.sha256(card.token.encode()).hexdigest() if card.token.strip() else ""
    row = _locked(payment, card, now)
    if row.deleted_at is not None and row.token_digest == digest:
        return  # its owner deleted this very card; the news of it is old
    if row.token_digest and not told:
        return
    row.masked, row.brand = storable(card.masked)[:32], storable(card.brand)[:32]
    row.expiry = storable(card.expiry or row.expiry)[:5]
    row.token_digest, row.deleted_at = digest, None
    row.token = encryption.encrypt(card.token.encode()) if digest else None
    row.save()


def _is_of(payment: Payment, card: SavedCardSeen) -> bool:
    return not card.order_ids or bool(card.order_ids & {payment.gateway_ref, *payment.ids.values()})


def _locked(payment: Payment, card: SavedCardSeen, now: datetime) -> SavedCard:
    """The row of this real card, locked; made where there is none."""
    which = {
        "account": payment.account,
        "owner_id": payment.user_id,
        "last4": storable(card.masked)[-4:],
        "brand_key": storable(card.brand).lower()[:32],
    }
    same = SavedCard.objects.select_for_update(no_key=True).filter(**which)
    found = same.first()
    if found is None:
        SavedCard.objects.bulk_create([SavedCard(**which, saved_at=now)], ignore_conflicts=True)
        found = same.get()
    return found


def rename_card(card: SavedCard, name: str) -> SavedCard:
    """Call a card something; an empty name shows brand and last digits again."""
    card.name = storable(" ".join(name.split()))[:60]
    SavedCard.objects.filter(pk=card.pk).update(name=card.name)
    return card


def choose_card(card: SavedCard) -> SavedCard:
    """Make a card its owner's first choice."""
    card.chosen_at = conf.now()
    SavedCard.objects.filter(pk=card.pk).update(chosen_at=card.chosen_at)
    return card


def delete_card(card: SavedCard) -> None:
    """Forget a card: its token and what its owner called it are gone."""
    gone: dict[str, Any] = {"token": None, "name": "", "chosen_at": None, "deleted_at": conf.now()}
    SavedCard.objects.filter(pk=card.pk).update(**gone)


def token_of(card: SavedCard) -> str:
    """What pays with a card. Raises UnusableCard where it has no token, or none that can be read."""
    current = SavedCard.objects.filter(pk=card.pk, deleted_at=None).exclude(token=None).first()
    if current is None or current.token is None:
        raise UnusableCard(UNUSABLE)
    return encryption.decrypt(bytes(current.token)).decode()
