"""What Paymob sends: which order it names, whether Paymob signed it, and what it says.

Callbacks are posted with the signature in the query (`?hmac=`); the browser comes back with the same twenty
values as parameters, signed alike; a split payment carries one signature in each of its transactions.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import parse_qsl

from raseed.core.errors import BadSignature, MalformedDelivery
from raseed.core.facts import Fact
from raseed.gateways.base import RawDelivery, Refs, Verified
from raseed.gateways.paymob import signed
from raseed.gateways.paymob.cards import card_fact, is_card
from raseed.gateways.paymob.facts import delivered_facts
from raseed.gateways.paymob.identity import Identity
from raseed.gateways.paymob.members import Members, is_created_at
from raseed.gateways.paymob.transactions import Transaction, nested, transaction
from raseed.gateways.paymob.vocabulary import (
    DELIVERY,
    DELIVERY_SIGNED,
    SIGNATURE,
    TOKEN,
    TOKEN_SIGNED,
    TRANSACTION,
    TRANSACTION_SIGNED,
)
from raseed.gateways.signatures import Secrets, refuse_repeated_parameters, strict_json

#: Parameters of a browser's return: some forty of Paymob's, and the site's own.
_MOST_PARAMETERS = 128


def verify(delivery: RawDelivery, secrets: Secrets) -> Verified:
    """Check the shape, then the signature, then the values. Raises BadSignature or MalformedDelivery."""
    refuse_repeated_parameters(delivery.query_string)
    document = parse(delivery)
    if "subscription_data" in document:
        signed.check(secrets, _subscription(document), document.get(SIGNATURE))
    elif "transactions" in document:
        for element in document["transactions"]:
            signed.check(secrets, signed.joined(element, TRANSACTION_SIGNED), element.get(SIGNATURE))
    else:
        _check_posted(document, secrets, _parameters(delivery).get(SIGNATURE))
    _refuse_odd_values(document)
    return Verified(delivery, document)


def _check_posted(document: Mapping[str, Any], secrets: Secrets, signature: Any) -> None:
    match document["type"]:
        case "TRANSACTION":
            signed.check(secrets, signed.joined(document["obj"], TRANSACTION_SIGNED), signature)
        case "TOKEN":
            signed.check(secrets, signed.joined(document["obj"], TOKEN_SIGNED), signature)
        case _:
            _check_either(document["obj"], secrets, signature)


def _check_either(told: Mapping[str, Any], secrets: Secrets, signature: Any) -> None:
    """The status of a delivery: Paymob's two descriptions of it name different values."""
    first, second = (signed.joined(told, names) for names in DELIVERY_SIGNED)
    try:
        signed.check(secrets, first, signature)
    except BadSignature:
        signed.check(secrets, second, signature)


def parse(delivery: RawDelivery) -> Mapping[str, Any]:
    """The delivery as a document whose frame has the right shape. Raises MalformedDelivery.

    A browser's return becomes the callback that it is a copy of.
    """
    if delivery.method != "POST":
        return _returned(delivery)
    document = strict_json(delivery.body)
    if not isinstance(document, dict):
        raise MalformedDelivery("the body is not a JSON object")
    if "subscription_data" in document:
        return _subscribed(document)
    if "transactions" in document:
        return _split(document)
    kind, told = document.get("type"), document.get("obj")
    if not isinstance(told, dict) or kind not in (TRANSACTION, TOKEN, DELIVERY):
        raise MalformedDelivery("the body is not a callback: it needs type and obj")
    if (kind == TOKEN) is not ("masked_pan" in told and "amount_cents" not in told):
        raise MalformedDelivery(f"the body says that it is a {kind}, and has not what that has")
    if kind == TRANSACTION:
        _refuse_other_shapes(told)
    return document


def _returned(delivery: RawDelivery) -> Mapping[str, Any]:
    told = nested(_parameters(delivery))
    told.pop(SIGNATURE, None)
    _refuse_other_shapes(told)
    return {"type": TRANSACTION, "obj": told}


