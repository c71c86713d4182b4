"""The five shops as a simulation uses them: their models, purposes and public functions, without their pages.

Their pages are walked through by the tour, and the processes behind them killed by the crash run. A page
costs as much as a payment, and decides nothing about it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, time
from decimal import Decimal
from random import Random
from typing import Any

from django.contrib.auth.models import User
from django.urls import reverse

import raseed
from raseed.core.states import State
from raseed.payments.models import Charge, Posting
from raseed_shops.clinic import payments as clinic
from raseed_shops.clinic.models import Bill, Receipt
from raseed_shops.errands.models import Notification, SystemCommission, Task
from raseed_shops.errands.payments import FEE
from raseed_shops.marketplace import payments as marketplace
from raseed_shops.marketplace.models import Contract, Job, Offer
from raseed_shops.puja import payments as puja
from raseed_shops.puja.models import Booking, Cart, Package
from raseed_shops.services import payments as services
from raseed_shops.services.models import CURRENCY, Deposit

PRICES = ("20.00", "150.50", "999.95", "3200.00")
CLINIC_WAYS = ("card", "gcash", "paymaya", "grab_pay", "checkout")


@dataclass(frozen=True)
class Stall:
    """`given`: how often what was paid for stands given at present, by the shop's own rows."""

    name: str
    account: str
    purpose: str
    publish: Callable[[Random, str], Any]
    start: Callable[[Any, Random], raseed.Checkout]
    given: Callable[[Any], int]


def person(name: str) -> User:
    """One of the people of the shops."""
    return User.objects.get(username=name)


# -- errands -----------------------------------------------------------------------------------------------


def _publish_task(random: Random, title: str) -> Task:
    ana, ben = person("ana"), person("ben")
    price = Decimal(random.choice(PRICES))
    task = Task.objects.create(title=title, price=price, poster=ana, doer=ben, status=Task.Status.ACCEPTED)
    SystemCommission.objects.create(task=task, amount=FEE.amount)
    return task


def _start_fee(task: Task, random: Random) -> raseed.Checkout:
    return raseed.start_payment(
        task,
        purpose="system-fee",
        account="paymongo",
        method="gcash",
        user=task.poster,
        return_url=f"{reverse('errands:success')}?task_id={task.pk}",
        cancel_url=f"{reverse('errands:failed')}?task_id={task.pk}",
        next=task.get_absolute_url(),
    )


def _fee_given(task: Task) -> int:
    """The chat was opened so often, less how often it was locked again."""
    told = Notification.objects.filter(task=task)
    opened = told.filter(type="payment_confirmed").count()
    locked = told.filter(type="payment_refunded").count()
    is_open = Task.objects.get(pk=task.pk).chat_unlocked
    return opened - locked if is_open == (opened > locked) else -1


# -- the clinic --------------------------------------------------------------------------------------------


def _publish_bill(random: Random, title: str) -> Bill:
    return Bill.objects.create(patient=person("paula"), title=title, amount=Decimal(random.choice(PRICES)))


def _start_bill(owed: Any, random: Random) -> raseed.Checkout:
    owed.refresh_from_db()
    return clinic.start(owed, random.choice(CLINIC_WAYS), owed.patient)


def _owed_given(owed: Any) -> int:
    payments = raseed.payments_of(owed, purpose=owed.purpose)
    receipts = Receipt.objects.filter(payment_reference__in=payments.values("reference"), voided_at=None)
    owed.refresh_from_db()
    count = receipts.count()
    return count if (owed.status == owed.Status.PAID) == (count > 0) else -1


# -- the temple --------------------------------------------------------------------------------------------


def _publish_cart(random: Random, title: str) -> Cart:
    package = random.choice(list(Package.objects.order_by("pk")))
    moment = {"selected_date": date(2030, 5, 17), "selected_time": time(10, 30)}
    return Cart.objects.create(user=person("meera"), package=package, **moment)


def _start_cart(cart: Cart, random: Random) -> raseed.Checkout:
    cart.refresh_from_db()
    return puja.start(cart, cart.user)


def _cart_given(cart: Cart) -> int:
    return Booking.objects.filter(cart=cart, status=Booking.Status.CONFIRMED).count()


# -- home services -----------------------------------------------------------------------------------------


def _publish_deposit(random: Random, title: str) -> Deposit:
    return Deposit.objects.create(client=person("amira"), amount=Decimal(random.choice(PRICES)))


def _start_deposit(deposit: Deposit, random: Random) -> raseed.Checkout:
    return raseed.start_payment(
        deposit,
        account=services.ACCOUNT,
        purpose=services.PURPOSE,
        user=deposit.client,
        method=random.choice(services.METHODS),
        next=reverse("services:dashboard"),
        customer={"name": "Amira", "email": "amira@example.com"},
    )


def _deposit_given(deposit: Deposit) -> int:
    """How many payments' money is in the balance.

    Where somebody had paid twice by the time the first went back, the second has waited for a person since,
    who puts it there or sends it back as well: the deposit never was without money, and counts as made.
    """
    mine: Any = raseed.wallet_history(deposit.client, CURRENCY).filter(payment__payable_key=str(deposit.pk))
    left: dict[int, int] = {}
    out_at: dict[int, int] = {}  # the posting that came last
    for posting, payment_id, minor in mine.values_list("pk", "payment_id", "change_minor"):
        left[payment_id] = left.get(payment_id, 0) + minor
        out_at[payment_id] = max(posting, out_at.get(payment_id, 0))
    waits = Charge.objects.filter(payment__state=State.PAID, held=True).exclude(payment__attention="")
    held = set(waits.values_list("payment_id", "ref"))
    aside = Posting.objects.filter(payment__in=left, credit="suspense").values_list(
        "pk", "payment_id", "charge_ref"
    )
    waiting = {about for at, about, ref in aside if (about, ref) in held and at < out_at[about]}
    return sum(minor > 0 or payment_id in waiting for payment_id, minor in left.items())


# -- the marketplace ---------------------------------------------------------------------------------------


def _publish_offer(random: Random, title: str) -> Offer:
    alice, bob = person("alice"), person("bob")
    job = Job.objects.create(client=alice, title=title, status=Job.Status.ASSIGNED)
    price = Decimal(random.choice(PRICES))
    offer = Offer.objects.create(job=job, freelancer=bob, price=price, wallet=_wallet("bob"))
    Contract.objects.create(job=job, offer=offer)
    return offer


def _wallet(name: str) -> str:
    from django.conf import settings

    return f"{settings.SANDBOX_URL}/openpayments/{name}"


def _start_offer(offer: Offer, random: Random) -> raseed.Checkout:
    return marketplace.start(offer, _wallet("alice"), offer.job.client)


def _offer_given(offer: Offer) -> int:
    return Contract.objects.filter(offer=offer, status=Contract.Status.COMPLETED).count()


STALLS = (
    Stall("errands", "paymongo", "system-fee", _publish_task, _start_fee, _fee_given),
    Stall("clinic", "paymongo", "bill", _publish_bill, _start_bill, _owed_given),
    Stall("puja", "phonepe", "puja-cart", _publish_cart, _start_cart, _cart_given),
    Stall("services", "paymob", "deposit", _publish_deposit, _start_deposit, _deposit_given),
    Stall("marketplace", "openpayments", "job", _publish_offer, _start_offer, _offer_given),
)
