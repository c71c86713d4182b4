"""The few hand-written statements of the hot path, named. Portable between PostgreSQL and SQLite.

Everything else uses the ORM. Each function is one round trip; `hot-path.md` in the docs counts them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection

from raseed.payments.flows.columns import columns_of
from raseed.payments.flows.round_trips import (
    Statement,
    execute,
    execute_together,
    fetch,
    insertion,
    marks,
)
from raseed.payments.models import Payment

INSERT_DELIVERY = """
INSERT INTO raseed_delivery ({columns}, payment_id)
VALUES ({marks}, COALESCE({finders}))
ON CONFLICT (account, digest) DO UPDATE
SET copies = raseed_delivery.copies + 1,
    next_read_at = CASE WHEN raseed_delivery.state = 'read' THEN raseed_delivery.next_read_at
                        ELSE excluded.received_at END
RETURNING id, payment_id, copies
"""

#: The same, and the payment locked as well: a data-modifying WITH, which SQLite has not.
INSERT_AND_LOCK = """
WITH kept AS ({insert})
SELECT kept.id, kept.payment_id, kept.copies, locked.*
FROM kept LEFT JOIN LATERAL ({select}) AS locked ON TRUE
"""

_FIND_BY_REFERENCE = "(SELECT id FROM raseed_payment WHERE reference IN ({marks}) LIMIT 1)"
_FIND_BY_ID = "(SELECT payment_id FROM {table} WHERE account = %s AND {column} IN ({marks}) LIMIT 1)"
_NOBODY = "CAST(NULL AS BIGINT)"


@dataclass(frozen=True)
class Kept:
    """A delivery as it is stored, or the earlier one that it is a copy of; and the payment it is about.

    `locked` is that payment where it was locked in the same round trip; never for a copy.
    """

    delivery_id: int
    payment_id: int | None
    is_copy: bool
    locked: Locked | None = None


def insert_delivery(
    row: Mapping[str, Any],
    *,
    references: Sequence[str],
    gateway_refs: Sequence[str],
    charge_refs: Sequence[str],
    refund_refs: Sequence[str],
) -> Kept:
    """Statement 1: keep the delivery and find its payment. A copy is counted, and read now if need be."""
    finders, values = find_payment(
        row["account"],
        references=references,
        gateway_refs=gateway_refs,
        charge_refs=charge_refs,
        refund_refs=refund_refs,
    )
    sql = INSERT_DELIVERY.format(columns=", ".join(row), marks=marks(row), finders=finders)
    values = [*row.values(), *values]
    if connection.vendor == "postgresql":
        select = _locking("kept.payment_id AND kept.copies = 1", charge_refs)
        sql, values = INSERT_AND_LOCK.format(insert=sql, select=select), [*values, *charge_refs]
    delivery_id, payment_id, copies, *payment = fetch(sql, values)[0]
    locked = _locked(payment, charge_refs) if payment and payment[0] is not None else None
    return Kept(delivery_id, payment_id, copies > 1, locked)


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
        terms.append(_FIND_BY_REFERENCE.format(marks=marks(references)))
        values += references
    for table, column, refs in (
        ("raseed_gatewayid", "value", gateway_refs),
        ("raseed_charge", "ref", charge_refs),
        ("raseed_refund", "ref", refund_refs),
    ):
        if refs:
            terms.append(_FIND_BY_ID.format(table=table, column=column, marks=marks(refs)))
            values += [account, *refs]
    return ", ".join([*terms, _NOBODY, _NOBODY][: max(2, len(terms))]), values


_AWAITED = """EXISTS (
    SELECT 1 FROM raseed_deliveryref WHERE account = raseed_payment.account AND value IN ({marks})
) AS awaited"""


@dataclass(frozen=True)
class Locked:
    """A payment that is locked; and whether a parked delivery waits for one of the ids it may gain now."""

    payment: Payment
    is_awaited: bool


def lock_payment(payment_id: int) -> Payment:
    """The payment, locked until the end of the transaction. Raises Payment.DoesNotExist."""
    return lock(payment_id).payment


def lock(payment_id: int, awaited: Sequence[str] = ()) -> Locked:
    """Statement 2: as `lock_payment`, and whether a parked delivery waits for one of these ids."""
    rows = fetch(_locking("%s", awaited), [*awaited, payment_id])
    if not rows:
        raise Payment.DoesNotExist(f"there is no payment with id {payment_id}")
    return _locked(rows[0], awaited)


LOCK_OPENED = """
UPDATE raseed_payment
SET gateway_ref = %s, ids = %s, client = %s, checkout_url = %s, expires_at = %s
WHERE id = %s
RETURNING {columns}
"""


def lock_opened(
    payment_id: int,
    *,
    gateway_ref: str,
    ids: Mapping[str, str],
    client: Mapping[str, str],
    checkout_url: str,
    expires_at: datetime,
) -> Locked:
    """Write what opening a checkout has brought; the payment, locked by that until the end."""
    sql = LOCK_OPENED.format(columns=columns_of(Payment).sql)
    (row,) = fetch(sql, [gateway_ref, ids, client, checkout_url, expires_at, payment_id])
    return _locked(row, ())


def _locking(which: str, awaited: Sequence[str]) -> str:
    lock = " FOR NO KEY UPDATE" if connection.features.has_select_for_no_key_update else ""
    extra = f", {_AWAITED.format(marks=marks(awaited))}" if awaited else ""
    columns = columns_of(Payment).sql
    return f"SELECT {columns}{extra} FROM raseed_payment WHERE id = {which}{lock}"  # noqa: S608


def _locked(row: Sequence[Any], awaited: Sequence[str]) -> Locked:
    return Locked(columns_of(Payment).row(row), is_awaited=bool(awaited and row[-1]))


UPDATE_PAYMENT = """
UPDATE raseed_payment
SET state = %s, concern = %s, attention = %s, detail = %s, first_channel = %s, paid_at = %s,
    next_check_at = %s, check_channel = %s, hinted_at = %s, version = version + 1
WHERE id = %s
"""


def payment_update(payment: Payment) -> Statement:
    """All that a fact may change in a payment's own row."""
    return Statement(
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


def name_payment(payment: Payment, ids: Sequence[str], now: datetime) -> None:
    """Keep the ids by which the gateway knows it; deliveries that came before it had them are read again."""
    rows = [{"account": payment.account, "value": value, "payment_id": payment.pk} for value in ids]
    named = [insertion("raseed_gatewayid", rows, ignore_conflicts=True)] if rows else []
    execute_together([*named, _waking(payment.account, [payment.reference, *ids], now)])


def wake_deliveries(account: str, values: Sequence[str], now: datetime) -> None:
    """Have deliveries read again that named an id or reference which this payment now has."""
    if values:
        waking = _waking(account, values, now)
        execute(waking.sql, waking.values)


def _waking(account: str, values: Sequence[str], now: datetime) -> Statement:
    return Statement(WAKE_DELIVERIES.format(marks=marks(values)), [now, account, *values])
