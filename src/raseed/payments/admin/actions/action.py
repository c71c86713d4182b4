"""What every action of staff is: who may do it, when, what it will do in plain words, and how it is done."""

from __future__ import annotations

import hashlib
import secrets
from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError
from django.http import HttpRequest

from raseed.core.errors import MoneyError
from raseed.core.money import Money
from raseed.payments.flows.staff_action import Done, Wish
from raseed.payments.models import Act, Payment
from raseed.payments.models.staff_action import LONGEST_KEY

#: A reason is a sentence or two, not a document.
LONGEST_REASON = 500


class ReasonForm(forms.Form):
    """The reason, and two hidden fields: the key of this form, and what it was filled in about."""

    reason = forms.CharField(
        label="Reason",
        help_text="It is kept with your name in the story of the payment.",
        max_length=LONGEST_REASON,
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    key = forms.RegexField(rf"\A[\w-]{{16,{LONGEST_KEY - 8}}}\Z", widget=forms.HiddenInput)
    seen = forms.CharField(max_length=64, required=False, widget=forms.HiddenInput)

    def __init__(self, data: Any = None, **options: Any) -> None:
        super().__init__(data, label_suffix="", **options)
        for name, field in self.fields.items():
            if field.help_text and not field.widget.is_hidden:
                field.widget.attrs["aria-describedby"] = f"id_{name}_help"


class ActionForm(ReasonForm):
    """The form of an action on a payment."""

    def __init__(self, payment: Payment, data: Any = None, **options: Any) -> None:
        super().__init__(data, **options)
        self.payment = payment

    def money(self, text: str, currency: str) -> Money:
        """An amount as people write it. Raises ValidationError with a sentence that says what is wrong."""
        try:
            money = Money.of(
                text.strip().replace(",", "") if _has_thousands(text) else text.strip(), currency
            )
        except MoneyError as error:
            raise ValidationError(str(error)) from None
        if money.minor <= 0:
            raise ValidationError("The amount must be above zero.")
        return money


def _has_thousands(text: str) -> bool:
    """`1,250.00`: commas before the point, in groups of three."""
    whole, _, _ = text.strip().partition(".")
    first, *groups = whole.split(",")
    return bool(groups) and 1 <= len(first) <= 3 and all(len(group) == 3 for group in groups)


class Action:
    """One action on a payment. The methods look at loaded rows (see `story.load`) and change nothing,
    but for `perform`.
    """

    act: ClassVar[Act]
    permission: ClassVar[str]
    label: ClassVar[str]
    button: ClassVar[str]
    #: `careful` where money moves or something ends: the button says so by its colour as well.
    tone: ClassVar[str] = ""
    form: ClassVar[type[ActionForm]] = ActionForm
    #: A decision about what the page showed must not be carried out on something else.
    must_be_unchanged: ClassVar[bool] = True

    def why_not(self, payment: Payment) -> str:
        """Why it cannot be done now, as a sentence; empty where it can."""
        raise NotImplementedError

    def tells(self, payment: Payment) -> list[str]:
        """What will happen, in sentences for a shop owner."""
        raise NotImplementedError

    def initial(self, payment: Payment) -> dict[str, Any]:
        """What the form proposes."""
        return {}

    def perform(self, payment: Payment, data: dict[str, Any], wish: Wish) -> Done:
        """Do it, recorded."""
        raise NotImplementedError

    def may(self, request: HttpRequest) -> bool:
        """Does the person hold this action's permission?"""
        return bool(request.user.has_perm(f"raseed.{self.permission}"))


def new_key() -> str:
    """The key of one form."""
    return secrets.token_urlsafe(24)


def fingerprint(payment: Payment) -> str:
    """What a decision is based on: state, concern, money that came and went, and what is owed."""
    seen = [
        payment.state,
        payment.concern,
        payment.attention,
        [(c.ref, c.minor, c.held, c.counts) for c in payment.charges.all()],
        [(r.pk, r.minor, r.state) for r in payment.refunds.all()],
        [(f.pk, f.state) for f in payment.fulfilments.all()],
    ]
    return hashlib.sha256(repr(seen).encode()).hexdigest()[:32]
