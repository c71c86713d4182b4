"""The hook: the signal that is sent whenever the status of a payment changes."""

from django.dispatch import receiver
from payments.signals import status_changed
from power_cut import power_cut_if_asked

from payments import PaymentStatus
from shop.models import Effect


@receiver(status_changed)
def give(sender, instance, **kwargs):
    """Give what was ordered once the payment is confirmed."""
    if instance.status == PaymentStatus.CONFIRMED:
        power_cut_if_asked()
        Effect.objects.create(order=instance.order)
