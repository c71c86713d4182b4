"""Signatures that were computed by other programs: they must come out the same here."""

from __future__ import annotations

import base64
import json
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

import pytest

from raseed.core.errors import BadSignature
from raseed.core.facts import FactKind, Weight
from raseed.core.money import Money
from raseed.gateways import registry
from raseed.gateways.base import GatewayRef, Order, RawDelivery
from tests.gateways import phonepe_account as pp
from tests.gateways.contract import AT
from tests.gateways.wire import Wire

SALT = "3f1c9a52-7b64-4d0e-9c11-5a2e8d6f0b7c"
HASHES = {
    ("shop_hooks", "Secret123"): "7b4b764a1092f4bb798a6c20be27b221e69f42547e69c116a26b67925e7c8ae4",
    ("pp_webhook_01", "Qw3rtyuiop"): "0175556e6e0c0ecd8526a8571fbb3be849c998404dd6ef8acff1770072b3373a",
    # In the tests of PhonePe's own SDKs.
    ("username", "password"): "bc842c31a9e54efe320d30d948be61291f3ceee4766e36ab25fa65243cd76e0e",
}
CALLBACK = (
    "eyJzdWNjZXNzIjp0cnVlLCJjb2RlIjoiUEFZTUVOVF9TVUNDRVNTIiwibWVzc2FnZSI6IllvdXIgcGF5bWVudCBpcyBzdWNjZXNz"
    "ZnVsLiIsImRhdGEiOnsibWVyY2hhbnRJZCI6IkRFTU9TSE9QVUFUIiwibWVyY2hhbnRUcmFuc2FjdGlvbklkIjoiRFMtMTAwMS1h"
    "MSIsInRyYW5zYWN0aW9uSWQiOiJUMjUxMTIwMTAzMDE1NDQ0MDAwMDEwMSIsImFtb3VudCI6NDk5MDAsInN0YXRlIjoiQ09NUExF"
    "VEVEIiwicmVzcG9uc2VDb2RlIjoiU1VDQ0VTUyIsInBheW1lbnRJbnN0cnVtZW50Ijp7InR5cGUiOiJVUEkiLCJ1dHIiOiI1MzI0"
    "MDA5OTg4NzcifX19"
)
CALLBACK_SIGNATURE = "07976270e4880b7d7e90653ff64b7ebd6a3456636b5c5d77bcfdf44b9162b799###1"
FORM = {
    "code": "PAYMENT_SUCCESS",
    "merchantId": "DEMOSHOPUAT",
    "transactionId": "DS-1001-a1",
    "amount": "49900",
    "providerReferenceId": "T2511201030154440000101",
    "checksum": "2a3ea240813cac20414ca3174873f3a989ce615b25ce7f748a6529a3d8757320###1",
}


def salted(wire: Wire | None = None, **changes: Any) -> Any:
    settings = {"version": "v1", "merchant_id": "DEMOSHOPUAT", "salt_key": SALT, "salt_index": "1", **changes}
    return registry.load("phonepe", http=wire, **settings)


def called_back(signature: str = CALLBACK_SIGNATURE, text: str = CALLBACK) -> RawDelivery:
    body = json.dumps({"response": text}).encode()
    return RawDelivery("POST", "/hook/", {}, {"X-VERIFY": signature}, body, AT)


def returned(**changes: str) -> RawDelivery:
    body = urlencode({**FORM, **changes}).encode()
    return RawDelivery("POST", "/payments/return/", {}, {}, body, AT)


@pytest.mark.parametrize(("pair", "digest"), HASHES.items())
def test_the_webhook_hash_is_bare_hex_of_user_and_password(pair: tuple[str, str], digest: str) -> None:
    user, password = pair
    gateway = registry.load(
        "phonepe", version="v2", client_id="C", webhook_username=user, webhook_password=password
    )
    body = json.dumps(pp.event("checkout.order.completed", pp.order_document())).encode()
    assert gateway.verify(pp.delivered(body, header=digest))
    for other in (
        digest.upper(),
        f"SHA256({digest})",
        f"SHA256 {digest}",
        f"{digest} ",
        f"Basic {digest}",
        "",
    ):
        with pytest.raises(BadSignature):
            gateway.verify(replace(pp.delivered(body), headers={"Authorization": other}))


