"""Paying an order tells the shop, by a signed webhook that is repeated until the shop has taken it."""

from __future__ import annotations

from typing import Any

import raseed
from raseed_shops.payments_service import settings
from raseed_shops.payments_service.models import Order

WORDS = {"paid": "paid", "review": "processing"}
WORDS |= dict.fromkeys(("failed", "expired", "cancelled", "lapsed"), "failed")


class OrderPayment(raseed.Purpose):
    """The amount of an order, once."""

    payable = Order

    def price(self, order: Order) -> raseed.Money:
        return raseed.Money(order.minor, order.currency)

    def payee(self, order: Order) -> str:
        return order.payee_wallet

    def may_pay(self, user: Any, order: Order) -> bool:
        return True  # the shop decided, and it is the shop that called

    def fulfil(self, order: Order, payment: Any) -> None:
        document = told(order, payment) | {"type": "payment.completed", "timestamp": payment.paid_at}
        raseed.send_webhook(
            f"{settings.DJANGO_BASE_URL}/api/webhooks/payments",
            settings.WEBHOOK_SECRET,
            document,
            f"completed:{order.pending_id}",
            payment=payment,
        )


def payment_of(order: Order) -> Any:
    """The newest payment for an order, or None."""
    return raseed.latest_payment(order, purpose="order")


def told(order: Order, payment: Any) -> dict[str, Any]:
    """How an order stands. `received` is stated once it is paid, `outgoingPaymentId` once there is one."""
    document = {"pendingId": order.pending_id, "offerId": order.offer_id, "status": "failed"}
    if payment is None:
        return document
    outgoing = str(payment.ids.get("outgoing_payment", ""))
    document["status"] = WORDS.get(str(payment.state), "processing" if outgoing else "pending")
    if outgoing:
        document["outgoingPaymentId"] = outgoing
    if document["status"] == "paid":
        received = payment.collected()
        return document | {"received": {"minor": received.minor, "currency": received.currency}}
    return document
