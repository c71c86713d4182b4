"""Record how a dispute ended, where the gateway does not tell."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from raseed.core.money import Money
from raseed.payments.admin.actions.action import Action, ActionForm
from raseed.payments.admin.actions.amounts import major, refundable_charges
from raseed.payments.flows.by_hand import end_dispute
from raseed.payments.flows.staff_action import Done, Wish, by_staff
from raseed.payments.models import Act, Dispute, DisputeState, Payment

_WON, _LOST = DisputeState.WON.value, DisputeState.LOST.value


def open_dispute(payment: Payment) -> Dispute | None:
    """The oldest one that has not ended."""
    rows = (row for row in payment.disputes.all() if row.state == DisputeState.OPEN)
    return min(rows, key=lambda row: row.pk, default=None)


def at_stake(payment: Payment) -> Money:
    """What is left of the charge that it is about."""
    dispute = open_dispute(payment)
    left = refundable_charges(payment)
    its = [money for charge, money in left if dispute and dispute.charge_ref in {"", charge.ref}]
    return its[0] if its else Money(0, payment.currency)


class HowItEnded(ActionForm):
    """Won or lost, and how much."""

    outcome = forms.ChoiceField(
        label="How did it end?",
        widget=forms.RadioSelect,
        choices=((_WON, "Won: the money stays"), (_LOST, "Lost: the money went back to the customer")),
    )
    amount = forms.CharField(
        label="How much went back",
        required=False,
        max_length=30,
        help_text="Only if it was lost.",
        widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
    )
    field_order = ("outcome", "amount", "reason")

    def clean(self) -> dict[str, Any]:
        """What was lost is no more than what is left."""
        cleaned: dict[str, Any] = super().clean() or {}
        cleaned["lost"] = None
        if cleaned.get("outcome") != _LOST:
            return cleaned
        most = at_stake(self.payment)
        try:
            lost = self.money(cleaned.get("amount", ""), most.currency)
            if lost.minor > most.minor:
                raise ValidationError(f"{lost} is more than what is left: {most}.")
        except ValidationError as error:
            self.add_error("amount", error)
        else:
            cleaned["lost"] = lost
        return cleaned


class EndDispute(Action):
    """Close a dispute."""

    act = Act.DISPUTE
    permission = "rule_payment"
    label = "Say how the dispute ended"
    button = "Record it"
    tone = "careful"
    form = HowItEnded

    def why_not(self, payment: Payment) -> str:
        """There must be one."""
        return "" if open_dispute(payment) else "No dispute of this payment is open."

    def tells(self, payment: Payment) -> list[str]:
        """What will happen."""
        return [
            "Nothing is sent to the gateway. Look up there how the bank decided.",
            "If it was won, nothing moves.",
            "If it was lost, the amount counts as gone back, like a refund, and the shop's own rule for "
            "refunds runs: it may take back what was given.",
        ]

    def initial(self, payment: Payment) -> dict[str, Any]:
        """All that could be lost."""
        return {"amount": major(at_stake(payment))}

    def perform(self, payment: Payment, data: dict[str, Any], wish: Wish) -> Done:
        """Through the one door."""
        lost: Money | None = data["lost"]
        words = f"lost {lost}" if lost else "won"

        def record() -> str:
            dispute = open_dispute(payment)
            if dispute is None:
                return "It had ended already; nothing was changed."
            after = end_dispute(dispute, lost, reason=wish.reason, user=wish.user)
            return f"The dispute is recorded as {words}. {after.attention}".strip()

        return by_staff(self.act, wish, record, payment=payment, wanted=words)
