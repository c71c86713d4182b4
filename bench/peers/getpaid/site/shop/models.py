"""An order, and what paying gives."""

from django.db import models
from getpaid.abstracts import AbstractOrder


class Order(AbstractOrder):
    """What is paid for."""

    price = models.DecimalField(max_digits=8, decimal_places=2)
    currency = models.CharField(max_length=3, default="PLN")

    def get_total_amount(self):
        """What it costs."""
        return self.price

    def get_buyer_info(self):
        """Who pays."""
        return {"email": "payer@shop.example"}

    def get_description(self):
        """What the customer reads."""
        return f"Order {self.pk}"

    def get_absolute_url(self):
        """Where it is shown."""
        return f"/orders/{self.pk}/"


class Effect(models.Model):
    """One row each time an order is given."""

    order = models.ForeignKey(Order, on_delete=models.CASCADE)
