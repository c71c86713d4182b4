"""dj-stripe: its webhook view with the signature checked, and a `djstripe_receiver`."""

from __future__ import annotations

from functools import cached_property

from bench.peers.peer import PRICE_MINOR, Books, Checkout, Standing
from bench.peers.stripe_peer import StripePeer
from bench.peers.stripe_wire import Purchase


class DjStripe(StripePeer):
    """The session's `client_reference_id` is the order's number. What it keeps are Stripe's objects."""

    name = "dj-stripe"
    requirements = ("dj-stripe==2.11.0",)
    reported = ("dj-stripe", "stripe", "django")
    no_amounts = "it mirrors Stripe and knows no price; comparing amounts is left to the receiver"

    notes = {
        "eight": "it looks for the event twice, and runs the receivers for a copy that commits in between; "
        "how often that happens varies from run to run",
        "refunded": "it keeps no state of an order; what it mirrors is right",
        "refund-first": "its mirror knows the refund; the receiver of the example does not look",
        "order-later": "the receiver finds no order and raises",
        "lost": "`djstripe_sync_models` fetches what was missed, when you run it, and calls no receiver",
    }

    @cached_property
    def path(self) -> str:
        """The address of the endpoint, which its admin would make."""
        return f"/stripe/webhook/{self.command('endpoint')[0]['uuid']}/"

    def purchase(self, checkout: Checkout, minor: int = PRICE_MINOR) -> Purchase:
        number = checkout.ids.get("number", str(checkout.order))
        return Purchase(f"peers{number}", number, minor)

    def announced(self) -> Checkout:
        # Far above what the sequence has given; the gateway was told this number before the row was saved.
        return Checkout(
            0, {"number": str(1_000_000_000 + (self.one("SELECT count(*) FROM shop_order") or 0))}
        )

    def books(self, checkout: Checkout) -> Books:
        purchase = self.purchase(checkout)
        refunded = "SELECT stripe_data->>'refunded' FROM djstripe_charge WHERE id = %s"
        paid = "SELECT stripe_data->>'payment_status' FROM djstripe_session WHERE id = %s"
        if self.one(refunded, purchase.charge_id) == "true":
            return Books(Standing.REFUNDED, "charge refunded")
        word = self.one(paid, purchase.session_id)
        if word is None:
            return Books(Standing.NONE, "unknown")
        return Books(Standing.PAID if word == "paid" else Standing.OPEN, f"session {word}")
