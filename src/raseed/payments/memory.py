"""The adapters' memory in the database: steps that happen once, and tokens shared by all processes."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils.functional import cached_property

from raseed.core.errors import (
    GatewayError,
    GatewayRefused,
    GatewayUnavailable,
    LeaseLost,
    OutcomeUnknown,
    Unsupported,
)
from raseed.gateways.base import Answer, Token
from raseed.payments import conf, encryption
from raseed.payments.models import AccountToken, MemoryStep, Payment, Refund

log = logging.getLogger("raseed.memory")

#: One process refreshes a token; the others go on with the old one, or wait this long for the new one.
_REFRESH_LEASE_SECONDS = 30
_WAIT_SECONDS = 5.0

#: A token is refreshed when a tenth of its life is left, five minutes at most.
_AHEAD_SECONDS = 300


@dataclass(frozen=True)
class DatabaseMemory:
    """Memory of one payment under one lease: the payment's, or that of a refund of it.

    Implements `gateways.base.Memory`.
    """

    account: str
    payment_id: int
    lease_number: int
    refund_id: int | None = None

    def once(
        self, step: str, call: Callable[[], Answer], lookup: Callable[[], Answer | None] | None = None
    ) -> Answer:
        """See `gateways.base.Memory.once`. Raises LeaseLost when another worker took over."""
        kept, is_new = self._begin(step)
        if kept.answer is not None:
            answer: Answer = _opened(kept)
            return answer
        if not is_new:
            found = self._look_up(step, lookup)
            if found is not None:
                return self._answer(kept, found)
            kept, _ = self._begin(step)  # looking took time: is the lease still ours?
        try:
            made = call()
        except (GatewayRefused, Unsupported):
            self._undo(kept)
            raise
        return self._answer(kept, made)

    def _undo(self, kept: MemoryStep) -> None:
        """Nothing was done: it may be tried again, unless another worker has gone on with this step."""
        with transaction.atomic(durable=True):
            if self._is_mine():
                MemoryStep.objects.filter(pk=kept.pk, answer=None).delete()

    def recall(self, step: str) -> Any | None:
        """See `gateways.base.Memory.recall`."""
        kept = self._answered.get(step)
        return None if kept is None else _opened(kept)

    @cached_property
    def _answered(self) -> dict[str, MemoryStep]:
        """All steps that have an answer, in one look: under the lease nobody else adds to them."""
        kept = MemoryStep.objects.filter(payment_id=self.payment_id, answer__isnull=False)
        return {row.step: row for row in kept}

    def _begin(self, step: str) -> tuple[MemoryStep, bool]:
        with transaction.atomic(durable=True):
            if not self._is_mine():
                raise LeaseLost(
                    f"another worker took over payment {self.payment_id}; step {step!r} stops here."
                )
            return MemoryStep.objects.get_or_create(
                payment_id=self.payment_id, step=step, defaults={"begun_at": conf.now()}
            )

    def _is_mine(self) -> bool:
        """The lease has still the number we took it under; the row is locked until the step is begun."""
        if self.refund_id is not None:
            refunds = Refund.objects.select_for_update(no_key=True)
            return refunds.filter(pk=self.refund_id, lease_number=self.lease_number).exists()
        payments = Payment.objects.select_for_update(no_key=True)
        return payments.filter(pk=self.payment_id, lease_number=self.lease_number).exists()

    def _look_up(self, step: str, lookup: Callable[[], Answer | None] | None) -> Answer | None:
        if lookup is None:
            raise OutcomeUnknown(
                f"step {step!r} of payment {self.payment_id} was begun and its answer lost; it cannot be "
                "looked up. Check it at the gateway and settle the payment by hand."
            )
        return lookup()

    def _answer(self, kept: MemoryStep, answer: Answer) -> Answer:
        """Keep the answer. The first one stands: a worker that was late takes over what is known."""
        self.__dict__.pop("_answered", None)  # there is one more now
        values = {"answer": encryption.encrypt(json.dumps(answer).encode()), "answered_at": conf.now()}
        with transaction.atomic(durable=True):
            row, is_new = MemoryStep.objects.get_or_create(
                payment_id=self.payment_id, step=kept.step, defaults={"begun_at": kept.begun_at, **values}
            )
            if is_new or MemoryStep.objects.filter(pk=row.pk, answer=None).update(**values):
                return answer
            row.refresh_from_db()
        known: Answer = _opened(row)
        return known

    def token(self, name: str, refresh: Callable[[], Token]) -> str:
        """See `gateways.base.Memory.token`."""
        return account_token(self.account, name, refresh)

    def forget(self, name: str, value: str) -> None:
        """See `gateways.base.Memory.forget`."""
        row = AccountToken.objects.filter(account=self.account, name=name).first()
        if row is not None and row.value is not None and _open(row) == value:
            AccountToken.objects.filter(pk=row.pk, refreshed_at=row.refreshed_at).update(value=None)


def _opened(kept: MemoryStep) -> Any:
    return json.loads(encryption.decrypt(bytes(kept.answer or b"")))


def account_token(account: str, name: str, refresh: Callable[[], Token]) -> str:
    """The account's token; refreshed ahead of expiry by whoever takes the short lease first."""
    row, _ = AccountToken.objects.get_or_create(account=account, name=name)
    give_up_at = time.monotonic() + _WAIT_SECONDS
    while True:
        now = conf.now()
        if _is_alive(row, now) and not _is_due(row, now):
            return _open(row)
        until = now + timedelta(seconds=_REFRESH_LEASE_SECONDS)
        free = AccountToken.objects.filter(Q(lease_until=None) | Q(lease_until__lte=now), pk=row.pk)
        if free.update(lease_until=until):
            return _refresh(row, until, refresh)
        if _is_alive(row, now):
            return _open(row)
        if time.monotonic() > give_up_at:
            raise GatewayUnavailable(
                f"the token {name!r} of account {account!r} is being refreshed; try again."
            )
        time.sleep(0.1)
        row.refresh_from_db()


def _is_alive(row: AccountToken, now: datetime) -> bool:
    return row.value is not None and (row.expires_at is None or now < row.expires_at)


def _is_due(row: AccountToken, now: datetime) -> bool:
    if row.expires_at is None or row.refreshed_at is None:
        return False
    ahead = min((row.expires_at - row.refreshed_at) / 10, timedelta(seconds=_AHEAD_SECONDS))
    return now >= row.expires_at - ahead


def _refresh(row: AccountToken, until: datetime, refresh: Callable[[], Token]) -> str:
    """Under our lease: refresh, unless somebody did just before; a token that still works is good enough."""
    mine = AccountToken.objects.filter(pk=row.pk, lease_until=until)
    row.refresh_from_db()
    now = conf.now()
    alive = _is_alive(row, now)
    if alive and not _is_due(row, now):
        mine.update(lease_until=None)
        return _open(row)
    try:
        token = refresh()
    except GatewayError:
        if alive:  # the lease stays until it runs out, so that not every call tries in vain
            log.warning("the token %r of account %r could not be refreshed yet", row.name, row.account)
            return _open(row)
        mine.update(lease_until=None)
        raise
    except BaseException:
        mine.update(lease_until=None)
        raise
    mine.update(
        value=encryption.encrypt(token.value.encode()),
        expires_at=token.expires_at,
        refreshed_at=conf.now(),
        lease_until=None,
    )
    return token.value


def _open(row: AccountToken) -> str:
    return encryption.decrypt(bytes(row.value or b"")).decode()
