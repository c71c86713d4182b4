"""The customer's browser comes back: keep what it brings before anything is asked, then ask.

A return may carry the only copy of what is needed to go on (a wallet's proof that its owner agreed). It is
a row before the first call, its secrets encrypted: if this process dies, the worker takes it up again.
"""

from __future__ import annotations

import logging

from raseed.core.errors import DeliveryError
from raseed.core.facts import Channel, Fact, FactKind, Weight
from raseed.core.states import OPEN
from raseed.gateways.base import RawDelivery
from raseed.payments import conf
from raseed.payments.flows import leases
from raseed.payments.flows.apply_facts import apply_answer
from raseed.payments.flows.check_payment import Checked, check_on_return, check_payment
from raseed.payments.flows.kept_returns import agreements
from raseed.payments.models import Payment

log = logging.getLogger("raseed.return")

#: Nobody comes back so often. Whoever does is not listened to any more, and only makes us ask.
MOST_RETURNS = 20

_DECIDED = {FactKind.CHARGEABLE, FactKind.ATTEMPT_FAILED}


def receive_return(payment: Payment, delivery: RawDelivery | None) -> Checked:
    """Keep what the return says, then ask; at once where it brought something new to go on with.

    `delivery` is None for a request that no gateway makes. Raises InsideTransaction.
    """
    leases.outside_transaction("a return")
    if delivery is not None and _brings_news(payment, delivery):
        return check_payment(payment, Channel.RETURN)
    return check_on_return(payment)


def _brings_news(payment: Payment, delivery: RawDelivery) -> bool:
    """Keep the facts of a return. True: one of them asks for a further call, and is new."""
    gateway = conf.current().gateway(payment.account)
    try:
        facts = [fact for fact in gateway.read_return(delivery) if _is_about(payment, fact)]
    except DeliveryError as refused:
        log.warning("payment %s: a return is not read: %s", payment.reference, refused)
        return False
    before = agreements(payment).count()
    if not facts or before >= MOST_RETURNS:
        return False
    apply_answer(payment.pk, facts, channel=Channel.RETURN, account=payment.account)
    still_open = Payment.objects.filter(pk=payment.pk, state__in=[state.value for state in OPEN])
    if gateway.capabilities.one_visit and any(fact.kind in _DECIDED for fact in facts):
        # The page has served. The next click needs another checkout, and closes this one first.
        still_open.update(checkout_url="")
    is_news = agreements(payment).count() > before
    if is_news:
        still_open.update(next_check_at=conf.now(), check_channel=Channel.RETURN.value)
    return is_news


def _is_about(payment: Payment, fact: Fact) -> bool:
    """A proof counts here only if it names this payment's checkout.

    The address names the payment, and what the gateway signed may be about another one: whoever paid once
    can bring that proof to any address. A hint makes us ask, whatever it names.
    """
    known = {payment.gateway_ref, *payment.ids.values()} - {""}
    return fact.weight is Weight.HINT or fact.gateway_ref in known
