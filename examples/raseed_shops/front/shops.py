"""Which shops there are, and who is in them."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import HttpRequest

from raseed_shops.errands.models import Notification
from raseed_shops.front.people import PEOPLE, Person


@dataclass(frozen=True)
class Shop:
    """One example shop as the front page shows it. `start` is the name of its first page, `menu` its word.

    `purposes` are what can be paid for there, by their names in the settings.
    """

    label: str
    name: str
    summary: str
    start: str
    menu: str
    purposes: tuple[str, ...]

    @property
    def people(self) -> list[Person]:
        """Who one can be there."""
        return [person for person in PEOPLE if person.shop == self.label]


SHOPS = [
    Shop(
        "errands",
        "Errands",
        "Neighbours do errands for each other. A ₱2.00 fee, paid with GCash, opens the chat between them.",
        "errands:list",
        "Tasks",
        ("system-fee", "task-price"),
    ),
    Shop(
        "clinic",
        "Dental clinic",
        "Patients pay bills and deposits by card (with 3-D Secure), GCash, Maya, GrabPay or QR Ph; staff "
        "refund. There is an API for a front end of one's own.",
        "clinic:list",
        "Bills",
        ("bill", "appointment-deposit"),
    ),
    Shop(
        "marketplace",
        "Marketplace",
        "Clients pay freelancers for jobs, from wallet to wallet over Open Payments. It speaks the "
        "browser's language: English, Spanish, Filipino, Arabic or Hindi.",
        "marketplace:list",
        "Jobs",
        ("job",),
    ),
    Shop(
        "puja",
        "Temple services",
        "Devotees book pujas and pay with UPI, card or net banking through PhonePe; a paid cart becomes one "
        "booking. There is an API with JSON Web Tokens.",
        "puja:list",
        "Pujas",
        ("puja-cart",),
    ),
    Shop(
        "services",
        "Home services",
        "Clients put money into a balance by card, through Paymob, and pay technicians from it. Cards can be "
        "saved. There is an API for a front end of one's own.",
        "services:dashboard",
        "Balance",
        ("deposit",),
    ),
]


#: What all of them share: the front page, logging in, the outbox.
FRONT = Shop("front", "Raseed demo", "", "front:home", "Shops", ())


def shop_of(label: str = "", purpose: str = "") -> Shop:
    """The shop of this app or purpose, else what all of them share."""
    return next((shop for shop in SHOPS if shop.label == label or purpose in shop.purposes), FRONT)


def unread_notifications(request: HttpRequest) -> dict[str, int]:
    """`unread` for the top bar of every page."""
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return {}
    return {"unread": Notification.objects.filter(user=user, read=False).count()}
