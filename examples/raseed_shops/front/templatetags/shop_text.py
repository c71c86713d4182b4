"""How amounts and the states of a payment are told to a customer."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import template

from raseed import Money
from raseed_shops.front.shops import Shop, shop_of

register = template.Library()

_SYMBOLS = {"PHP": "₱", "INR": "₹"}

#: State of the latest payment → (kind of box, what it means for the customer, may they press Pay?).
_STATES: dict[str, tuple[str, str, bool]] = {
    "new": ("wait", "Your payment page is being opened.", True),
    "pending": (
        "wait",
        "A payment was started. If you have paid, wait a moment. If not, go on paying.",
        True,
    ),
    "authorized": (
        "wait",
        "The money is reserved and will be taken shortly. Please do not pay again.",
        False,
    ),
    "paid": ("good", "Your payment arrived. What it pays for is being prepared.", False),
    "failed": ("bad", "The last attempt did not go through. No money was taken.", True),
    "expired": ("bad", "The last payment page ran out of time. No money was taken.", True),
    "cancelled": ("bad", "The last payment was cancelled. You can pay again.", True),
    "lapsed": ("bad", "We heard nothing about the last payment. If you did pay, wait; we keep asking.", True),
    "review": ("wait", "Money arrived, and a person is checking it. Please do not pay again.", False),
}


@register.simple_tag(takes_context=True)
def current_shop(context: Any) -> Shop:
    """The shop whose page this is: that of the view, or of the payment that the page is about."""
    request, payment = context.get("request"), context.get("payment")
    match = getattr(request, "resolver_match", None)
    label = (
        "errands" if match and match.view_name == "front:notifications" else getattr(match, "app_name", "")
    )
    return shop_of(label, getattr(payment, "purpose", ""))


@register.filter
def amount(money: Money) -> str:
    """`Money(200, "PHP")` as customers write it: ₱2.00."""
    symbol = _SYMBOLS.get(money.currency, f"{money.currency} ")
    return f"{symbol}{money.amount:,f}"


@register.filter
def pesos(value: Decimal) -> str:
    """A price that is kept in pesos, as customers write it."""
    return amount(Money.of(value, "PHP"))


@register.filter
def rupees(value: Decimal) -> str:
    """A price that is kept in rupees, as customers write it."""
    return amount(Money.of(value, "INR"))


@register.inclusion_tag("front/pay_box.html", takes_context=True)
def pay_box(
    context: Any, *, action: str, price: str, payment: Any = None, quiet: str = "", way: str = "GCash"
) -> Any:
    """Where the latest payment stands, and the button to pay while paying makes sense.

    `action` is the address that starts it, `price` what is due, in words; `payment` may be None.
    `way` is what one pays with. `quiet` marks a button that is not the next thing to press.
    """
    kind, text, may_pay = ("", "", True) if payment is None else _STATES[str(payment.state)]
    if payment is not None and payment.state == "paid" and not payment.is_paid:
        kind, text, may_pay = "bad", "Your payment was refunded in full. You can pay again.", True
    return {
        "action": action,
        "price": price,
        "quiet": quiet,
        "way": way,
        "kind": kind,
        "text": text,
        "may_pay": may_pay,
        "payment": payment,
        "csrf_token": context.get("csrf_token"),
    }