def test_a_payment_is_signed_over_text_path_and_salt() -> None:
    wire = Wire({pp.V1_PAY: (200, {"success": True, "code": "PAYMENT_INITIATED", "data": {}})})
    gateway = salted(wire, callback_url="https://shop.example/pay/phonepe/callback", redirect_mode="POST")
    order = Order(
        "DS-1001-a1",
        Money(49_900, "INR"),
        "checkout",
        {"id": "U-42", "phone": "9999999999"},
        "https://shop.example/pay/return",
    )
    with pytest.raises(Exception, match="without a page"):
        gateway.open(order, pp.memory())
    text = wire.body()["request"]
    assert json.loads(base64.b64decode(text))["merchantUserId"] == "U-42"
    assert text.startswith("eyJtZXJjaGFudElkIjoiREVNT1NIT1BVQVQiLCJtZXJjaGFudFRyYW5zYWN0aW9uSWQi")
    signature = "a5fd47fed916f2b88814d3f199adf12434b6e1d99c0f6f6a28de6c397db7c3aa###1"
    assert wire.sent[-1].headers["X-VERIFY"] == signature


def test_a_status_call_is_signed_over_path_and_salt() -> None:
    wire = Wire({pp.V1_STATUS: (200, pp.transaction())})
    salted(wire).query(pp.V1_REF, pp.memory())
    signature = "4ea384a6c7f7eb99ec834d5ab9a27e323c206662ed3e2db0d206fa1bacad8f29###1"
    assert wire.sent[-1].headers["X-VERIFY"] == signature
    assert wire.sent[-1].headers["X-MERCHANT-ID"] == "DEMOSHOPUAT"


def test_a_refund_is_signed_over_text_path_and_salt() -> None:
    """The vector's own fields, posted as they stand: ours has a user and a callback of its own."""
    wire = Wire({pp.V1_REFUND: (200, pp.v1_refund())})
    gateway = salted(wire)
    ref = GatewayRef("DS-1001-a1", "DS-1001-a1", money=pp.MONEY)
    gateway.refund(ref, pp.TRANSACTION, Money(10_000, "INR"), "", "DS-R-2001", pp.memory())
    sent = json.loads(base64.b64decode(wire.body()["request"]))
    assert sent == {
        "merchantId": "DEMOSHOPUAT",
        "merchantUserId": "DS-1001-a1",
        "originalTransactionId": "DS-1001-a1",
        "merchantTransactionId": "DS-R-2001",
        "amount": 10_000,
    }


def test_a_callback_is_signed_over_its_text_without_a_path() -> None:
    gateway = salted()
    (fact,) = gateway.read(gateway.verify(called_back()))
    assert (fact.kind, fact.weight, fact.reference) == (FactKind.PAID, Weight.PROOF, "DS-1001-a1")
    assert (fact.charge_ref, fact.money) == ("T2511201030154440000101", Money(49_900, "INR"))
    for other in (
        CALLBACK_SIGNATURE.replace("###1", "###2"),
        CALLBACK_SIGNATURE.replace("###1", ""),
        CALLBACK_SIGNATURE.upper(),
        "###1",
        "",
    ):
        with pytest.raises(BadSignature):
            gateway.verify(called_back(other))
    with pytest.raises(BadSignature):
        salted(merchant_id="ANOTHER").verify(called_back())


def test_the_form_of_the_browser_is_a_hint_if_its_checksum_is_ours() -> None:
    gateway = salted()
    (fact,) = gateway.read_return(returned())
    assert (fact.kind, fact.weight, fact.reference) == (FactKind.PAID, Weight.HINT, "DS-1001-a1")
    assert fact.money == Money(49_900, "INR")
    for changed in (
        returned(amount="1"),
        returned(merchantOrderId="x", transactionId="DS-1001-a2"),
        returned(checksum=""),
        replace(returned(), body=b"\xff"),
        replace(returned(), body=returned().body + b"&amount=1"),
        replace(returned(), method="GET", body=b""),
    ):
        assert gateway.read_return(changed) == []
