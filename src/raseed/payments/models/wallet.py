"""Wallet: what the site owes one owner in one currency. Its history is in the postings."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from raseed.core.money import Money
from raseed.payments.books import WALLET

#: Fits the columns of everything that names an owner or the owner's account.
LONGEST_OWNER = 64


class Wallet(models.Model):
    """A balance, kept in step with its postings under a lock of this row."""

    owner = models.CharField(
        max_length=LONGEST_OWNER, help_text="a row as label:key, or a word of the site's"
    )
    currency = models.CharField(max_length=3)
    balance_minor = models.BigIntegerField(default=0)
    overdraft_minor = models.BigIntegerField(default=0, help_text="how far below zero it may go")
    created_at = models.DateTimeField()

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["owner", "currency"], name="raseed_wallet_once"),
            models.CheckConstraint(
                condition=Q(overdraft_minor__gte=0), name="raseed_wallet_overdraft_positive"
            ),
            models.CheckConstraint(
                condition=Q(balance_minor__gte=0 - F("overdraft_minor")), name="raseed_wallet_covered"
            ),
        )

    def __str__(self) -> str:
        return f"{self.owner}: {self.balance}"

    @property
    def balance(self) -> Money:
        """What its owner has; below zero only as far as it is allowed to."""
        return Money(self.balance_minor, self.currency)

    @property
    def available_minor(self) -> int:
        """What may leave it now, in minor units."""
        return self.balance_minor + self.overdraft_minor

    @property
    def book(self) -> str:
        """Its account in the ledger."""
        return f"{WALLET}{self.owner}"


def owner_key(owner: models.Model | str) -> str:
    """The text by which a wallet's owner is known: `label:key` of a row, or a word of the site's own.

    Raises ValueError for a row that is not saved, and for what does not fit the column.
    """
    if isinstance(owner, models.Model):
        if owner.pk is None:
            raise ValueError(f"save this {type(owner).__name__} before it owns a wallet.")
        key = f"{owner._meta.label_lower}:{owner.pk}"
    else:
        key = owner
    if not isinstance(key, str) or not 0 < len(key) <= LONGEST_OWNER:
        raise ValueError(f"a wallet's owner is a saved row or a text of 1 to {LONGEST_OWNER} characters.")
    return key


def user_key(user_id: int | str) -> str:
    """The owner's key of a user, without looking the user up."""
    return f"{settings.AUTH_USER_MODEL.lower()}:{user_id}"
