"""The forms of the temple's pages."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms
from django.conf import settings
from django.utils import timezone

from raseed_shops import clock
from raseed_shops.puja.models import Package, Puja


class Moment(forms.Form):
    """A day and a time."""

    selected_date = forms.DateField(label="Day", widget=forms.DateInput({"type": "date"}, "%Y-%m-%d"))
    selected_time = forms.TimeField(label="Time", widget=forms.TimeInput({"type": "time"}, "%H:%M"))

    def clean_selected_date(self) -> date:
        """Raises ValidationError for a day that is over, where the settings do not take those."""
        day: date = self.cleaned_data["selected_date"]
        if not settings.PUJA_TAKES_PAST_DATES and day < timezone.localdate(clock.now()):
            raise forms.ValidationError("This day is over. Choose one that is still to come.")
        return day


class Choice(Moment):
    """A package of one puja, and when."""

    package = forms.ModelChoiceField(
        Package.objects.none(), label="Package", empty_label=None, widget=forms.RadioSelect
    )
    field_order = ("package", "selected_date", "selected_time")

    def __init__(self, puja: Puja, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["package"]
        field.queryset = puja.packages.order_by("price")
        field.label_from_instance = lambda package: (
            f"{package.name}, ₹{package.price:,} ({package.description})"
        )


class Reschedule(Moment):
    """Another day and time, and why."""

    reason = forms.CharField(label="Why (you may leave this empty)", max_length=500, required=False)
