"""What the dashboard's forms say."""

from __future__ import annotations

from typing import Any

from django import forms

from raseed_shops.services import payments
from raseed_shops.services.models import LARGEST, SMALLEST
from raseed_shops.services.people import technicians

_NEW, _KIOSK = "new", "kiosk"


class DepositForm(forms.Form):
    """How much, and how: a saved card, a new one, or cash at a kiosk. No card is typed here."""

    amount = forms.DecimalField(
        label="Amount in pounds", min_value=SMALLEST, max_value=LARGEST, max_digits=8, decimal_places=2
    )
    way = forms.ChoiceField(label="How do you want to pay?", widget=forms.RadioSelect)

    def __init__(self, user: Any, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.cards = {str(card.pk): card for card in payments.cards_of(user)}
        ways = [(key, str(card)) for key, card in self.cards.items()]
        field: Any = self.fields["way"]
        field.choices = [*ways, (_NEW, "A new card"), (_KIOSK, "Cash at a kiosk, within three days")]
        field.initial = field.choices[0][0]

    def chosen(self) -> dict[str, Any]:
        """What `payments.start` takes."""
        way = self.cleaned_data["way"]
        return {"method": "kiosk" if way == _KIOSK else "card", "card": self.cards.get(way)}


class PayForm(forms.Form):
    """Whom, how much, what for."""

    technician = forms.ModelChoiceField(technicians(), label="Technician", to_field_name="username")
    amount = forms.DecimalField(label="Amount in pounds", max_digits=8, decimal_places=2, min_value=0)
    note = forms.CharField(label="What for", max_length=255, required=False)
    key = forms.CharField(max_length=64, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["technician"]
        field.label_from_instance = lambda user: user.first_name or user.username
