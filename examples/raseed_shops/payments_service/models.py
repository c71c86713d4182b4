"""What a shop has ordered to be paid."""

from __future__ import annotations

from django.db import models


class Order(models.Model):
    """One payment for a shop, by the shop's own id. `finish_path` is where its browser goes afterwards."""

    pending_id = models.CharField(max_length=64, unique=True)
    offer_id = models.CharField(max_length=64)
    minor = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    payer_wallet = models.CharField(max_length=2048)
    payee_wallet = models.CharField(max_length=2048)
    description = models.CharField(max_length=255, blank=True)
    finish_path = models.CharField(max_length=2048)

    class Meta:
        app_label = "payments_service"

    def __str__(self) -> str:
        return self.pending_id
