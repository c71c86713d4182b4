"""What must hold once everything that comes by itself has come: all our rows against all gateways' books.

Loaded after Django is set up. Nothing here uses a flow: it reads rows, and the sandbox's books, which share
no code with ours.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from raseed.core.disputes import DISPUTED
from raseed.core.states import RefundState, State
from raseed.payments.books import WALLET, is_gateways
from raseed.payments.ledger_check import check_ledger
from raseed.payments.models import Charge, Fulfilment, FulfilmentState, Payment, Refund, Wallet
from raseed.proof.breach import Breach
from raseed.proof.gateway_books import GatewayBooks, Movement
from raseed.proof.loose_ends import delivery_breaches, failure_breaches, move_breaches, undone

#: The invariants, by the names in which they are told.
THERE = "paid there, paid here"
IN_TIME = "within the promised time"
HERE = "paid here, held there"
GIVEN = "given once"
BACK = "refunds to the cent"
LEDGER, WALLETS = "the ledger balances", "wallets equal their history"

_MONEY_CAME = {State.PAID, State.REVIEW}


def breaches(
    books: GatewayBooks, *, promise_seconds: float, misstated: Collection[str] = frozenset()
) -> list[Breach]:
    """Everything that does not hold at rest; empty when all is well.

    `promise_seconds`: within which money that came had to be known here, where the books say when it came.
    What came a second time for one payment is found by the daily look at the latest; that must be over.
    `misstated`: references about which a gateway was made to state an amount or currency that is not so.
    Of those we must know the charge; whether its amount is right is not asked.
    """
    rows = _Rows.read()
    return [
        *_paid_there(rows, books.movements, promise_seconds, misstated),
        *_paid_here(rows, books.movements),
        *_given_once(rows),
        *_refunds(rows, books.movements, misstated),
        *_ledger(),
        *_wallets(),
        *delivery_breaches(books.acknowledged),
        *move_breaches(),
        *failure_breaches(books.refused, misstated),
        *undone(),
    ]


@dataclass
class _Rows:
    """The rows that several invariants look at, each table read once."""

    payments: dict[int, Payment]
    charges: list[Charge]
    refunds: list[Refund]
    fulfilments: list[Fulfilment]

    @classmethod
    def read(cls) -> _Rows:
        return cls(
            Payment.objects.in_bulk(),
            list(Charge.objects.all()),
            list(Refund.objects.all()),
            list(Fulfilment.objects.all()),
        )

    def name(self, payment_id: int) -> str:
        return self.payments[payment_id].reference


def _paid_there(
    rows: _Rows, movements: Iterable[Movement], promise_seconds: float, misstated: Collection[str]
) -> Iterator[Breach]:
    """Every movement of money at a gateway has its charge, in time, and its payment is paid or in review."""
    ours = {(charge.account, charge.ref): charge for charge in rows.charges}
    references = {payment.reference for payment in rows.payments.values()}
    movements = sorted(movements, key=lambda movement: movement.at or 0.0)
    begun: set[str] = set()
    for movement in movements:
        if movement.reference not in references:
            continue  # not made by this site
        charge = ours.get((movement.gateway, movement.ref))
        if charge is None:
            said = f"{movement.gateway} holds {movement.ref} ({movement.minor} {movement.currency})"
            yield Breach(THERE, movement.reference, f"{said}, unknown here")
            continue
        promise = math.inf if movement.reference in begun else promise_seconds
        begun.add(movement.reference)
        yield from _same(rows, movement, charge, promise, movement.reference in misstated)


def _same(
    rows: _Rows, movement: Movement, charge: Charge, promise_seconds: float, is_misstated: bool
) -> Iterator[Breach]:
    """Money of which all went back before a person decided about it leaves a payment cancelled.

    All of it: or all that we know of, where its amount was misstated to us.
    """
    payment, about = rows.payments[charge.payment_id], movement.reference
    if payment.reference != about:
        yield Breach(THERE, about, f"its charge is booked to {payment.reference}")
    went_back = payment.state == State.CANCELLED and movement.back in {movement.minor, charge.minor}
    if State(payment.state) not in _MONEY_CAME and not went_back:
        yield Breach(THERE, about, f"{charge.ref} came and it is {payment.state}")
    seen = (charge.minor, charge.currency, charge.fee_minor)
    held = (movement.minor, movement.currency, movement.fee)
    if seen != held and not is_misstated:
        yield Breach(THERE, about, f"{charge.ref}: here {seen}, at the gateway {held}")
    if movement.at is not None and charge.created_at.timestamp() - movement.at > promise_seconds:
        late = charge.created_at.timestamp() - movement.at
        yield Breach(
            "within the promised time", about, f"{charge.ref} became known {late:.0f} s after it came"
        )


def _paid_here(rows: _Rows, movements: Iterable[Movement]) -> Iterator[Breach]:
    """Nothing counts as money here that no gateway holds, but what a person vouched for."""
    theirs = {(movement.gateway, movement.ref) for movement in movements}
    funded = set()
    for charge in rows.charges:
        funded.add(charge.payment_id)
        if is_gateways(charge.account) and (charge.account, charge.ref) not in theirs:
            yield Breach(HERE, rows.name(charge.payment_id), f"no gateway holds {charge.ref}")
    for payment in rows.payments.values():
        if payment.state == State.PAID and payment.pk not in funded:
            yield Breach(HERE, payment.reference, "it is paid, and no money is known")


def _given_once(rows: _Rows) -> Iterator[Breach]:
    """What was paid for was given once and once only, or a person can see that it waits."""
    given: defaultdict[Any, list[str]] = defaultdict(list)
    states: defaultdict[int, set[str]] = defaultdict(set)
    for fulfilment in rows.fulfilments:
        states[fulfilment.payment_id].add(fulfilment.state)
        if fulfilment.state == FulfilmentState.DONE:
            thing = (fulfilment.purpose, fulfilment.payable_key, fulfilment.occasion)
            given[thing].append(rows.name(fulfilment.payment_id))
    for thing, names in given.items():
        if len(names) > 1:
            said = f"{' '.join(thing)} was given {len(names)} times"
            yield Breach(GIVEN, ", ".join(names), said)
    left = _left(rows)
    for payment in rows.payments.values():
        if odd := _odd_giving(payment, states[payment.pk], left.get(payment.pk)):
            yield Breach(GIVEN, payment.reference, odd)


def _odd_giving(payment: Payment, states: set[str], left: int | None) -> str:
    """What is wrong, in words. `left`: what is left of all that came, None where nothing came."""
    is_given, went_back = FulfilmentState.DONE in states, left is not None and left <= 0
    if is_given and payment.state != State.PAID:
        return f"it is {payment.state}, and was given"
    if is_given and went_back:
        return "all money went back, and it is still given"
    waits = payment.state != State.PAID or is_given or went_back or payment.attention
    if waits or states & {FulfilmentState.REVOKED, FulfilmentState.CANCELLED}:
        return ""
    return f"paid, not given ({', '.join(sorted(states)) or 'never claimed'}), and nobody is told"


def _left(rows: _Rows) -> dict[int, int]:
    """By payment: what came less what went back, in minor units of whatever currency."""
    left: defaultdict[int, int] = defaultdict(int)
    for charge in rows.charges:
        left[charge.payment_id] += charge.minor
    for refund in rows.refunds:
        if refund.state == RefundState.SUCCEEDED:
            left[refund.payment_id] -= refund.minor
    return left


def _refunds(rows: _Rows, movements: Iterable[Movement], misstated: Collection[str]) -> Iterator[Breach]:
    """What went back at gateways is, for each payment, to the cent what our refunds there say.

    Gateways tell by webhook alone how a dispute ended. Where that is lost, a person sees the dispute.
    """
    disputed = {payment.reference for payment in rows.payments.values() if payment.attention == DISPUTED}
    here: defaultdict[str, int] = defaultdict(int)
    there: defaultdict[str, int] = defaultdict(int)
    for refund in rows.refunds:
        if refund.state == RefundState.SUCCEEDED and is_gateways(refund.account):
            here[rows.name(refund.payment_id)] += refund.minor
    known = {payment.reference for payment in rows.payments.values()}
    for movement in movements:
        there[movement.reference] += movement.back
    for reference in sorted(here.keys() | (there.keys() & known)):
        is_known = reference in misstated or (reference in disputed and here[reference] < there[reference])
        if here[reference] != there[reference] and not is_known:
            told = f"here {here[reference]}, at the gateway {there[reference]}"
            yield Breach(BACK, reference, told)


def _ledger() -> Iterator[Breach]:
    """Each account of the ledger says, per currency, what charges, refunds and fees make of it."""
    for line in check_ledger():
        if not line.is_right:
            name = WALLETS if line.book.startswith(WALLET) else LEDGER
            yield Breach(name, line.book, str(line))


def _wallets() -> Iterator[Breach]:
    """No wallet is below its limit. That each equals its history is a line of the ledger's check."""
    for wallet in Wallet.objects.all():
        if wallet.available_minor < 0:
            yield Breach(WALLETS, wallet.owner, f"{wallet} is below its limit")
