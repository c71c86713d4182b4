"""Take money that is held at the gateway, or let it go."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from raseed.core.errors import RefusedCapture
from raseed.core.facts import FactKind
from raseed.core.money import Money
from raseed.core.states import State
from raseed.gateways.base import Capabilities
from raseed.payments import conf
from raseed.payments.admin.actions.action import Action, ActionForm
from raseed.payments.admin.actions.amounts import major
from raseed.payments.flows.capture import capture, left_of_hold, void
from raseed.payments.flows.staff_action import Done, Wish, by_staff
from raseed.payments.models import Act, Payment


class HowMuch(ActionForm):
    """All that is held, or a part."""

    amount = forms.CharField(
        label="Amount",
        max_length=30,
        widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
    )

    field_order = ("amount", "reason")

    def __init__(self, payment: Payment, data: Any = None, **options: Any) -> None:
        super().__init__(payment, data, **options)
        self.left = _left(payment)
        self.fields["amount"].help_text = f"At most {self.left}, written like {major(self.left)}."

    def clean_amount(self) -> Money:
        """Not more than is held."""
        money = self.money(self.cleaned_data["amount"], self.payment.currency)
        if money.minor > self.left.minor:
            raise ValidationError(f"{money} is more than is held: {self.left}.")
        return money


def _left(payment: Payment) -> Money:
    """What can be taken. Raises RefusedCapture."""
    return left_of_hold(payment, conf.current().gateway(payment.account).capabilities)


class _Held(Action):
    permission = "capture_payment"

    def why_not(self, payment: Payment) -> str:
        """Money must be held, at a gateway that can do this."""
        is_held = any(fact.kind == FactKind.AUTHORIZED and fact.is_move for fact in payment.facts.all())
        if payment.state not in self.states or not is_held:
            return "No money of this payment is held at the gateway."
        gateway = conf.current().gateways.get(payment.account)
        if gateway is None:
            return f"The account {payment.account} is not in the settings any more."
        return "" if self.can(gateway.capabilities) else "This gateway cannot do that; use its own dashboard."

    states: frozenset[State]

    def can(self, capabilities: Capabilities) -> bool:
        """Whether the gateway can do it."""
        raise NotImplementedError


class Capture(_Held):
    """Take the held money."""

    act = Act.CAPTURE
    label = "Take the held money"
    button = "Take it"
    form = HowMuch
    states = frozenset({State.AUTHORIZED, State.PAID})

    def can(self, capabilities: Capabilities) -> bool:
        """Not every gateway captures."""
        return capabilities.can_capture

    def why_not(self, payment: Payment) -> str:
        """After a part, only where the rest is still held."""
        why = super().why_not(payment)
        if why:
            return why
        try:
            return "" if _left(payment).minor else "Nothing is left of what was held."
        except RefusedCapture:
            return "No money of this payment is held at the gateway."

    def tells(self, payment: Payment) -> list[str]:
        """What will happen."""
        rest = "the rest goes back to the customer, and cannot be taken later"
        if conf.current().gateway(payment.account).capabilities.captures_in_parts:
            rest = "the rest stays held, and can be taken later or is let go by the gateway in time"
        return [
            f"The gateway is told to take the amount you enter, of the {_left(payment)} that it holds.",
            "The payment then counts as paid with what was taken, and what was paid for is given.",
            f"If you take less, {rest}.",
            "If no answer comes, nothing is repeated blindly: the gateway is asked what became of it.",
        ]

    def initial(self, payment: Payment) -> dict[str, Any]:
        """All of it."""
        return {"amount": major(_left(payment))}

    def perform(self, payment: Payment, data: dict[str, Any], wish: Wish) -> Done:
        """Take it."""
        money: Money = data["amount"]

        def take() -> str:
            after = capture(payment, money)
            return f"The gateway took it: the payment is {after.state}, and {after.collected()} came in."

        return by_staff(self.act, wish, take, payment=payment, wanted=str(money))


class LetGo(_Held):
    """Release the held money."""

    act = Act.VOID
    label = "Let the held money go"
    button = "Let it go"
    tone = "careful"
    states = frozenset({State.AUTHORIZED, State.LAPSED})

    def can(self, capabilities: Capabilities) -> bool:
        """Not every gateway voids."""
        return capabilities.can_void

    def tells(self, payment: Payment) -> list[str]:
        """What will happen."""
        return [
            f"The gateway is told to release the {payment.money} that it holds. Nothing is taken.",
            "The payment ends as cancelled, and nothing is given for it.",
            "To be paid after all, the customer has to pay again.",
        ]

    def perform(self, payment: Payment, data: dict[str, Any], wish: Wish) -> Done:
        """Release it."""

        def let_go() -> str:
            return f"The gateway answered: the payment is {void(payment).state}."

        return by_staff(self.act, wish, let_go, payment=payment)
