"""Standard Checkout, version 2: create a payment, and ask about an order or an attempt.

https://developer.phonepe.com/v1/reference/initiate-payment-standard-checkout
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from raseed.sandbox.phonepe import orders, views
from raseed.sandbox.phonepe.errors import bad_request, refused
from raseed.sandbox.phonepe.fields import Fields, document
from raseed.sandbox.phonepe.vocabulary import CARD_TYPES, MODES
from raseed.sandbox.phonepe.world import World
from raseed.sandbox.store import Doc

PAGE = "/transact/uat_v2"
FREE_UDF = re.compile(r"udf([1-9]|10)")
STRICT_UDF = re.compile(r"udf1[1-5]")
#: the official clients' pattern also allows a space
STRICT_TEXT = re.compile(r"[A-Za-z0-9_\-+@. ]*")


def pay(world: World, body: bytes, base_url: str) -> Doc:
    """POST /checkout/v2/pay"""
    order = _opened(world, Fields(document(body)))
    return {**_begun(order), "redirectUrl": f"{base_url}{PAGE}?token={order['token']}"}


def sdk_order(world: World, body: bytes) -> Doc:
    """POST /checkout/v2/sdk/order: a token for PhonePe's mobile kits in place of the page's address."""
    order = _opened(world, Fields(document(body)))
    return {**_begun(order), "token": order["token"]}


def _begun(order: Doc) -> Doc:
    return {"orderId": order["id"], "state": order["state"], "expireAt": order["expire_at"]}


def _opened(world: World, fields: Fields) -> Doc:
    reference, amount = fields.name("merchantOrderId", 63), fields.amount(world.settings["minimum"])
    seconds = fields.whole("expireAfter", 300, 3600) or world.settings["order_seconds"]
    flow = fields.part("paymentFlow", required=True)
    if flow.text("type", 40) != "PG_CHECKOUT":
        raise flow.wrong("type", "must be PG_CHECKOUT")
    known = orders.known(world, "v2", world.settings["merchant_id"], reference)
    if known is not None:
        return _again(world, known, amount)
    modes, card_types = _modes(flow.part("paymentModeConfig"))
    # the documentation shows it at either place
    retries_off = fields.flag("disablePaymentRetry") or flow.flag("disablePaymentRetry")
    return orders.make(
        world,
        "v2",
        world.settings["merchant_id"],
        reference,
        amount,
        seconds=seconds,
        meta=_meta(fields.part("metaInfo")),
        message=flow.text("message", 1000),
        back={"url": flow.part("merchantUrls").url("redirectUrl"), "mode": "REDIRECT"},
        modes=modes,
        card_types=card_types,
        may_retry=not retries_off,
    )


def _again(world: World, order: Doc, amount: int) -> Doc:
    """A merchantOrderId that was used before."""
    is_untouched = not order["attempts"] and not orders.is_over(world, order)
    if world.settings["reused_order"] == "same" and is_untouched and order["amount"] == amount:
        return order
    raise bad_request(f"merchantOrderId {order['reference']} was used before.")


def _meta(fields: Fields) -> Doc:
    meta = {}
    for name in fields.names():
        if FREE_UDF.fullmatch(name):
            meta[name] = fields.text(name, 256)
        elif STRICT_UDF.fullmatch(name):
            meta[name] = fields.text(name, 50, STRICT_TEXT)
        else:
            raise fields.wrong(name, "is not udf1 to udf15")
    return meta


def _modes(config: Fields) -> tuple[list[str], list[str]]:
    """The modes and kinds of card that the payer is offered."""
    enabled, disabled = config.parts("enabledPaymentModes"), config.parts("disabledPaymentModes")
    if enabled is not None and disabled is not None:
        raise config.wrong("enabledPaymentModes", "cannot go with disabledPaymentModes")
    modes, cards = list(MODES), list(CARD_TYPES)
    if enabled is not None:
        stated = [_mode(entry) for entry in enabled]
        modes = [mode for mode in MODES if mode in dict(stated)]
        cards = dict(stated).get("CARD") or cards
    for mode, types in [_mode(entry) for entry in disabled or []]:
        cards = [card for card in cards if mode != "CARD" or card not in types]
        if mode != "CARD" or not cards:  # a CARD without cardTypes disables nothing
            modes.remove(mode)
    if not modes:
        raise config.wrong("enabledPaymentModes", "leave nothing to pay with")
    return modes, cards


def _mode(entry: Fields) -> tuple[str, list[str]]:
    mode, types = entry.text("type", 40), entry.texts("cardTypes")
    if mode not in MODES:
        raise entry.wrong("type", f"must be one of {', '.join(MODES)}")
    if not set(types) <= set(CARD_TYPES):
        raise entry.wrong("cardTypes", f"must be a list of {', '.join(CARD_TYPES)}")
    return mode, types


# -- asking ------------------------------------------------------------------------------------------------


def order_status(world: World, reference: str, query: Mapping[str, str]) -> Doc:
    """GET /checkout/v2/order/{merchantOrderId}/status"""
    order = orders.find(world, reference)
    attempts = orders.attempts(world, order)
    shown = views.order_status(world, order, attempts if _is_true(query, "details") else attempts[-1:])
    return {**shown, **(views.error_context(order) if _is_true(query, "errorContext") else {})}


def transaction_status(world: World, attempt_id: str) -> Doc:
    """GET /checkout/v2/transaction/{transactionId}/status: the order with this attempt alone."""
    attempt = world.table("attempts").get(attempt_id)
    if attempt is None:
        raise refused("TRANSACTION_NOT_FOUND", f"No entry found for {attempt_id}")
    return views.order_status(world, world.table("orders")[attempt["order"]], [attempt])


def _is_true(query: Mapping[str, str], name: str) -> bool:
    """The official Python client writes True and False with a capital letter."""
    return query.get(name, "").lower() == "true"
