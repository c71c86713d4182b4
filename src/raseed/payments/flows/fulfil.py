"""Giving what was paid for, once; and taking it back, once per refund. The site's code runs here.

The claim is a database constraint, not careful code: whoever inserts the row first gives; the insert
that conflicts is a second payment for the same thing.
"""

from __future__ import annotations

import logging
import traceback
from contextlib import nullcontext
from datetime import datetime
from typing import Any

from django.db import InterfaceError, OperationalError, transaction
from django.db.models import Model
from django.db.transaction import TransactionManagementError

from raseed.core.states import State
from raseed.payments import conf, schedule
from raseed.payments.flows import reserve, round_trips, statements
from raseed.payments.flows.columns import by_key
from raseed.payments.flows.giving import Giving, ShopRaised
from raseed.payments.flows.round_trips import NewRow
from raseed.payments.flows.words import storable
from raseed.payments.models import Fulfilment, FulfilmentState, Payment, Revocation
from raseed.payments.models.fulfilment import ACTIVE

log = logging.getLogger("raseed.fulfil")


def claim_row(payment: Payment, now: datetime, giving: Giving) -> NewRow:
    """A new claim, which meets an active one where there is one.

    The row is written as done; if the site's code then raises, it is set back to due. Where it has raised
    already, the row is due from the start, and keeps the traceback.
    """
    tries = 1 if giving.error else 0
    due_at = schedule.retry_at(now, tries, conf.current().fulfil_retry_seconds) if tries else now
    row = {
        "payment_id": payment.pk,
        **payment.thing,
        "state": (FulfilmentState.DUE if giving.later else FulfilmentState.DONE).value,
        "created_label": "",
        "created_key": "",
        "tries": tries,
        "error": giving.error,
        "next_try_at": due_at if giving.later else None,
        "created_at": now,
        "fulfilled_at": None if giving.later else now,
    }
    return NewRow("raseed_fulfilment", row, conflict=statements.FULFILMENT_CONFLICT)


def cancel(fulfilment_id: int) -> None:
    """Nothing is owed any more; it was not given."""
    _finish(Fulfilment(pk=fulfilment_id), FulfilmentState.CANCELLED, fulfilled_at=None)


def is_ours(payment: Payment) -> bool:
    """The active claim belongs to this same payment: nothing to give again, and no double payment."""
    return Fulfilment.objects.filter(payment=payment, state__in=ACTIVE).exists()


def is_anothers(payment: Payment) -> bool:
    """Another payment has the active claim to the same thing."""
    same = Fulfilment.objects.filter(**payment.thing)
    return same.filter(state__in=ACTIVE).exclude(payment=payment).exists()


def give(fulfilment_id: int, payment: Payment, now: datetime, *, bare: bool = False) -> bool:
    """Run the site's `fulfil` in a savepoint of the open transaction. False: it raised, and is due again.

    `bare`: without the savepoint, which costs two round trips; raises ShopRaised instead of returning False.
    """
    try:
        with nullcontext() if bare else transaction.atomic():
            created = _fulfilled(payment)
    except (OperationalError, InterfaceError):
        raise  # the database's trouble, not the shop's: the whole transaction is tried once more
    except Exception as error:
        if bare:
            raise ShopRaised(_words_of_traceback()) from error
        _put_off(Fulfilment, fulfilment_id, now)
        return False
    if isinstance(created, Model) and created.pk is not None:
        Fulfilment.objects.filter(pk=fulfilment_id).update(
            created_label=created._meta.label[:100], created_key=str(created.pk)[:64]
        )
    return True


def _fulfilled(payment: Payment) -> Model | None:
    purpose = payment.purpose_object()
    payable = (
        reserve.for_giving(purpose, payment)
        if purpose.reserves
        else by_key(purpose.payable, payment.payable_key)
    )
    created: Model | None = purpose.fulfil(payable, payment)
    _must_be_whole("fulfil")
    return created


def _must_be_whole(method: str) -> None:
    """Raises where everything would be undone without a word: the shop caught a database error.

    Django marks the block as broken when a statement in it failed; leaving it without an exception then
    undoes everything silently, and what was never given would stand as given. PostgreSQL ends a transaction
    in which a statement failed the same way, and answers COMMIT without an error.
    """
    if transaction.get_rollback() or round_trips.is_aborted():
        raise TransactionManagementError(
            f"{method} caught a database error outside an atomic() block of its own, so all that it did must "
            "be undone. Put the statement that may fail into `with transaction.atomic():` inside the `try`."
        )


