"""The flows as Django tasks. Each takes an id and records its own failures; losing one loses nothing."""

from __future__ import annotations

from raseed.core.facts import Channel
from raseed.payments import conf
from raseed.payments.flows.check_payment import check_payment
from raseed.payments.flows.fulfil import retry_fulfilment, retry_revocation
from raseed.payments.flows.read_delivery import read_delivery
from raseed.payments.flows.refund import send_refund
from raseed.payments.flows.reserve import retry_release
from raseed.payments.flows.send_notice import send_notice
from raseed.payments.models import Payment

try:
    from django.tasks import task  # type: ignore[import-not-found,unused-ignore]
except ImportError:  # Django 5.2
    from django_tasks import task  # type: ignore[import-not-found,no-redef,unused-ignore]


@task()
def read(delivery_id: int) -> None:
    """Read a kept delivery again."""
    read_delivery(delivery_id, conf.now())


@task()
def fulfil(fulfilment_id: int) -> None:
    """Give what is owed."""
    retry_fulfilment(fulfilment_id, conf.now())


@task()
def revoke(revocation_id: int) -> None:
    """Take back after a refund."""
    retry_revocation(revocation_id, conf.now())


@task()
def release(reservation_id: int) -> None:
    """Let go of what was set aside for a payment that ended."""
    retry_release(reservation_id, conf.now())


@task()
def refund(refund_id: int) -> None:
    """Send a refund, or look up what became of it."""
    send_refund(refund_id)


@task()
def check(payment_id: int) -> None:
    """Ask the gateway how a payment stands, on behalf of whatever brought the check forward."""
    channel = Payment.objects.values_list("check_channel", flat=True).get(pk=payment_id)
    check_payment(payment_id, Channel(channel))


@task()
def notice(notice_id: int) -> None:
    """Send an e-mail or a webhook."""
    send_notice(notice_id)
