"""The hook: `post_save` of a payment that is paid, as the migration guide to version 3 and the example do."""

from django.db.models.signals import post_save
from django.dispatch import receiver
from getpaid_core.enums import PaymentStatus
from power_cut import power_cut_if_asked

from shop.models import Effect


@receiver(post_save, sender="getpaid.Payment")
def give(sender, instance, **kwargs):
    """Give what was ordered once the payment is paid."""
    if instance.status == PaymentStatus.PAID:
        power_cut_if_asked()
        Effect.objects.create(order=instance.order)
