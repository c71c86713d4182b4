"""Record money that came or went by hand, or that the gateway cannot prove."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from raseed.core.money import Money
from raseed.core.states import State
from raseed.payments.admin.actions.action import Action, ActionForm
from raseed.payments.admin.actions.amounts import major, refundable_charges
from raseed.payments.admin.actions.refunding import AmountOfCharge, whole_of_newest
from raseed.payments.flows.by_hand import give_back, mark_paid
from raseed.payments.flows.staff_action import Done, Wish, by_staff
from raseed.payments.models import Act, Payment

_ELSEWHERE, _AT_GATEWAY = "elsewhere", "gateway"


def missing(payment: Payment) -> Money:
    """What the price wants and has not come."""
    return payment.expected - payment.collected() + payment.refunded()


class WhatCame(ActionForm):
    """How much came, and where it is."""

    amount = forms.CharField(
        label="Amount that came",
        max_length=30,
        widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
    )
    where = forms.ChoiceField(
        label="Where is the money?",
        widget=forms.RadioSelect,
        choices=(
            (_ELSEWHERE, "We have it: cash, a bank transfer, a cheque"),
            (_AT_GATEWAY, "At the gateway: its dashboard shows it, but this page does not"),
        ),
    )
    gateway_id = forms.CharField(
        label="Its id at the gateway",
        max_length=255,
        required=False,
        help_text="Only if it is there: the payment's own id, as the dashboard shows it. If the gateway "
        "tells of it later, it is known by this id and not counted twice.",
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )

    field_order = ("amount", "where", "gateway_id", "reason")

    def __init__(self, payment: Payment, data: Any = None, **options: Any) -> None:
        super().__init__(payment, data, **options)
        self.fields["amount"].help_text = f"What is missing: {missing(payment)}. Neither more nor less."

    def clean_amount(self) -> Money:
        """Exactly what is missing."""
        money = self.money(self.cleaned_data["amount"], self.payment.currency)
        if money != missing(self.payment):
            raise ValidationError(f"{money} is not what is missing: {missing(self.payment)}.")
        return money

    def clean(self) -> dict[str, Any]:
        """Money at the gateway has an id there; other money has none."""
        cleaned: dict[str, Any] = super().clean() or {}
        named = cleaned.get("gateway_id", "").strip()
        if cleaned.get("where") == _AT_GATEWAY and not named:
            self.add_error("gateway_id", "Write the id, or choose the other answer.")
        if cleaned.get("where") == _ELSEWHERE and named:
            self.add_error("gateway_id", "Leave this empty, or choose the other answer.")
        return cleaned | {"gateway_id": named}


class MarkPaid(Action):
    """Vouch for money."""

    act = Act.MARK_PAID
    permission = "mark_paid"
    label = "Mark as paid by hand"
    button = "Mark as paid"
    tone = "careful"
    form = WhatCame

    def why_not(self, payment: Payment) -> str:
        """Only what is not paid; held money is taken instead."""
        if payment.state == State.PAID:
            return "It is paid already."
        if payment.state == State.AUTHORIZED:
            return "The gateway holds money for this payment: take it, or let it go."
        return "" if missing(payment).minor > 0 else "All of the price came: accept the money instead."

    def tells(self, payment: Payment) -> list[str]:
        """What will happen."""
        return [
            f"The gateway is asked once more, and the checkout is closed there if that can be done, so that "
            f"nobody pays {payment.money} a second time.",
            "The payment counts as paid because you say so. Your name and your reason stay in its story.",
            "What was paid for is given, once.",
            "If the gateway proves a payment later, that is a second payment: it is set apart for you to "
            "decide, or treated as the shop's rule for double payments says.",
        ]

    def initial(self, payment: Payment) -> dict[str, Any]:
        """What is missing."""
        return {"amount": major(missing(payment))}

    def perform(self, payment: Payment, data: dict[str, Any], wish: Wish) -> Done:
        """Through the one door, with the channel `manual`."""
        money: Money = data["amount"]
        gateway_id: str = data["gateway_id"]

        def vouch() -> str:
            after = mark_paid(
                payment,
                money,
                reason=wish.reason,
                charge_ref=gateway_id,
                key=wish.key,
                user=wish.user,
            )
            return f"The payment is {after.state}: {money} was recorded. {after.attention}".strip()

        where = f"at the gateway as {gateway_id}" if gateway_id else "by hand"
        return by_staff(self.act, wish, vouch, payment=payment, wanted=f"{money} {where}")


class GiveBack(Action):
    """Record money that was given back."""

    act = Act.GIVE_BACK
    permission = "refund_payment"
    label = "Record money given back by hand"
    button = "Record it"
    tone = "careful"
    form = AmountOfCharge

    def why_not(self, payment: Payment) -> str:
        """There must be money left."""
        return "" if refundable_charges(payment) else "Nothing of this payment's money is left to give back."

    def tells(self, payment: Payment) -> list[str]:
        """What will happen."""
        return [
            "Nothing is sent to the gateway. Do this after you have given the money back yourself: in cash, "
            "by a bank transfer.",
            "The amount counts as gone back, and cannot be refunded through the gateway any more.",
            "The shop's own rule for refunds then runs: it may take back what was given.",
        ]

    def initial(self, payment: Payment) -> dict[str, Any]:
        """All that is left of the newest charge."""
        return whole_of_newest(refundable_charges(payment))

    def perform(self, payment: Payment, data: dict[str, Any], wish: Wish) -> Done:
        """Through the one door."""
        money: Money = data["money"]

        def record() -> str:
            after = give_back(
                payment,
                money,
                charge_ref=data["charge_ref"],
                reason=wish.reason,
                key=wish.key,
                user=wish.user,
            )
            return f"{money} is recorded as given back. {after.attention}".strip()

        return by_staff(self.act, wish, record, payment=payment, wanted=f"{money} of {data['charge_ref']}")
