"""What people type in the marketplace."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop

from raseed_shops.marketplace.models import Job, Offer

#: Longer than any wallet address is.
_LONGEST_ADDRESS = 2048
_EXAMPLE = "https://wallet.example/alice"

#: What Raseed says of a wrong address, and Django where it does not speak Filipino: named here so that
#: they are translated with the rest.
SAID_ELSEWHERE = (
    gettext_noop("No wallet answers at this address."),
    gettext_noop("This is the wallet that is to be paid. Enter the one to pay from."),
    gettext_noop("A wallet address has no question mark."),
    gettext_noop("This wallet says that it is another one."),
    gettext_noop("This field is required."),
)


def _address() -> forms.TextInput:
    """Addresses are written from left to right in every language, and no keyboard should correct them."""
    plain = {"autocapitalize": "none", "spellcheck": "false", "autocomplete": "url"}
    return forms.TextInput({"dir": "ltr", "inputmode": "url", "placeholder": _EXAMPLE, **plain})


class JobForm(forms.ModelForm):  # type: ignore[type-arg]
    """A new job."""

    class Meta:
        model = Job
        fields = ("title", "description")
        labels = {"title": _("What should be done?"), "description": _("Details")}


class OfferForm(forms.ModelForm):  # type: ignore[type-arg]
    """An offer for a job."""

    class Meta:
        model = Offer
        fields = ("price", "message", "wallet")
        labels = {
            "price": _("Your price in US dollars"),
            "message": _("How you would do it"),
            "wallet": _("Your wallet address"),
        }
        widgets = {"wallet": _address()}


class WalletForm(forms.Form):
    """Where a client pays from."""

    wallet = forms.CharField(max_length=_LONGEST_ADDRESS, label=_("Your wallet address"), widget=_address())
