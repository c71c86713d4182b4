"""The one door. Facts from every channel, and a person's rulings, change a payment here and nowhere else.

One transaction, one row lock, one commit: lock the payment, decide each fact, write what follows
(charges, refunds, postings, history), then give what was paid for inside the same transaction.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction

from raseed.core.errors import ConfigurationError, RefusedRuling
from raseed.core.facts import Channel, Fact, decide
from raseed.core.snapshot import (
    Ask,
    Charge,
    Decision,
    Move,
    Policies,
    Record,
    Refund,
    Review,
    Snapshot,
    review,
)
from raseed.core.states import MOVES, OPEN, RefundState, State
from raseed.payments import conf
from raseed.payments.flows import disputes, statements
from raseed.payments.flows.changes import Change
from raseed.payments.flows.giving import GUARDED, Giving
from raseed.payments.flows.once_more import once_more
from raseed.payments.flows.verdict import Verdict
from raseed.payments.flows.wallets import SHORTFALL
from raseed.payments.models import Payment, Ruling


@dataclass(frozen=True)
class Applied:
    """What came of it: the payment as it stands now, and one decision per fact."""

    payment: Payment
    decisions: tuple[Decision, ...]

    @property
    def asks(self) -> bool:
        """At least one fact proved nothing and wants the gateway to be asked."""
        return any(isinstance(decision, Ask) for decision in self.decisions)


def apply_facts(
    payment_id: int,
    facts: Sequence[Fact],
    *,
    channel: Channel,
    now: datetime,
    account: str | None = None,
    delivery_id: int | None = None,
    user: Any = None,
    giving: Giving = GUARDED,
    locked: statements.Locked | None = None,
) -> Applied:
    """Apply facts to a payment, in the order given, in one transaction.

    `account` is the account the facts came through; it must be the payment's own.
    `giving` says when the site's code runs, and what an error in it undoes. `locked` is the payment where
    this transaction has locked it already.
    """
    with transaction.atomic(savepoint=False):
        change = begin_change(
            payment_id,
            facts,
            channel=channel,
            now=now,
            account=account,
            delivery_id=delivery_id,
            user_id=getattr(user, "pk", None),
            giving=giving,
            locked=locked,
        )
        decisions = decide_all(change, facts, account)
        change.write()
    return Applied(change.payment, decisions)


def begin_change(
    payment_id: int,
    facts: Sequence[Fact],
    *,
    channel: Channel,
    now: datetime,
    account: str | None,
    locked: statements.Locked | None = None,
    **more: Any,
) -> Change:
    """Lock the payment and see how it stands. Inside a transaction; `more` goes to the Change."""
    charge_refs = sorted({fact.charge_ref for fact in facts if fact.charge_ref})
    locked = locked or statements.lock(payment_id, awaited=charge_refs)
    payment = locked.payment
    return Change(
        payment=payment,
        is_awaited=locked.is_awaited,
        snapshot=snapshot_of(payment),
        channel=channel,
        now=now,
        account=account or payment.account,
        **more,
    )


def decide_all(change: Change, facts: Sequence[Fact], account: str | None) -> tuple[Decision, ...]:
    """Decide each fact in the order given, each on what the one before has left."""
    return tuple(_apply(change, fact, account) for fact in facts)


def apply_answer(
    payment_id: int, facts: Sequence[Fact], *, channel: Channel = Channel.POLL, account: str | None = None
) -> Applied:
    """Apply the answer to a call of ours; once more if the transaction dies: it was not asked in vain."""
    now = conf.now()
    return once_more(
        lambda giving: apply_facts(
            payment_id, facts, channel=channel, now=now, account=account, giving=giving
        )
    )


def _apply(change: Change, fact: Fact, account: str | None) -> Decision:
    before = change.snapshot.state
    decision = decide(change.snapshot, fact)
    if isinstance(decision, Review) and disputes.is_known(change.payment, fact):
        decision = Record("this dispute is known")
    if account not in (None, change.payment.account) and isinstance(decision, Move):
        decision = _through_wrong_account(change, decision)
    if not isinstance(decision, Review):
        change.learn_identity(fact)
        change.learn_ids(fact)
    match decision:
        case Move():
            change.move(fact, decision)
        case Review():
            change.review(fact, decision)
        case Ask():
            change.ask(fact)
        case _:
            change.learn_fee(fact)
            change.learn_card(fact)
    change.follow_dispute(fact, decision)
    change.keep(fact, decision, before)
    return decision


def _through_wrong_account(change: Change, decision: Move) -> Decision:
    """Rule 4: the account is compared with what was opened; money that came is kept apart."""
    why = f"it came through the account {change.account!r}"
    if decision.charge is None and decision.refund is None:
        return Record(f"about another checkout: {why}")
    if decision.refund is not None and change.account_of(decision.refund.charge_ref) == change.account:
        return decision  # money that had come there by mistake goes back
    charge = Charge(decision.charge.ref, decision.charge.money, counts=False) if decision.charge else None
    return review(change.snapshot, why, charge)


def apply_ruling(
    payment_id: int,
    ruling: Ruling,
    *,
    now: datetime,
    reason: str = "",
    user: Any = None,
    seen: tuple[str, str] | None = None,
    fact: Fact | None = None,
    account: str | None = None,
) -> Payment:
    """Apply what our own side decides: a deadline that passed, or a person's word in a review.

    `fact` and `account` state the money that a person vouches for, and where it is. `seen` is the state
    and the attention that the person decided about. Raises RefusedRuling where they are others by now,
    or where the ruling does not fit the state; nothing changes then.
    """
    with transaction.atomic():  # a savepoint: a refusal leaves a transaction of the site's own whole
        payment = statements.lock_payment(payment_id)
        if seen not in (None, (payment.state, payment.attention)):
            raise RefusedRuling(f"payment {payment.reference} changed meanwhile; look again, then decide.")
        snapshot = snapshot_of(payment)
        channel = Channel.POLL if ruling is Ruling.LAPSED else Channel.MANUAL
        change = Verdict(
            payment=payment,
            snapshot=snapshot,
            channel=channel,
            now=now,
            account=account or payment.account,
            user_id=getattr(user, "pk", None),
        )
        match ruling:
            case Ruling.LAPSED if snapshot.state in OPEN:
                change.move_to(State.LAPSED)
            case Ruling.ACCEPTED if _is_to_decide(payment, snapshot):
                change.accept()
            case Ruling.REJECTED if State.CANCELLED in MOVES[snapshot.state] and snapshot.state not in OPEN:
                change.reject(reason)
            case Ruling.MARKED_PAID if fact and snapshot.state not in {State.PAID, State.AUTHORIZED}:
                change.mark_paid(fact)
            case Ruling.GIVEN_BACK if fact and snapshot.charges:
                change.give_back(fact)
            case _:
                raise RefusedRuling(
                    f"payment {payment.reference} is {payment.state}; it cannot be {_RULED[ruling]}."
                )
        change.keep_ruling(ruling, reason, snapshot.state, fact)
        change.write()
    return payment


_RULED = {ruling: ruling.value.replace("_", " ") for ruling in Ruling}


def _is_to_decide(payment: Payment, snapshot: Snapshot) -> bool:
    """A person was asked about money, and some of it is still here; or about what a wallet fell short of."""
    if payment.concern == SHORTFALL:
        return True
    asked = snapshot.state is State.REVIEW or bool(payment.attention)
    return asked and any(snapshot.refundable_minor(charge) > 0 for charge in snapshot.charges)


def snapshot_of(payment: Payment) -> Snapshot:
    """What `decide` may know. Charges exist only where money came, so most payments need no look-up."""
    money_came = payment.state in {State.PAID, State.REVIEW, State.CANCELLED}
    return Snapshot(
        state=State(payment.state),
        money=payment.expected,
        livemode=payment.livemode,
        reference=payment.reference,
        gateway_refs=frozenset(filter(None, [payment.gateway_ref, *payment.ids.values()])),
        charges=_charges(payment) if money_came else (),
        refunds=_refunds(payment) if money_came else (),
        policies=_policies(payment),
    )


def _charges(payment: Payment) -> tuple[Charge, ...]:
    return tuple(Charge(c.ref, c.money, c.counts) for c in payment.charges.order_by("pk"))


def _refunds(payment: Payment) -> tuple[Refund, ...]:
    return tuple(
        Refund(r.pk, r.ref, r.charge_ref, r.money, RefundState(r.state), r.is_void, r.is_at_gateway)
        for r in payment.refunds.order_by("pk")
    )


def _policies(payment: Payment) -> Policies:
    """A purpose that is no longer configured holds everything; what cannot be sent back is held as well."""
    try:
        policies: Policies = payment.purpose_object().policies
        can_refund = conf.current().gateway(payment.account).capabilities.can_refund
    except ConfigurationError:
        return Policies()
    if not payment.wallet_owner:
        policies = policies.without_credit()
    return policies if can_refund else policies.without_refunds()