def retry_fulfilment(fulfilment_id: int, now: datetime) -> bool:
    """Try an owed fulfilment again, if it is still owed. True: nothing is owed any more."""
    with transaction.atomic(durable=True):
        found = Fulfilment.objects.filter(pk=fulfilment_id).values_list("payment_id", flat=True).first()
        if found is None:
            return True
        payment = statements.lock_payment(found)
        fulfilment = Fulfilment.objects.select_for_update().get(pk=fulfilment_id)
        if fulfilment.state != FulfilmentState.DUE:
            return True
        if payment.state != State.PAID or payment.is_fully_refunded:
            _finish(fulfilment, FulfilmentState.CANCELLED)
            return True
        try:
            given = give(fulfilment_id, payment, now)
        except OperationalError:
            if transaction.get_connection().needs_rollback:
                raise
            _put_off(Fulfilment, fulfilment_id, now)
            return False
        if given:
            _finish(fulfilment, FulfilmentState.DONE, fulfilled_at=now)
            statements.tell_customer(payment.pk)
        else:
            _tell_if_overdue(payment, now)
        return given


def _tell_if_overdue(payment: Payment, now: datetime) -> None:
    """The site's `overdue`, where the money came long ago. It cannot undo that the attempt is on record."""
    try:
        with transaction.atomic():
            purpose = payment.purpose_object()
            waited = (now - (payment.paid_at or now)).total_seconds()
            if waited >= purpose.overdue_after_seconds:
                purpose.overdue(payment.payable(), payment)
    except (OperationalError, InterfaceError):
        raise
    except Exception:
        log.exception("payment %s: `overdue` of its purpose raised", payment.reference)


def take_back(payment: Payment, refund_ids: list[int], *, everything: bool, now: datetime) -> None:
    """After refunds: cancel what is owed and fully refunded; revoke what was given, once per refund."""
    fulfilment = Fulfilment.objects.filter(payment=payment, state__in=ACTIVE).first()
    if fulfilment is None:
        return
    if fulfilment.state == FulfilmentState.DUE:
        if everything:
            _finish(fulfilment, FulfilmentState.CANCELLED)
        return
    owed = [_owe_revocation(refund_id, fulfilment, now) for refund_id in refund_ids]
    for revocation_id in filter(None, owed):
        _revoke(revocation_id, payment, now)


def _owe_revocation(refund_id: int, fulfilment: Fulfilment, now: datetime) -> int | None:
    """The id of the new revocation, or None where this refund has one."""
    row = {
        "refund_id": refund_id,
        "fulfilment_id": fulfilment.pk,
        "state": FulfilmentState.DUE.value,
        "tries": 0,
        "error": "",
        "next_try_at": now,
        "created_at": now,
    }
    return round_trips.insert(NewRow("raseed_revocation", row, conflict="(refund_id)"))


def retry_revocation(revocation_id: int, now: datetime) -> bool:
    """Try a revocation again that raised. True: it is done."""
    with transaction.atomic(durable=True):
        found = (
            Revocation.objects.filter(pk=revocation_id).values_list("refund__payment_id", flat=True).first()
        )
        if found is None:
            return True
        payment = statements.lock_payment(found)
        revocation = Revocation.objects.select_for_update().get(pk=revocation_id)
        if revocation.state == FulfilmentState.DONE:
            return True
        return _revoke(revocation_id, payment, now)


def _revoke(revocation_id: int, payment: Payment, now: datetime) -> bool:
    revocation = Revocation.objects.select_related("refund", "fulfilment").get(pk=revocation_id)
    try:
        with transaction.atomic():
            payment.purpose_object().revoke(payment.payable(), payment, revocation.refund)
            _must_be_whole("revoke")
    except Exception:  # noqa: BLE001 the shop's code may raise anything
        _put_off(Revocation, revocation_id, now)
        return False
    Revocation.objects.filter(pk=revocation_id).update(state=FulfilmentState.DONE, next_try_at=None)
    owed = Revocation.objects.filter(fulfilment=revocation.fulfilment_id, state=FulfilmentState.DUE)
    if payment.is_fully_refunded and not owed.exists():
        # Not before the last one: a revocation that is still owed would take back what is paid for anew.
        _finish(revocation.fulfilment, FulfilmentState.REVOKED)
    return True


def _put_off(model: Any, pk: int, now: datetime) -> None:
    """Keep the traceback that is being handled, and set when to try again."""
    tries = model.objects.filter(pk=pk).values_list("tries", flat=True).get() + 1
    first = conf.current().fulfil_retry_seconds
    values: dict[str, Any] = {"fulfilled_at": None} if model is Fulfilment else {}
    model.objects.filter(pk=pk).update(
        state=FulfilmentState.DUE,
        tries=tries,
        error=_words_of_traceback(),
        next_try_at=schedule.retry_at(now, tries, first),
        **values,
    )


def _words_of_traceback() -> str:
    """Of the exception that is being handled."""
    return storable(traceback.format_exc(limit=-8))


def _finish(fulfilment: Fulfilment, state: FulfilmentState, **values: Any) -> None:
    Fulfilment.objects.filter(pk=fulfilment.pk).update(state=state, next_try_at=None, **values)
