"""What the driver has done inside the site: `prepare N`. Prints JSON."""

import json
import os
import sys

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "settings")
django.setup()

from django.core.management import execute_from_command_line  # noqa: E402
from shop.models import Order  # noqa: E402

import raseed  # noqa: E402

PRICE_MINOR = 2000


def prepare(count):
    """Orders whose checkout is open at the gateway."""
    orders = Order.objects.bulk_create([Order(price_minor=PRICE_MINOR) for _ in range(int(count))])
    return [_started(order) for order in orders]


def _started(order):
    payment = raseed.start_payment(
        order, purpose="order", account="paymongo", method="checkout", return_url="/orders/"
    ).payment
    return {
        "order": order.pk,
        "reference": payment.reference,
        "session": payment.gateway_ref,
        "intent": payment.ids["payment_intent"],
    }


if __name__ == "__main__":
    command, *arguments = sys.argv[1:]
    if command == "prepare":
        json.dump(prepare(*arguments), sys.stdout)
    else:
        execute_from_command_line(sys.argv)
