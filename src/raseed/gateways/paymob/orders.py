"""Making an order and a payment key for it: by the intention API, or the older way in two calls."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from raseed.core.errors import GatewayRefused, GatewayUnavailable
from raseed.gateways.base import Memory, Opened, Order
from raseed.gateways.http import Document, Sealed
from raseed.gateways.paymob.caller import LONGEST_KEY, Caller
from raseed.gateways.paymob.members import Members
from raseed.gateways.paymob.vocabulary import (
    LONGEST_INTENTION_SECONDS,
    MOST_SAVED_CARDS,
    PAYMENT_KEY_SECONDS,
)

#: The steps under which what was made is kept, so that an order whose answer was lost later is found again.
INTENTION, ORDER = "intention", "order"

#: The member of what is kept that says whether a card may be saved with the order.
SAVES = "saves"

#: What every payment must state of its payer; what is not known is written as these letters.
_UNKNOWN = "NA"
_BILLING = (
    "apartment",
    "floor",
    "street",
    "building",
    "shipping_method",
    "postal_code",
    "city",
    "country",
    "state",
)
_LONGEST_NAME = 50


@dataclass(frozen=True, repr=False)
class Made:
    """An order at Paymob, and what pays it. `client_secret` is empty where it was made the older way."""

    order: str
    key: str
    intention: str = ""
    client_secret: str = ""

    @property
    def ids(self) -> dict[str, str]:
        """By what else it is known."""
        return {"intention": self.intention} if self.intention else {}


def made_before(memory: Memory) -> str:
    """The id of the order that was made in an earlier step, where opening was cut short; or an empty text."""
    return _kept(memory).id("order") or ""


def may_save_card(memory: Memory) -> bool:
    """Whether the order's page was to let its payer save the card."""
    return _kept(memory).flag(SAVES) is True


def _kept(memory: Memory) -> Members:
    """What is kept of the order that was made, by whichever way."""
    found = filter(None, map(memory.recall, (INTENTION, ORDER)))
    return Members(next((kept for kept in found if isinstance(kept, Mapping)), None))


def make_intention(
    caller: Caller, order: Order, memory: Memory, ids: Sequence[int], notification_url: str
) -> Made:
    """One call makes intention, order and a payment key for each integration."""

    def call() -> dict[str, Any]:
        body = _intention(order, ids, notification_url)
        answer = Members(caller.with_secret("/v1/intention/", body))
        order_id, secret = answer.id("intention_order_id"), answer.text("client_secret")
        if order_id is None or not secret:
            raise GatewayUnavailable("Paymob POST /v1/intention/: answered without an order or its secret.")
        kept = {"order": order_id, "client_secret": secret, "intention": answer.text("id")}
        kept[SAVES] = str(order.save_card).lower()
        return Sealed(**kept, key=_payment_key(answer.get("payment_keys"), ids))

    kept = Members(memory.once(INTENTION, call))
    return Made(
        kept.id("order") or "",
        kept.text("key", LONGEST_KEY),
        kept.text("intention"),
        kept.text("client_secret"),
    )


def _payment_key(listed: Any, ids: Sequence[int]) -> str:
    """The payment key of the first integration asked for, else the first one there is."""
    keys = [Members(one) for one in listed] if isinstance(listed, list) else []
    fitting = [key for key in keys if ids and key.id("integration") == str(ids[0])] or keys
    return fitting[0].text("key", LONGEST_KEY) if fitting else ""


def _intention(order: Order, ids: Sequence[int], notification_url: str) -> Document:
    body = Sealed(
        amount=order.money.minor,
        currency=order.money.currency,
        payment_methods=list(ids),
        billing_data=billing(order),
        special_reference=order.reference,
        redirection_url=order.return_url,
    )
    if order.description:
        name = order.description[:_LONGEST_NAME]
        body["items"] = [{"name": name, "amount": order.money.minor, "quantity": 1}]
    if order.open_for_seconds is not None:
        body["expiration"] = int(min(order.open_for_seconds, LONGEST_INTENTION_SECONDS))
    if order.saved_card:
        body["card_tokens"] = [order.saved_card][:MOST_SAVED_CARDS]
    if order.metadata:
        body["extras"] = dict(order.metadata)
    if notification_url:
        body["notification_url"] = notification_url
    return body


def make_order(caller: Caller, order: Order, memory: Memory, integration: int) -> Made:
    """The older way: register an order, then ask for a payment key of one integration."""

    def register() -> dict[str, Any]:
        body = {
            "delivery_needed": False,
            "amount_cents": order.money.minor,
            "currency": order.money.currency,
            "merchant_order_id": order.reference,
            "items": [],
        }
        answer = Members(caller.with_token(memory, "/api/ecommerce/orders", body))
        if answer.id("id") is None:
            raise GatewayUnavailable("Paymob POST /api/ecommerce/orders: answered without an order.")
        return {"order": answer.id("id"), SAVES: order.save_card}

    order_id = Members(memory.once(ORDER, register)).id("order") or ""
    body = Sealed(
        amount_cents=order.money.minor,
        expiration=order.open_for_seconds or PAYMENT_KEY_SECONDS,
        order_id=int(order_id or 0),
        billing_data=billing(order),
        currency=order.money.currency,
        integration_id=integration,
        lock_order_when_paid=True,
    )
    if order.saved_card:
        body["token"] = order.saved_card
    answer = Members(caller.with_token(memory, "/api/acceptance/payment_keys", body))
    key = answer.text("token", LONGEST_KEY)
    if not key:
        raise GatewayUnavailable("Paymob POST /api/acceptance/payment_keys: answered without a key.")
    return Made(order_id, key)


def billing(order: Order) -> dict[str, str]:
    """Who pays: every member must be there, and none may be empty."""
    first, _, last = order.customer.get("name", "").strip().partition(" ")
    return {
        "first_name": first[:_LONGEST_NAME] or _UNKNOWN,
        "last_name": last.strip()[:_LONGEST_NAME] or _UNKNOWN,
        "email": order.customer.get("email") or _UNKNOWN,
        "phone_number": order.customer.get("phone") or _UNKNOWN,
        **{name: order.customer.get(name) or _UNKNOWN for name in _BILLING},
    }


def on_page(made: Made, checkout_url: str, public_key: str) -> Opened:
    """The checkout page. A client secret is for one payment; declined attempts may be repeated on it."""
    query = urlencode({"publicKey": public_key, "clientSecret": made.client_secret})
    return Opened(made.order, ids=made.ids, url=f"{checkout_url}?{query}")


def in_frame(made: Made, base_url: str, iframe_id: str) -> Opened:
    """The older page of cards, as an address to open: a new tab, or a frame."""
    query = urlencode({"payment_token": made.key})
    return Opened(made.order, ids=made.ids, url=f"{base_url}/api/acceptance/iframes/{iframe_id}?{query}")


def refuse_unpayable(made: Made) -> None:
    """Raises GatewayRefused where there is no payment key: nobody can pay this order."""
    if not made.key:
        raise GatewayRefused("Paymob gave no payment key for this integration. Check INTEGRATION_IDS.")
