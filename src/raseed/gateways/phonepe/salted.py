"""Calls of version 1: JSON as base64 text, signed with a salted hash in `X-VERIFY`.

The hash is over the base64 text (or nothing), the path from `/pg/v1/` on, and the salt key.
"""

from __future__ import annotations

import base64
import json
import re

from raseed.core.errors import ConfigurationError, GatewayRefused, GatewayUnavailable
from raseed.core.facts import Fact, FactKind, Weight
from raseed.core.money import Money
from raseed.gateways.base import GatewayRef, Opened, Order
from raseed.gateways.http import Api, Credentials, Document
from raseed.gateways.phonepe.account import Salts, redirect_mode_of, text_of
from raseed.gateways.phonepe.ids import page_url, path, refund_id
from raseed.gateways.phonepe.members import Members
from raseed.gateways.phonepe.refusals import REFUSALS, Refused, refusal
from raseed.gateways.phonepe.transactions import payment_fact, refund_fact
from raseed.gateways.phonepe.vocabulary import MINIMUM_MINOR, PAYMENT_CODE, V1

PAY, REFUND = "/pg/v1/pay", "/pg/v1/refund"

#: What marks the callbacks of refunds: their body looks like that of a payment's.
REFUND_MARK = "refund=1"

_USER = re.compile(r"[A-Za-z0-9_-]{1,35}")
_MOBILE = re.compile(r"(?:\+?91)?([6-9][0-9]{9})")


