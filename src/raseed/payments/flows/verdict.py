"""What a person decides about one locked payment: accept, reject, vouch for money, give it back by hand.

The upper end of a `Change`: only `apply_ruling` uses it. What does not fit raises RefusedRuling, and the
transaction that holds the lock is undone.
"""

from __future__ import annotations

from dataclasses import dataclass

from raseed.core.errors import RefusedRuling
from raseed.core.facts import Fact
from raseed.core.money import Money
from raseed.core.refunds import after_refund
from raseed.core.snapshot import Charge, Concern, Refund
from raseed.core.states import REFUND_HOLDS_MONEY, RefundState, State
from raseed.payments.flows import fulfil
from raseed.payments.flows.changes import Change
from raseed.payments.flows.wallets import SHORTFALL
from raseed.payments.models import Charge as ChargeRow


@dataclass
class Verdict(Change):
    """One payment, locked, and what a person decides about it."""

    def accept(self) -> None:
        """A person takes the money as good: it becomes a sale, and what was paid for is given.

        Raises RefusedRuling where it is given for another payment, unless that is what was asked about.
        A shortfall of a wallet is taken note of: nothing else follows.
        """
        if self.payment.concern == SHORTFALL:
            self._flag("", "")
            return
        if self.payment.concern != Concern.DOUBLE:
            self._refuse_what_is_anothers()
        self._withdraw_refunds()
        self._release(ChargeRow.objects.filter(payment=self.payment, held=True))
        self.move_to(State.PAID)
        self._flag("", "")
        self._claim()

    def reject(self, reason: str) -> None:
        """A person turns it down. Money that is still here stays visible until it is sent back."""
        left = any(self.snapshot.refundable_minor(charge) > 0 for charge in self.snapshot.charges)
        self._flag(
            "identity" if left else "",
            "rejected; the money is still here and should be refunded" if left else "",
        )
        self._set(detail=reason)
        self.move_to(State.CANCELLED)

    def mark_paid(self, fact: Fact) -> None:
        """A person vouches for money that no gateway proved: it counts, and what was paid for is given.

        It must be what is missing to the price: neither too little nor too much is ever vouched for.
        """
        self._refuse_what_is_anothers()
        charge = _charge_of(fact)
        missing = Money(self.snapshot.money.minor - self.snapshot.collected_minor(), self.payment.currency)
        if charge.money != missing or missing.minor <= 0:
            raise RefusedRuling(f"{charge.money} cannot be marked as paid: what is missing is {missing}.")
        if self.snapshot.charge(charge.ref) or not self._insert_charge(fact, charge, held=False, concern=""):
            raise RefusedRuling(f"the money {charge.ref} is recorded already; nothing was changed.")
        self._withdraw_refunds()
        self._release(ChargeRow.objects.filter(payment=self.payment, held=True, counts=True))
        self.move_to(State.PAID)
        self._settle_attention()
        self._claim()

    def give_back(self, fact: Fact) -> None:
        """A person gave money back by hand: it is gone from what is left of the charge, like any refund."""
        charge = self.snapshot.charge(fact.charge_ref)
        if charge is None or fact.money is None:
            raise RefusedRuling("it is not stated which money was given back, or how much.")
        holding = [r for r in self.snapshot.refunds if r.charge_ref == charge.ref]
        reserved = sum(r.money.minor for r in holding if r.state in REFUND_HOLDS_MONEY)
        left = Money(charge.money.minor - reserved, charge.money.currency)
        if fact.money.currency != left.currency or not 0 < fact.money.minor <= left.minor:
            raise RefusedRuling(f"{fact.money} cannot have been given back: {left} is left of {charge.ref}.")
        refund = Refund(
            None, fact.refund_ref, charge.ref, fact.money, RefundState.SUCCEEDED, at_gateway=False
        )
        to = after_refund(self.snapshot, None, refund)
        if not self._take_refund(fact, refund, account=self.account):
            raise RefusedRuling("this was recorded before; nothing was changed.")
        self.move_to(to)

    def _refuse_what_is_anothers(self) -> None:
        if fulfil.is_anothers(self.payment):
            raise RefusedRuling(
                f"what payment {self.payment.reference} is for is given for another payment. Send this money "
                "back, or settle the other payment first."
            )


def _charge_of(fact: Fact) -> Charge:
    if fact.charge_ref is None or fact.money is None:
        raise RefusedRuling("it is not stated which money came, or how much.")
    return Charge(fact.charge_ref, fact.money)
