"""What the driver has done inside the site: `prepare N`, `create TOKEN`, `refund ORDER`. Prints JSON."""

import json
import os
import sys
import uuid
from decimal import Decimal

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "settings")
django.setup()

from shop.models import Order, Payment  # noqa: E402

PRICE = Decimal("20.00")


def prepare(count):
    """Orders whose payment is open at the gateway: what `Payment.get_form` leaves behind."""
    orders = Order.objects.bulk_create([Order(price=PRICE) for _ in range(int(count))])
    payments = Payment.objects.bulk_create([_payment(order, str(uuid.uuid4())) for order in orders])
    return [{"order": payment.order_id, "token": payment.token} for payment in payments]


def create(token):
    """The order and payment that bear this token."""
    payment = _payment(Order.objects.create(price=PRICE), token)
    payment.save()
    return [{"order": payment.order_id, "token": token}]


def refund(order):
    """Give the money back, through the package."""
    payment = Payment.objects.get(order_id=order)
    payment.refund()
    return [{"status": payment.status}]


def _payment(order, token):
    return Payment(
        order=order,
        variant="stripe",
        currency="USD",
        total=PRICE,
        token=token,
        transaction_id=f"cs_test_{token}",
    )


if __name__ == "__main__":
    command, *arguments = sys.argv[1:]
    done = {"prepare": prepare, "create": create, "refund": refund}[command](*arguments)
    json.dump(done, sys.stdout)
