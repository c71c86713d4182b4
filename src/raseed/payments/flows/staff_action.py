"""What a person does is recorded before it is done: who, why, and once per form; then what came of it."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db import IntegrityError, transaction

from raseed.core.errors import RaseedError
from raseed.payments import conf
from raseed.payments.flows.words import storable, words_of
from raseed.payments.models import Act, Delivery, Payment, StaffAction

log = logging.getLogger("raseed.staff")


@dataclass(frozen=True)
class Wish:
    """Who wants something done, and why. The same `key` again is the same wish."""

    reason: str
    user: Any = None
    who: str = ""
    key: str = ""

    @property
    def name(self) -> str:
        """The log-in name, or what acts in a person's place."""
        return self.who or (self.user.get_username() if self.user is not None else "nobody")


@dataclass(frozen=True)
class Done:
    """The row of the action; `is_repeat`: it was recorded before, and nothing was done this time."""

    action: StaffAction
    is_repeat: bool = False


def by_staff(
    act: Act,
    wish: Wish,
    do: Callable[[], str],
    *,
    payment: Payment | None = None,
    delivery: Delivery | None = None,
    wanted: str = "",
) -> Done:
    """Record an action, do it, and record what came of it: `do` says that in words.

    What is refused, or fails, is recorded as such and not raised. Must run outside a transaction.
    """
    key = wish.key or secrets.token_urlsafe(24)
    action = StaffAction(
        payment=payment,
        delivery=delivery,
        user=wish.user if getattr(wish.user, "is_authenticated", False) else None,
        who=storable(wish.name)[:150],
        act=act.value,
        reason=storable(wish.reason),
        wanted=storable(wanted)[:255],
        key=key,
        created_at=conf.now(),
    )
    try:
        with transaction.atomic(durable=True):
            action.save(force_insert=True)
    except IntegrityError:
        return Done(StaffAction.objects.get(key=key), is_repeat=True)
    is_done, outcome = _tried(do, act, payment)
    ended = {"is_done": is_done, "outcome": storable(outcome), "ended_at": conf.now()}
    StaffAction.objects.filter(pk=action.pk, is_done=None).update(**ended)
    action.refresh_from_db()
    return Done(action)


def _tried(do: Callable[[], str], act: Act, payment: Payment | None) -> tuple[bool, str]:
    try:
        return True, do()
    except RaseedError as refused:
        return False, str(refused)
    except Exception as mistake:
        log.exception("%s of payment %s failed", act, payment.reference if payment else "(none)")
        return False, f"something went wrong on our side, and it was written to the log: {words_of(mistake)}"
