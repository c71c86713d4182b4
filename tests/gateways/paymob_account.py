"""A Paymob account for tests: credentials, golden samples, documents, and a signer of its own."""

from __future__ import annotations

import hashlib
import hmac
import json
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode

from raseed.core.money import Money
from raseed.gateways.base import GatewayRef, Order, RawDelivery, Token
from raseed.gateways.paymob.gateway import Paymob
from tests.gateways.contract import AT, SECRET
from tests.gateways.memory import DictMemory

GOLDEN = Path(__file__).parent / "golden" / "paymob"

CARD, WALLET, KIOSK, CASH, AUTH, MOTO = 4000111, 4000222, 4000333, 4000444, 4000555, 4000666
INTEGRATIONS = {"card": CARD, "wallet": WALLET, "kiosk": KIOSK, "cash": CASH, "auth": AUTH, "moto": MOTO}
OWNER, MERCHANT = 410001, 900001
ORDER, PAYMENT, REFUND = 330000201, 310000101, 310000202
REFERENCE = "inv-2041"
MONEY = Money(157_550, "EGP")
CREATED_AT = "2026-03-02T14:05:09.120034"
CARD_TOKEN = "a3f10c77d2b94e5586aa0f9137c2e4d1b8f60e52c7a91d34ef806b12"
INTENTION = "pi_test_0f6f6c1d2b7e4c0f9a51d8e3a7b40c22"
CLIENT_SECRET = "egy_csk_test_00112233445566778899aabbccddeeff"
REF = GatewayRef(REFERENCE, str(ORDER), {"intention": INTENTION}, method="card", money=MONEY)

AUTH_TOKENS = "POST /api/auth/tokens"
INTENTIONS = "POST /v1/intention/"
ORDERS = "POST /api/ecommerce/orders"
PAYMENT_KEYS = "POST /api/acceptance/payment_keys"
PAY = "POST /api/acceptance/payments/pay"
LISTED = "GET /api/acceptance/transactions"
INQUIRY = "POST /api/ecommerce/orders/transaction_inquiry"
REFUNDS = "POST /api/acceptance/void_refund/refund"
VOIDS = "POST /api/acceptance/void_refund/void"
CAPTURES = "POST /api/acceptance/capture"

SIGNED = [
    "amount_cents",
    "created_at",
    "currency",
    "error_occured",
    "has_parent_transaction",
    "id",
    "integration_id",
    "is_3d_secure",
    "is_auth",
    "is_capture",
    "is_refunded",
    "is_standalone_payment",
    "is_voided",
    "order.id",
    "owner",
    "pending",
    "source_data.pan",
    "source_data.sub_type",
    "source_data.type",
    "success",
]
TOKEN_SIGNED = ["card_subtype", "created_at", "email", "id", "masked_pan", "merchant_id", "order_id", "token"]


def one(number: int) -> str:
    """The call that asks about one transaction."""
    return f"GET /api/acceptance/transactions/{number}"


def account(*, http: Any = None, live: bool = False, **changes: Any) -> Paymob:
    mode = "live" if live else "test"
    settings: dict[str, Any] = {
        "api_key": SECRET,
        "secret_key": f"egy_sk_{mode}_{SECRET}",
        "public_key": f"egy_pk_{mode}_public",
        "hmac_secrets": [SECRET],
        "integration_ids": INTEGRATIONS,
        "iframe_id": 77001,
        **changes,
    }
    return Paymob(http=http, **settings)


def older(*, http: Any = None, **changes: Any) -> Paymob:
    """An account from before the intention API."""
    return account(http=http, **{"secret_key": "", "public_key": "", "livemode": False, **changes})


def memory(token: str = SECRET) -> DictMemory:
    """A memory that holds an auth token already."""
    made = DictMemory()
    made.tokens["auth"] = Token(token)
    return made


# --- signing ----------------------------------------------------------------------------------------


