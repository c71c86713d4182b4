"""Rows of charges, refunds and history, as dictionaries for the hand-written statements. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from raseed.core.facts import Fact
from raseed.core.money import Money
from raseed.core.snapshot import Charge
from raseed.payments.models import Payment
from raseed.payments.models.refund import LONGEST_KEY


def charge_row(
    payment: Payment, fact: Fact, charge: Charge, *, account: str, held: bool, concern: str, now: datetime
) -> dict[str, Any]:
    """A movement of money to us. `account` is where it came in, which may be a wrong one."""
    same_currency = fact.fee is not None and fact.fee.currency == charge.money.currency
    return {
        "payment_id": payment.pk,
        "account": account,
        "ref": charge.ref,
        "minor": charge.money.minor,
        "currency": charge.money.currency,
        "fee_minor": fact.fee.minor if fact.fee and same_currency else None,
        "counts": charge.counts,
        "held": held,
        "concern": concern,
        "occurred_at": fact.occurred_at,
        "created_at": now,
    }


def refund_row(
    payment: Payment,
    charge_ref: str,
    money: Money,
    *,
    account: str,
    state: str,
    key: str,
    reason: str,
    now: datetime,
    ref: str | None = None,
    is_external: bool = False,
    is_void: bool = False,
    user_id: int | None = None,
    next_try_at: datetime | None = None,
) -> dict[str, Any]:
    """Money going back: asked for by us (WAITING) or found at the gateway."""
    return {
        "payment_id": payment.pk,
        "account": account,
        "charge_ref": charge_ref,
        "minor": money.minor,
        "currency": money.currency,
        "state": state,
        "is_void": is_void,
        "is_external": is_external,
        "key": key if len(key) <= LONGEST_KEY else hashlib.sha256(key.encode()).hexdigest(),
        "ref": ref,
        "reason": reason[:255],
        "user_id": user_id,
        "created_at": now,
        "tries": 0,
        "error": "",
        "next_try_at": next_try_at,
        "lease_number": 0,
    }


def fact_row(
    payment: Payment,
    fact: Fact,
    *,
    decision: str,
    reason: str,
    from_state: str,
    to_state: str,
    channel: str,
    delivery_id: int | None,
    user_id: int | None,
    now: datetime,
    secrets: Mapping[str, Any],
    sealed: bytes | None,
) -> dict[str, Any]:
    """One line of the history. The same news by the same channel has the same digest.

    `secrets` are members of the fact's raw that are kept `sealed`: they tell two lines apart.
    """
    return {
        "payment_id": payment.pk,
        "delivery_id": delivery_id,
        "user_id": user_id,
        "kind": fact.kind.value,
        "channel": channel,
        "weight": fact.weight.value,
        "decision": decision,
        "reason": reason,
        "from_state": from_state,
        "to_state": to_state,
        "gateway_ref": fact.gateway_ref or "",
        "charge_ref": fact.charge_ref or "",
        "refund_ref": fact.refund_ref or "",
        "minor": fact.money.minor if fact.money else None,
        "currency": fact.money.currency if fact.money else "",
        "detail": fact.detail,
        "raw": {name: value for name, value in fact.raw.items() if name not in secrets},
        "secret": sealed,
        "occurred_at": fact.occurred_at,
        "digest": _digest(fact, decision, from_state, to_state, secrets),
        "created_at": now,
    }


def _digest(fact: Fact, decision: str, from_state: str, to_state: str, secrets: Mapping[str, Any]) -> str:
    said = (
        fact.kind,
        fact.weight,
        fact.gateway_ref,
        fact.charge_ref,
        fact.refund_ref,
        fact.money,
        fact.livemode,
        fact.detail,
        from_state,
        to_state,
        decision,
        *sorted(secrets.items()),
    )
    return hashlib.sha256(repr(said).encode()).hexdigest()
