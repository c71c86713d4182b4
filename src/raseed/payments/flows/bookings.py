"""The money of one locked payment: charges, refunds, suspense, and what the purpose's policies do with it.

`Bookings` is the lower half of a `Change`: rows are written as they come, postings at the end.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from typing import Any

from raseed.core.facts import Fact, FactKind, Weight
from raseed.core.money import Money
from raseed.core.snapshot import CONCERN_WORDS, Charge, Concern, Move, Policy, Refund
from raseed.core.states import REFUND_HOLDS_MONEY, RefundState, State
from raseed.payments.books import WALLET
from raseed.payments.flows import fulfil, round_trips
from raseed.payments.flows.payback import Payback
from raseed.payments.flows.postings import charge_posting, earned_book, fee_posting, release_posting
from raseed.payments.flows.round_trips import NewRow
from raseed.payments.flows.rows import charge_row, refund_row
from raseed.payments.models import Charge as ChargeRow
from raseed.payments.models import Refund as RefundRow

#: How the keys of refunds begin that a policy asked for.
_POLICY_KEY = "policy-"

#: What should not have come leaves again: through the gateway, or into the payer's wallet.
_PAYS_BACK = {Policy.REFUND, Policy.CREDIT}


@dataclass
class Bookings(Payback):
    """One payment, locked, and what this transaction does to its money."""

    # Money that comes

    def _take_charge(self, fact: Fact, charge: Charge, decision: Move) -> bool:
        """Record money that came and what it is good for. False: it belongs to another payment."""
        concern, policy = decision.concern, decision.then
        had_charges = bool(self.snapshot.charges)
        gives = concern is not Concern.DOUBLE and (
            policy is Policy.FULFIL or (concern is Concern.OVER and policy in _PAYS_BACK)
        )
        double = self.snapshot.policies.double
        may_keep = decision.to is State.PAID or double is not Policy.FULFIL  # a review keeps nothing quietly
        if concern is not None and not gives and may_keep and fulfil.is_anothers(self.payment):
            # Whatever else is odd about it: the thing is given for another payment.
            concern, policy = Concern.DOUBLE, double
        held = policy is not Policy.FULFIL and not gives
        if not self._record_charge(fact, charge, held=held, concern=concern or "", claims=gives):
            return False
        if gives and not self._claim():
            concern, policy = Concern.DOUBLE, double
            if policy is not Policy.FULFIL:
                self._hold(charge)
        elif gives and had_charges and self.snapshot.state is not State.PAID:
            self._release(ChargeRow.objects.filter(payment=self.payment, held=True, counts=True))
        self._follow_policy(charge, concern, policy)
        return True

    def _follow_policy(self, charge: Charge, concern: Concern | None, policy: Policy | None) -> None:
        """Tell staff, or queue the refund, or (money as agreed) clear what a review had left."""
        if concern is None or policy is Policy.FULFIL:
            self._withdraw_refunds()
            self._settle_attention()
            return
        words = f"{CONCERN_WORDS[concern]} ({charge.money}, charge {charge.ref})"
        if policy is Policy.HOLD:
            self._flag(concern.value, f"{words}; held until a person decides")
            return
        self._flag(concern.value, f"{words}; being sent back")
        pay_back = self._credit if policy is Policy.CREDIT else self._send_back
        if concern is Concern.OVER:
            under_way = sum(self._under_way_minor(known) for known in self._agreed())
            surplus = self.snapshot.collected_minor() - self.snapshot.money.minor - under_way
            pay_back(charge, surplus, concern, words)
            return
        # Where another payment has the goods, all of this one is too much; else only what came now.
        whole = concern is Concern.DOUBLE and self.snapshot.state is not State.PAID
        for each in self._agreed() if whole else (charge,):
            pay_back(each, each.money.minor, concern, words)

    def _credit(self, charge: Charge, minor: int, concern: Concern, words: str) -> None:
        """Put it into the payer's wallet, in this transaction: a refund that the gateway knows nothing of."""
        minor = min(minor, self.snapshot.refundable_minor(charge) - self._under_way_minor(charge))
        if minor <= 0:
            return
        money = Money(minor, charge.money.currency)
        name = f"credit:{charge.ref}:{len(self.snapshot.refunds) + 1}"
        refund = Refund(None, name, charge.ref, money, RefundState.SUCCEEDED, at_gateway=False)
        said = Fact(FactKind.REFUNDED, Weight.PROOF, detail=words)
        self._take_refund(said, refund, account=f"{WALLET}{self.payment.wallet_owner}")

    def _send_back(self, charge: Charge, minor: int, concern: Concern, words: str) -> None:
        """Queue a refund by policy, of no more than what is left and not on its way back already."""
        minor = min(minor, self.snapshot.refundable_minor(charge) - self._under_way_minor(charge))
        if minor <= 0:
            return
        said = f"{concern}:{charge.ref}:{charge.money.minor}"
        money = Money(minor, charge.money.currency)
        row = refund_row(
            self.payment,
            charge.ref,
            money,
            account=self.account_of(charge.ref),
            state=RefundState.WAITING.value,
            key=f"{_POLICY_KEY}{hashlib.sha256(said.encode()).hexdigest()[:24]}",
            reason=words,
            now=self.now,
            next_try_at=self.now,
        )
        refund_id = round_trips.insert(NewRow("raseed_refund", row, conflict="(payment_id, key)"))
        if refund_id is not None:
            queued = Refund(refund_id, None, charge.ref, money, RefundState.WAITING)
            self.snapshot = replace(self.snapshot, refunds=(*self.snapshot.refunds, queued))

    def _withdraw_refunds(self) -> None:
        """Money that is good after all is not sent back, where that has not begun."""
        waiting = [r.id for r in self.snapshot.refunds if r.id and r.state is RefundState.WAITING]
        if not waiting:
            return
        ours = RefundRow.objects.filter(pk__in=waiting, key__startswith=_POLICY_KEY)
        gone = set(ours.values_list("pk", flat=True))
        RefundRow.objects.filter(pk__in=gone).update(
            state=RefundState.FAILED,
            error="withdrawn: the money is good",
            settled_at=self.now,
            next_try_at=None,
        )
        kept = tuple(r for r in self.snapshot.refunds if r.id not in gone)
        self.snapshot = replace(self.snapshot, refunds=kept)

    def _under_way_minor(self, charge: Charge) -> int:
        """What is on its way back of a charge."""
        under_way = REFUND_HOLDS_MONEY - {RefundState.SUCCEEDED}
        own = (r for r in self.snapshot.refunds if r.charge_ref == charge.ref and r.state in under_way)
        return sum(refund.money.minor for refund in own)

    def _record_charge(self, fact: Fact, charge: Charge, *, held: bool, concern: str, claims: bool) -> bool:
        """A new charge is inserted; a known one that grew or was corrected is updated."""
        known = self.snapshot.charge(charge.ref)
        if known is None:
            return self._insert_charge(fact, charge, held=held, concern=concern, claims=claims)
        row = ChargeRow.objects.get(payment=self.payment, ref=charge.ref)
        difference = Money(charge.money.minor - known.money.minor, charge.money.currency)
        self._postings.append(
            charge_posting(
                self.payment,
                charge.ref,
                difference,
                account=row.account,
                held=row.held,
                now=self.now,
                memo="correction",
            )
        )
        ChargeRow.objects.filter(pk=row.pk).update(minor=charge.money.minor)
        self._dirty = True
        self._know(charge)
        self.learn_fee(fact)
        return True

    def _insert_charge(
        self, fact: Fact, charge: Charge, *, held: bool, concern: str, claims: bool = False
    ) -> bool:
        """`claims`: the thing is claimed in the same round trip, if it can be; `_claim` finds out."""
        row = charge_row(
            self.payment, fact, charge, account=self.account, held=held, concern=concern, now=self.now
        )
        new = NewRow("raseed_charge", row, conflict="(account, ref)")
        if claims and self._fulfilment_id is None:
            claim = fulfil.claim_row(self.payment, self.now, self.giving)
            charge_id, self._fulfilment_id = round_trips.insert_both(new, claim)
        else:
            charge_id = round_trips.insert(new)
        if charge_id is None:
            owner = ChargeRow.objects.get(account=self.account, ref=charge.ref).payment
            self._flag("identity", f"charge {charge.ref} is recorded under payment {owner.reference}")
            return False
        self._know(charge)
        self._gained_ids.append(charge.ref)
        self._postings.append(
            charge_posting(
                self.payment, charge.ref, charge.money, account=self.account, held=held, now=self.now
            )
        )
        if row["fee_minor"] is not None and fact.fee is not None:
            self._postings += fee_posting(
                self.payment, charge.ref, fact.fee, account=self.account, now=self.now
            )
        return True

    def _know(self, charge: Charge) -> None:
        others = tuple(c for c in self.snapshot.charges if c.ref != charge.ref)
        self.snapshot = replace(self.snapshot, charges=(*others, charge))

    def _hold(self, charge: Charge) -> None:
        """Money booked as a sale a moment ago turns out to be a second payment for the same thing."""
        rows = ChargeRow.objects.filter(payment=self.payment, ref=charge.ref)
        rows.update(held=True, concern=Concern.DOUBLE.value)
        for entry in self._postings:
            if entry["charge_ref"] == charge.ref and entry["memo"] == "charge":
                entry["credit"] = earned_book(self.payment, held=True)

    def _release(self, held: Any) -> None:
        """Held money becomes a sale."""
        for row in held:
            ChargeRow.objects.filter(pk=row.pk).update(held=False, counts=True)
            self._know(Charge(row.ref, row.money))
            left = Money(self.snapshot.refundable_minor(Charge(row.ref, row.money)), row.currency)
            self._postings += release_posting(self.payment, row.ref, left, self.now)

    def learn_fee(self, fact: Fact) -> None:
        """A fee that is stated later than its charge is booked when it becomes known."""
        if fact.weight is Weight.HINT or fact.fee is None or self.snapshot.charge(fact.charge_ref) is None:
            return
        unknown = ChargeRow.objects.filter(
            payment=self.payment, ref=fact.charge_ref, currency=fact.fee.currency, fee_minor=None
        )
        account = unknown.values_list("account", flat=True).first()
        if account and fact.charge_ref and unknown.update(fee_minor=fact.fee.minor):
            self._postings += fee_posting(
                self.payment, fact.charge_ref, fact.fee, account=account, now=self.now
            )

    # Goods, and what a person should look at

    def _claim(self) -> bool:
        """Claim the one fulfilment of this purpose, payable and occasion. False: another payment has it."""
        if self._fulfilment_id is not None:
            return True
        self._fulfilment_id = round_trips.insert(fulfil.claim_row(self.payment, self.now, self.giving))
        return self._fulfilment_id is not None or fulfil.is_ours(self.payment)
