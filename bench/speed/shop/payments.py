"""The purpose, as a site writes it."""

from __future__ import annotations

from typing import Any

import raseed
from bench.speed.shop.models import Order, Shipment


class BuyOrder(raseed.Purpose):
    """Paying ships the order."""

    payable = Order

    def price(self, order: Order) -> raseed.Money:
        """What it costs."""
        return raseed.Money(order.minor, "PHP")

    def may_pay(self, user: Any, order: Order) -> bool:
        """Anybody."""
        return True

    def fulfil(self, order: Order, payment: Any) -> None:
        """Ship it."""
        ship(order)


def ship(order: Order) -> None:
    """What paying does, for every contestant of this site."""
    Shipment.objects.create(order=order)
