"""A PayMongo account for tests: keys, golden samples, resources, and a signer of its own."""

from __future__ import annotations

import hashlib
import hmac
import json
from datetime import datetime
from pathlib import Path
from typing import Any

from raseed.core.money import Money
from raseed.gateways.base import GatewayRef, Order, RawDelivery
from raseed.gateways.paymongo.gateway import PayMongo
from tests.gateways.contract import AT, SECRET

GOLDEN = Path(__file__).parent / "golden" / "paymongo"
SOURCE = "src_ExampleAAAAAAAAAAAAAAA1"
SESSION = "cs_ExampleAAAAAAAAAAAAAAAA1"
INTENT = "pi_ExampleAAAAAAAAAAAAAAAA1"
PAYMENT = "pay_ExampleAAAAAAAAAAAAAAA1"
REFUND = "ref_ExampleAAAAAAAAAAAAAAA1"
METHOD = "pm_ExampleAAAAAAAAAAAAAAAA1"
LINK = "link_ExampleAAAAAAAAAAAAAA1"
LINK_NUMBER = "d677VxY"
CUSTOMER = "cus_ExampleAAAAAAAAAAAAAAA1"
CLIENT_KEY = f"{INTENT}_client_ExampleAAAAAAAAAAAAAAAA1"
REFERENCE = "rsd_0001"
MONEY = Money(25_000, "PHP")
CREATED = 1_760_000_000

SOURCE_REF = GatewayRef(REFERENCE, SOURCE, method="gcash", money=MONEY)
SESSION_REF = GatewayRef(REFERENCE, SESSION, {"payment_intent": INTENT}, "checkout", MONEY)
INTENT_REF = GatewayRef(REFERENCE, INTENT, method="gcash_intent", money=MONEY)
CARD_REF = GatewayRef(REFERENCE, INTENT, method="card", money=MONEY)
LINK_REF = GatewayRef(REFERENCE, LINK, {"reference_number": LINK_NUMBER}, "link", MONEY)


def account(*, http: Any = None, live: bool = False, **changes: Any) -> PayMongo:
    settings: dict[str, Any] = {
        "secret_key": f"sk_{'live' if live else 'test'}_{SECRET}",
        "public_key": f"pk_{'live' if live else 'test'}_{SECRET}",
        "webhook_secrets": [SECRET],
        **changes,
    }
    return PayMongo(http=http, **settings)


def signed(
    body: bytes, *, at: datetime = AT, secret: str = SECRET, live: bool = False, header: str = ""
) -> RawDelivery:
    seconds = str(int(at.timestamp()))
    digest = hmac.new(secret.encode(), seconds.encode() + b"." + body, hashlib.sha256).hexdigest()
    te, li = ("", digest) if live else (digest, "")
    headers = {"Content-Type": "application/json", "Paymongo-Signature": f"t={seconds},te={te},li={li}"}
    only_signature = {"Paymongo-Signature": header or headers["Paymongo-Signature"]}
    return RawDelivery("POST", "/webhook/paymongo/", {}, only_signature, body, at)


def golden(name: str) -> Any:
    return json.loads((GOLDEN / f"{name}.json").read_bytes())


def event(kind: str, carried: dict[str, Any], *, livemode: bool = False) -> dict[str, Any]:
    attributes = {"type": kind, "livemode": livemode, "data": carried, "created_at": CREATED}
    return {"data": {"id": "evt_ExampleAAAAAAAAAAAAAAA1", "type": "event", "attributes": attributes}}


def resource(ref: str, kind: str, **attributes: Any) -> dict[str, Any]:
    return {"id": ref, "type": kind, "attributes": attributes}


def source(status: str = "chargeable", **changes: Any) -> dict[str, Any]:
    attributes = {
        "amount": MONEY.minor,
        "currency": "PHP",
        "livemode": False,
        "redirect": {
            "checkout_url": f"https://test-sources.paymongo.com/sources?id={SOURCE}",
            "success": "https://shop.example/ok",
            "failed": "https://shop.example/no",
        },
        "status": status,
        "type": "gcash",
        "metadata": {"reference": REFERENCE},
        "created_at": CREATED,
        "updated_at": CREATED + 60,
    }
    return resource(SOURCE, "source", **{**attributes, **changes})


def payment(status: str = "paid", ref: str = PAYMENT, **changes: Any) -> dict[str, Any]:
    attributes = {
        "amount": MONEY.minor,
        "currency": "PHP",
        "description": "Order 77",
        "disputed": False,
        "external_reference_number": None,
        "fee": 625,
        "livemode": False,
        "net_amount": 24_375,
        "origin": "api",
        "payment_intent_id": None,
        "source": {"id": SOURCE, "type": "gcash"},
        "status": status,
        "metadata": {"reference": REFERENCE},
        "refunds": [],
        "taxes": [],
        "created_at": CREATED + 90,
        "paid_at": CREATED + 90,
        "updated_at": CREATED + 90,
    }
    return resource(ref, "payment", **{**attributes, **changes})


