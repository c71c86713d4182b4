"""Customers and the cards PayMongo keeps for them, as far as documented.

A card is kept when an intent is opened for a customer (`customer={"id": "cus_…"}`) and paid; Visa and
Mastercard, with the customer present, on accounts where PayMongo enabled it. How a kept card is charged
is not documented in public, so charging one is not offered.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from raseed.core.errors import GatewayUnavailable
from raseed.gateways.http import Api
from raseed.gateways.paymongo.members import Resource, resource
from raseed.gateways.paymongo.requests import body, each, path, retrieved

#: What a customer is made of; all are texts.
MEMBERS = frozenset({"first_name", "last_name", "email", "phone", "default_device"})

#: Pages of 100 looked through for customers of one e-mail address or phone number.
MOST_PAGES = 10


@dataclass(frozen=True)
class Customer:
    """A customer at PayMongo. `phone` is `+` and digits; `default_device` is `phone` or `email`."""

    id: str
    first_name: str = ""
    last_name: str = ""
    email: str = ""
    phone: str = ""
    default_device: str = ""


@dataclass(frozen=True)
class KeptCard:
    """A card PayMongo keeps for a customer: `id` (`cus_pm_…`), the payment method, and what shows it."""

    id: str
    payment_method: str
    kind: str
    brand: str = ""
    last4: str = ""


@dataclass(frozen=True)
class Customers:
    """The customers of one account. Every call may raise GatewayRefused or GatewayUnavailable."""

    calling: Callable[[], Api]

    def create(
        self, *, first_name: str, last_name: str, email: str, phone: str, default_device: str = "phone"
    ) -> Customer:
        """Make a customer. PayMongo refuses a second one with the same address and number."""
        attributes = {
            "first_name": first_name,
            "last_name": last_name,
            "email": email,
            "phone": phone,
            "default_device": default_device,
        }
        return _customer(retrieved(self.calling().post("/v1/customers", body(attributes)), "customer"))

    def retrieve(self, customer: str) -> Customer:
        """One customer, by id."""
        return _customer(retrieved(self.calling().get(path("customers", customer)), "customer"))

    def find(self, *, email: str = "", phone: str = "") -> list[Customer]:
        """The customers with this e-mail address or phone number. At least one must be given."""
        asked = {name: value for name, value in (("email", email), ("phone", phone)) if value}
        if not asked:
            raise ValueError("find a customer by email, phone or both")
        found = each(self.calling(), "/v1/customers", asked, most_pages=MOST_PAGES)
        return [_customer(customer) for customer in found]

    def change(self, customer: str, **members: str) -> Customer:
        """Change members of a customer: first_name, last_name, email, phone, default_device."""
        unknown = sorted(set(members) - MEMBERS)
        if unknown:
            raise ValueError(f"a customer has no {unknown[0]}; known: {', '.join(sorted(MEMBERS))}")
        answer = self.calling().patch(path("customers", customer), body(dict(members)))
        return _customer(retrieved(answer, "customer"))

    def delete(self, customer: str) -> None:
        """Remove a customer and the cards kept for it."""
        self.calling().delete(path("customers", customer))

    def cards(self, customer: str) -> list[KeptCard]:
        """The cards kept for a customer."""
        items = self.calling().get(f"{path('customers', customer)}/payment_methods").get("data")
        if not isinstance(items, list):
            raise GatewayUnavailable("PayMongo answered without a list of cards; ask again later.")
        return [_card(resource(item)) for item in items if isinstance(item, dict)]

    def forget_card(self, customer: str, card: str) -> None:
        """Have PayMongo forget a card (`cus_pm_…`) of a customer."""
        family = f"{path('customers', customer).removeprefix('/v1/')}/payment_methods"
        self.calling().delete(path(family, card))


def _customer(found: Resource) -> Customer:
    return Customer(id=found.id or "", **{name: found.text(name) for name in sorted(MEMBERS)})


def _card(found: Resource) -> KeptCard:
    given: Any = found.attributes.get("details")
    details = Resource(None, "", given if isinstance(given, Mapping) else {})
    return KeptCard(
        id=found.id or "",
        payment_method=found.ref("payment_method_id") or "",
        kind=found.text("payment_method_type"),
        brand=details.text("brand"),
        last4=details.text("last4"),
    )
