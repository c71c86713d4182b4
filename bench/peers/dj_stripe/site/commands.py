"""What the driver has done inside the site: `prepare N`, `create ORDER`, `endpoint`. Prints JSON."""

import json
import os
import sys

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "settings")
django.setup()

from djstripe.models import Account, WebhookEndpoint  # noqa: E402
from djstripe.settings import djstripe_settings  # noqa: E402
from shop.models import Order  # noqa: E402

PRICE_MINOR = 2000


def prepare(count):
    """Orders; the package keeps nothing until Stripe speaks."""
    orders = Order.objects.bulk_create([Order(price_minor=PRICE_MINOR) for _ in range(int(count))])
    return [{"order": order.pk} for order in orders]


def create(number):
    """The order of this number."""
    return [{"order": Order.objects.create(pk=int(number), price_minor=PRICE_MINOR).pk}]


def endpoint():
    """The account, as `djstripe_sync_models` would leave it, and an endpoint, as its admin would make it."""
    account = Account.get_or_retrieve_for_api_key(djstripe_settings.STRIPE_SECRET_KEY)
    made = WebhookEndpoint.objects.create(
        id="we_peers",
        livemode=False,
        djstripe_owner_account=account,
        secret=os.environ["PEER_STRIPE_SECRET"],
        enabled_events=["*"],
        url="https://shop.example/stripe/webhook/",
        status="enabled",
    )
    return [{"uuid": str(made.djstripe_uuid)}]


if __name__ == "__main__":
    command, *arguments = sys.argv[1:]
    done = {"prepare": prepare, "create": create, "endpoint": endpoint}[command](*arguments)
    json.dump(done, sys.stdout)
