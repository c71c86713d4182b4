"""What the driver has done inside the site: `prepare N`, `create PAYMENT`. Prints JSON."""

import json
import os
import sys
import uuid
from decimal import Decimal

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "settings")
django.setup()

from getpaid.models import Payment  # noqa: E402
from getpaid_core.enums import PaymentStatus  # noqa: E402
from shop.models import Order  # noqa: E402

PRICE = Decimal("20.00")


def prepare(count):
    """Orders whose payment is prepared at the gateway: what `prepare_transaction` leaves behind."""
    orders = Order.objects.bulk_create([Order(price=PRICE) for _ in range(int(count))])
    payments = Payment.objects.bulk_create([_payment(order, uuid.uuid4()) for order in orders])
    return [{"order": payment.order_id, "payment": str(payment.pk)} for payment in payments]


def create(number):
    """The order and payment of this number."""
    payment = _payment(Order.objects.create(price=PRICE), uuid.UUID(number))
    payment.save(force_insert=True)
    return [{"order": payment.order_id, "payment": number}]


def _payment(order, number):
    return Payment(
        id=number,
        order=order,
        amount_required=PRICE,
        currency="PLN",
        status=PaymentStatus.PREPARED,
        backend="payu",
        external_id=f"PAYU{number.hex}",
        description=order.get_description(),
    )


if __name__ == "__main__":
    command, *arguments = sys.argv[1:]
    done = {"prepare": prepare, "create": create}[command](*arguments)
    json.dump(done, sys.stdout)
