"""The hook: a receiver of one kind of event."""

from djstripe.event_handlers import djstripe_receiver
from power_cut import power_cut_if_asked

from shop.models import Effect, Order


@djstripe_receiver("checkout.session.completed")
def give(sender, event, **kwargs):
    """Give what was ordered, where Stripe says that the session is paid."""
    session = event.data["object"]
    if session["payment_status"] == "paid":
        order = Order.objects.get(pk=session["client_reference_id"])
        power_cut_if_asked()
        Effect.objects.create(order=order)
