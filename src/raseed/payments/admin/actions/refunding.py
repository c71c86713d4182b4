"""Send money back through the gateway."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from raseed.core.money import Money
from raseed.core.states import RefundState
from raseed.payments import conf
from raseed.payments.admin.actions.action import Action, ActionForm
from raseed.payments.admin.actions.amounts import major, refundable_charges
from raseed.payments.books import BY_HAND
from raseed.payments.flows.refund import request_refund
from raseed.payments.flows.staff_action import Done, Wish, by_staff
from raseed.payments.models import Act, Charge, Payment

_OF_WHICH = "Of which payment at the gateway"


class AmountOfCharge(ActionForm):
    """How much of which charge. The charge is asked for only where there are several."""

    amount = forms.CharField(
        label="Amount",
        max_length=30,
        widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
    )

    def __init__(self, payment: Payment, data: Any = None, **options: Any) -> None:
        super().__init__(payment, data, **options)
        self.left: dict[str, tuple[Charge, Money]] = {
            str(charge.pk): (charge, money) for charge, money in self.charges()
        }
        named = [(pk, f"{charge.ref}: {money} left") for pk, (charge, money) in self.left.items()]
        widget = forms.HiddenInput() if len(named) == 1 else forms.Select()
        self.fields["charge"] = forms.ChoiceField(label=_OF_WHICH, choices=named, widget=widget)
        self.order_fields(["charge", "amount", "reason"])
        first = next(iter(self.left.values()), None)
        if first is not None:
            self.fields["amount"].help_text = f"At most {first[1]}, written like {major(first[1])}."

    def charges(self) -> list[tuple[Charge, Money]]:
        """What can be chosen."""
        return refundable_charges(self.payment)

    def clean(self) -> dict[str, Any]:
        """The amount in the charge's currency, and not more than is left."""
        cleaned: dict[str, Any] = super().clean() or {}
        chosen = self.left.get(cleaned.get("charge", ""))
        if chosen is None or not cleaned.get("amount"):
            return cleaned
        charge, left = chosen
        try:
            money = self.money(cleaned["amount"], charge.currency)
            if money.minor > left.minor:
                raise ValidationError(f"{money} is more than can go back: {left} is left.")
        except ValidationError as error:
            self.add_error("amount", error)
            return cleaned
        return cleaned | {"money": money, "charge_ref": charge.ref}


def at_gateways(payment: Payment) -> list[tuple[Charge, Money]]:
    """What a gateway can send back: not what came by hand."""
    return [row for row in refundable_charges(payment) if row[0].account != BY_HAND]


class AmountAtGateway(AmountOfCharge):
    """How much of a charge that came through a gateway."""

    def charges(self) -> list[tuple[Charge, Money]]:
        """Those at gateways."""
        return at_gateways(self.payment)


def whole_of_newest(found: list[tuple[Charge, Money]]) -> dict[str, Any]:
    """The newest charge and all that is left of it."""
    return {"charge": str(found[0][0].pk), "amount": major(found[0][1])} if found else {}


class SendBack(Action):
    """A refund through the gateway."""

    act = Act.REFUND
    permission = "refund_payment"
    label = "Refund"
    button = "Refund this amount"
    tone = "careful"
    form = AmountAtGateway

    def why_not(self, payment: Payment) -> str:
        """There must be money left, at a gateway that can send it back."""
        if not at_gateways(payment):
            if refundable_charges(payment):
                return "This money came by hand. Give it back by hand, and record that here."
            under_way = any(r.state not in _ENDED for r in payment.refunds.all())
            return (
                "All of this payment's money is on its way back already."
                if under_way
                else "Nothing of this payment's money is left to send back."
            )
        gateway = conf.current().gateways.get(payment.account)
        if gateway is None:
            return f"The account {payment.account} is not in the settings any more."
        if not gateway.capabilities.can_refund:
            return "This gateway cannot send money back. Give it back by hand, and record that here."
        return ""

    def tells(self, payment: Payment) -> list[str]:
        """What will happen."""
        return [
            "The amount is set apart at once, so that nobody can send it back a second time.",
            "The worker sends it to the gateway within seconds. The gateway decides when it reaches the "
            "customer; that can take days. This page shows how far it is.",
            "The shop's own rule for refunds then runs: it may take back what was given.",
            "A refund cannot be undone.",
        ]

    def initial(self, payment: Payment) -> dict[str, Any]:
        """All that is left of the newest charge."""
        return whole_of_newest(at_gateways(payment))

    def perform(self, payment: Payment, data: dict[str, Any], wish: Wish) -> Done:
        """Reserve it; the key of the form is the key of the refund."""
        money: Money = data["money"]

        def send_back() -> str:
            refund = request_refund(
                payment,
                money,
                reason=wish.reason,
                key=f"staff-{wish.key}",
                user=wish.user,
                charge_ref=data["charge_ref"],
            )
            return f"A refund of {refund.money} is accepted; the worker sends it."

        return by_staff(self.act, wish, send_back, payment=payment, wanted=f"{money} of {data['charge_ref']}")


_ENDED = {RefundState.SUCCEEDED, RefundState.FAILED}
