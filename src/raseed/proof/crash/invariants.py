"""What must hold once everything that comes by itself has come, wherever a process died.

Compared with the sandbox's own books, which share no code with ours.
"""

from __future__ import annotations

from dataclasses import replace

from raseed.core.states import MOVES, OPEN, State
from raseed.payments.models import Payment
from raseed.proof.tour.scene import Ending, Scene


def breaches(scene: Scene, ending: Ending) -> list[str]:
    """What does not hold, in words; empty when all is well.

    A crash while opening may leave a checkout that nobody ever pays: it may be there, and it must be open
    for nobody. The payment that counts is the one that has money.
    """
    payments = scene.payments()
    funded = [payment for payment in payments if payment.charges.exists()]
    odd = [f"{len(funded)} payments have money"] if len(funded) != ending.charges else []
    for payment in payments:
        odd += _moves(payment)
        if payment not in funded and State(payment.state) in OPEN and funded:
            odd.append(f"payment {payment.pk} is still {payment.state} beside one that is paid")
    before = len(scene.problems)
    if payments:
        scene.verify(replace(ending, payments=len(payments)))
    said = scene.problems[before:]
    del scene.problems[before:]
    return odd + said


def _moves(payment: Payment) -> list[str]:
    """Every state was reached by an allowed move from the one before."""
    at, odd = State.NEW, []
    for fact in payment.facts.order_by("pk"):
        if not fact.is_move:
            continue
        if fact.from_state != at or State(fact.to_state) not in MOVES[at]:
            odd.append(f"payment {payment.pk} moved {fact.from_state} → {fact.to_state} when it was {at}")
        at = State(fact.to_state)
    return (
        odd if at == payment.state else [*odd, f"payment {payment.pk} is {payment.state}, its facts say {at}"]
    )
