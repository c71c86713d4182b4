"""Reading for sites and pages: nothing here writes."""

from __future__ import annotations

from typing import Any

from django.db.models import BigIntegerField, Case, F, Model, Q, QuerySet, Sum, When, Window
from django.db.models.expressions import RowRange

from raseed.core.money import Money
from raseed.payments.books import WALLET
from raseed.payments.models import Payment, Posting, SavedCard, Wallet
from raseed.payments.models.wallet import owner_key


def payments_of(payable: Any, *, purpose: str) -> QuerySet[Payment]:
    """All payments for this payable and purpose, newest first."""
    return Payment.objects.filter(purpose=purpose, payable_key=str(payable.pk)).order_by("-pk")


def find_payment(reference: str) -> Payment | None:
    """The payment of this reference, or None. It is no proof: check whose it is before showing it."""
    return Payment.objects.filter(reference=reference).first()


def payments_for(purpose: str) -> QuerySet[Payment]:
    """All payments for this purpose, whatever the payable, newest first: for lists, counters and look-ups."""
    return Payment.objects.filter(purpose=purpose).order_by("-pk")


def latest_payment(payable: Any, *, purpose: str) -> Payment | None:
    """The newest payment for this payable and purpose, or None."""
    return payments_of(payable, purpose=purpose).first()


def saved_cards(user: Any, *, account: str = "") -> list[SavedCard]:
    """The cards that a user saved and did not delete, the first choice first; at all accounts or one."""
    mine = SavedCard.objects.filter(owner_id=getattr(user, "pk", None), deleted_at=None)
    mine = mine.filter(account=account) if account else mine
    return list(mine.defer("token", "token_digest").order_by(F("chosen_at").desc(nulls_last=True), "pk"))


def wallet_balance(owner: Model | str, currency: str) -> Money:
    """What stands in a wallet; nothing where there is none yet."""
    found = Wallet.objects.filter(owner=owner_key(owner), currency=currency)
    return Money(found.values_list("balance_minor", flat=True).first() or 0, currency)


def wallet_history(owner: Model | str, currency: str) -> QuerySet[Posting]:
    """The postings of a wallet, newest first, each with `change_minor` and `balance_minor` after it.

    They are written under the wallet's lock, so their order is the order in which they happened.
    """
    book = f"{WALLET}{owner_key(owner)}"
    change = Case(When(credit=book, then=F("minor")), default=-F("minor"), output_field=BigIntegerField())
    so_far = Window(Sum("change_minor"), order_by="pk", frame=RowRange(None, 0))
    mine = Posting.objects.filter(Q(credit=book) | Q(debit=book), currency=currency)
    return mine.annotate(change_minor=change).annotate(balance_minor=so_far).order_by("-pk")
