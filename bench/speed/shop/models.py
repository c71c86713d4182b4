"""What is paid for, and what paying does."""

from django.db import models


class Order(models.Model):
    """Something to pay for."""

    title = models.CharField(max_length=50)
    minor = models.BigIntegerField()

    def __str__(self) -> str:
        return self.title


class Shipment(models.Model):
    """The effect: one row, inserted by plain ORM code."""

    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="shipments")

    def __str__(self) -> str:
        return f"shipment of {self.order_id}"
