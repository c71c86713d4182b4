"""SavedCard: a card that a gateway keeps for one of our users. We hold its token, and never its number."""

from __future__ import annotations

from django.conf import settings
from django.db import models


class SavedCard(models.Model):
    """One row per real card of an owner at an account, also if it is saved again.

    `token` pays with it: encrypted, None where the gateway gave none or the owner deleted the card. A card
    that was deleted leaves its row, so that an old delivery that is read again does not bring it back.
    """

    account = models.CharField(max_length=64)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    last4 = models.CharField(max_length=4)
    brand = models.CharField(max_length=32, blank=True, default="", help_text="in the gateway's words")
    brand_key = models.CharField(max_length=32, blank=True, default="", help_text="the same in small letters")
    masked = models.CharField(max_length=32, help_text="as the gateway shows the number")
    expiry = models.CharField(max_length=5, blank=True, default="", help_text="MM/YY, where it is told")
    name = models.CharField(max_length=60, blank=True, default="", help_text="what its owner calls it")
    token = models.BinaryField(null=True, blank=True)
    token_digest = models.CharField(max_length=64, blank=True, default="")
    saved_at = models.DateTimeField()
    chosen_at = models.DateTimeField(
        null=True, blank=True, help_text="when its owner made it the first choice"
    )
    deleted_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=["account", "owner", "last4", "brand_key"], name="raseed_saved_card_once"
            ),
        )

    def __str__(self) -> str:
        return self.name or f"{self.brand} •••• {self.last4}".strip()

    def __repr__(self) -> str:
        return f"<SavedCard {self.pk}: {self}>"
