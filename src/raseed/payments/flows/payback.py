"""The money of one locked payment that goes back: through its gateway, by hand, or into a wallet.

`Payback` is the lowest part of a `Change`: what is known of the payment, and what is collected to be written.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from raseed.core.facts import Channel, Fact
from raseed.core.snapshot import Charge, Concern, Refund, Snapshot
from raseed.core.states import REFUND_HOLDS_MONEY, RefundState, State
from raseed.payments import schedule
from raseed.payments.flows import round_trips
from raseed.payments.flows.giving import GUARDED, Giving
from raseed.payments.flows.postings import refund_posting
from raseed.payments.flows.rows import refund_row
from raseed.payments.flows.wallets import SHORTFALL
from raseed.payments.models import Charge as ChargeRow
from raseed.payments.models import Payment
from raseed.payments.models import Refund as RefundRow


@dataclass
class Payback:
    """One payment, locked, and what went back of its money."""

    payment: Payment
    snapshot: Snapshot
    channel: Channel
    now: datetime
    account: str  # through which it came: the payment's own, or a wrong one
    delivery_id: int | None = None
    user_id: int | None = None
    giving: Giving = GUARDED
    is_awaited: bool = False  # a parked delivery names an id that the payment may gain now
    is_rehearsal: bool = False  # no code of the shop runs; whoever asks for it undoes the rest
    _dirty: bool = False
    _fulfilment_id: int | None = None
    _refunded: list[int] = field(default_factory=list)
    _facts: list[dict[str, Any]] = field(default_factory=list)
    _postings: list[dict[str, Any]] = field(default_factory=list)
    _gained_ids: list[str] = field(default_factory=list)

    def _take_refund(self, fact: Fact, refund: Refund, account: str = "") -> bool:
        """Record money that goes back. False: it belongs to another payment.

        `account` is given where it did not go back through the account by which it came.
        """
        is_external = not account
        account = account or self.account_of(refund.charge_ref)
        if refund.ref and self._refund_taken(account, refund):
            self._flag("identity", f"refund {refund.ref} is recorded under another payment")
            return False
        refund_id = refund.id
        if refund_id is None:
            row = refund_row(
                self.payment,
                refund.charge_ref,
                refund.money,
                account=account,
                state=refund.state.value,
                key=f"gateway:{refund.ref}",
                reason=fact.detail,
                now=self.now,
                ref=refund.ref,
                is_external=is_external,
                user_id=self.user_id,
                is_void=refund.is_void,
            )
            refund_id = round_trips.insert(
                round_trips.NewRow("raseed_refund", row, conflict="(payment_id, key)")
            )
            if refund_id is None:
                return False
        others = tuple(r for r in self.snapshot.refunds if r.id != refund.id or r.id is None)
        self.snapshot = replace(self.snapshot, refunds=(*others, replace(refund, id=refund_id)))
        self._settle_refund(refund_id, refund, fact, account)
        if refund.id is None and refund.state is RefundState.SUCCEEDED:
            self._fail_uncovered(refund.charge_ref)
        return True

    def _fail_uncovered(self, charge_ref: str) -> None:
        """What went back elsewhere cannot go back again: of what waits here, the newest gives way."""
        known = [r for r in self.snapshot.refunds if r.charge_ref == charge_ref]
        over = sum(r.money.minor for r in known if r.state in REFUND_HOLDS_MONEY)
        charge = self.snapshot.charge(charge_ref)
        over -= charge.money.minor if charge else 0
        for refund in reversed([r for r in known if r.id and r.state is RefundState.WAITING]):
            if over <= 0:
                return
            over -= refund.money.minor
            RefundRow.objects.filter(pk__in=[refund.id]).update(
                state=RefundState.FAILED,
                error="not sent: this money went back in another way meanwhile",
                settled_at=self.now,
                next_try_at=None,
            )
            failed = tuple(
                r if r.id != refund.id else replace(r, state=RefundState.FAILED)
                for r in self.snapshot.refunds
            )
            self.snapshot = replace(self.snapshot, refunds=failed)

    def _refund_taken(self, account: str, refund: Refund) -> bool:
        same = RefundRow.objects.filter(account=account, ref=refund.ref)
        if refund.id is not None:
            same = same.exclude(pk=refund.id)
        return same.exists()

    def _settle_refund(self, refund_id: int, refund: Refund, fact: Fact, account: str) -> None:
        final = refund.state in {RefundState.SUCCEEDED, RefundState.FAILED}
        RefundRow.objects.filter(pk=refund_id).update(
            ref=refund.ref,
            state=refund.state.value,
            error=fact.detail if refund.state is RefundState.FAILED else "",
            settled_at=self.now if final else None,
            next_try_at=None if final else schedule.retry_at(self.now, 1, schedule.FIRST_CHECK_SECONDS),
        )
        self._dirty = True
        if refund.state is not RefundState.SUCCEEDED:
            return
        charge = ChargeRow.objects.get(payment=self.payment, ref=refund.charge_ref)
        self._postings.append(
            refund_posting(
                self.payment,
                refund.charge_ref,
                refund.money,
                refund_id,
                account=account,
                held=charge.held,
                now=self.now,
            )
        )
        if charge.counts and self.snapshot.collected_minor() < self.snapshot.money.minor:
            self._refunded.append(refund_id)  # what leaves the whole price here takes nothing back
        if self._nothing_to_decide(charge) and self.payment.concern != SHORTFALL:
            self._flag("", "")

    def _nothing_to_decide(self, charge: ChargeRow) -> bool:
        """All went back, or all that a person was to decide about, or that was more than agreed."""
        if all(self.snapshot.refundable_minor(c) <= 0 for c in self.snapshot.charges):
            return True
        is_about_money = self.payment.concern in set(Concern) or not charge.counts
        is_too_much = self.snapshot.collected_minor() > self.snapshot.money.minor
        is_waiting = self.snapshot.state is State.REVIEW or self._held_left()
        return is_about_money and not is_too_much and not is_waiting

    def _held_left(self) -> bool:
        """There is money that nobody may count on."""
        refs = set(ChargeRow.objects.filter(payment=self.payment, held=True).values_list("ref", flat=True))
        return any(self.snapshot.refundable_minor(c) > 0 for c in self.snapshot.charges if c.ref in refs)

    def _settle_attention(self) -> None:
        """Money as agreed ends a review; what came besides and is held apart still needs a person."""
        if self.payment.attention and self._held_left():
            self._flag("identity", "other money that came for this is held until a person decides")
        elif self.payment.attention:
            self._flag("", "")

    def _price_went_back(self) -> bool:
        """Nothing is left of what the goods were given for."""
        paid = self._agreed() or self.snapshot.charges
        return bool(paid) and all(self.snapshot.refundable_minor(charge) <= 0 for charge in paid)

    def _agreed(self) -> tuple[Charge, ...]:
        """Charges under the right identity in the agreed currency."""
        currency = self.snapshot.money.currency
        return tuple(c for c in self.snapshot.charges if c.counts and c.money.currency == currency)

    def account_of(self, charge_ref: str) -> str:
        """Through which account a charge came."""
        rows = ChargeRow.objects.filter(payment=self.payment, ref=charge_ref)
        return rows.values_list("account", flat=True).get()

    # What a person should look at

    def _flag(self, concern: str, attention: str) -> None:
        if (self.payment.concern, self.payment.attention) != (concern, attention):
            self._set(concern=concern, attention=attention)

    def _set(self, **values: Any) -> None:
        for name, value in values.items():
            setattr(self.payment, name, value)
        self._dirty = True
