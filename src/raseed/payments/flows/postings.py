"""Which account is debited and which credited. One row a movement, balanced by construction. Pure."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from raseed.core.money import Money
from raseed.payments.models import Payment


def charge_posting(
    payment: Payment,
    charge_ref: str,
    money: Money,
    *,
    account: str,
    held: bool,
    now: datetime,
    memo: str = "charge",
) -> dict[str, Any]:
    """Money came to us at the gateway: a sale, or suspense while nobody may count on it."""
    return _row(payment, charge_ref, _gateway(account), _earned(payment, held=held), money, memo, now)


def fee_posting(
    payment: Payment, charge_ref: str, fee: Money, *, account: str, now: datetime
) -> list[dict[str, Any]]:
    """The gateway keeps its fee; a fee of nothing has no row."""
    row = _row(payment, charge_ref, "fees", _gateway(account), fee, "fee", now)
    return [row] if fee.minor else []


def release_posting(payment: Payment, charge_ref: str, left: Money, now: datetime) -> list[dict[str, Any]]:
    """Held money becomes a sale."""
    row = _row(payment, charge_ref, "suspense", _earned(payment, held=False), left, "release", now)
    return [row] if left.minor else []


def refund_posting(
    payment: Payment,
    charge_ref: str,
    money: Money,
    refund_id: int,
    *,
    account: str,
    held: bool,
    now: datetime,
) -> dict[str, Any]:
    """Money went back from where it stood."""
    row = _row(payment, charge_ref, _earned(payment, held=held), _gateway(account), money, "refund", now)
    return row | {"refund_id": refund_id}


def _gateway(account: str) -> str:
    return f"gateway:{account}"


def _earned(payment: Payment, *, held: bool) -> str:
    return "suspense" if held else f"sales:{payment.purpose}"


def _row(
    payment: Payment, charge_ref: str, debit: str, credit: str, money: Money, memo: str, now: datetime
) -> dict[str, Any]:
    if money.minor < 0:  # a correction downwards: the same movement the other way round
        debit, credit = credit, debit
    return {
        "payment_id": payment.pk,
        "refund_id": None,
        "charge_ref": charge_ref,
        "debit": debit,
        "credit": credit,
        "minor": abs(money.minor),
        "currency": money.currency,
        "memo": memo,
        "created_at": now,
    }