class Salted:
    """An account's calls. `merchantTransactionId` is our own reference, for payments and refunds alike."""

    def __init__(
        self, api: Api, salts: Salts, merchant_id: str, callback_url: str, redirect_mode: str
    ) -> None:
        self._api = api
        self._salts = salts
        self._merchant_id = merchant_id
        self._callback_url = text_of(callback_url, "CALLBACK_URL")
        self._redirect_mode = redirect_mode_of(redirect_mode)

    @property
    def can_call(self) -> bool:
        """Whether calls can be signed, and for whom."""
        return bool(self._merchant_id and self._salts)

    def try_credentials(self) -> None:
        """Ask about a payment that does not exist. Raises GatewayRefused where the key is not in force."""
        self._status("raseed-doctor")

    def open(self, order: Order) -> Opened:
        """Start a payment. Where PhonePe knows this reference already, the existing one is looked up."""
        try:
            answer = self._post(PAY, self._payment(order))
        except GatewayRefused as refused:
            self._existing(order, refused)
            return Opened(order.reference)
        info = answer.child("data").child("instrumentResponse").child("redirectInfo")
        url = page_url(info.text("url", longest=8192))
        if url is None:
            raise GatewayUnavailable(f"PhonePe POST {PAY}: answered without a page.")
        return Opened(order.reference, url=url)

    def _payment(self, order: Order) -> Document:
        user = order.customer.get("id", "")
        mobile = _MOBILE.fullmatch("".join(order.customer.get("phone", "").split()))
        payment: Document = {
            "merchantId": self._merchant_id,
            "merchantTransactionId": order.reference,
            "merchantUserId": user if _USER.fullmatch(user) else order.reference,
            "amount": order.money.minor,
            "redirectUrl": order.return_url,
            "redirectMode": self._redirect_mode,
        }
        if self._callback_url:
            payment["callbackUrl"] = self._callback_url
        if mobile:
            payment["mobileNumber"] = mobile[1]
        return {**payment, "paymentInstrument": {"type": "PAY_PAGE"}}

    def _existing(self, order: Order, refused: GatewayRefused) -> None:
        """Raises the refusal unless PhonePe has this payment already, for the same amount."""
        try:
            existing = self._status(order.reference)
        except GatewayRefused:
            raise refused from None
        if existing is None or existing.child("data").money() not in {None, order.money}:
            raise refused

    def query(self, ref: GatewayRef) -> list[Fact]:
        """How the payment stands; nothing where it was never begun at PhonePe."""
        answer = self._status(ref.reference)
        return [] if answer is None else [payment_fact(answer, Weight.PROOF, asked_for=ref.reference)]

    def refund(self, ref: GatewayRef, charge_ref: str, money: Money, key: str) -> list[Fact]:
        """Send money back. A repetition answers PAYMENT_ERROR though the first one worked: look it up."""
        if money.minor < MINIMUM_MINOR:
            raise GatewayRefused("PhonePe refunds one rupee at least.")
        ours = refund_id(key, ref.reference, V1)
        try:
            answer = self._post(REFUND, self._refund(ref, money, ours))
        except GatewayRefused as refused:
            return self._sent_before(ref, charge_ref, key, refused)
        fact = refund_fact(
            answer, Weight.PROOF, reference=ref.reference, charge_ref=charge_ref, asked_for=ours
        )
        if fact.kind is FactKind.REFUND_FAILED:
            code = answer.child("data").text("responseCode") or answer.text("code")
            return self._sent_before(ref, charge_ref, key, refusal(0, {"code": code}))
        return [fact]

    def _refund(self, ref: GatewayRef, money: Money, ours: str) -> Document:
        body: Document = {
            "merchantId": self._merchant_id,
            "merchantUserId": ref.reference,
            "originalTransactionId": ref.reference,
            "merchantTransactionId": ours,
            "amount": money.minor,
        }
        if self._callback_url:
            mark = "&" if "?" in self._callback_url else "?"
            body["callbackUrl"] = f"{self._callback_url}{mark}{REFUND_MARK}"
        return body

    def _sent_before(self, ref: GatewayRef, charge_ref: str, key: str, refused: GatewayRefused) -> list[Fact]:
        """What became of a refund under the same id. Raises the refusal where there is none."""
        try:
            facts = self.query_refund(ref, charge_ref, key, None)
        except GatewayRefused:
            raise refused from None
        if not facts:
            raise refused
        return facts

    def query_refund(self, ref: GatewayRef, charge_ref: str, key: str, refund_ref: str | None) -> list[Fact]:
        """One refund by the id we gave it; nothing where PhonePe has none of this id."""
        asked = refund_ref or refund_id(key, ref.reference, V1)
        answer = self._status(asked)
        if answer is None or asked == ref.reference:
            return []
        if asked != refund_id(key, ref.reference, V1):
            # The answer does not say of which payment it is a refund.
            fact = refund_fact(answer, Weight.PROOF, reference=ref.reference, asked_for=asked)
            return [Fact(FactKind.UNKNOWN, Weight.PROOF, ref.reference, refund_ref=asked, detail=fact.detail)]
        return [
            refund_fact(answer, Weight.PROOF, reference=ref.reference, charge_ref=charge_ref, asked_for=asked)
        ]

    # --- the wire ---------------------------------------------------------------------------------

    def _post(self, where: str, payload: Document) -> Members:
        self._can_call()
        text = base64.b64encode(json.dumps(payload, separators=(",", ":")).encode()).decode()
        signature = Credentials({"X-VERIFY": self._salts.sign(text + where)})
        answer = Members(self._api.post(where, {"request": text}, credentials=signature))
        code = answer.text("code")
        if code in REFUSALS:
            raise refusal(0, {"code": code})
        if code not in PAYMENT_CODE and code != "SUCCESS":  # the oldest samples say SUCCESS
            raise GatewayUnavailable(f"PhonePe POST {where}: answered {code or 'without a code'}.")
        if code in {"INTERNAL_SERVER_ERROR", "TIMED_OUT"}:
            raise GatewayUnavailable(f"PhonePe POST {where}: answered {code}; it may have been done.")
        return answer

    def _status(self, transaction: str) -> Members | None:
        """The status answer, which may come as a 4xx; None where PhonePe has no such transaction."""
        self._can_call()
        where = path("pg", "v1", "status", self._merchant_id, transaction)
        fields = {"X-VERIFY": self._salts.sign(where), "X-MERCHANT-ID": self._merchant_id}
        try:
            answer = Members(self._api.get(where, credentials=Credentials(fields)))
        except Refused as refused:
            answer = Members(refused.document)
            if answer.text("code") not in PAYMENT_CODE and not refused.code.endswith("_NOT_FOUND"):
                raise
        code = answer.text("code")
        if code.endswith("_NOT_FOUND"):
            return None
        if code in REFUSALS:
            raise refusal(0, {"code": code})
        merchant = answer.child("data").ref("merchantId")
        if not code or merchant not in {None, self._merchant_id}:
            raise GatewayUnavailable(f"PhonePe GET {where}: answered about something else.")
        return answer

    def _can_call(self) -> None:
        if not self.can_call:
            raise ConfigurationError("calling PhonePe v1 needs MERCHANT_ID, SALT_KEY and SALT_INDEX.")
