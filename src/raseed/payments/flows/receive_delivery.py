"""A webhook request comes in: keep it and apply it in one transaction, then answer.

If the transaction dies (a deadlock, an error of the shop's) it is done once more with the giving left to the
worker; if something is wrong with reading or applying, the delivery is kept alone and read again later.
Either way nothing is lost: what was not committed was not acknowledged.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode

from django.db import transaction

from raseed.core.errors import BodyGone, DeliveryError, MalformedDelivery
from raseed.core.facts import Channel, Fact, Weight
from raseed.gateways.base import Gateway, RawDelivery, Verified
from raseed.payments import conf, encryption
from raseed.payments.flows import statements
from raseed.payments.flows.apply_facts import apply_facts
from raseed.payments.flows.giving import BARE, Giving
from raseed.payments.flows.once_more import once_more
from raseed.payments.flows.park_delivery import park_delivery
from raseed.payments.flows.reject_delivery import reject_delivery
from raseed.payments.flows.words import storable, words_of
from raseed.payments.models import Delivery, DeliveryState

log = logging.getLogger("raseed.deliveries")

#: The only headers that are stored: none of them is a credential.
_KEPT_HEADERS = ("content-type", "user-agent", "x-request-id")


@dataclass(frozen=True)
class Receipt:
    """What became of a request: kept (with its id), a copy of an earlier one, or refused (with why).

    `payment_id` is the payment it is about, where that is known.
    """

    delivery_id: int | None = None
    payment_id: int | None = None
    is_copy: bool = False
    refused: DeliveryError | None = None


def receive_delivery(account: str, raw: RawDelivery) -> Receipt:
    """Verify, read, keep and apply one webhook request. Never raises for what the request contains."""
    gateway = conf.current().gateway(account)
    try:
        verified = _verify(gateway, raw)
    except DeliveryError as refused:
        reject_delivery(account, gateway, raw, refused)
        return Receipt(refused=refused)
    try:
        facts = gateway.read(verified)
        return _keep_and_apply(account, gateway, verified, facts)
    except Exception as error:
        log.exception("a delivery at account %r could not be applied; it is kept and read again", account)
        return _keep_for_later(account, gateway, raw, error)


def _verify(gateway: Gateway, raw: RawDelivery) -> Verified:
    """What an adapter did not expect was not verified: anybody may have sent it."""
    try:
        return gateway.verify(raw)
    except DeliveryError:
        raise
    except Exception as error:
        log.exception("%s could not judge a request", gateway.name)
        raise MalformedDelivery("the request cannot be verified") from error


def _keep_and_apply(account: str, gateway: Gateway, verified: Verified, facts: Sequence[Fact]) -> Receipt:
    row = delivery_row(account, gateway, verified.delivery)
    row["facts_summary"] = summary(facts)
    return once_more(lambda giving: _once(row, facts, giving), first=BARE)


def _once(row: dict[str, Any], facts: Sequence[Fact], giving: Giving) -> Receipt:
    now = row["received_at"]
    with transaction.atomic(durable=True):
        kept = statements.insert_delivery(row, **refs_of(facts))
        if kept.is_copy:
            pass  # counted; that is all
        elif kept.payment_id is None:
            park_delivery(kept.delivery_id, row["account"], facts, received_at=now, now=now, tries=0)
        else:
            apply_facts(
                kept.payment_id,
                facts,
                channel=channel_of(row["method"]),
                now=now,
                account=row["account"],
                delivery_id=kept.delivery_id,
                giving=giving,
                locked=kept.locked,
            )
    return _receipt(kept)


def _receipt(kept: statements.Kept) -> Receipt:
    """A copy has no delivery of its own."""
    return Receipt(None if kept.is_copy else kept.delivery_id, kept.payment_id, is_copy=kept.is_copy)


def channel_of(method: str) -> Channel:
    """Gateways post. What comes by GET is signed as well, and was brought by the customer's browser."""
    return Channel.RETURN if method == "GET" else Channel.WEBHOOK


def _keep_for_later(account: str, gateway: Gateway, raw: RawDelivery, error: Exception) -> Receipt:
    """Our own mistake must not lose the gateway's word: keep it and read it again."""
    row = delivery_row(account, gateway, raw)
    row |= {
        "state": DeliveryState.DUE.value,
        "read_at": None,
        "next_read_at": row["received_at"],
        "error": words_of(error),
    }
    kept = statements.insert_delivery(row, references=(), gateway_refs=(), charge_refs=(), refund_refs=())
    return _receipt(kept)


def refs_of(facts: Sequence[Fact]) -> dict[str, list[str]]:
    """By what the facts can be matched with a payment: what proofs carry, if there is one among them.

    A hint is not signed. A name in it must not carry a proof of the same delivery to a stranger's payment.
    """
    telling = [fact for fact in facts if fact.weight is Weight.PROOF] or facts
    return {
        "references": sorted({fact.reference for fact in telling if fact.reference}),
        "gateway_refs": sorted({fact.gateway_ref for fact in telling if fact.gateway_ref}),
        "charge_refs": sorted({fact.charge_ref for fact in telling if fact.charge_ref}),
        "refund_refs": sorted({fact.refund_ref for fact in telling if fact.refund_ref}),
    }


def summary(facts: Sequence[Fact]) -> str:
    """The kinds of facts in a delivery, for lists."""
    return ", ".join(dict.fromkeys(fact.kind.value for fact in facts))[:255]


def delivery_row(account: str, gateway: Gateway, raw: RawDelivery) -> dict[str, Any]:
    """A delivery as it is stored: read, unless something else becomes of it."""
    secret = bool(gateway.capabilities.token_fields)
    return {
        "account": account,
        "digest": digest(raw, gateway.capabilities.signature_parameters),
        "state": DeliveryState.READ.value,
        "method": raw.method,
        "path": storable(raw.path),
        "query": {storable(name): storable(value) for name, value in raw.query.items()},
        "headers": {name: storable(raw.headers[name]) for name in _KEPT_HEADERS if name in raw.headers},
        "body": encryption.encrypt(raw.body) if secret else raw.body,
        "is_encrypted": secret,
        "facts_summary": "",
        "received_at": raw.received_at,
        "read_at": raw.received_at,
        "copies": 1,
        "tries": 0,
        "next_read_at": None,
        "error": "",
    }


def digest(raw: RawDelivery, signature_parameters: frozenset[str] = frozenset()) -> str:
    """What makes two deliveries copies: method, query without the signature, and body."""
    query = sorted((key, value) for key, value in raw.query.items() if key not in signature_parameters)
    said = b"\n".join([raw.method.encode(), urlencode(query).encode(), raw.body])
    return hashlib.sha256(said).hexdigest()


def raw_of(delivery: Delivery) -> RawDelivery:
    """The request as it came, from the store. Raises BodyGone."""
    if delivery.body is None:
        raise BodyGone("its body was let go, as RASEED['RETENTION_DAYS'] has it; only its facts are kept")
    body = bytes(delivery.body)
    raw = RawDelivery(
        method=delivery.method,
        path=delivery.path,
        query=delivery.query,
        headers=delivery.headers,
        body=body,
        received_at=delivery.received_at,
    )
    return replace(raw, body=encryption.decrypt(body)) if delivery.is_encrypted else raw
