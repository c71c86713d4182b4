"""Pay with a saved card: on the gateway's page, where its owner confirms; or while the owner is away."""

from __future__ import annotations

from typing import Any

from raseed.payments.flows.check_payment import check_payment
from raseed.payments.flows.start_payment import Checkout, start_payment
from raseed.payments.models import SavedCard


def pay_with_card(
    card: SavedCard,
    payable: Any,
    *,
    purpose: str,
    user: Any = None,
    method: str = "card",
    off_session: bool = False,
    **options: Any,
) -> Checkout:
    """Start paying with a card of the user's; the gateway's page asks for no more than its CVC.

    `off_session` charges it at once, as its owner agreed beforehand (a subscription, a no-show fee): there
    is no page unless the bank wants its customer, and the payment is told as the gateway knows it then.
    `options` are those of `start_payment`, whose errors it raises too; UnusableCard where the card has no
    token that can be used, NotAllowed where it belongs to somebody else.
    """
    checkout = start_payment(
        payable,
        purpose=purpose,
        account=card.account,
        method=method,
        user=card.owner if user is None and off_session else user,
        saved_card=card,
        off_session=off_session,
        **options,
    )
    if not off_session or checkout.url:
        return checkout
    return Checkout(check_payment(checkout.payment).payment, None, {})
