"""Money that a person vouches for: it came or went by hand, or is at the gateway without a proof.

What a person says goes through the same door as a gateway's word, with the channel `manual`. Money by hand
has an account of its own in the ledger, so that the gateway's books still agree with its statements.
"""

from __future__ import annotations

import secrets
from typing import Any

from django.db import transaction

from raseed.core.errors import RefusedRuling
from raseed.core.facts import Channel, Fact, FactKind, Weight
from raseed.core.money import Money
from raseed.core.snapshot import Ask, Review
from raseed.core.states import OPEN, State
from raseed.payments import conf
from raseed.payments.books import BY_HAND
from raseed.payments.flows import leases
from raseed.payments.flows.apply_facts import apply_facts, apply_ruling
from raseed.payments.flows.check_payment import check_payment
from raseed.payments.flows.giving import Giving
from raseed.payments.flows.once_more import once_more
from raseed.payments.flows.standing import close_checkout
from raseed.payments.models import Dispute, Payment, Ruling


def mark_paid(
    payment: Payment, money: Money, *, reason: str, charge_ref: str = "", key: str = "", user: Any = None
) -> Payment:
    """Record money that came by hand, or (with `charge_ref`, its id there) that the gateway cannot prove.

    The checkout is closed at the gateway first, where that can be done, so that it is not paid twice; and
    asked about, because it may be paid. Raises RefusedRuling; nothing is recorded then.
    """
    leases.outside_transaction("mark_paid")
    current = Payment.objects.get(pk=payment.pk)
    if current.state == State.AUTHORIZED:
        raise RefusedRuling("the gateway holds money for this payment: take it, or let it go first.")
    if current.state in OPEN | {State.LAPSED}:
        _end_at_gateway(current, may_close=not charge_ref)
    fact = Fact(
        FactKind.PAID,
        Weight.PROOF,
        charge_ref=charge_ref or f"{BY_HAND}:{key or secrets.token_hex(12)}",
        money=money,
        detail=reason,
    )
    account = payment.account if charge_ref else BY_HAND
    return apply_ruling(
        payment.pk, Ruling.MARKED_PAID, now=conf.now(), reason=reason, user=user, fact=fact, account=account
    )


def give_back(
    payment: Payment, money: Money, *, charge_ref: str, reason: str, key: str = "", user: Any = None
) -> Payment:
    """Record that money was given back by hand. Raises RefusedRuling where that much is not left."""
    fact = Fact(
        FactKind.REFUNDED,
        Weight.PROOF,
        charge_ref=charge_ref,
        refund_ref=f"{BY_HAND}:{key or secrets.token_hex(12)}",
        money=money,
        detail=reason,
    )
    return apply_ruling(
        payment.pk, Ruling.GIVEN_BACK, now=conf.now(), reason=reason, user=user, fact=fact, account=BY_HAND
    )


def end_dispute(dispute: Dispute, lost: Money | None, *, reason: str, user: Any = None) -> Payment:
    """Record how a dispute ended: how much was lost, or None where it was won.

    Raises RefusedRuling where that much of the charge is not left.
    """
    fact = Fact(
        FactKind.DISPUTE_CLOSED,
        Weight.PROOF,
        charge_ref=dispute.charge_ref or None,
        money=lost or Money(0, dispute.payment.currency),
        detail=reason,
    )

    def attempt(giving: Giving) -> Payment:
        with transaction.atomic():
            applied = apply_facts(
                dispute.payment_id,
                [fact],
                channel=Channel.MANUAL,
                now=conf.now(),
                user=user,
                giving=giving,
            )
            decision = applied.decisions[0]
            if isinstance(decision, Ask | Review):
                raise RefusedRuling(decision.reason)
            return applied.payment

    return once_more(attempt)


def _end_at_gateway(payment: Payment, *, may_close: bool) -> None:
    """Nobody should pay there what is paid; perhaps somebody did. A silent gateway hinders nothing."""
    gateway = conf.current().gateway(payment.account)
    may_close = may_close and bool(payment.gateway_ref) and gateway.capabilities.closes(payment.method)
    if not (may_close and close_checkout(gateway, payment)):
        check_payment(payment, Channel.MANUAL)
    if Payment.objects.filter(pk=payment.pk, state__in=[State.PAID, State.REVIEW]).exists():
        raise RefusedRuling("the gateway has just told that money came. Look at the payment again.")
