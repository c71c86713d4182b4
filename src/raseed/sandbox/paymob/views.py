"""What the wire shows of a transaction: nested in callbacks and inquiries, flat in a redirect.

https://developers.paymob.com/paymob-docs/webhook-callbacks-and-hmac/transaction-callbacks; shapes also from
Paymob's Postman collections and recorded traffic.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from raseed.sandbox.paymob import orders
from raseed.sandbox.paymob.countries import COUNTRIES, CURRENCIES
from raseed.sandbox.paymob.signing import query_hmac, text_of
from raseed.sandbox.paymob.vocabulary import (
    CAPTURE,
    CARD_KINDS,
    ERRORED,
    KINDS,
    PAID,
    PAYMENT,
    PENDING,
    REFUND,
    VOID,
)
from raseed.sandbox.paymob.world import LIVE, World
from raseed.sandbox.store import Doc

#: data.migs_transaction.type
MIGS = {PAYMENT: "PAYMENT", REFUND: "REFUND", VOID: "VOID_PAYMENT", CAPTURE: "CAPTURE"}


def transaction(world: World, row: Doc) -> Doc:
    """The `obj` of a callback, and the answer of an inquiry."""
    order = world.table("orders")[str(row["order"])]
    country = COUNTRIES[order["country"]]
    claims = world.table("keys").get(row["key"], {}).get("claims")
    return {
        "id": row["id"],
        **_flags(row),
        "integration_id": row["integration"],
        "profile_id": world.settings["profile_id"],
        "has_parent_transaction": row["parent"] is not None,
        "order": orders.shown(world, order),
        "created_at": country.moment(row["created_at"]),
        "transaction_processed_callback_responses": [],
        "currency": order["currency"],
        "source_data": {**row["source"], "tenure": None},
        "api_source": row["api_source"],
        "terminal_id": None,
        "merchant_commission": 0,
        "accept_fees": 0,
        "installment": None,
        "discount_details": [],
        "is_void": row["action"] == VOID,
        "is_refund": row["action"] == REFUND,
        "data": _data(world, row, order),
        "is_hidden": False,
        "payment_key_claims": claims,
        "error_occured": row["state"] == ERRORED,
        "is_live": order["mode"] == LIVE,
        "other_endpoint_reference": None,
        "refunded_amount_cents": row["refunded"],
        "source_id": -1,
        "is_captured": row["captured"] > 0,
        "captured_amount": row["captured"],
        "merchant_staff_tag": None,
        "updated_at": country.moment(row["updated_at"]),
        "is_settled": False,
        "bill_balanced": False,
        "is_bill": False,
        "owner": world.settings["owner"],
        "parent_transaction": row["parent"],
    }


def _flags(row: Doc) -> Doc:
    return {
        "pending": row["state"] == PENDING,
        "amount_cents": row["amount"],
        "success": row["state"] == PAID,
        "is_auth": row["is_auth"],
        "is_capture": row["action"] == CAPTURE,
        "is_standalone_payment": row["action"] == PAYMENT,
        "is_voided": row["is_voided"],
        "is_refunded": row["refunded"] > 0,
        "is_3d_secure": row["is_3d_secure"],
    }


def _data(world: World, row: Doc, order: Doc) -> Doc:
    """`data`, which is the acquirer's own account of it."""
    code, acquirer, words = row["outcome"]
    shown = {
        "gateway_integration_pk": row["integration"],
        "klass": KINDS[row["kind"]].klass,
        "created_at": datetime.fromtimestamp(row["updated_at"], UTC).replace(tzinfo=None).isoformat(),
        "amount": row["amount"],
        "currency": order["currency"],
        "message": words or None,
        "txn_response_code": code or None,
    }
    if row["kind"] in CARD_KINDS:
        return {**shown, **_migs(row, order), "acq_response_code": acquirer or None}
    if row["kind"] == "wallet":
        names = {"mer_txn_ref": str(row["id"]), "uig_txn_id": str(row["id"]), "wallet_issuer": "TEST"}
        if row["state"] == PAID:
            shown |= {"txn_response_code": "200", "message": "Transaction has been completed successfully."}
        return {**shown, **names, "wallet_msisdn": row["source"]["pan"]}
    more = {"bill_reference": row["bill"], "due_amount": row["amount"], "otp": "", "paid_through": ""}
    return {**shown, **(more if row["kind"] == "kiosk" else {})}


def _migs(row: Doc, order: Doc) -> Doc:
    """A card acquirer states amounts in major units."""
    amount, currency = major(row["amount"], order["currency"]), order["currency"]
    is_paid, number = row["state"] == PAID, str(row["id"])
    captured = major(row["captured"] if row["is_auth"] else row["amount"] * is_paid, currency)
    held, back = major(row["amount"] * is_paid, currency), major(row["refunded"], currency)
    money = {"amount": amount, "currency": currency}
    totals = {"totalAuthorizedAmount": held, "totalCapturedAmount": captured, "totalRefundedAmount": back}
    return {
        "migs_order": {"id": str(order["id"]), **money, **totals},
        "migs_result": "SUCCESS" if is_paid else "FAILURE",
        "migs_transaction": {"id": number, "type": MIGS[row["action"]], "source": "INTERNET", **money},
        "merchant": "TESTMERCHANT",
        "merchant_txn_ref": number,
        "order_info": str(order["id"]),
        "receipt_no": number.zfill(12),
        "transaction_no": number,
        "authorize_id": number[-6:],
        "card_type": row["source"]["sub_type"].upper(),
        "card_num": row["card"],
        "secure_hash": "",
        "captured_amount": captured,
        "authorised_amount": held,
        "refunded_amount": back,
    }


def major(minor: int, currency: str) -> float:
    """Only what the acquirer repeats; nothing is ever computed with it."""
    return float(round(minor / 10 ** CURRENCIES[currency], 3))


# -- flat ----------------------------------------------------------------------------------------------------

PLAIN = (
    "id", "pending", "amount_cents", "success", "is_auth", "is_capture", "is_standalone_payment", "is_voided",
    "is_refunded", "is_3d_secure", "integration_id", "profile_id", "has_parent_transaction",
)  # fmt: skip
AMOUNTS = ("merchant_commission", "accept_fees")
LAST = ("is_void", "is_refund", "error_occured", "refunded_amount_cents", "captured_amount", "updated_at",
        "is_settled", "bill_balanced", "is_bill", "owner")  # fmt: skip


def flat(obj: Doc, secret: str) -> dict[str, Any]:
    """The members of the browser's redirect in their order, with its hmac: numbers as such, flags as text."""
    source, data, reference = obj["source_data"], obj["data"], obj["order"]["merchant_order_id"]
    shown: Doc = {name: obj[name] for name in PLAIN}
    shown |= {"order": obj["order"]["id"], "created_at": obj["created_at"], "currency": obj["currency"]}
    shown |= {name: obj[name] for name in AMOUNTS} | {"discount_details": "[]"}
    shown |= {name: obj[name] for name in LAST}
    if reference is not None:
        shown["merchant_order_id"] = reference
    if data["message"] is not None:
        shown["data.message"] = data["message"]
    shown |= {f"source_data.{name}": source[name] for name in ("type", "pan", "sub_type")}
    for name in ("acq_response_code", "txn_response_code"):
        if data.get(name) is not None:
            shown[name] = data[name]
    shown = {name: text_of(value) if isinstance(value, bool) else value for name, value in shown.items()}
    return {**shown, "hmac": query_hmac(shown, secret)}
