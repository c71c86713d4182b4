"""django-payments as its documentation sets it up: the Stripe provider, signed, with one callback address.

Its callback view opens its own transaction, so ATOMIC_REQUESTS would change nothing.
"""

import os

import stripe
from common_settings import *  # noqa: F403
from common_settings import INSTALLED_APPS

INSTALLED_APPS = [*INSTALLED_APPS, "payments", "shop"]
PAYMENT_HOST = "127.0.0.1"
PAYMENT_USES_SSL = False
PAYMENT_MODEL = "shop.Payment"
PAYMENT_VARIANTS = {
    "stripe": (
        "payments.stripe.StripeProviderV3",
        {
            "api_key": "sk_test_peers",
            "use_token": True,
            "endpoint_secret": os.environ["PEER_STRIPE_SECRET"],
            "secure_endpoint": True,
        },
    )
}
# The only departure: its API calls go to the imitation on this machine.
stripe.api_base = os.environ["PEER_STRIPE_API"]
