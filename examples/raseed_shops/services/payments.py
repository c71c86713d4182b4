"""Deposits into a balance, and paying from it: all that this shop writes to be paid."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.urls import reverse

import raseed
from raseed_shops.services.models import CURRENCY, Deposit

ACCOUNT = "paymob"
PURPOSE = "deposit"

#: What a client chooses → Raseed's method. A kiosk takes cash, days later.
METHODS = ("card", "kiosk")
_THREE_DAYS = 3 * 24 * 3600

#: States in which nothing came. Another payment for the same deposit may be opened then.
ENDED = ("failed", "expired", "cancelled", "lapsed")

#: State of a payment → the word of this shop's API; in any other, nothing is known for sure.
_STATUS = {"paid": "success", "failed": "failed", "expired": "failed", "cancelled": "failed"}


class DepositPayment(raseed.Purpose):
    """What comes is in the client's balance; what comes otherwise than agreed waits for a person.

    Late money is as good as any. Another amount is not: Paymob signs digits without what stands between them.
    """

    payable = Deposit
    label = "Deposit"
    open_for_seconds = _THREE_DAYS
    late = "fulfil"

    def price(self, deposit: Deposit) -> raseed.Money:
        return raseed.Money.of(deposit.amount, CURRENCY)

    def may_pay(self, user: Any, deposit: Deposit) -> bool:
        return bool(user == deposit.client)

    def credits(self, deposit: Deposit) -> Any:
        return deposit.client


def start(user: Any, amount: Decimal, *, method: str = "card", card: Any = None) -> raseed.Checkout:
    """Open a payment of a new deposit, with a saved card if one is given. Raises what Raseed raises."""
    deposit = Deposit.objects.create(client=user, amount=amount)
    try:
        return _open(deposit, user, method, card)
    except raseed.core.errors.RefusedStart:
        deposit.delete()  # nothing was sent anywhere: there was no deposit
        raise


def again(deposit: Deposit, user: Any) -> raseed.Checkout:
    """The page that is open for a deposit, or a new one the same way. Raises what Raseed raises."""
    earlier = payment_of(deposit)
    card = earlier.saved_card if earlier else None
    usable = card if card in cards_of(user) else None
    return _open(deposit, user, earlier.method if earlier else METHODS[0], usable)


def _open(deposit: Deposit, user: Any, method: str, card: Any) -> raseed.Checkout:
    options: dict[str, Any] = {
        "purpose": PURPOSE,
        "user": user,
        "method": method,
        "next": reverse("services:dashboard"),
        "customer": {"name": user.get_full_name() or user.username, "email": user.email},
    }
    if card is not None:
        return raseed.pay_with_card(card, deposit, **options)
    return raseed.start_payment(deposit, account=ACCOUNT, save_card=method == "card", **options)


def pay(client: Any, technician: Any, amount: Decimal, *, key: str, note: str = "") -> Any:
    """Pay a technician from the client's balance; the same key again pays once. Raises RefusedTransfer."""
    money = raseed.Money.of(amount, CURRENCY)
    own_key = f"services:{client.pk}:{key}"
    return raseed.transfer(client, technician, money, key=own_key, note=note, user=client)


def balance(user: Any) -> raseed.Money:
    """What this user has here."""
    return raseed.wallet_balance(user, CURRENCY)


def history(user: Any) -> Any:
    """What changed it, newest first."""
    return raseed.wallet_history(user, CURRENCY)


def payment_of(deposit: Deposit) -> Any:
    """The newest payment of a deposit, or None where none could be opened."""
    return raseed.latest_payment(deposit, purpose=PURPOSE)


def status_of(payment: Any) -> str:
    """How a deposit stands: `pending`, `success`, `failed` or `refunded`."""
    if payment is None:
        return "failed"
    if payment.is_fully_refunded:
        return "refunded"
    return _STATUS.get(str(payment.state), "pending")


def is_over(payment: Any) -> bool:
    """Whether a deposit's time is over, or it failed: it may be tried again."""
    return payment is None or str(payment.state) in ENDED


def cards_of(user: Any) -> list[Any]:
    """The user's saved cards, the first choice first."""
    return list(raseed.saved_cards(user, account=ACCOUNT))
