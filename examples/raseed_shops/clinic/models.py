"""What patients owe a dental clinic: bills, deposits for appointments, and the receipts for what was paid."""

from decimal import Decimal

from django.conf import settings
from django.core.validators import MinValueValidator
from django.db import models
from django.urls import reverse

from raseed_shops import clock


class Owed(models.Model):
    """Something a patient owes, in pesos, and how it was paid. `payment_…` tell of the newest payment."""

    class Status(models.TextChoices):
        DUE = "due", "To be paid"
        PAID = "paid", "Paid"
        CANCELLED = "cancelled", "Cancelled"

    class PaymentStatus(models.TextChoices):
        PENDING = "pending"
        PROCESSING = "processing"
        SUCCEEDED = "succeeded"
        FAILED = "failed"

    #: The name in RASEED["PURPOSES"].
    purpose: str

    patient = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="%(class)ss")
    title = models.CharField(max_length=120)
    amount = models.DecimalField(
        max_digits=8, decimal_places=2, validators=[MinValueValidator(Decimal("20.00"))]
    )
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.DUE)
    payment_intent_id = models.CharField(max_length=255, blank=True, default="")
    payment_method = models.CharField(max_length=20, blank=True, default="")
    payment_status = models.CharField(
        max_length=10, choices=PaymentStatus.choices, default=PaymentStatus.PENDING
    )
    paid_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("clinic:owed", args=[self._meta.model_name, self.pk])

    @property
    def is_due(self) -> bool:
        return self.status == self.Status.DUE and self.amount > 0


class Bill(Owed):
    """A bill for a treatment. A full refund cancels it, a partial one does not."""

    purpose = "bill"
    issued_at = models.DateTimeField(default=clock.now)


class Appointment(Owed):
    """A visit. Some ask for a deposit, which is `amount`; 0 where none is asked."""

    purpose = "appointment-deposit"
    starts_at = models.DateTimeField()


class Receipt(models.Model):
    """What a patient gets for a payment; there is one per payment. A full refund voids it."""

    payment_reference = models.CharField(max_length=62, unique=True)
    patient = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="receipts")
    title = models.CharField(max_length=120)
    amount = models.DecimalField(max_digits=8, decimal_places=2)
    method = models.CharField(max_length=20)
    issued_at = models.DateTimeField()
    refunded = models.DecimalField(max_digits=8, decimal_places=2, default=Decimal(0))
    voided_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"Receipt {self.pk:06}"

    def get_absolute_url(self) -> str:
        return reverse("clinic:receipt", args=[self.pk])
