"""An order, and what paying gives. dj-stripe knows of neither: it mirrors Stripe's objects."""

from django.db import models


class Order(models.Model):
    """What is paid for; Stripe carries its number as `client_reference_id`."""

    price_minor = models.PositiveIntegerField()


class Effect(models.Model):
    """One row each time an order is given."""

    order = models.ForeignKey(Order, on_delete=models.CASCADE)