def spelled(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def member(document: Any, path: str) -> Any:
    for name in path.split("."):
        if not isinstance(document, dict):
            return document if name == "id" else None
        document = document.get(name)
    return document


def signature(document: Any, secret: str = SECRET, names: list[str] = SIGNED) -> str:
    text = "".join(spelled(member(document, name)) for name in names)
    return hmac.new(secret.encode(), text.encode("utf-8", "surrogatepass"), hashlib.sha512).hexdigest()


def signature_of(body: Any, secret: str = SECRET) -> str:
    """Of whatever callback this is; of nonsense, that of nothing."""
    told = body.get("obj") if isinstance(body, dict) else None
    is_token = isinstance(body, dict) and body.get("type") == "TOKEN"
    return signature(told, secret, TOKEN_SIGNED if is_token else SIGNED)


def posted(
    body: bytes | dict[str, Any], *, secret: str = SECRET, at: datetime = AT, digest: str = ""
) -> RawDelivery:
    """A callback as Paymob sends it: the signature in the query."""
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    if not digest:
        try:
            digest = signature_of(json.loads(raw), secret)
        except (ValueError, RecursionError):
            digest = signature_of(None, secret)
    query = f"hmac={digest}"
    return RawDelivery("POST", "/webhook/paymob/", {"hmac": digest}, {}, raw, at, query.encode())


def flat(told: dict[str, Any]) -> dict[str, str]:
    """The parameters with which the browser comes back, in Paymob's names and order."""
    source, data = told["source_data"], told.get("data", {})
    plain = {name: spelled(value) for name, value in told.items() if not isinstance(value, dict | list)}
    plain.pop("parent_transaction", None)
    named = {
        "order": spelled(told["order"]["id"]),
        "merchant_order_id": told["order"].get("merchant_order_id"),
        "data.message": data.get("message"),
        "source_data.type": source["type"],
        "source_data.pan": source["pan"],
        "source_data.sub_type": source["sub_type"],
        "acq_response_code": data.get("acq_response_code"),
        "txn_response_code": data.get("txn_response_code"),
    }
    return {**plain, **{name: value for name, value in named.items() if value is not None}}


def returned(told: dict[str, Any], *, secret: str = SECRET, extra: str = "", **changes: str) -> RawDelivery:
    """The browser's return: the same twenty values, as parameters."""
    parameters = {**flat(told), "hmac": signature(told, secret), **changes}
    query = "&".join(filter(None, [extra, urlencode(parameters)]))
    parsed = {name: values[0] for name, values in parse_qs(query, keep_blank_values=True).items()}
    return RawDelivery("GET", "/payments/return/", parsed, {}, b"", AT, query.encode())


# --- documents --------------------------------------------------------------------------------------


def told(**changes: Any) -> dict[str, Any]:
    """A paid card transaction, as a callback carries it and as an inquiry answers it."""
    order = {"id": ORDER, "merchant_order_id": REFERENCE, "amount_cents": MONEY.minor, "paid_amount_cents": 0}
    order |= changes.pop("order", {})
    document: dict[str, Any] = {
        "id": PAYMENT,
        "pending": False,
        "amount_cents": MONEY.minor,
        "success": True,
        "is_auth": False,
        "is_capture": False,
        "is_standalone_payment": True,
        "is_voided": False,
        "is_refunded": False,
        "is_3d_secure": True,
        "integration_id": CARD,
        "profile_id": MERCHANT,
        "has_parent_transaction": False,
        "order": order,
        "created_at": CREATED_AT,
        "currency": "EGP",
        "source_data": {"pan": "2346", "type": "card", "tenure": None, "sub_type": "MasterCard"},
        "is_void": False,
        "is_refund": False,
        "data": {"txn_response_code": "APPROVED", "acq_response_code": "00", "message": "Approved"},
        "error_occured": False,
        "is_live": False,
        "refunded_amount_cents": 0,
        "is_captured": False,
        "captured_amount": 0,
        "owner": OWNER,
        "parent_transaction": None,
    }
    return {**document, **changes}


def declined(**changes: Any) -> dict[str, Any]:
    codes = {"txn_response_code": "INSUFFICIENT_FUNDS", "acq_response_code": "51", "message": "No"}
    return told(**{"success": False, "data": codes, **changes})


def waiting(**changes: Any) -> dict[str, Any]:
    source = {"pan": "", "type": "aggregator", "sub_type": "AGGREGATOR"}
    data = {"bill_reference": 77554411, "txn_response_code": None}
    return told(**{"pending": True, "success": False, "source_data": source, "data": data, **changes})


def refunded(total: int, **changes: Any) -> dict[str, Any]:
    """The payment again, after money of it went back."""
    return told(**{"is_refunded": True, "refunded_amount_cents": total, **changes})


def child(what: str, minor: int = MONEY.minor, number: int = REFUND, **changes: Any) -> dict[str, Any]:
    """A refund, void or capture as its own transaction: `what` is `is_refund`, `is_void` or `is_capture`."""
    parts = {what: True, "amount_cents": minor, "id": number, "has_parent_transaction": True}
    parts |= {"parent_transaction": PAYMENT, "is_standalone_payment": False, "is_3d_secure": False}
    return told(**{**parts, **changes})


def held(**changes: Any) -> dict[str, Any]:
    return told(**{"is_auth": True, "integration_id": AUTH, **changes})


def callback(document: dict[str, Any]) -> dict[str, Any]:
    return {"type": "TRANSACTION", "obj": document, "issuer_bank": None}


def card_callback(**changes: Any) -> dict[str, Any]:
    card = {
        "id": 9100001,
        "token": CARD_TOKEN,
        "masked_pan": "xxxx-xxxx-xxxx-2346",
        "merchant_id": MERCHANT,
        "card_subtype": "MasterCard",
        "created_at": "2026-03-02T14:05:31.667190",
        "email": "buyer@example.com",
        "order_id": str(ORDER),
        "user_added": False,
        "next_payment_intention": INTENTION,
    }
    return {"type": "TOKEN", "obj": {**card, **changes}}


def split(*documents: dict[str, Any], secret: str = SECRET) -> dict[str, Any]:
    elements = [{**document, "hmac": signature(document, secret)} for document in documents]
    return {"order_id": ORDER, "is_split_payment": True, "transactions": elements}


def listed(*documents: dict[str, Any], following: str | None = None) -> tuple[int, dict[str, Any]]:
    """A page of transactions, newest first, as the dashboard's list has them."""
    return 200, {
        "count": len(documents),
        "next": following,
        "previous": None,
        "results": list(reversed(documents)),
    }


def nobody_tried() -> tuple[int, dict[str, Any]]:
    return 404, {"detail": "Transaction Not Found"}


def intended(*integrations: int, **changes: Any) -> tuple[int, dict[str, Any]]:
    keys = [
        {"integration": number, "key": f"key-of-{number}", "order_id": ORDER}
        for number in integrations or (CARD,)
    ]
    return 201, {
        "payment_keys": keys,
        "intention_order_id": ORDER,
        "id": INTENTION,
        "client_secret": CLIENT_SECRET,
        "special_reference": REFERENCE,
        "status": "intended",
        **changes,
    }


def order(method: str = "card", **changes: Any) -> Order:
    fields: dict[str, Any] = {
        "reference": REFERENCE,
        "money": MONEY,
        "method": method,
        "return_url": "https://shop.example/return?payment=abc",
        "description": "Invoice 2041",
        "customer": {"name": "Dev Ali Buyer", "email": "buyer@example.com", "phone": "+201010101010"},
    }
    return Order(**{**fields, **changes})


def golden(name: str) -> Any:
    return json.loads((GOLDEN / f"{name}.json").read_bytes())
