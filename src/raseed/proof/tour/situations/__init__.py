"""The situations of the tour: data and small functions. This list is all there is; nothing registers itself.

A situation works with any shop and any till, but for those that name their shops. To add one, write a
function in the module of its family and add it to that module's SITUATIONS.
"""

from __future__ import annotations

from raseed.proof.tour.situations import (
    cards,
    carts,
    channels,
    copies,
    crashes,
    deposits,
    desk,
    doubles,
    outcomes,
    queues,
    refunds,
    wallets,
)
from raseed.proof.tour.situations.base import Situation

SITUATIONS: list[Situation] = [
    *channels.SITUATIONS,
    *copies.SITUATIONS,
    *outcomes.SITUATIONS,
    *refunds.SITUATIONS,
    *doubles.SITUATIONS,
    *crashes.SITUATIONS,
    *cards.SITUATIONS,
    *desk.SITUATIONS,
    *wallets.SITUATIONS,
    *carts.SITUATIONS,
    *deposits.SITUATIONS,
]
#: Those that only an engine with a queue has.
ON_A_QUEUE: list[Situation] = queues.SITUATIONS
