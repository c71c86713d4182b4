"""An order, its payment, and what paying gives."""

from django.db import models
from payments.models import BasePayment


class Order(models.Model):
    """What is paid for."""

    price = models.DecimalField(max_digits=9, decimal_places=2)


class Payment(BasePayment):
    """One checkout."""

    order = models.ForeignKey(Order, on_delete=models.CASCADE)

    def get_success_url(self):
        """Where the customer goes afterwards."""
        return "http://127.0.0.1/success/"

    def get_failure_url(self):
        """Where the customer goes instead."""
        return "http://127.0.0.1/failure/"


class Effect(models.Model):
    """One row each time an order is given."""

    order = models.ForeignKey(Order, on_delete=models.CASCADE)
