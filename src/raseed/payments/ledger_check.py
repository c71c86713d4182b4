"""The proof of the books: what the ledger says against the charges, refunds and fees, and against wallets.

Read in one snapshot of the database, so that it holds while money moves.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from django.db import connection, transaction
from django.db.models import F, Sum

from raseed.core.money import Money
from raseed.core.states import RefundState
from raseed.payments.books import BY_HAND, RECEIVABLE, WALLET, is_gateways
from raseed.payments.models import Charge, Posting, Refund, Wallet

#: By account of the ledger and currency: debits less credits, in minor units.
Balances = Counter[tuple[str, str]]


@dataclass(frozen=True)
class Line:
    """One account of the ledger in one currency: debits less credits, and what they should be.

    `should_minor` None: nothing else is known by which it could be told.
    """

    book: str
    currency: str
    minor: int
    should_minor: int | None

    @property
    def is_right(self) -> bool:
        """Whether the ledger agrees with what it is compared with."""
        return self.should_minor in (None, self.minor)

    def __str__(self) -> str:
        stands = f"{self.book}: {Money(self.minor, self.currency)}"
        if self.should_minor is None or self.is_right:
            return stands
        return f"{stands}, should be {Money(self.should_minor, self.currency)}"


def check_ledger() -> list[Line]:
    """Every account of the ledger that is not empty, by name and currency, with what it should say.

    balance(gateway account) = charges − refunds − fees; suspense = held charges − their refunds, sales and
    fees likewise; a wallet's history = its balance; by hand = what came less what went. `receivable` is told
    by nothing else, but every posting balances: what is right everywhere else is right there.
    """
    with transaction.atomic():
        _one_snapshot()
        stands, should = _stands(), _should()
    return [
        Line(*name, stands[name], None if name[0] == RECEIVABLE else should[name])
        for name in sorted({*stands, *should})
        if stands[name] or should[name]
    ]


def _one_snapshot() -> None:
    """PostgreSQL has it for the asking, before the first question; in a caller's transaction it is theirs."""
    if connection.vendor == "postgresql" and not connection.savepoint_ids:
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")


def _stands() -> Balances:
    sums: Balances = Counter()
    for side, sign in (("debit", 1), ("credit", -1)):
        rows = Posting.objects.values_list(side, "currency").annotate(all_minor=Sum("minor")).order_by()
        for book, currency, minor in rows:
            sums[book, currency] += sign * minor
    return sums


def _should() -> Balances:
    sums: Balances = Counter()
    _add_charges(sums)
    _add_refunds(sums)
    for wallet in Wallet.objects.all():
        sums[wallet.book, wallet.currency] = -wallet.balance_minor
    by_hand = Posting.objects.filter(payment=None)
    for side, sign in (("debit", 1), ("credit", -1)):
        rows = by_hand.filter(**{side: BY_HAND}).values_list("currency").annotate(all_minor=Sum("minor"))
        for currency, minor in rows.order_by():
            sums[BY_HAND, currency] += sign * minor
    return sums


def _add_charges(sums: Balances) -> None:
    rows = (
        Charge.objects.values_list(
            "account", "currency", "held", "payment__payee", "payment__purpose", "payment__wallet"
        )
        .annotate(all_minor=Sum("minor"), fees_minor=Sum("fee_minor"))
        .order_by()
    )
    for account, currency, held, payee, purpose, wallet, minor, fees in rows:
        _come(sums, account, currency, payee, minor - (fees or 0))
        sums[_memo("fees", payee), currency] += fees or 0
        _earn(sums, currency, held, payee, purpose, wallet, minor)


def _add_refunds(sums: Balances) -> None:
    """Each through its own account, and out of what its charge had been booked to."""
    held = Charge.objects.filter(held=True).values_list("payment_id", "ref")
    held_refs = set(held)
    rows = Refund.objects.filter(state=RefundState.SUCCEEDED).annotate(
        payee=F("payment__payee"), purpose=F("payment__purpose"), wallet=F("payment__wallet")
    )
    for refund in rows.iterator():
        is_held = (refund.payment_id, refund.charge_ref) in held_refs
        _come(sums, refund.account, refund.currency, refund.payee, -refund.minor)
        _earn(sums, refund.currency, is_held, refund.payee, refund.purpose, refund.wallet, -refund.minor)


def _come(sums: Balances, account: str, currency: str, payee: str, minor: int) -> None:
    if not account.startswith(WALLET):
        book = f"gateway:{account}" if is_gateways(account) else account
        sums[_memo(book, payee), currency] += minor


def _earn(
    sums: Balances, currency: str, held: bool, payee: str, purpose: str, wallet: str, minor: int
) -> None:
    if held or not wallet:
        sums[_memo("suspense" if held else f"sales:{purpose}", payee), currency] -= minor


def _memo(book: str, payee: str) -> str:
    return f"memo:{book}" if payee else book
