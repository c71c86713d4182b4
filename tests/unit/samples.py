"""One checkout of PHP 200.00 and short ways to say what a gateway states about it."""

from __future__ import annotations

from typing import Any

from raseed.core.facts import Charge, Fact, FactKind, Money, Refund, RefundState, Snapshot, State, Weight

PRICE = Money.of("200.00", "PHP")


def pesos(minor: int) -> Money:
    return Money(minor, "PHP")


def checkout(state: State = State.PENDING, **changes: Any) -> Snapshot:
    """A payment as it was opened: test mode, our reference, one checkout at the gateway."""
    opened = {"livemode": False, "reference": "shop-1", "gateway_refs": frozenset({"cs_1"})}
    return Snapshot(state, PRICE, **(opened | changes))


def paid_checkout(*refunds: Refund, state: State = State.PAID, **changes: Any) -> Snapshot:
    """The same with its one exact charge, `pay_1`."""
    return checkout(state, charges=(Charge("pay_1", PRICE),), refunds=refunds, **changes)


def fact(kind: FactKind, **stated: Any) -> Fact:
    """A proof under the right identity, unless told otherwise."""
    identity = {"reference": "shop-1", "gateway_ref": "cs_1", "livemode": False}
    return Fact(kind, **({"weight": Weight.PROOF} | identity | stated))


def paid(minor: int = PRICE.minor, ref: str = "pay_1", **stated: Any) -> Fact:
    return fact(FactKind.PAID, **({"charge_ref": ref, "money": pesos(minor)} | stated))


def refund_fact(
    kind: FactKind, minor: int | None, ref: str | None = None, charge: str | None = "pay_1", **stated: Any
) -> Fact:
    money = None if minor is None else pesos(minor)
    return fact(kind, **({"charge_ref": charge, "refund_ref": ref, "money": money} | stated))


def refunded(minor: int | None, ref: str | None = None, **stated: Any) -> Fact:
    return refund_fact(FactKind.REFUNDED, minor, ref, **stated)


def our_refund(minor: int, state: RefundState, ref: str | None = None, **changes: Any) -> Refund:
    """A refund that has a row here, number 7 unless told otherwise."""
    return Refund(
        **({"id": 7, "ref": ref, "charge_ref": "pay_1", "money": pesos(minor), "state": state} | changes)
    )