def _split(document: dict[str, Any]) -> Mapping[str, Any]:
    elements = document["transactions"]
    if not isinstance(elements, list) or not elements or not all(isinstance(e, dict) for e in elements):
        raise MalformedDelivery("a split payment must list its transactions")
    for element in elements:
        _refuse_other_shapes(element)
    return document


def _subscribed(document: dict[str, Any]) -> Mapping[str, Any]:
    _subscription(document)
    return document


def _subscription(document: Mapping[str, Any]) -> str:
    """What is signed of a subscription's callback."""
    trigger, told = document.get("trigger_type"), document.get("subscription_data")
    if not isinstance(trigger, str) or not isinstance(told, dict) or "id" not in told:
        raise MalformedDelivery("a subscription's callback needs trigger_type and subscription_data.id")
    return f"{trigger}for{signed.rendered(told['id'], 'subscription_data.id')}"


def _refuse_other_shapes(told: Mapping[str, Any]) -> None:
    needed = ("id", "amount_cents", "created_at", "order", "success", "pending")
    missing = [name for name in needed if told.get(name) is None]
    if missing or (isinstance(told["order"], dict) and told["order"].get("id") is None):
        raise MalformedDelivery(f"a transaction has no {', '.join(missing) or 'order.id'}")


def _refuse_odd_values(document: Mapping[str, Any]) -> None:
    """Signed values that Paymob never prints so: a digit was moved over from their neighbour."""
    for told in _transactions(document):
        values = (told.id, told.order, told.members.minor("amount_cents"))
        if None in values or not is_created_at(told.members.get("created_at")):
            raise MalformedDelivery("id, order, amount_cents or created_at is not written as Paymob does")
    if document.get("type") == TOKEN:
        told = document["obj"]
        if not is_card(told) or not is_created_at(told.get("created_at")):
            raise MalformedDelivery("the card's callback is not written as Paymob does")


def _transactions(document: Mapping[str, Any]) -> list[Transaction]:
    """Every transaction in a document, in its order."""
    if isinstance(document.get("transactions"), list):
        return [transaction(element) for element in document["transactions"]]
    return [transaction(document["obj"])] if document.get("type") == TRANSACTION else []


def _parameters(delivery: RawDelivery) -> dict[str, str]:
    """The parameters of the address, decoded once: a second time turns the + of a time zone to a blank."""
    if not delivery.query_string:
        return dict(delivery.query)
    try:
        text = delivery.query_string.decode("ascii")
        pairs = parse_qsl(
            text, keep_blank_values=True, encoding="utf-8", errors="strict", max_num_fields=_MOST_PARAMETERS
        )
    except ValueError:
        raise MalformedDelivery("the query string cannot be read") from None
    return dict(pairs)


def peek(delivery: RawDelivery) -> Refs:
    """Which order a delivery names. Believed by nobody; never raises."""
    try:
        document = parse(delivery)
    except MalformedDelivery:
        return Refs()
    found = _transactions(document)
    orders = [told.order for told in found]
    if document.get("type") == TOKEN:
        orders.append(Members(document["obj"]).id("order_id"))
    return Refs(
        references=_present(told.reference for told in found),
        gateway_refs=_present(orders),
        charge_refs=_present(ref for told in found for ref in (told.id, told.parent)),
        refund_refs=_present(told.id for told in found if told.is_reversal),
    )


def read(verified: Verified, identity: Identity) -> list[Fact]:
    """The facts of a delivery; nothing for a subscription's, and for the status of a delivery of goods."""
    document = verified.document
    if document.get("type") == TOKEN:
        return [card_fact(document["obj"])] if identity.is_merchant(document["obj"]) else []
    return [fact for told in _transactions(document) for fact in delivered_facts(told, identity.doubt(told))]


def _present(values: Iterable[str | None]) -> frozenset[str]:
    return frozenset(value for value in values if value)
