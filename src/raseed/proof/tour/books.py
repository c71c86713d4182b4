"""Do the books agree? Ledger with the payment's own rows, and those with the gateway's books."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from raseed.core.states import RefundState
from raseed.payments.flows.postings import earned_book, gateway_book
from raseed.payments.models import (
    Charge,
    Delivery,
    DeliveryState,
    Fulfilment,
    FulfilmentState,
    Payment,
    Posting,
    Refund,
)
from raseed.proof.tour.control import Document

#: Amounts by currency.
Sums = Counter[str]


def ledger_oddities(payments: Iterable[Payment]) -> list[str]:
    """What the postings of these payments say against their charges, refunds and fees."""
    odd = []
    for payment in payments:
        posted, counted = balance(payment, gateway_book(payment, payment.account)), _expected_balance(payment)
        if +posted != +counted or -posted != -counted:
            odd.append(f"ledger: the gateway's account stands at {dict(posted)} instead of {dict(counted)}")
        held = _held(payment)
        suspense = balance(payment, earned_book(payment, held=True))
        suspense = Counter({currency: -minor for currency, minor in suspense.items()})
        if +suspense != +held or -suspense != -held:
            odd.append(f"ledger: {dict(suspense)} in suspense, {dict(held)} held")
    return odd


def balance(payment: Payment, account: str) -> Sums:
    """What this payment's postings left on an account: debits less credits."""
    sums: Sums = Counter()
    for posting in Posting.objects.filter(payment=payment):
        sums[posting.currency] += posting.minor * ((posting.debit == account) - (posting.credit == account))
    return sums


def _expected_balance(payment: Payment) -> Sums:
    sums: Sums = Counter()
    for charge in Charge.objects.filter(payment=payment):
        sums[charge.currency] += charge.minor - (charge.fee_minor or 0)
    for refund in _done(payment):
        sums[refund.currency] -= refund.minor
    return sums


def _held(payment: Payment) -> Sums:
    held = Charge.objects.filter(payment=payment, held=True)
    refs = {charge.ref for charge in held}
    sums: Sums = Counter()
    for charge in held:
        sums[charge.currency] += charge.minor
    for refund in _done(payment):
        if refund.charge_ref in refs:
            sums[refund.currency] -= refund.minor
    return sums


def held_minor(payments: Iterable[Payment]) -> int:
    """What waits in suspense for a person, in minor units of whatever currency."""
    return sum(sum(_held(payment).values()) for payment in payments)


def refunded_minor(payments: Iterable[Payment]) -> int:
    """What went back, in minor units."""
    return sum(refund.minor for payment in payments for refund in _done(payment))


def _done(payment: Payment) -> Iterable[Refund]:
    return Refund.objects.filter(payment=payment, state=RefundState.SUCCEEDED)


def gateway_oddities(payments: Iterable[Payment], charges: Iterable[Document]) -> list[str]:
    """Our rows against the gateway's books: every charge with its amount, fee and refunds, and no other."""
    ours = {}
    for payment in payments:
        for charge in Charge.objects.filter(payment=payment):
            back = sum(refund.minor for refund in _done(payment) if refund.charge_ref == charge.ref)
            ours[charge.ref] = (charge.minor, charge.currency, charge.fee_minor, back)
    theirs = {c["id"]: (c["amount"], c["currency"], c["fee"], c["refunded_amount"]) for c in charges}
    return [
        f"charge {ref}: here {ours.get(ref, 'unknown')}, at the gateway {theirs.get(ref, 'unknown')}"
        for ref in sorted(ours.keys() | theirs.keys())
        if ours.get(ref) != theirs.get(ref)
    ]


def loose_ends(payments: Iterable[Payment]) -> list[str]:
    """Deliveries about these payments that were not read, and goods that are still owed."""
    odd = []
    for payment in payments:
        refs = [payment.reference, payment.gateway_ref, *payment.charges.values_list("ref", flat=True)]
        odd += [
            f"a delivery ({delivery.facts_summary}) is {delivery.state}: {delivery.error}"
            for delivery in Delivery.objects.exclude(state=DeliveryState.READ)
            if any(ref and ref.encode() in bytes(delivery.body or b"") for ref in refs)
        ]
        owed = Fulfilment.objects.filter(payment=payment, state=FulfilmentState.DUE)
        odd += [f"a fulfilment is owed after {fulfilment.tries} tries" for fulfilment in owed]
        odd += [f"a refund is {r.state}" for r in payment.refunds.all() if r.state not in _REFUND_ENDS]
    return odd


_REFUND_ENDS = {RefundState.SUCCEEDED.value, RefundState.FAILED.value}
