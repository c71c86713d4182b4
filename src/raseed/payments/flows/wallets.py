"""Balances of wallets, kept in step with postings that are about to be written. Inside a transaction.

Wallets are locked after payments and refunds and before whatever a shop's code touches; several of them in
the order of their ids. A balance never passes its limit: what went back at a gateway and is not in the
wallet any more is posted to `receivable`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from raseed.core.money import Money
from raseed.payments.books import RECEIVABLE, WALLET
from raseed.payments.flows import statements
from raseed.payments.models import Wallet

Row = dict[str, Any]

#: Why a person should look: a wallet had less than what went back.
SHORTFALL = "shortfall"


def follow(rows: list[Row], now: datetime) -> tuple[list[Row], str]:
    """Move the balances of wallets named by these postings. What to write, and what is owed, in words.

    Without a wallet among them this costs no statement; a wallet that only gains costs one.
    """
    names = {(_owner(row[side]), row["currency"]) for row in rows for side in _SIDES if _is_wallet(row[side])}
    if not names:
        return rows, ""
    if len(names) == 1 and not any(_is_wallet(row["debit"]) for row in rows):
        owner, currency = next(iter(names))
        gained = sum(row["minor"] for row in rows if _is_wallet(row["credit"]))
        statements.credit_wallet(owner, currency, gained, now)
        return rows, ""
    wallets = lock(names, now)
    written: list[Row] = []
    owed: list[str] = []
    for row in rows:
        covered, short = _covered(row, wallets)
        _move(row, covered, wallets)
        written += _split(row, covered)
        owed += [str(Money(short, row["currency"]))] if short else []
    for wallet in wallets.values():
        Wallet.objects.filter(pk=wallet.pk).update(balance_minor=wallet.balance_minor)
    return written, ", ".join(owed)


def lock(names: set[tuple[str, str]], now: datetime) -> dict[tuple[str, str], Wallet]:
    """The wallets of these owners and currencies, made where they are missing, locked in the order of ids."""
    made = [Wallet(owner=owner, currency=currency, created_at=now) for owner, currency in sorted(names)]
    owners = {owner for owner, _ in names}
    known = set(Wallet.objects.filter(owner__in=owners).values_list("owner", "currency"))
    Wallet.objects.bulk_create(
        [wallet for wallet in made if (wallet.owner, wallet.currency) not in known], ignore_conflicts=True
    )
    locked = Wallet.objects.select_for_update(no_key=True).filter(owner__in=owners).order_by("pk")
    return {(w.owner, w.currency): w for w in locked if (w.owner, w.currency) in names}


_SIDES = ("debit", "credit")


def _is_wallet(book: str) -> bool:
    return book.startswith(WALLET)


def _owner(book: str) -> str:
    return book.removeprefix(WALLET)


def _covered(row: Row, wallets: Mapping[tuple[str, str], Wallet]) -> tuple[int, int]:
    """How much of a posting the wallet that it takes from has, and what is missing."""
    if not _is_wallet(row["debit"]):
        return row["minor"], 0
    available = max(wallets[_owner(row["debit"]), row["currency"]].available_minor, 0)
    covered = min(row["minor"], available)
    return covered, row["minor"] - covered


def _move(row: Row, covered: int, wallets: Mapping[tuple[str, str], Wallet]) -> None:
    if _is_wallet(row["debit"]):
        wallets[_owner(row["debit"]), row["currency"]].balance_minor -= covered
    if _is_wallet(row["credit"]):
        wallets[_owner(row["credit"]), row["currency"]].balance_minor += row["minor"]


def _split(row: Row, covered: int) -> Sequence[Row]:
    """One posting for what the wallet has, and one for what its owner owes from now on."""
    parts = (row | {"minor": covered}, row | {"debit": RECEIVABLE, "minor": row["minor"] - covered})
    return [part for part in parts if part["minor"]]