def refund(status: str = "succeeded", ref: str = REFUND, **changes: Any) -> dict[str, Any]:
    attributes = {
        "amount": 10_000,
        "currency": "PHP",
        "livemode": False,
        "metadata": {"reference": REFERENCE, "raseed_refund": "key-1"},
        "payment_id": PAYMENT,
        "reason": "requested_by_customer",
        "status": status,
        "created_at": CREATED + 900,
        "refunded_at": CREATED + 901,
        "updated_at": CREATED + 901,
    }
    return resource(ref, "refund", **{**attributes, **changes})


def session(status: str = "active", intent_status: str = "awaiting_payment_method", **changes: Any) -> Any:
    attributes = {
        "checkout_url": f"https://checkout.paymongo.com/{SESSION}_client_x#cGtfdGVzdF94",
        "client_key": f"{SESSION}_client_x",
        "livemode": False,
        "payments": [],
        "payment_intent": resource(
            INTENT, "payment_intent", amount=MONEY.minor, currency="PHP", status=intent_status, payments=[]
        ),
        "reference_number": REFERENCE,
        "status": status,
        "metadata": {"reference": REFERENCE},
        "created_at": CREATED,
        "updated_at": CREATED,
    }
    return resource(SESSION, "checkout_session", **{**attributes, **changes})


REDIRECT = {
    "type": "redirect",
    "redirect": {
        "url": f"https://test-sources.paymongo.com/sources?id={SOURCE}",
        "return_url": "https://shop.example/ok",
    },
}


def intent(status: str = "awaiting_payment_method", **changes: Any) -> dict[str, Any]:
    attributes = {
        "amount": MONEY.minor,
        "capture_type": "automatic",
        "client_key": CLIENT_KEY,
        "currency": "PHP",
        "livemode": False,
        "status": status,
        "last_payment_error": None,
        "payment_method_allowed": ["gcash"],
        "payments": [],
        "next_action": REDIRECT if status == "awaiting_next_action" else None,
        "payment_method_options": None,
        "metadata": {"reference": REFERENCE},
        "setup_future_usage": None,
        "created_at": CREATED,
        "updated_at": CREATED + 5,
    }
    return resource(INTENT, "payment_intent", **{**attributes, **changes})


def payment_method(kind: str = "gcash") -> dict[str, Any]:
    return resource(METHOD, "payment_method", type=kind, livemode=False, details=None, billing=None)


def link(status: str = "unpaid", **changes: Any) -> dict[str, Any]:
    attributes = {
        "amount": MONEY.minor,
        "archived": False,
        "currency": "PHP",
        "description": "Order 77",
        "livemode": False,
        "fee": 0,
        "remarks": REFERENCE,
        "status": status,
        "checkout_url": f"https://pm.link/example/test/{LINK_NUMBER}",
        "reference_number": LINK_NUMBER,
        "created_at": CREATED,
        "updated_at": CREATED,
        "payments": [],
    }
    return resource(LINK, "link", **{**attributes, **changes})


def link_payment(**changes: Any) -> dict[str, Any]:
    """As published: a payment of a link carries the link's number and nothing of ours."""
    attributes = {
        "external_reference_number": LINK_NUMBER,
        "origin": "links",
        "metadata": {"pm_reference_number": LINK_NUMBER},
        "source": {"id": "src_MadeByTheLink1", "type": "gcash"},
    }
    return payment(**{**attributes, **changes})


def listed(*items: dict[str, Any], more: bool = False) -> tuple[int, dict[str, Any]]:
    return 200, {"has_more": more, "data": list(items)}


def answer(carried: dict[str, Any]) -> tuple[int, dict[str, Any]]:
    return 200, {"data": carried}


def refusal(code: str, status: int = 400, detail: str = "") -> tuple[int, dict[str, Any]]:
    return status, {"errors": [{"code": code, "detail": detail}]}


def order(method: str = "gcash", **changes: Any) -> Order:
    fields: dict[str, Any] = {
        "reference": REFERENCE,
        "money": MONEY,
        "method": method,
        "return_url": "https://shop.example/ok",
        "cancel_url": "https://shop.example/no",
        "description": "Order 77",
        "customer": {"name": "Sample Payer", "email": "payer@example.com"},
        "metadata": {"task": "77"},
    }
    return Order(**{**fields, **changes})
