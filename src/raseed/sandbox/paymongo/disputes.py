"""Disputes: a payer's bank takes the money back. Only the control API opens and ends them.

The resource's members are those of the luigel/laravel-paymongo fixtures; `dispute.created` and
`dispute.resolved` are names of 2026.
"""

from __future__ import annotations

from raseed.sandbox.paymongo.events import emit
from raseed.sandbox.paymongo.world import World, bare
from raseed.sandbox.store import Doc


def open_for(world: World, payment: Doc) -> Doc:
    """The payment is disputed; it cannot be refunded meanwhile."""
    now = world.now()
    attributes: Doc = {
        "amount": payment["attributes"]["amount"],
        "currency": payment["attributes"]["currency"],
        "status": "under_review",
        "reason": "fraudulent",
        "livemode": world.livemode,
        "created_at": now,
        "updated_at": now,
    }
    dispute = world.add("disputes", "dsp", "dispute", attributes, payment=payment["id"])
    world.touch(payment, disputed=True)
    emit(world, "dispute.created", bare(dispute))
    return dispute


def resolve(world: World, dispute: Doc, *, is_won: bool) -> bool:
    """The merchant wins or loses. False: it was resolved before."""
    if dispute["attributes"]["status"] != "under_review":
        return False
    world.touch(dispute, status="won" if is_won else "lost")
    payment = world.table("payments").get(dispute["private"]["payment"])
    if payment is not None and is_won:
        world.touch(payment, disputed=False)
    emit(world, "dispute.resolved", bare(dispute))
    return True
