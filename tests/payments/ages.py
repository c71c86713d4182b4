"""What tests of retention share: long times, and all that must not change meanwhile."""

import json
from io import StringIO

from django.core.management import call_command
from django.forms.models import model_to_dict

from raseed.payments.models import (
    Charge,
    Dispute,
    Fulfilment,
    Payment,
    PaymentFact,
    Posting,
    Refund,
    Revocation,
)
from tests.payments.books import work

DAY = 24 * 3600
#: Longer than anything is kept or looked at, in days.
AGES = 600


def ages_later(days=AGES):
    """Time passes with a worker that does what falls due."""
    for looked in (1, 7, 30, 90):
        work(min(looked, days) * DAY)
    work(days * DAY)


def purge(*options):
    said = StringIO()
    call_command("raseed_purge", *options, stdout=said, stderr=StringIO())
    return said.getvalue()


def gone(*options):
    """How many rows of each kind went, without zeros."""
    kinds = json.loads(purge("--json", *options))["kinds"]
    return {kind["kind"]: kind["rows"] for kind in kinds if kind["rows"]}


def money():
    """Every row that money, goods and states are made of."""
    tables = (Charge, Refund, Dispute, Posting, Fulfilment, Revocation)
    rows = {table.__name__: [model_to_dict(row) for row in table.objects.order_by("pk")] for table in tables}
    states = list(Payment.objects.order_by("pk").values("pk", "state", "paid_at", "attention"))
    return rows | {"Payment": states}


def moves():
    return list(PaymentFact.objects.filter(decision="move").order_by("pk").values_list("pk", flat=True))
