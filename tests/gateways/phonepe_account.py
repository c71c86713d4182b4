"""A PhonePe account for tests: credentials, golden samples, documents, and a signer of its own."""

from __future__ import annotations

import base64
import hashlib
import json
from datetime import datetime
from pathlib import Path
from typing import Any

from raseed.core.money import Money
from raseed.gateways.base import GatewayRef, Order, RawDelivery, Token
from raseed.gateways.phonepe.gateway import PhonePe
from tests.gateways.contract import AT, SECRET
from tests.gateways.memory import DictMemory

GOLDEN = Path(__file__).parent / "golden" / "phonepe"
USER = "shop_hooks"
MERCHANT = "DEMOSHOPUAT"
REFERENCE = "DS-1001-a1"
ORDER = "OMO2511201030001234567890"
ATTEMPT = "OM2511201030451234567891"
TRANSACTION = "T2511201030154440000101"
REFUND = "DS-R-2001"
MONEY = Money(49_900, "INR")
REF = GatewayRef(REFERENCE, ORDER, method="checkout", money=MONEY)
V1_REF = GatewayRef(REFERENCE, REFERENCE, method="checkout", money=MONEY)

PAY = "POST /apis/pg-sandbox/checkout/v2/pay"
STATUS = f"GET /apis/pg-sandbox/checkout/v2/order/{REFERENCE}/status"
REFUNDS = "POST /apis/pg-sandbox/payments/v2/refund"
REFUND_STATUS = f"GET /apis/pg-sandbox/payments/v2/refund/{REFUND}/status"
TOKENS = "POST /apis/pg-sandbox/v1/oauth/token"
V1_PAY = "POST /apis/pg-sandbox/pg/v1/pay"
V1_STATUS = f"GET /apis/pg-sandbox/pg/v1/status/{MERCHANT}/{REFERENCE}"
V1_REFUND = "POST /apis/pg-sandbox/pg/v1/refund"
V1_REFUND_STATUS = f"GET /apis/pg-sandbox/pg/v1/status/{MERCHANT}/{REFUND}"


def account(*, http: Any = None, live: bool = False, **changes: Any) -> PhonePe:
    settings: dict[str, Any] = {
        "client_id": "CLIENT",
        "client_secret": SECRET,
        "client_version": 1,
        "webhook_username": USER,
        "webhook_password": SECRET,
        "livemode": live,
        **changes,
    }
    return PhonePe(http=http, **settings)


def salted(*, http: Any = None, live: bool = False, **changes: Any) -> PhonePe:
    settings: dict[str, Any] = {
        "version": "v1",
        "merchant_id": MERCHANT,
        "salt_key": SECRET,
        "salt_index": 1,
        "livemode": live,
        **changes,
    }
    return PhonePe(http=http, **settings)


def memory(token: str = f"O-Bearer {SECRET}") -> DictMemory:
    """A memory that holds a token already."""
    made = DictMemory()
    made.tokens["oauth"] = Token(token)
    return made


def hashed(password: str = SECRET, user: str = USER) -> str:
    return hashlib.sha256(f"{user}:{password}".encode()).hexdigest()


def delivered(body: bytes, *, at: datetime = AT, secret: str = SECRET, header: str = "") -> RawDelivery:
    """A delivery of version 2: its header is the same on each."""
    headers = {"Authorization": header or hashed(secret)}
    return RawDelivery("POST", "/webhook/phonepe/", {}, headers, body, at)


def called_back(
    document: bytes, *, at: datetime = AT, secret: str = SECRET, index: int = 1, query: str = ""
) -> RawDelivery:
    """A callback of version 1 that carries this document, signed over its base64 text."""
    text = base64.b64encode(document).decode()
    signature = f"{hashlib.sha256(text.encode() + secret.encode()).hexdigest()}###{index}"
    body = json.dumps({"response": text}).encode()
    name, _, value = query.partition("=")
    parsed = {name: value} if name else {}
    return RawDelivery("POST", "/webhook/phonepe/", parsed, {"X-VERIFY": signature}, body, at, query.encode())


