"""What version 1 sends: the server's callback, signed over its body, and the form that the browser carries.

The callback is `{"response": <base64>}` with `X-VERIFY`: SHA-256 over the base64 text and the salt key, no
path. It proves what it says. The form's `checksum` is over its values; but it passes through the browser,
and a value that our copy of the documents cuts off may belong to it, so a form is at most a hint.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qsl

from raseed.core.errors import BadSignature, MalformedDelivery
from raseed.core.facts import Fact, Weight
from raseed.gateways.base import RawDelivery, Refs, Verified
from raseed.gateways.phonepe.account import Salts
from raseed.gateways.phonepe.members import Members
from raseed.gateways.phonepe.salted import REFUND_MARK
from raseed.gateways.phonepe.transactions import payment_fact, refund_fact
from raseed.gateways.signatures import refuse_repeated_parameters, strict_json

HEADER = "X-VERIFY"

#: Values of the form in the order in which they are hashed, before param1 to param20.
_FORM = ("code", "merchantId", "transactionId", "amount", "providerReferenceId")
_PARAMS = tuple(f"param{number}" for number in range(1, 21))

_AMOUNT = re.compile(r"[0-9]{1,15}")


def verify(delivery: RawDelivery, salts: Salts, merchant_id: str) -> Verified:
    """Check the signature over the base64 text as it came, then decode it.

    Raises BadSignature or MalformedDelivery. What carries no signed text is not signed.
    """
    refuse_repeated_parameters(delivery.query_string)
    if not len(salts):
        raise BadSignature("no salt key is configured: set SALT_KEY and SALT_INDEX")
    text = _signed_text(delivery)
    if text is None or not salts.signed(text, delivery.headers.get(HEADER)):
        raise BadSignature(f"the {HEADER} header was not made with a salt key of this account")
    document = parse(delivery)
    merchant = Members(document["data"]).ref("merchantId")
    if merchant_id and merchant not in {None, merchant_id}:
        raise BadSignature("the callback names another merchant")
    return Verified(delivery, document)


def parse(delivery: RawDelivery) -> Mapping[str, Any]:
    """The decoded answer, whose frame has the right shape. Raises MalformedDelivery."""
    text = _signed_text(delivery)
    if text is None:
        raise MalformedDelivery("the body has no response")
    try:
        document = strict_json(base64.b64decode(text, validate=True))
    except (binascii.Error, ValueError):
        raise MalformedDelivery("the response is not base64") from None
    if not isinstance(document, dict) or not isinstance(document.get("code"), str):
        raise MalformedDelivery("the response has no code")
    if not isinstance(document.get("data"), dict):
        raise MalformedDelivery("the response has no data")
    return document


def peek(delivery: RawDelivery) -> Refs:
    """Which transaction the body names. Believed by nobody; never raises."""
    try:
        data = Members(parse(delivery)["data"])
    except MalformedDelivery:
        return Refs()
    ours = frozenset(filter(None, [data.ref("merchantTransactionId")]))
    charges = frozenset(filter(None, [data.ref("transactionId")]))
    return Refs(references=ours, gateway_refs=ours, charge_refs=charges, refund_refs=ours)


def read(verified: Verified) -> list[Fact]:
    """The one fact of a callback: of a refund, where it came to the address that we gave for refunds."""
    answer = Members(verified.document)
    name, _, value = REFUND_MARK.partition("=")
    if verified.delivery.query.get(name) == value:
        refund = refund_fact(answer, Weight.PROOF)
        return [refund] if refund.refund_ref else []
    fact = payment_fact(answer, Weight.PROOF)
    return [fact] if fact.reference else []


def read_return(delivery: RawDelivery, salts: Salts, merchant_id: str) -> list[Fact]:
    """A hint, where the browser brings a form whose checksum is ours; a plain visit says nothing."""
    try:
        pairs = parse_qsl(delivery.body.decode("utf-8"), keep_blank_values=True, max_num_fields=64)
    except ValueError:
        return []
    form = dict(pairs)
    if len(form) != len(pairs) or delivery.method != "POST":
        return []
    signed = "".join(form.get(name, "") for name in (*_FORM, *_PARAMS))
    if not salts.signed(signed, form.get("checksum")) or form.get("merchantId") != merchant_id:
        return []
    minor = int(form["amount"]) if _AMOUNT.fullmatch(form.get("amount", "")) else None
    said = {
        "code": form.get("code"),
        "data": {
            "merchantTransactionId": form.get("transactionId"),
            "transactionId": form.get("providerReferenceId"),
            "amount": minor,
        },
    }
    fact = payment_fact(Members(said), Weight.HINT)
    return [replace(fact, detail=f"return: {fact.detail}")] if fact.reference else []


def _signed_text(delivery: RawDelivery) -> str | None:
    """The base64 text, exactly as it came."""
    try:
        document = strict_json(delivery.body)
    except MalformedDelivery:
        return None
    text = document.get("response") if isinstance(document, dict) else None
    return text if isinstance(text, str) else None
