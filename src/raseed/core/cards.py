"""A card that a gateway keeps for us, as a delivery tells of it."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class SavedCardSeen:
    """One card that a gateway has kept. `token` pays with it again: a secret, and in no `repr`.

    `masked` shows the last digits as the gateway writes them (`xxxx-xxxx-xxxx-2346`, or `2346` alone),
    `brand` is its word (`MasterCard`), `expiry` is `MM/YY`, or None where it is not told. `order_ids` are
    the gateway's ids of the checkouts with which it was saved: they say whose card it is.
    """

    token: str = field(repr=False)
    masked: str
    brand: str = ""
    expiry: str | None = None
    order_ids: frozenset[str] = frozenset()
