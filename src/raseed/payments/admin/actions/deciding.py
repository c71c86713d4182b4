"""Accept or reject money that waits for a person."""

from __future__ import annotations

from typing import Any

from raseed.core.snapshot import Concern
from raseed.core.states import MOVES, OPEN, State
from raseed.payments import conf
from raseed.payments.admin.actions.action import Action
from raseed.payments.admin.actions.amounts import still_here
from raseed.payments.admin.summary import held
from raseed.payments.flows.apply_facts import apply_ruling
from raseed.payments.flows.staff_action import Done, Wish, by_staff
from raseed.payments.flows.wallets import SHORTFALL
from raseed.payments.models import Act, Payment, Ruling


class _Decide(Action):
    """What both have in common."""

    permission = "rule_payment"
    ruling: Ruling

    def perform(self, payment: Payment, data: dict[str, Any], wish: Wish) -> Done:
        """Apply the ruling through the one door."""
        return by_staff(self.act, wish, lambda: ruled(payment, self.ruling, wish), payment=payment)


def ruled(payment: Payment, ruling: Ruling, wish: Wish) -> str:
    """Apply a person's word; how the payment stands now. Raises RefusedRuling."""
    seen = (payment.state, payment.attention)
    after = apply_ruling(payment.pk, ruling, now=conf.now(), reason=wish.reason, user=wish.user, seen=seen)
    return f"It was {ruling}: the payment is {after.state}. {after.attention}".strip()


class Accept(_Decide):
    """Take the money as good."""

    act = Act.ACCEPT
    label = "Accept the money"
    button = "Accept it"
    ruling = Ruling.ACCEPTED

    def why_not(self, payment: Payment) -> str:
        """There must be a question, and money."""
        asked = payment.state == State.REVIEW or bool(payment.attention)
        if not asked:
            return "Nothing about this payment waits for a decision."
        if payment.concern == SHORTFALL:
            return ""
        return "" if still_here(payment) else "No money of this payment is here, so none can be accepted."

    def tells(self, payment: Payment) -> list[str]:
        """What will happen."""
        if payment.concern == SHORTFALL:
            return ["Nothing is moved: you take note of what the owner of the wallet owes, and see to it."]
        amounts = ", ".join(str(money) for money in held(payment))
        told = ["The payment counts as paid."]
        if amounts:
            told.append(f"{amounts}, which was set apart until now, counts as income.")
        if payment.concern == Concern.DOUBLE:
            told.append("Nothing is given for it: what it is for was given for another payment.")
        else:
            told.append("What was paid for is given, if it was not yet.")
        told.append("A refund that a rule of the shop had prepared, and that was not sent yet, is withdrawn.")
        return told


class Reject(_Decide):
    """Turn the money down."""

    act = Act.REJECT
    label = "Reject the money"
    button = "Reject it"
    tone = "careful"
    ruling = Ruling.REJECTED

    def why_not(self, payment: Payment) -> str:
        """Only what waits in review can be turned down; what is paid is refunded."""
        state = State(payment.state)
        if State.CANCELLED in MOVES[state] and state not in OPEN | {State.LAPSED}:
            return ""
        return "Only a payment in review can be rejected. Money that counts as paid is refunded instead."

    def tells(self, payment: Payment) -> list[str]:
        """What will happen."""
        left = [f"{money} is still here. {_NOT_SENT_BACK}" for money in still_here(payment)]
        return ["The payment counts as cancelled, and nothing is given for it.", *left]


_NOT_SENT_BACK = "Rejecting does not send it back: refund it as the next step."
