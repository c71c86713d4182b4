"""Facts from transactions. What a signature does not cover is a hint of its own, and never inside a proof.

A proof carries the signed ids, amount and currency. Our reference, running totals and what a refund belongs
to are unsigned: anybody who can replay one genuine callback can change them. They make us ask.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from raseed.core.facts import Fact, FactKind, Weight
from raseed.gateways.base import GatewayRef
from raseed.gateways.paymob.refusals import decline
from raseed.gateways.paymob.transactions import Transaction

_MONEY = {FactKind.PAID, FactKind.CAPTURED, FactKind.AUTHORIZED, FactKind.VOIDED}


def delivered_facts(told: Transaction, doubt: str = "") -> list[Fact]:
    """The facts of one signed transaction. `doubt` says why it proves nothing, or is empty."""
    if told.is_reversal:
        return [_reversal_hint(told), *_reference_hint(told)]
    facts = [_fact(told, told.kind, Weight.HINT if doubt else Weight.PROOF, doubt)]
    if told.is_refunded or told.refunded is not None:
        facts = _with_refund(told, facts[0])
    return [*facts, *_reference_hint(told)]


def _with_refund(told: Transaction, fact: Fact) -> list[Fact]:
    """A payment of which money went back. How much is unsigned: a hint, and the answer to it is the proof.

    Where all of it seems to have gone, its coming is a hint too: should we hear of both only now, the answer
    tells both at once, and nothing is given for money that is back already.
    """
    total = told.refunded
    hint = replace(fact, kind=FactKind.REFUNDED, weight=Weight.HINT, money=total, is_total=total is not None)
    hint = replace(hint, detail="money went back; how much must be asked")
    if fact.kind is FactKind.PAID and total is not None and total == fact.money:
        fact = replace(fact, weight=Weight.HINT, detail="it came, and seems to have gone back")
    return [fact, hint]


def _reversal_hint(told: Transaction) -> Fact:
    """A refund or void as its own transaction. Its amount is signed; what it is and belongs to is not."""
    kind = reversal_kind(told)
    if told.is_void and kind is FactKind.REFUNDED:
        kind = FactKind.VOIDED
    hint = _fact(
        told, kind, Weight.HINT, "a transaction that has a parent; what became of that must be asked"
    )
    return replace(hint, charge_ref=told.parent, refund_ref=told.id)


def reversal_kind(told: Transaction) -> FactKind:
    """Where a refund or void stands that is told as its own transaction. What is not final is pending."""
    if told.members.flag("pending") is not False or told.members.flag("success") is None:
        return FactKind.REFUND_PENDING
    return FactKind.REFUNDED if told.members.flag("success") else FactKind.REFUND_FAILED


def _reference_hint(told: Transaction) -> list[Fact]:
    """Our own reference, which is not signed: it tells people what a callback without a payment is about."""
    if told.reference is None:
        return []
    said = "the order bears this reference; it is not signed"
    return [Fact(FactKind.OPENED, Weight.HINT, reference=told.reference, gateway_ref=told.order, detail=said)]


def asked_facts(listed: Sequence[Transaction], ref: GatewayRef) -> list[Fact]:
    """The facts of all transactions of one order, oldest first, as Paymob answered them: all are proofs.

    Refunds are counted by the running total of what they were made of; a refund's own transaction is told
    by `query_refund`. What was paid and voided is told as both, so that the order of things is no matter.
    """
    captures = [told for told in listed if told.kind is FactKind.CAPTURED]
    facts: list[Fact] = []
    for told in listed:
        if told.is_reversal:
            continue
        kind = told.kind
        if kind is FactKind.VOIDED and not told.is_authorization:
            facts.append(_answer(told, FactKind.PAID, ref))
        if kind is FactKind.AUTHORIZED and captures:
            kind = FactKind.OPENED
        facts.append(_answer(told, kind, ref))
        facts += _refund_total(told, captures, ref)
    return facts


def _refund_total(told: Transaction, captures: Sequence[Transaction], ref: GatewayRef) -> list[Fact]:
    """The running total of refunds. Of money that was held, it belongs to what was captured."""
    if told.refunded is None or told.kind not in _MONEY:
        return []
    fact = replace(_answer(told, FactKind.REFUNDED, ref), money=told.refunded, is_total=True)
    if told.kind is FactKind.AUTHORIZED:
        only = captures[0].id if len(captures) == 1 else None
        fact = replace(fact, charge_ref=only)
    return [fact]


def _answer(told: Transaction, kind: FactKind, ref: GatewayRef) -> Fact:
    """One fact of an answer, whose every member is authenticated. Our reference is the one we asked for."""
    fact = _fact(told, kind, Weight.PROOF)
    return replace(fact, reference=told.reference or ref.reference, livemode=told.is_live)


def _fact(told: Transaction, kind: FactKind, weight: Weight, why: str = "") -> Fact:
    is_money = kind in _MONEY or told.is_reversal
    return Fact(
        kind,
        weight,
        gateway_ref=told.order,
        charge_ref=told.id,
        money=told.money if is_money else None,
        occurred_at=told.occurred_at,
        detail=why or _said(told, kind),
        raw=told.shown(),
    )


def _said(told: Transaction, kind: FactKind) -> str:
    if kind is FactKind.ATTEMPT_FAILED:
        return decline(told.codes)
    return f"transaction {kind.value}"
