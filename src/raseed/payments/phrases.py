"""What a customer is told, in words: one headline, what is known, and what to do, per kind of page."""

from __future__ import annotations

from enum import StrEnum
from typing import Any, NamedTuple

from django.utils.translation import gettext_lazy as _


class Page(StrEnum):
    """How a payment stands for its customer; the states and sums of the books in fewer words."""

    WAITING = "waiting"  # nothing is known yet; the gateway is being asked
    CODE = "code"  # the same, and here is the code to pay with
    BILL = "bill"  # to be paid at an outlet under a number, perhaps days later
    RETRY = "retry"  # an attempt failed; the same checkout can still be paid
    UNKNOWN = "unknown"  # long asked for, or the gateway does not answer
    AUTHORIZED = "authorized"  # the money is set aside, not yet taken
    PAID = "paid"  # the money came, and what it pays for is given
    PREPARING = "preparing"  # the money came; what it pays for is still owed
    HELD = "held"  # the money came otherwise than agreed; a person decides
    REVIEW = "review"  # the same, where not even the payment is certain
    REFUNDED = "refunded"
    FAILED = "failed"
    EXPIRED = "expired"
    CANCELLED = "cancelled"
    LAPSED = "lapsed"  # our own deadline passed; the money may still come


class Phrase(NamedTuple):
    """`mark` is decoration; `tone` is good, bad, wait or plain."""

    mark: str
    tone: str
    title: Any
    text: Any
    advice: Any


_LOOKED_AT = Phrase(
    "!",
    "wait",
    _("Received, and being looked at"),
    _("Your money has arrived, but not quite as expected, so a person is looking at it. Nothing is lost."),
    _("Please do not pay again. You need do nothing; this page will tell how it ends."),
)
_AGAIN = _("You can try again, with another method if you like.")

PHRASES: dict[Page, Phrase] = {
    Page.WAITING: Phrase(
        "…",
        "wait",
        _("Checking your payment"),
        _("We are asking the payment company whether your money has arrived. This page changes by itself."),
        _("If you have paid, do not pay again. You can close this page; we keep asking."),
    ),
    Page.CODE: Phrase(
        "…",
        "wait",
        _("Pay with this code"),
        _("Use it in the app of your bank or wallet. This page changes by itself when your money arrives."),
        _("If you have paid, do not pay again. You can close this page; we keep asking."),
    ),
    Page.BILL: Phrase(
        "…",
        "wait",
        _("Pay with this number"),
        _("Give it at a kiosk or outlet and pay there. This page changes by itself when your money arrives."),
        _("If you have paid, do not pay again. You can close this page; we keep asking."),
    ),
    Page.RETRY: Phrase(
        "×",
        "bad",
        _("The last attempt did not go through"),
        _("No money has arrived. The payment is still open, and you can try again."),
        _AGAIN,
    ),
    Page.UNKNOWN: Phrase(
        "…",
        "wait",
        _("Not known yet"),
        _("The payment company has not told us yet whether your money has arrived. We keep asking."),
        _("If you have paid, do not pay again: we will find out. If not, you can still go on paying."),
    ),
    Page.AUTHORIZED: Phrase(
        "…",
        "wait",
        _("Your money is set aside"),
        _("The payment company holds the amount for us. It is taken when the shop confirms, or let go."),
        _("Please do not pay again. You can close this page."),
    ),
    Page.PAID: Phrase(
        "✓",
        "good",
        _("Paid. Thank you!"),
        _("We have received your money, and what you paid for is yours."),
        "",
    ),
    Page.PREPARING: Phrase(
        "✓",
        "good",
        _("Paid. Thank you!"),
        _("We have received your money. What you paid for is being prepared; you need not pay again."),
        _("You can close this page. If it takes long, the shop is told and takes care of it."),
    ),
    Page.HELD: _LOOKED_AT,
    Page.REVIEW: _LOOKED_AT,
    Page.REFUNDED: Phrase(
        "↩",
        "plain",
        _("Refunded"),
        _("The whole amount is on its way back to you. Your bank or wallet decides how soon it shows."),
        "",
    ),
    Page.FAILED: Phrase("×", "bad", _("The payment did not go through"), _("No money was taken."), _AGAIN),
    Page.EXPIRED: Phrase("×", "bad", _("The payment has expired"), _("No money was taken."), _AGAIN),
    Page.CANCELLED: Phrase("×", "bad", _("The payment was cancelled"), _("No money was taken."), _AGAIN),
    Page.LAPSED: Phrase(
        "…",
        "wait",
        _("The time to pay is over"),
        _("No money has arrived. If you did pay, we will still find out and take care of it."),
        _("If you have not paid, you can start again."),
    ),
}

#: The way of a payment that goes well; a page says which steps are done and which one is under way.
STEPS = (
    _("Payment started"),
    _("Checking with the payment company"),
    _("Confirmed"),
    _("What you paid for is ready"),
)
#: How many steps are done. Pages that are not listed show none.
STEPS_DONE = {
    Page.WAITING: 1,
    Page.CODE: 1,
    Page.BILL: 1,
    Page.UNKNOWN: 1,
    Page.AUTHORIZED: 1,
    Page.PREPARING: 3,
    Page.PAID: 4,
}
