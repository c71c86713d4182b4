"""What clients put into their balance. The balance, and what is paid from it, is in Raseed's ledger."""

from decimal import Decimal

from django.conf import settings
from django.core.validators import MinValueValidator
from django.db import models

from raseed_shops import clock

#: What everything here costs, and the smallest and largest deposit.
CURRENCY = "EGP"
SMALLEST, LARGEST = Decimal("10.00"), Decimal("50000.00")


class Deposit(models.Model):
    """Money that a client asked to put into the balance; whether it came, its payment says."""

    client = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="deposits")
    amount = models.DecimalField(
        max_digits=8, decimal_places=2, validators=[MinValueValidator(SMALLEST)], help_text="Egyptian pounds"
    )
    asked_at = models.DateTimeField(default=clock.now)

    def __str__(self) -> str:
        return f"{self.amount} {CURRENCY}"
