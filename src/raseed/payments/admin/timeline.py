"""A payment's whole story in order of time: one entry for each thing that happened. Pure, on loaded rows."""

from __future__ import annotations

from dataclasses import replace

from raseed.payments.admin.entry import Entry
from raseed.payments.admin.followed import (
    charge_entry,
    dispute_entries,
    fulfilment_entries,
    posting_entry,
    refund_entries,
    reservation_entry,
    revocation_entry,
)
from raseed.payments.admin.said import call_entries, delivery_entry, fact_entries, staff_entries
from raseed.payments.admin.words import duration
from raseed.payments.models import Payment


def timeline(payment: Payment) -> list[Entry]:
    """All entries of a payment whose rows are loaded (see `payments.load`), oldest first."""
    entries = [
        _started(payment),
        *(entry for step in payment.steps.all() for entry in call_entries(step)),
        *(entry for action in payment.staff_actions.all() for entry in staff_entries(action)),
        *(delivery_entry(delivery) for delivery in payment.deliveries.all()),
        *fact_entries(payment),
        *(charge_entry(charge) for charge in payment.charges.all()),
        *(posting_entry(posting) for posting in payment.postings.all()),
        *(entry for fulfilment in payment.fulfilments.all() for entry in fulfilment_entries(fulfilment)),
        *(entry for refund in payment.refunds.all() for entry in refund_entries(refund)),
        *(entry for dispute in payment.disputes.all() for entry in dispute_entries(dispute)),
        *([reservation_entry(payment.reservation)] if hasattr(payment, "reservation") else []),
        *(revocation_entry(row) for given in payment.fulfilments.all() for row in given.revocations.all()),
    ]
    entries.sort(key=lambda entry: (entry.at, entry.rank, getattr(entry.row, "pk", 0)))
    return [replace(entry, lags=(_since_start(entry, payment), *entry.lags)) for entry in entries]


def _since_start(entry: Entry, payment: Payment) -> str:
    return f"{duration(entry.at - payment.created_at)} after the start"


def _started(payment: Payment) -> Entry:
    who = f"by {payment.user.get_username()}" if payment.user else "without a log-in"
    line = f"{payment.money} for {payment.description or payment.payable_key}, {who}"
    return Entry(payment.created_at, 0, "start", "The payment was started", lines=(line,))
