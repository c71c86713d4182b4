"""The few hand-written statements of the hot path, named. Portable between PostgreSQL and SQLite.

Everything else uses the ORM. Each function is one round trip; `hot-path.md` in the docs counts them.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import connection

from raseed.payments.flows.words import storable
from raseed.payments.models import Payment


def execute(sql: str, values: Sequence[Any]) -> list[tuple[Any, ...]]:
    """Run one statement on the default connection; rows if it returns any."""
    with connection.cursor() as cursor:
        cursor.execute(sql, [_adapted(value) for value in values])
        return cursor.fetchall() if cursor.description else []


def _adapted(value: Any) -> Any:
    """Plain SQL knows no dictionaries, and SQLite no moments."""
    if isinstance(value, datetime):
        return connection.ops.adapt_datetimefield_value(value)
    if isinstance(value, Mapping):
        return json.dumps(_storable(value), default=str)
    return _storable(value) if isinstance(value, str) else value


def _storable(value: Any) -> Any:
    """Every text in it; what a gateway wrote must not lose money."""
    if isinstance(value, str):
        return storable(value)
    if isinstance(value, Mapping):
        return {_storable(str(name)): _storable(member) for name, member in value.items()}
    if isinstance(value, list | tuple):
        return [_storable(member) for member in value]
    return value


def insert_row(table: str, row: Mapping[str, Any], *, conflict: str) -> int | None:
    """Insert one row; its id, or None where `conflict` (an ON CONFLICT target) met an earlier row."""
    sql = (
        f"INSERT INTO {table} ({', '.join(row)}) VALUES ({_marks(row)}) "  # noqa: S608 our own names
        f"ON CONFLICT {conflict} DO NOTHING RETURNING id"
    )
    rows = execute(sql, list(row.values()))
    return int(rows[0][0]) if rows else None


def insert_rows(table: str, rows: Sequence[Mapping[str, Any]], *, ignore_conflicts: bool = False) -> None:
    """Insert many rows of the same columns in one statement."""
    if not rows:
        return
    marks = ", ".join(f"({_marks(row)})" for row in rows)
    sql = f"INSERT INTO {table} ({', '.join(rows[0])}) VALUES {marks}"  # noqa: S608 our own names
    if ignore_conflicts:
        sql += " ON CONFLICT DO NOTHING"
    execute(sql, [value for row in rows for value in row.values()])


def _marks(row: Iterable[Any]) -> str:
    return ", ".join("%s" for _ in row)


INSERT_DELIVERY = """
INSERT INTO raseed_delivery ({columns}, payment_id)
VALUES ({marks}, COALESCE({finders}))
ON CONFLICT (account, digest) DO NOTHING
RETURNING id, payment_id
"""

_FIND_BY_REFERENCE = "(SELECT id FROM raseed_payment WHERE reference IN ({marks}) LIMIT 1)"
_FIND_BY_ID = "(SELECT payment_id FROM {table} WHERE account = %s AND {column} IN ({marks}) LIMIT 1)"
_NOBODY = "CAST(NULL AS BIGINT)"


def insert_delivery(
    row: Mapping[str, Any],
    *,
    references: Sequence[str],
    gateway_refs: Sequence[str],
    charge_refs: Sequence[str],
    refund_refs: Sequence[str],
) -> tuple[int, int | None] | None:
    """Statement 1: keep the delivery and find its payment. None: it is a copy of one we have."""
    finders, values = find_payment(
        row["account"],
        references=references,
        gateway_refs=gateway_refs,
        charge_refs=charge_refs,
        refund_refs=refund_refs,
    )
    sql = INSERT_DELIVERY.format(columns=", ".join(row), marks=_marks(row), finders=finders)
    rows = execute(sql, [*row.values(), *values])
    return (rows[0][0], rows[0][1]) if rows else None


def find_payment(
    account: str,
    *,
    references: Sequence[str],
    gateway_refs: Sequence[str],
    charge_refs: Sequence[str],
    refund_refs: Sequence[str],
) -> tuple[str, list[Any]]:
    """SQL terms that find a payment by our reference first, then by the gateway's ids, and their values.

    A reference is looked up on every account, so that one that comes through a wrong account is noticed.
    """
    terms: list[str] = []
    values: list[Any] = []
    if references:
        terms.append(_FIND_BY_REFERENCE.format(marks=_marks(references)))
        values += references
    for table, column, refs in (
        ("raseed_gatewayid", "value", gateway_refs),
        ("raseed_charge", "ref", charge_refs),
        ("raseed_refund", "ref", refund_refs),
    ):
        if refs:
            terms.append(_FIND_BY_ID.format(table=table, column=column, marks=_marks(refs)))
            values += [account, *refs]
    return ", ".join([*terms, _NOBODY, _NOBODY][: max(2, len(terms))]), values


_AWAITED = """EXISTS (
    SELECT 1 FROM raseed_deliveryref WHERE account = raseed_payment.account AND value IN ({marks})
) AS awaited"""


def lock_payment(payment_id: int, awaited: Sequence[str] = ()) -> Payment:
    """Statement 2: the payment, locked until the end of the transaction. Raises Payment.DoesNotExist.

    `awaited` are ids it may gain now; the attribute of that name tells whether a delivery waits for one.
    """
    lock = " FOR NO KEY UPDATE" if connection.features.has_select_for_no_key_update else ""
    extra = f", {_AWAITED.format(marks=_marks(awaited))}" if awaited else ""
    sql = f"SELECT raseed_payment.*{extra} FROM raseed_payment WHERE id = %s{lock}"  # noqa: S608
    found = list(Payment.objects.raw(sql, [*awaited, payment_id]))
    if not found:
        raise Payment.DoesNotExist(f"there is no payment with id {payment_id}")
    return found[0]


UPDATE_PAYMENT = """
UPDATE raseed_payment
SET state = %s, concern = %s, attention = %s, detail = %s, first_channel = %s, paid_at = %s,
    next_check_at = %s, check_channel = %s, hinted_at = %s, version = version + 1
