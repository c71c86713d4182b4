"""Tasks between neighbours, the fee that opens their chat, and what they tell each other."""

from django.conf import settings
from django.core.validators import MinValueValidator
from django.db import models
from django.urls import reverse

from raseed_shops import clock


class Task(models.Model):
    """An errand. Paying the system fee sets `chat_unlocked`, paying the doer `status`. Prices are pesos."""

    class Status(models.TextChoices):
        OPEN = "open", "Looking for a doer"
        ACCEPTED = "accepted", "Accepted"
        PAID = "paid", "Doer paid"

    poster = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="posted_tasks")
    doer = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="accepted_tasks"
    )
    title = models.CharField(max_length=120)
    description = models.TextField(max_length=2000, blank=True)
    price = models.DecimalField(max_digits=8, decimal_places=2, validators=[MinValueValidator(1)])
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.OPEN)
    chat_unlocked = models.BooleanField(default=False)

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("errands:task", args=[self.pk])


class SystemCommission(models.Model):
    """The fee of an accepted task. A refund keeps `paid_at`: it was paid once."""

    class Status(models.TextChoices):
        DUE = "due"
        PAID = "paid"
        REFUNDED = "refunded"

    task = models.OneToOneField(Task, models.CASCADE, related_name="commission")
    amount = models.DecimalField(max_digits=8, decimal_places=2)
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.DUE)
    paid_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"fee for {self.task}"


class Message(models.Model):
    """One line of a task's chat."""

    task = models.ForeignKey(Task, models.CASCADE, related_name="messages")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    text = models.TextField(max_length=2000)
    created_at = models.DateTimeField(default=clock.now)

    def __str__(self) -> str:
        return self.text


class Notification(models.Model):
    """Something one person should know about a task."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="notifications")
    type = models.CharField(max_length=40)
    title = models.CharField(max_length=120)
    message = models.TextField()
    task = models.ForeignKey(Task, models.CASCADE, related_name="notifications")
    created_at = models.DateTimeField(default=clock.now)
    read = models.BooleanField(default=False)

    def __str__(self) -> str:
        return self.title
