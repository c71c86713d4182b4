"""Money that moves between wallets, or comes into one and leaves it by hand. No gateway is asked.

Each movement is one posting, written under the locks of the wallets it names. The same key again is the
same movement, so that a second click is harmless.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Model

from raseed.core.errors import RefusedTransfer
from raseed.core.money import Money
from raseed.payments import conf
from raseed.payments.books import BY_HAND, WALLET
from raseed.payments.flows import wallets
from raseed.payments.flows.words import storable
from raseed.payments.models import Posting, Wallet
from raseed.payments.models.refund import LONGEST_KEY
from raseed.payments.models.wallet import owner_key


def transfer(
    payer: Model | str, payee: Model | str, money: Money, *, key: str, note: str = "", user: Any = None
) -> Posting:
    """Pay from one wallet into another. Rows of the site, or words of its own, name the owners.

    `key` (up to 128 characters) is the site's: the same key again returns the same movement. Works inside
    a transaction of the site's; call it before rows are locked that `Purpose.fulfil` touches.
    Raises RefusedTransfer where there is too little, or the key names another movement.
    """
    debit, credit = f"{WALLET}{owner_key(payer)}", f"{WALLET}{owner_key(payee)}"
    if debit == credit:
        raise RefusedTransfer("a wallet cannot pay itself.")
    return _post(debit, credit, money, memo="transfer", key=key, note=note, user=user)


def pay_in(owner: Model | str, money: Money, *, key: str, note: str = "", user: Any = None) -> Posting:
    """Money came into a wallet by hand: cash, a bank transfer, a present of the shop's.

    `key` and errors as for `transfer`.
    """
    return _post(BY_HAND, f"{WALLET}{owner_key(owner)}", money, memo="pay in", key=key, note=note, user=user)


def pay_out(owner: Model | str, money: Money, *, key: str, note: str = "", user: Any = None) -> Posting:
    """Money left a wallet by hand: it was paid to its owner, or for something that the owner bought.

    `key` and errors as for `transfer`.
    """
    return _post(f"{WALLET}{owner_key(owner)}", BY_HAND, money, memo="pay out", key=key, note=note, user=user)


def allow_overdraft(owner: Model | str, money: Money) -> Wallet:
    """Let a wallet go this far below zero (default: not at all). Raises RefusedTransfer if it is lower."""
    if money.minor < 0:
        raise RefusedTransfer(f"{money} is no limit: it must not be below zero.")
    name = (owner_key(owner), money.currency)
    with transaction.atomic():
        wallet = wallets.lock({name}, conf.now())[name]
        if wallet.balance_minor < -money.minor:
            raise RefusedTransfer(f"this wallet stands at {wallet.balance}, which is below that limit.")
        wallet.overdraft_minor = money.minor
        Wallet.objects.filter(pk=wallet.pk).update(overdraft_minor=money.minor)
    return wallet


def _post(debit: str, credit: str, money: Money, *, memo: str, key: str, note: str, user: Any) -> Posting:
    if not 0 < len(key) <= LONGEST_KEY:
        raise RefusedTransfer(f"a transfer needs a key of 1 to {LONGEST_KEY} characters.")
    if money.minor <= 0:
        raise RefusedTransfer(f"{money} cannot be moved: the amount must be above zero.")
    now = conf.now()
    with transaction.atomic():
        known = _locked(debit, credit, money, now)
        earlier = Posting.objects.filter(key=key).first()
        if earlier is not None:
            return _same(earlier, debit, credit, money)
        payer = known.get((debit.removeprefix(WALLET), money.currency)) if debit.startswith(WALLET) else None
        if payer is not None and payer.available_minor < money.minor:
            raise RefusedTransfer(f"there is too little: {payer.balance} is left, and {money} is needed.")
        posting = Posting(
            debit=debit,
            credit=credit,
            minor=money.minor,
            currency=money.currency,
            memo=memo,
            key=key,
            note=storable(note)[:255],
            user=user if getattr(user, "is_authenticated", False) else None,
            created_at=now,
        )
        _move(known, debit, credit, money)
        posting.save(force_insert=True)
    return posting


def _locked(debit: str, credit: str, money: Money, now: datetime) -> dict[tuple[str, str], Wallet]:
    books = (book for book in (debit, credit) if book.startswith(WALLET))
    return wallets.lock({(book.removeprefix(WALLET), money.currency) for book in books}, now)


def _move(known: dict[tuple[str, str], Wallet], debit: str, credit: str, money: Money) -> None:
    for (owner, _), wallet in known.items():
        sign = -1 if debit == f"{WALLET}{owner}" else 1
        Wallet.objects.filter(pk=wallet.pk).update(balance_minor=wallet.balance_minor + sign * money.minor)


def _same(earlier: Posting, debit: str, credit: str, money: Money) -> Posting:
    if (earlier.debit, earlier.credit, earlier.money) != (debit, credit, money):
        raise RefusedTransfer("this key names another movement already; nothing was moved.")
    return earlier