WHERE id = %s
"""


def update_payment(payment: Payment) -> None:
    """Statement 3: all that a fact may change in a payment's own row."""
    execute(
        UPDATE_PAYMENT,
        [
            payment.state,
            payment.concern,
            payment.attention,
            payment.detail,
            payment.first_channel,
            payment.paid_at,
            payment.next_check_at,
            payment.check_channel,
            payment.hinted_at,
            payment.pk,
        ],
    )


def tell_customer(payment_id: int) -> None:
    """Something that the customer sees changed outside the payment's own row: open pages look again."""
    execute("UPDATE raseed_payment SET version = version + 1 WHERE id = %s", [payment_id])


CREDIT_WALLET = """
INSERT INTO raseed_wallet (owner, currency, balance_minor, overdraft_minor, created_at)
VALUES (%s, %s, %s, 0, %s)
ON CONFLICT (owner, currency) DO UPDATE SET balance_minor = raseed_wallet.balance_minor + %s
"""


def credit_wallet(owner: str, currency: str, minor: int, now: datetime) -> None:
    """Add to a wallet's balance; it is made where there is none, and locked until the end."""
    execute(CREDIT_WALLET, [owner, currency, minor, now, minor])


#: The partial unique index that gives a thing once; the conflict target must repeat its condition.
FULFILMENT_CONFLICT = "(purpose, payable_key, occasion) WHERE state IN ('done', 'due')"

WAKE_DELIVERIES = """
UPDATE raseed_delivery SET next_read_at = %s
WHERE state IN ('parked', 'foreign', 'stuck')
  AND id IN (SELECT delivery_id FROM raseed_deliveryref WHERE account = %s AND value IN ({marks}))
"""


def wake_deliveries(account: str, values: Sequence[str], now: datetime) -> None:
    """Have deliveries read again that named an id or reference which this payment now has."""
    if values:
        execute(WAKE_DELIVERIES.format(marks=_marks(values)), [now, account, *values])
