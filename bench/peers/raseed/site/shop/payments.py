"""The hook: what paying does."""

from power_cut import power_cut_if_asked

import raseed
from shop.models import Effect, Order


class OrderPayment(raseed.Purpose):
    """Paying for an order."""

    payable = Order

    def price(self, order):
        """What it costs."""
        return raseed.Money(order.price_minor, "PHP")

    def may_pay(self, user, order):
        """Whoever sees it."""
        return True

    def fulfil(self, order, payment):
        """Give what was ordered."""
        power_cut_if_asked()
        Effect.objects.create(order=order)
