"""Which account is debited and which credited. One row a movement, balanced by construction. Pure.

Money between other people's wallets never passes us. It is written down all the same, as a memorandum: in
accounts of its own whose names begin with `memo:`, so that the books of what is ours stay whole.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from raseed.core.money import Money
from raseed.payments.books import WALLET, is_gateways
from raseed.payments.models import Payment

#: How the accounts begin that only note what others paid each other.
MEMORANDUM = "memo:"


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
    return _row(
        payment, charge_ref, gateway_book(payment, account), earned_book(payment, held=held), money, memo, now
    )


def fee_posting(
    payment: Payment, charge_ref: str, fee: Money, *, account: str, now: datetime
) -> list[dict[str, Any]]:
    """The gateway keeps its fee; a fee of nothing has no row."""
    row = _row(payment, charge_ref, _book(payment, "fees"), gateway_book(payment, account), fee, "fee", now)
    return [row] if fee.minor else []


def release_posting(payment: Payment, charge_ref: str, left: Money, now: datetime) -> list[dict[str, Any]]:
    """Held money becomes a sale, or fills a wallet."""
    suspense, sales = earned_book(payment, held=True), earned_book(payment, held=False)
    row = _row(payment, charge_ref, suspense, sales, left, "release", now)
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
    """Money went back from where it stood: out of the gateway, or into a wallet."""
    earned, to = earned_book(payment, held=held), gateway_book(payment, account)
    memo = "credit" if account.startswith(WALLET) else "refund"
    row = _row(payment, charge_ref, earned, to, money, memo, now)
    return row | {"refund_id": refund_id}


def gateway_book(payment: Payment, account: str) -> str:
    """The account of what a gateway has of ours, or moved between others; or of hands, or of a wallet."""
    return _book(payment, f"gateway:{account}" if is_gateways(account) else account)


def earned_book(payment: Payment, *, held: bool) -> str:
    """The account of what was earned, or of the wallet it fills, or of what waits for a decision."""
    if held:
        return _book(payment, "suspense")
    return f"{WALLET}{payment.wallet}" if payment.wallet else _book(payment, f"sales:{payment.purpose}")


def _book(payment: Payment, name: str) -> str:
    return f"{MEMORANDUM}{name}" if payment.is_memorandum else name


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
        "note": "",
        "created_at": now,
    }
