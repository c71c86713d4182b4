"""Facts from an order of version 2: the same reading for what we asked and for what was delivered.

Only the root `state` decides. An attempt may have failed in an order that is open or paid; a delivery's
name may say "failed" of an order that is neither.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from raseed.core.facts import Fact, FactKind, Weight
from raseed.core.money import Money
from raseed.gateways.phonepe.members import Members
from raseed.gateways.phonepe.refusals import decline
from raseed.gateways.phonepe.vocabulary import COMPLETED, FAILED, ORDER_EXPIRED, PENDING


@dataclass(frozen=True, slots=True)
class About:
    """What is known besides the document: how much it weighs, what it was asked for, the event it came in."""

    weight: Weight
    reference: str | None = None
    event: Mapping[str, Any] = field(default_factory=dict)


def order_facts(order: Members, about: About) -> list[Fact]:
    """Every failed attempt, and then how the order stands."""
    attempts = order.children("paymentDetails")
    failed = [_failed_attempt(order, attempt, about) for attempt in attempts if _state(attempt) == FAILED]
    match _state(order):
        case "COMPLETED":
            return [*failed, *_paid(order, attempts, about)]
        case "FAILED":
            return [*failed, _ended(order, about)]
        case "PENDING":
            return [*failed, _fact(FactKind.PENDING, order, about, detail="order PENDING")]
        case word:
            detail = f"an order whose state is {word or 'not stated'}"
            return [*failed, _fact(FactKind.UNKNOWN, order, about, detail=detail)]


def _paid(order: Members, attempts: list[Members], about: About) -> list[Fact]:
    """One charge per completed attempt: a single one for the order's amount, several for their own.

    Where no attempt is named, the order itself is the charge: the root state decides.
    """
    completed = [attempt for attempt in attempts if _state(attempt) == COMPLETED]
    if len(completed) > 1:
        return [_charge(order, attempt, attempt.money() or order.money(), about) for attempt in completed]
    attempt = completed[0] if completed else Members({})
    return [_charge(order, attempt, order.money() or attempt.money(), about)]


def _charge(order: Members, attempt: Members, money: Money | None, about: About) -> Fact:
    ref = attempt.ref("transactionId") or order.ref("orderId")
    is_paid = ref is not None and money is not None and money.minor > 0
    return _fact(
        FactKind.PAID if is_paid else FactKind.UNKNOWN,
        order,
        about,
        attempt=attempt,
        charge_ref=ref,
        money=money if is_paid else None,
        detail=f"order COMPLETED {attempt.text('paymentMode')}".strip(),
    )


def _ended(order: Members, about: About) -> Fact:
    code, detailed = order.text("errorCode"), order.text("detailedErrorCode")
    if ORDER_EXPIRED in {code, detailed}:
        return _fact(FactKind.EXPIRED, order, about, detail="order FAILED: nobody paid in time")
    return _fact(FactKind.FAILED, order, about, detail=f"order FAILED: {decline(code)}")


def _failed_attempt(order: Members, attempt: Members, about: About) -> Fact:
    return _fact(
        FactKind.ATTEMPT_FAILED,
        order,
        about,
        attempt=attempt,
        charge_ref=attempt.ref("transactionId"),
        detail=f"attempt FAILED: {decline(attempt.text('errorCode'))}",
    )


def _fact(
    kind: FactKind,
    order: Members,
    about: About,
    *,
    attempt: Members | None = None,
    charge_ref: str | None = None,
    money: Money | None = None,
    detail: str,
) -> Fact:
    event = about.event.get("event")
    shown = {"attempt": attempt.shown()} if attempt else {}
    return Fact(
        kind,
        about.weight,
        reference=order.ref("merchantOrderId") or about.reference,
        gateway_ref=order.ref("orderId"),
        charge_ref=charge_ref,
        money=money,
        occurred_at=attempt.moment("timestamp") if attempt else None,
        detail=f"{event}: {detail}" if event else detail,
        raw={**about.event, **order.shown(), **shown},
    )


def _state(members: Members) -> str:
    return members.text("state")


#: States that say something; used where an answer must be told from something that is no answer.
KNOWN_STATES = frozenset({COMPLETED, FAILED, PENDING})
