"""What must never be is refused by the database itself, whoever writes."""

import pytest
from django.db import IntegrityError, transaction

from raseed import testing
from raseed.payments.models import (
    Charge,
    Delivery,
    Fulfilment,
    GatewayId,
    Payment,
    PaymentFact,
    Posting,
    Refund,
    Revocation,
)
from tests.payments.books import paid, php

pytestmark = pytest.mark.django_db


def copy(row, **changes):
    """The same row once more, with changes."""
    values = {f.attname: getattr(row, f.attname) for f in row._meta.concrete_fields if not f.primary_key}
    return type(row)(**(values | changes))


def refused(act, name):
    """The database says no, and says which rule: SQLite names columns where it is a unique one."""
    with pytest.raises(IntegrityError, match=name), transaction.atomic():
        act()


@pytest.fixture
def payment(start):
    payment = paid(start)
    testing.deliver(payment, testing.refund_at_gateway(payment, php(5000)))
    return payment


@pytest.mark.parametrize("state", ["new", "pending", "authorized"])
def test_a_second_open_payment(start, state):
    payment = start().payment
    second = copy(payment, reference="another", state=state)
    refused(second.save, "raseed_one_open_payment|payable_key")
    for change in ({"state": "lapsed"}, {"occasion": "june"}, {"purpose": "gift"}, {"payable_key": "77"}):
        copy(payment, **({"reference": f"another-{change}"[:62]} | change)).save()


@pytest.mark.parametrize("state", ["done", "due"])
def test_a_second_active_fulfilment(payment, state):
    given = Fulfilment.objects.get()
    refused(copy(given, state=state).save, "raseed_fulfilled_once|payable_key")
    for over in ("revoked", "cancelled"):
        copy(given, state=over).save()


@pytest.mark.parametrize("model", [Payment, Charge, Refund, Posting])
@pytest.mark.parametrize("minor", [0, -1])
def test_amounts_that_are_none(payment, model, minor):
    refused(lambda: model.objects.update(minor=minor), "minor_positive")


@pytest.mark.parametrize(("model", "rule"), [(Payment, "payment_state"), (Refund, "refund_state")])
def test_states_that_are_none(payment, model, rule):
    refused(lambda: model.objects.update(state="confirmed"), rule)


def test_paid_without_a_moment(payment):
    refused(lambda: Payment.objects.update(paid_at=None), "paid_has_time")


def test_a_posting_within_one_account(payment):
    posting = Posting.objects.first()
    refused(copy(posting, credit=posting.debit).save, "two_accounts")


UNIQUE = [
    (Payment, {}, "reference"),
    (Charge, {}, "charge_once|raseed_charge.ref"),
    (Refund, {"ref": None}, "refund_key_once|raseed_refund.key"),
    (Refund, {"key": "other"}, "refund_ref_once|raseed_refund.ref"),
    (Delivery, {}, "delivery_once|raseed_delivery.digest"),
    (GatewayId, {}, "gateway_id_once|raseed_gatewayid.value"),
    (PaymentFact, {}, "fact_once|raseed_paymentfact.digest"),
    (Revocation, {}, "refund_id"),
]


@pytest.mark.parametrize(("model", "changes", "rule"), UNIQUE)
def test_the_same_thing_twice(payment, model, changes, rule):
    refused(copy(model.objects.first(), **changes).save, rule)


@pytest.mark.parametrize("model", [Charge, Refund, Fulfilment, PaymentFact, Posting])
def test_a_payment_with_a_history_is_not_deleted(payment, model):
    from django.db.models import ProtectedError

    assert model.objects.filter(payment=payment).exists()
    with pytest.raises(ProtectedError):
        payment.delete()


@pytest.mark.parametrize(
    ("model", "rule"),
    [
        (Fulfilment, "fulfilment_state_known"),
        (Revocation, "revocation_state_known"),
        (Delivery, "delivery_state_known"),
    ],
)
def test_a_state_that_nobody_knows(payment, model, rule):
    refused(lambda: model.objects.update(state="odd"), rule)
