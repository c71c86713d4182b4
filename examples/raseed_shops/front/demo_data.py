"""What the demo's database starts with. Adds only what is missing, so it can be run again."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group, User

from raseed_shops import clock
from raseed_shops.clinic.models import Appointment, Bill
from raseed_shops.errands.models import SystemCommission, Task
from raseed_shops.errands.payments import FEE
from raseed_shops.front.people import PEOPLE
from raseed_shops.marketplace.models import Contract, Job, Offer
from raseed_shops.puja.models import Package, Promo, Puja

#: title, what to do, price in pesos, poster, doer. One price equals the fee: the two must not mix.
TASKS = [
    ("Queue for two concert tickets", "Be there at six, the counter opens at nine.", "350.00", "ana", ""),
    ("Water the plants for a week", "Eight pots on the balcony, every second day.", "600.00", "carla", ""),
    ("Hold my place in the line", "Ten minutes while I fetch a form.", "2.00", "ana", "carla"),
    ("Pick up a parcel", "At the post office. I will send the slip in the chat.", "250.00", "ana", "ben"),
]

#: patient, what for, pesos
BILLS = [
    ("paula", "Cleaning and polish", "1500.00"),
    ("paula", "Two fillings", "3200.00"),
    ("paula", "Fluoride for the children", "950.50"),
    ("pedro", "Root canal, first visit", "8500.00"),
    ("pedro", "Dental X-ray", "600.00"),
]
#: patient, what for, the deposit in pesos (0: none is asked), days from now
APPOINTMENTS = [
    ("paula", "Braces, first fitting", "1000.00", 9),
    ("paula", "Check-up", "0.00", 30),
    ("pedro", "Wisdom tooth", "2000.00", 4),
]
#: client, what should be done, details, Bob's price in US dollars (empty: he made no offer), accepted?
JOBS = [
    ("alice", "Translate a menu", "Two pages, Spanish to English.", "25.00", True),
    ("alice", "Draw a logo", "For a bakery. Three drafts, please.", "120.00", False),
    ("elena", "Proofread a thesis", "Eighty pages about tides.", "300.00", True),
    ("elena", "Set up a shop", "Twelve products, photos are there.", "", False),
]

#: puja, what it is, where, and its packages: name, what is in it, rupees. Documented examples name the first
#: puja and its two packages by their numbers: 1, 1 and 2.
PUJAS = [
    (
        "Satyanarayan Puja",
        "For peace and prosperity at home, with the reading of the katha.",
        "Main hall, Riverside Temple, Varanasi",
        [("Basic", "One priest, an hour", "500.00"), ("Complete", "Two priests, with havan", "999.00")],
    ),
    (
        "Griha Pravesh",
        "Before a family moves into a new house.",
        "At your home, within Varanasi",
        [("Morning", "One priest, samagri included", "2100.00")],
    ),
    (
        "Rudrabhishek",
        "Offerings of milk, honey and water, with the chanting of the Rudram.",
        "Shiva shrine, Riverside Temple, Varanasi",
        [
            ("With eleven chants", "One priest", "1100.00"),
            ("By yourself", "A place and the samagri", "151.00"),
        ],
    ),
]
#: code, percent off, how often (None: without end)
PROMOS = [("DISCOUNT10", 10, None), ("FIRST3", 25, 3)]


def seed_people() -> dict[str, User]:
    """Everybody of the demo, by user name."""
    users = {}
    for person in PEOPLE:
        user, created = get_user_model().objects.get_or_create(
            username=person.username,
            defaults={
                "first_name": person.first_name,
                "email": f"{person.username}@example.com",
                "is_staff": person.is_staff,
                "is_superuser": person.is_staff,
            },
        )
        if created:
            user.set_password(person.username)
            user.save(update_fields=["password"])
        user.groups.add(*(Group.objects.get_or_create(name=name)[0] for name in person.groups))
        users[person.username] = user
    return users


def seed_errands(users: dict[str, User]) -> None:
    """The first tasks: some to accept, some whose chat waits for the fee."""
    for title, description, price, poster, doer in TASKS:
        if Task.objects.filter(title=title, poster=users[poster]).exists():
            continue
        task = Task(title=title, description=description, price=Decimal(price), poster=users[poster])
        if doer:
            task.doer, task.status = users[doer], Task.Status.ACCEPTED
        task.save()
        if doer:
            SystemCommission.objects.create(task=task, amount=FEE.amount)


def seed_clinic(users: dict[str, User]) -> None:
    """Bills to pay, and appointments of which some ask for a deposit."""
    for patient, title, amount in BILLS:
        Bill.objects.get_or_create(patient=users[patient], title=title, defaults={"amount": Decimal(amount)})
    for patient, title, deposit, days in APPOINTMENTS:
        starts_at = (clock.now() + timedelta(days=days)).replace(hour=2, minute=0, second=0, microsecond=0)
        Appointment.objects.get_or_create(
            patient=users[patient],
            title=title,
            defaults={"amount": Decimal(deposit), "starts_at": starts_at},
        )


def seed_marketplace(users: dict[str, User]) -> None:
    """Jobs: to make an offer for, to accept one, and to pay."""
    for client, title, description, price, accepted in JOBS:
        job, created = Job.objects.get_or_create(
            client=users[client], title=title, defaults={"description": description}
        )
        if not created or not price:
            continue
        wallet = f"{settings.SANDBOX_URL}/openpayments/bob"
        offer = Offer.objects.create(job=job, freelancer=users["bob"], price=Decimal(price), wallet=wallet)
        if accepted:
            Contract.objects.create(job=job, offer=offer)
            Job.objects.filter(pk=job.pk).update(status=Job.Status.ASSIGNED)


def seed_puja() -> None:
    """What the temple offers, and its promo codes."""
    for name, description, address, packages in PUJAS:
        about = {"description": description, "address": address}
        puja, _ = Puja.objects.get_or_create(name=name, defaults=about)
        for package, what, rupees in packages:
            priced = {"description": what, "price": Decimal(rupees)}
            Package.objects.get_or_create(puja=puja, name=package, defaults=priced)
    for code, percent, limit in PROMOS:
        Promo.objects.get_or_create(code=code, defaults={"percent": percent, "limit": limit})
