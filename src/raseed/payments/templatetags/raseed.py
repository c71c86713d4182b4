"""`{% load raseed %}`: how a payment stands, for a shop's own pages."""

from __future__ import annotations

from typing import Any

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from raseed.core.money import Money
from raseed.payments.access import may_see
from raseed.payments.amounts import amount_text
from raseed.payments.models import Payment
from raseed.payments.told import shown, tell

register = template.Library()


@register.inclusion_tag("raseed/payment_status_tag.html", takes_context=True)
def payment_status(
    context: Any, payment: Payment | None, *, heading: str = "h2", back: bool = True, checked: bool = False
) -> dict[str, Any]:
    """How a payment stands, kept up to date by itself. Nothing for None, and for those who may not see it.

    Shown to whom `Purpose.may_see` allows (`request` must be in the context); `checked=True` says that
    your view has checked it. `heading` is the element of the headline; `back=False` leaves out the way
    back to the shop, for a page that is the shop.
    """
    request = context.get("request")
    if payment is None or not (checked or may_see(getattr(request, "user", None), payment)):
        return {"told": None}
    return shown(tell(payment), heading=heading, back=back)


@register.filter
def money(value: Money) -> SafeString:
    """An amount as customers write it: ₱2.00. It keeps its order of signs in right-to-left text."""
    return format_html("<bdi>{}</bdi>", amount_text(value))
