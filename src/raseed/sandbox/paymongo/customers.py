"""Customers and their saved cards, version 1.

https://developers.paymongo.com/reference/customer-resource and
https://developers.paymongo.com/docs/payment-acceptance-card-vaulting
"""

from __future__ import annotations

import re

from raseed.sandbox.paymongo.account import ORGANIZATION_ID
from raseed.sandbox.paymongo.call import Call
from raseed.sandbox.paymongo.errors import not_found
from raseed.sandbox.paymongo.fields import Fields
from raseed.sandbox.paymongo.paging import page
from raseed.sandbox.paymongo.world import World, bare
from raseed.sandbox.store import Doc

PHONE = re.compile(r"\+?[0-9]{3,20}")
DEVICES = ("phone", "email")
TEXTS = ("first_name", "last_name", "email")
#: Cards of these brands can be saved.
BRANDS = ("visa", "mastercard")


def create(call: Call) -> Doc:
    world, fields, now = call.world, call.fields, call.world.now()
    given = _read(fields, required=True)
    fields.done()
    attributes: Doc = {
        "default_device": None,
        "default_payment_method_id": None,
        "email": None,
        "first_name": None,
        "last_name": None,
        "livemode": world.livemode,
        "organization_id": ORGANIZATION_ID,
        "phone": None,
        "created_at": now,
        "updated_at": now,
    }
    return bare(world.add("customers", "cus", "customer", {**attributes, **given}, cards=[]))


def _read(fields: Fields, *, required: bool) -> Doc:
    """The attributes that were given. First and last name are required of a new customer (our choice)."""
    given: Doc = {}
    for name in TEXTS:
        if fields.given(name) or (required and name != "email"):
            given[name] = fields.text(name, required=required and name != "email", longest=255)
    if fields.given("phone"):
        given["phone"] = fields.text("phone")
        if given["phone"] is not None and not PHONE.fullmatch(given["phone"]):
            fields.wrong("parameter_format_invalid", "phone", "phone format is invalid.")
    if fields.given("default_device"):
        given["default_device"] = fields.choice("default_device", DEVICES)
    if fields.given("default_payment_method_id"):
        given["default_payment_method_id"] = fields.text("default_payment_method_id")
    return given


def retrieve(call: Call) -> Doc:
    return bare(find(call.world, call.id))


def list_all(call: Call) -> Doc:
    """Newest first; `email` and `phone` narrow the list."""
    wanted = {name: call.query[name] for name in ("email", "phone") if name in call.query}
    found = [
        customer
        for customer in call.world.table("customers").values()
        if all(customer["attributes"][name] == value for name, value in wanted.items())
    ]
    return page(found, call.query, "customer", bare)


def update(call: Call) -> Doc:
    customer, fields = find(call.world, call.id), call.fields
    changes = _read(fields, required=False)
    fields.done()
    call.world.touch(customer, **changes)
    return bare(customer)


def delete(call: Call) -> Doc:
    """The customer goes with all saved cards."""
    customer = find(call.world, call.id)
    del call.world.table("customers")[call.id]
    customer["attributes"]["deleted"] = True
    return bare(customer)


def find(world: World, customer_id: str) -> Doc:
    """The customer, or ApiError (404)."""
    if customer_id not in world.table("customers"):
        raise not_found("customer", customer_id)
    return world.table("customers")[customer_id]


# -- saved cards -----------------------------------------------------------------------------------------


def save_card(world: World, intent: Doc, method_id: str | None) -> None:
    """Keep the card that paid an intent made with `setup_future_usage`."""
    wanted = intent["attributes"]["setup_future_usage"]
    method = world.table("methods").get(method_id or "")
    customer = world.table("customers").get(wanted["customer_id"]) if wanted else None
    if customer is None or method is None or (method["private"]["card"] or {}).get("brand") not in BRANDS:
        return
    rows = customer["private"]["cards"]
    if any(row["payment_method_id"] == method["id"] for row in rows):
        return
    now = world.now()
    row = {
        "id": world.new_id("cus_pm"),
        "customer_id": customer["id"],
        "livemode": world.livemode,
        "organization_id": ORGANIZATION_ID,
        "payment_method_id": method["id"],
        "payment_method_type": "card",
        "session_type": wanted["session_type"],
        "created_at": now,
        "updated_at": now,
    }
    rows.append(row)
    if customer["attributes"]["default_payment_method_id"] is None:
        world.touch(customer, default_payment_method_id=method["id"])


def list_cards(call: Call) -> Doc:
    """The saved cards, newest first, without an `attributes` member."""
    rows = find(call.world, call.id)["private"]["cards"]
    return page(rows, call.query, "payment method", dict)


def delete_card(call: Call) -> Doc:
    """Forget a saved card, named by its own id or its payment method's."""
    customer, wanted = find(call.world, call.id), call.ids[1]
    for row in customer["private"]["cards"]:
        if wanted in (row["id"], row["payment_method_id"]):
            customer["private"]["cards"].remove(row)
            if customer["attributes"]["default_payment_method_id"] == row["payment_method_id"]:
                call.world.touch(customer, default_payment_method_id=None)
            return {**row, "deleted": True}
    raise not_found("payment method", wanted)
