"""An order, and what paying gives."""

from django.db import models


class Order(models.Model):
    """What is paid for."""

    price_minor = models.PositiveIntegerField()

    def __str__(self):
        return f"Order {self.pk}"

    def get_absolute_url(self):
        """Where it is shown."""
        return f"/orders/{self.pk}/"


class Effect(models.Model):
    """One row each time an order is given."""

    order = models.ForeignKey(Order, on_delete=models.CASCADE)
