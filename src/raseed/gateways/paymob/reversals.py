"""Refund, void and capture: each makes a transaction of its own, whose parent is what it is made of.

No call takes an idempotency key. Before a refund is sent, the running total of what went back is kept; a lost
answer is then told from the total, and nothing is sent twice. Where the total grew by something else,
somebody refunded in the dashboard meanwhile: then the order's transactions tell whether ours is among them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from raseed.core.errors import GatewayRefused, GatewayUnavailable
from raseed.core.facts import Fact, FactKind, Weight
from raseed.core.money import Money
from raseed.gateways.base import GatewayRef, Memory
from raseed.gateways.http import Document
from raseed.gateways.paymob.caller import Caller
from raseed.gateways.paymob.facts import reversal_kind
from raseed.gateways.paymob.inquiry import by_id, of_order, path_id
from raseed.gateways.paymob.members import Members
from raseed.gateways.paymob.refusals import decline
from raseed.gateways.paymob.transactions import Transaction, transaction
from raseed.gateways.steps import note

#: A refund that was sent shows in the total by then, or never: only after this time "not there" is certain.
CERTAIN_SECONDS = 180

#: Our own keys are short; a longer one is replaced by its digest, so that it fits wherever it is kept.
_LONGEST_KEY = 64


def send_refund(
    caller: Caller, ref: GatewayRef, charge_ref: str, money: Money, key: str, memory: Memory
) -> list[Fact]:
    """Send money of a charge back, all or a part. The answer is final."""
    _keep_total(caller, charge_ref, money, key, memory)
    body = {"transaction_id": int(path_id(charge_ref)), "amount_cents": money.minor}
    made = _act(caller, memory, "/api/acceptance/void_refund/refund", body)
    return [_refund_fact(made, ref, charge_ref, money)]


def find_refund(
    caller: Caller, ref: GatewayRef, charge_ref: str, key: str, refund_ref: str | None, memory: Memory
) -> list[Fact]:
    """One refund by its own id; without one, from how the total has grown since we kept it."""
    if refund_ref:
        made = by_id(caller, memory, refund_ref)
        if made.order not in {None, ref.gateway_ref or made.order}:
            return []
        return [_refund_fact(made, ref, charge_ref, made.money)]
    kept = _kept_total(key, memory)
    if kept is None:
        return []
    before, minor, sent_at = kept
    charge = by_id(caller, memory, charge_ref)
    grown = _total(charge) - before
    if grown == 0:
        _refuse_early(caller, sent_at)
        return []
    if grown != minor:
        made_since = _made_since(of_order(caller, memory, ref.gateway_ref, ref.reference), charge_ref, before)
        if sum(_minor(one) for one in made_since) != grown:
            raise GatewayUnavailable(
                f"refunds of Paymob transaction {charge_ref} grew by {grown}, not by the {minor} that were "
                "sent: another refund was made at the same time. Compare them in the dashboard."
            )
        ours = [one for one in made_since if _minor(one) == minor]
        if not ours:
            _refuse_early(caller, sent_at)
        return [_refund_fact(one, ref, charge_ref, one.money) for one in ours[:1]]
    money = Money(minor, charge.money.currency) if charge.money else None
    found = _fact(FactKind.REFUNDED, charge, ref, charge_ref=charge_ref, money=money)
    return [replace(found, detail="the running total has grown by this refund")]


def release(caller: Caller, ref: GatewayRef, charge_ref: str, memory: Memory) -> list[Fact]:
    """Void: held money, or on the same business day what was paid by card."""
    body = {"transaction_id": int(path_id(charge_ref))}
    made = _act(caller, memory, "/api/acceptance/void_refund/void", body)
    kind = FactKind.VOIDED if _is_done(made) else FactKind.UNKNOWN
    return [_fact(kind, made, ref, charge_ref=charge_ref)]


def take(caller: Caller, ref: GatewayRef, charge_ref: str, money: Money, memory: Memory) -> list[Fact]:
    """Capture held money, all or a part. What was captured is a charge of its own."""
    body = {"transaction_id": int(path_id(charge_ref)), "amount_cents": money.minor}
    made = _act(caller, memory, "/api/acceptance/capture", body)
    kind = FactKind.CAPTURED if _is_done(made) else FactKind.UNKNOWN
    return [_fact(kind, made, ref, charge_ref=made.id, money=made.money or money)]


def _act(caller: Caller, memory: Memory, path: str, body: Document) -> Transaction:
    """Make the call, once. Raises GatewayRefused also where the answer is a transaction that failed."""
    answer = (
        caller.with_secret(path, body) if caller.has_secret_key else caller.with_token(memory, path, body)
    )
    wrapped = answer.get("obj")
    made = transaction(wrapped if isinstance(wrapped, Mapping) else answer)
    pending, success = made.members.flag("pending"), made.members.flag("success")
    if made.id is None or success is None:
        raise GatewayUnavailable(f"Paymob POST {path}: answered without a transaction.")
    if not success and pending is not True:
        raise GatewayRefused(f"Paymob did not do it. {decline(made.codes)}", status=200)
    return made


def _is_done(made: Transaction) -> bool:
    return made.members.flag("success") is True and made.members.flag("pending") is not True


def _refund_fact(made: Transaction, ref: GatewayRef, charge_ref: str, money: Money | None) -> Fact:
    fact = _fact(reversal_kind(made), made, ref, charge_ref=charge_ref, money=made.money or money)
    return replace(fact, refund_ref=made.id)


def _fact(
    kind: FactKind,
    told: Transaction,
    ref: GatewayRef,
    *,
    charge_ref: str | None,
    money: Money | None = None,
) -> Fact:
    return Fact(
        kind,
        Weight.PROOF,
        reference=ref.reference,
        gateway_ref=ref.gateway_ref or told.order,
        charge_ref=charge_ref,
        money=money,
        occurred_at=told.occurred_at,
        livemode=told.is_live,
        detail=f"transaction {kind.value}",
        raw=told.shown(),
    )


def _made_since(listed: Sequence[Transaction], charge_ref: str, before: int) -> list[Transaction]:
    """The refunds of a charge beyond that total, told by their own transactions: ids grow with time."""
    refunds = [
        told
        for told in listed
        if told.is_reversal and not told.is_void and told.parent == charge_ref
        if reversal_kind(told) is FactKind.REFUNDED
    ]
    so_far, since = 0, []
    for told in refunds:
        if so_far < before:
            so_far += _minor(told)
        else:
            since.append(told)
    return since if so_far == before else []


def _minor(told: Transaction) -> int:
    return told.money.minor if told.money else 0


# --- the total from before --------------------------------------------------------------------------


def _keep_total(caller: Caller, charge_ref: str, money: Money, key: str, memory: Memory) -> None:
    """Ask what went back so far, and keep it with the amount and the time: once for each sending."""
    before = _total(by_id(caller, memory, charge_ref))
    kept = {"total": before, "minor": money.minor, "at": caller.clock().isoformat()}
    number = 1
    while memory.recall(_step(key, number)) is not None:
        number += 1
    note(memory, _step(key, number), kept)


def _kept_total(key: str, memory: Memory) -> tuple[int, int, datetime] | None:
    """Total, amount and time of the last sending; None: nothing was ever sent under this key."""
    kept: Members | None = None
    number = 1
    while (found := memory.recall(_step(key, number))) is not None:
        kept, number = Members(found), number + 1
    if kept is None:
        return None
    return kept.minor("total") or 0, kept.minor("minor") or 0, datetime.fromisoformat(kept.text("at"))


def _refuse_early(caller: Caller, sent_at: datetime) -> None:
    """Paymob may still be working on what was sent a moment ago. Raises GatewayUnavailable."""
    left = timedelta(seconds=CERTAIN_SECONDS) - (caller.clock() - sent_at)
    if left > timedelta(0):
        raise GatewayUnavailable(
            "Paymob shows no such refund yet; it is asked again before anything is sent again.",
            retry_after_seconds=left.total_seconds(),
        )


def _total(told: Transaction) -> int:
    return told.members.minor("refunded_amount_cents") or 0


def _step(key: str, number: int) -> str:
    short = key if len(key) <= _LONGEST_KEY else hashlib.sha256(key.encode()).hexdigest()
    return f"refund:{short}:{number}"
