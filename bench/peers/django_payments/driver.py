"""django-payments: its Stripe provider, its callback address, its `status_changed` signal."""

from __future__ import annotations

import uuid

from bench.peers.delivery import Delivery
from bench.peers.peer import PRICE_MINOR, Books, Checkout, NotPossible, Standing
from bench.peers.stripe_peer import StripePeer
from bench.peers.stripe_wire import Purchase

_STANDINGS = {
    "waiting": Standing.OPEN,
    "input": Standing.OPEN,
    "preauth": Standing.OPEN,
    "confirmed": Standing.PAID,
    "refunded": Standing.REFUNDED,
    "rejected": Standing.ENDED,
    "cancelled": Standing.ENDED,
    "error": Standing.HELD,
}


class DjangoPayments(StripePeer):
    """The session's `client_reference_id` is the payment's token."""

    name = "django-payments"
    # It calls what stripe 15 took away (`event.get`), so it gets the newest release that it works with.
    requirements = ("django-payments[stripe]==4.1.0", "stripe<15")
    reported = ("django-payments", "stripe", "django")

    notes = {
        "row": "`status_changed` is sent each time the status is written, also where it was the same before",
        "refunded": "the refund is made by `payment.refund()`, because the provider reads none of its events",
        "high": "the order is covered; that more came stands only in the session kept in `extra_data`",
        "forged": "the provider lets stripe's exception through, so the refusal is a server error",
        "lost": "the provider's `status` asks Stripe, when your code calls it",
    }

    path = "/payments/process/stripe/"

    def purchase(self, checkout: Checkout, minor: int = PRICE_MINOR) -> Purchase:
        return Purchase(checkout.ids["token"], checkout.ids["token"], minor)

    def refunded(self, checkout: Checkout) -> Delivery:
        raise NotPossible("the Stripe provider reads four events of checkout sessions, and none of refunds")

    def refund(self, checkout: Checkout) -> Delivery | None:
        self.command("refund", str(checkout.order))
        return None

    def announced(self) -> Checkout:
        return Checkout(0, {"token": str(uuid.uuid4())})

    def books(self, checkout: Checkout) -> Books:
        word = self.one("SELECT status FROM shop_payment WHERE token = %s", checkout.ids["token"])
        return Books(_STANDINGS[word], word) if word else Books(Standing.NONE, "unknown")
