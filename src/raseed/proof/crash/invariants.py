"""What must hold once everything that comes by itself has come, wherever a process died.

All rows against the books of all gateways, and what this one journey should have led to.
"""

from __future__ import annotations

from dataclasses import replace

from raseed.core.states import OPEN, State
from raseed.proof.crash.ground import PROMISE_SECONDS, Ground
from raseed.proof.gateway_books import read_books
from raseed.proof.invariants import breaches
from raseed.proof.tour.scene import Ending, Scene


def oddities(ground: Ground, scene: Scene, ending: Ending) -> list[str]:
    """What does not hold, in words; empty when all is well."""
    deliveries = [delivery.view() for delivery in ground.sandbox.deliveries.all()]
    books = read_books(ground.books, deliveries, ground.local.sandbox_url)
    found = breaches(books, promise_seconds=PROMISE_SECONDS)
    return [*map(str, found), *ground.receiver.odd, *_journey(scene, ending)]


def _journey(scene: Scene, ending: Ending) -> list[str]:
    """A crash while opening may leave a checkout that nobody ever pays, and that nobody can be asked to pay.

    The payment that counts is the one that has money.
    """
    payments = scene.payments()
    funded = [payment for payment in payments if payment.charges.exists()]
    odd = [
        f"payment {payment.pk} is still {payment.state} beside one that is paid"
        for payment in payments
        if funded and payment not in funded and State(payment.state) in OPEN
    ]
    before = len(scene.problems)
    if payments:
        scene.verify(replace(ending, payments=len(payments)))
    said = scene.problems[before:]
    del scene.problems[before:]
    return odd + said
