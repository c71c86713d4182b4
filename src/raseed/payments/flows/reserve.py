"""Setting the thing aside while it is being paid for, and letting it go. The site's code runs here.

What is set aside is committed together with the payment, and let go in the transaction that ends the
payment without giving anything. So whatever dies in between, neither a cart stays frozen without a
payment nor does a payment stand open whose cart may be changed.
"""

from __future__ import annotations

import traceback
from datetime import datetime
from typing import Any

from django.db import InterfaceError, OperationalError, transaction

from raseed.core.errors import ConfigurationError, PriceChanged
from raseed.core.states import UNPAID_ENDS
from raseed.payments import conf, schedule
from raseed.payments.flows import statements
from raseed.payments.flows.words import storable
from raseed.payments.models import Payment, Reservation, ReservationState
from raseed.payments.purposes import Purpose


def set_aside(purpose: Purpose, payment: Payment, now: datetime) -> None:
    """Have the site set it aside, in the transaction that inserts the payment.

    Raises PriceChanged where the price is another once the thing can no longer change, and whatever
    `Purpose.reserve` raises (a RefusedStart for the customer): nothing is committed then.
    """
    payable = _locked(purpose, payment)
    _must_cost_the_same(purpose, payable, payment)
    purpose.reserve(payable, payment)
    Reservation.objects.create(payment=payment, state=ReservationState.HELD, created_at=now)


def for_giving(purpose: Purpose, payment: Payment) -> Any:
    """The locked payable, set aside for this payment again if it was let go, at the agreed price.

    Runs in the savepoint of `fulfil`: what raises here is kept with the fulfilment and tried again.
    """
    payable = _locked(purpose, payment)
    reservation = Reservation.objects.get(payment=payment)
    _must_cost_the_same(purpose, payable, payment)
    if reservation.state == ReservationState.RELEASED:
        _take_over(purpose, payable, payment)
        purpose.reserve(payable, payment)
    Reservation.objects.filter(pk=reservation.pk).update(state=ReservationState.USED, next_try_at=None)
    return payable


def _take_over(purpose: Purpose, payable: Any, payment: Payment) -> None:
    """Let go what a later checkout for the same thing has set aside: the claim is this payment's.

    Whatever is paid for that one is a second payment. Were it left to hold the thing, neither would be given.
    """
    same = {f"payment__{name}": value for name, value in payment.thing.items()}
    for held in Reservation.objects.filter(state=ReservationState.HELD, **same).select_related("payment"):
        purpose.release(payable, held.payment)
        _is_released(held)


def let_go(payment: Payment, now: datetime) -> None:
    """The locked payment ended and nothing was given: undo what `reserve` did, if that is not done yet.

    Where the site's code raises, the payment ends all the same, and the worker tries again.
    """
    held = Reservation.objects.filter(payment=payment, state=ReservationState.HELD).first()
    if held is not None:
        _release(held, payment, now)


def retry_release(reservation_id: int, now: datetime) -> bool:
    """Try a `release` again that raised, if it is still owed. True: nothing is owed any more."""
    with transaction.atomic(durable=True):
        found = Reservation.objects.filter(pk=reservation_id).values_list("payment_id", flat=True).first()
        if found is None:
            return True
        payment = statements.lock_payment(found)
        held = Reservation.objects.filter(pk=reservation_id, state=ReservationState.HELD).first()
        if held is None:
            return True
        if payment.state not in UNPAID_ENDS and not payment.is_fully_refunded:
            Reservation.objects.filter(pk=held.pk).update(next_try_at=None)  # the money came after all
            return True
        return _release(held, payment, now)


def _release(held: Reservation, payment: Payment, now: datetime) -> bool:
    try:
        with transaction.atomic():
            purpose = payment.purpose_object()
            payable = _locked(purpose, payment)
            if not Reservation.objects.filter(pk=held.pk, state=ReservationState.HELD).exists():
                return True  # while we waited for the lock, a payment that has the claim took it over
            purpose.release(payable, payment)
    except (OperationalError, InterfaceError):
        raise  # the database's trouble, not the shop's: the whole transaction is tried once more
    except Exception:  # noqa: BLE001 the shop's code may raise anything
        tries = held.tries + 1
        Reservation.objects.filter(pk=held.pk).update(
            tries=tries,
            error=storable(traceback.format_exc(limit=-8)),
            next_try_at=schedule.retry_at(now, tries, conf.current().fulfil_retry_seconds),
        )
        return False
    _is_released(held)
    return True


def _is_released(held: Reservation) -> None:
    Reservation.objects.filter(pk=held.pk).update(state=ReservationState.RELEASED, next_try_at=None, error="")


def reserves(payment: Payment) -> bool:
    """Whether its purpose sets things aside. No query; False for a purpose that is no longer configured."""
    try:
        return bool(payment.purpose_object().reserves)
    except ConfigurationError:
        return False


def _locked(purpose: Purpose, payment: Payment) -> Any:
    return purpose.payable._default_manager.select_for_update().get(pk=payment.payable_key)


def _must_cost_the_same(purpose: Purpose, payable: Any, payment: Payment) -> None:
    price = purpose.price(payable)
    if price != payment.money:
        raise PriceChanged(
            f"the price is {price} now; this payment is for {payment.money}. Look at it again before paying."
        )
