"""How tests look at a payment and at a kept delivery."""

from raseed import testing
from raseed.payments.models import Payment


def state_of(payment):
    """The state as it is stored now."""
    return Payment.objects.values_list("state", flat=True).get(pk=payment.pk)


def pause_of(delivery):
    """Seconds from now until the delivery is read again; None: never."""
    delivery.refresh_from_db()
    due = delivery.next_read_at
    return due and round((due - testing.clock()).total_seconds())


def standing(delivery):
    """Its state, and the seconds until it is read again."""
    pause = pause_of(delivery)
    return str(delivery.state), pause
