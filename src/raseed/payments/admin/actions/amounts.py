"""How much of a payment's money is here, by charge. Pure, on loaded rows."""

from __future__ import annotations

from collections.abc import Collection

from raseed.core.money import Money
from raseed.core.states import REFUND_HOLDS_MONEY, RefundState
from raseed.payments.models import Charge, Payment


def refundable_charges(payment: Payment) -> list[tuple[Charge, Money]]:
    """Charges of which something can still go back, newest first; refunds under way are taken off."""
    return _left(payment, REFUND_HOLDS_MONEY)


def still_here(payment: Payment) -> list[Money]:
    """What came and has not gone back, by charge; what is on its way back is still here."""
    return [money for _, money in _left(payment, {RefundState.SUCCEEDED})]


def _left(payment: Payment, taken_off: Collection[RefundState]) -> list[tuple[Charge, Money]]:
    refunds = [refund for refund in payment.refunds.all() if refund.state in taken_off]
    left = (
        (charge, charge.minor - sum(r.minor for r in refunds if r.charge_ref == charge.ref))
        for charge in payment.charges.all()
    )
    found = [(charge, Money(minor, charge.currency)) for charge, minor in left if minor > 0]
    return sorted(found, key=lambda row: row[0].pk, reverse=True)


def major(money: Money) -> str:
    """The amount without its currency, as a form proposes it: `1250.00`."""
    return f"{money.amount:f}"