def golden(name: str) -> Any:
    return json.loads((GOLDEN / f"{name}.json").read_bytes())


def attempt(state: str = "COMPLETED", ref: str = ATTEMPT, **changes: Any) -> dict[str, Any]:
    failed = {"errorCode": "INVALID_MPIN", "detailedErrorCode": "ZM"} if state == "FAILED" else {}
    return {
        "transactionId": ref,
        "paymentMode": "UPI_INTENT",
        "timestamp": 1763614845123,
        "amount": MONEY.minor,
        "payableAmount": MONEY.minor,
        "feeAmount": 0,
        "state": state,
        **failed,
        "rail": {"type": "UPI", "utr": "532400998877", "vpa": "98****10@ybl"},
        "instrument": None,
        **changes,
    }


def order_document(
    state: str = "COMPLETED", attempts: list[dict[str, Any]] | None = None, **changes: Any
) -> dict[str, Any]:
    default = [attempt(state)] if state != "PENDING" else []
    return {
        "orderId": ORDER,
        "state": state,
        "amount": MONEY.minor,
        "expireAt": 1763616000123,
        "metaInfo": None,
        "paymentDetails": default if attempts is None else attempts,
        **changes,
    }


def expired() -> dict[str, Any]:
    codes = {"errorCode": "TXN_NOT_COMPLETED", "detailedErrorCode": "ORDER_EXPIRED"}
    return order_document("FAILED", [], **codes)


def event(name: str, payload: dict[str, Any], **changes: Any) -> dict[str, Any]:
    named = {"merchantId": MERCHANT, "merchantOrderId": REFERENCE}
    return {"event": name, "payload": {**named, **payload}, **changes}


def refund_document(state: str = "COMPLETED", **changes: Any) -> dict[str, Any]:
    return {
        "merchantId": MERCHANT,
        "merchantRefundId": REFUND,
        "originalMerchantOrderId": REFERENCE,
        "amount": 10_000,
        "state": state,
        "paymentDetails": [attempt(state, "OMR2511201130001234567892", amount=10_000)],
        **changes,
    }


def transaction(code: str = "PAYMENT_SUCCESS", **changes: Any) -> dict[str, Any]:
    data = {
        "merchantId": MERCHANT,
        "merchantTransactionId": REFERENCE,
        "transactionId": TRANSACTION,
        "amount": MONEY.minor,
        "state": "COMPLETED" if code == "PAYMENT_SUCCESS" else "PENDING",
        "responseCode": "SUCCESS" if code == "PAYMENT_SUCCESS" else code,
        "paymentInstrument": None,
        **changes,
    }
    return {"success": code == "PAYMENT_SUCCESS", "code": code, "message": "Some words.", "data": data}


def v1_refund(code: str = "PAYMENT_PENDING", **changes: Any) -> dict[str, Any]:
    named = {"merchantTransactionId": REFUND, "transactionId": "TR2511201130001234567", "amount": 10_000}
    return transaction(code, **{**named, **changes})


def token(value: str = "first", **changes: Any) -> tuple[int, dict[str, Any]]:
    return 200, {
        "access_token": value,
        "expires_in": None,
        "expires_at": 4102444800,
        "token_type": "O-Bearer",
        **changes,
    }


def paid_page() -> tuple[int, dict[str, Any]]:
    url = "https://mercury-uat.phonepe.com/transact/uat_v2?token=eyJ.made.up"
    return 200, {"orderId": ORDER, "state": "PENDING", "expireAt": 1763616000123, "redirectUrl": url}


def unknown_order() -> tuple[int, dict[str, Any]]:
    code = "MERCHANT_ORDER_MAPPING_NOT_FOUND"
    return 400, {"success": False, "code": code, "message": f"No entry found for {REFERENCE}", "data": {}}


def order(method: str = "checkout", **changes: Any) -> Order:
    fields: dict[str, Any] = {
        "reference": REFERENCE,
        "money": MONEY,
        "method": method,
        "return_url": "https://shop.example/pay/return",
        "description": "Order DS-1001",
        "customer": {"phone": "+91 99999 99999", "id": "U-42"},
    }
    return Order(**{**fields, **changes})
