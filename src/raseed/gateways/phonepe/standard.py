"""Calls of version 2, Standard Checkout: one order per payment, known by our own reference."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Protocol

from raseed.core.errors import ConfigurationError, GatewayRefused, GatewayUnavailable
from raseed.core.facts import Fact, FactKind, Weight
from raseed.core.money import Money
from raseed.gateways.base import GatewayRef, Memory, Opened, Order, Token
from raseed.gateways.http import Api, Credentials, Document, Form
from raseed.gateways.phonepe.ids import moment, page_url, path, refund_id
from raseed.gateways.phonepe.members import Members
from raseed.gateways.phonepe.orders import KNOWN_STATES, About, order_facts
from raseed.gateways.phonepe.refunds import refund_fact
from raseed.gateways.phonepe.vocabulary import EXPIRY_RANGE, METHODS, MINIMUM_MINOR, V2
from raseed.gateways.steps import note

#: The name under which the account's token is kept.
TOKEN = "oauth"  # noqa: S105 a name

#: The step that remembers that an order was counted as a charge before its attempt was named.
UNNAMED = "paid without an attempt"

#: What the texts of `metaInfo` may hold: udf1 to udf10 any text, udf11 to udf15 a narrow one.
_META = {f"udf{number}": 256 if number <= 10 else 50 for number in range(1, 16)}


class Tokens(Protocol):
    """A store of short-lived tokens: the part of `Memory` that keeps them."""

    def token(self, name: str, refresh: Callable[[], Token]) -> str:
        """The token of this name; refreshed ahead of expiry."""

    def forget(self, name: str, value: str) -> None:
        """Drop a token if it still has this value."""


class Standard:
    """An account's calls. Everything goes by our own reference; PhonePe's order id is only compared."""

    def __init__(
        self, api: Api, token_api: Api, client: Form, *, merchant_id: str, tokens: Tokens | None
    ) -> None:
        self._api = api
        self._token_api = token_api
        self._client = client
        self._merchant_id = merchant_id
        self._tokens = tokens

    @property
    def can_call(self) -> bool:
        """Whether there is something to ask for a token with."""
        return bool(self._client["client_id"] and self._client["client_secret"])

    def try_credentials(self) -> None:
        """Ask for a token and use it for nothing. Raises GatewayRefused where they are not in force."""
        self._new_token()

    def open(self, order: Order, memory: Memory) -> Opened:
        """Create the order. Where PhonePe knows this reference already, the existing order is looked up.

        A reused id cannot be told from a wrong field: both are 400 BAD_REQUEST. The page of an order that
        exists already cannot be had again, so then there is no `url`.
        """
        try:
            answer = Members(self._post(memory, "/checkout/v2/pay", checkout(order)))
        except GatewayRefused as refused:
            existing = self._existing(order, memory, refused)
            return Opened(existing.ref("orderId") or order.reference, expires_at=existing.moment("expireAt"))
        order_id, url = answer.ref("orderId"), page_url(answer.text("redirectUrl", longest=8192))
        if order_id is None or url is None:
            raise GatewayUnavailable("PhonePe POST /checkout/v2/pay: answered without an order and its page.")
        return Opened(order_id, url=url, expires_at=answer.moment("expireAt"))

    def _existing(self, order: Order, memory: Memory, refused: GatewayRefused) -> Members:
        """The order that PhonePe has under this reference. Raises the refusal where it has none."""
        try:
            existing = self._order(order.reference, memory)
        except GatewayRefused:
            raise refused from None
        if existing is None or existing.money() not in {None, order.money}:
            raise refused
        return existing

    def query(self, ref: GatewayRef, memory: Memory) -> list[Fact]:
        """Every attempt and the state of the order; nothing where PhonePe has never heard of it."""
        order = self._order(ref.reference, memory)
        if order is None:
            return []
        facts = order_facts(order, About(Weight.PROOF, ref.reference))
        paid = [fact for fact in facts if fact.kind is FactKind.PAID]
        return facts if len(paid) != 1 else [*facts[:-1], _under_one_name(paid[0], memory)]

    def _order(self, reference: str, memory: Memory) -> Members | None:
        where = path("checkout", "v2", "order", reference, "status")
        params = {"details": "true", "errorContext": "true"}
        try:
            order = Members(self._get(memory, where, params))
        except GatewayRefused as refused:
            if refused.code.endswith("_NOT_FOUND"):
                return None
            raise
        if order.text("state") not in KNOWN_STATES and order.ref("orderId") is None:
            raise GatewayUnavailable(f"PhonePe GET {where}: answered without an order.")
        return order

    def refund(self, ref: GatewayRef, charge_ref: str, money: Money, key: str, memory: Memory) -> list[Fact]:
        """Send money of an order back, under an id made of our key. A repetition is refused and looked up."""
        if money.minor < MINIMUM_MINOR:
            raise GatewayRefused("PhonePe refunds one rupee at least.")
        ours = refund_id(key, ref.reference, V2)
        body: Document = {
            "merchantRefundId": ours,
            "originalMerchantOrderId": ref.reference,
            "amount": money.minor,
        }
        try:
            answer = Members(self._post(memory, "/payments/v2/refund", body))
        except GatewayRefused as refused:
            return self._sent_before(ref, charge_ref, key, memory, refused)
        if not answer.text("state") and answer.ref("refundId") is None:
            raise GatewayUnavailable("PhonePe POST /payments/v2/refund: answered without a refund.")
        about = About(Weight.PROOF, ref.reference)
        fact = refund_fact(answer, about, refund_ref=ours, charge_ref=charge_ref)
        return [fact if fact.money else replace(fact, money=money)]

    def _sent_before(
        self, ref: GatewayRef, charge_ref: str, key: str, memory: Memory, refused: GatewayRefused
    ) -> list[Fact]:
        """What became of a refund under the same id. Raises the refusal where there is none."""
        try:
            facts = self.query_refund(ref, charge_ref, key, None, memory)
        except GatewayRefused:
            raise refused from None
        if not facts:
            raise refused
        return facts

    def query_refund(
        self, ref: GatewayRef, charge_ref: str, key: str, refund_ref: str | None, memory: Memory
    ) -> list[Fact]:
        """One refund by the id we gave it. A refund of another order is none of this payment's."""
        asked = refund_ref or refund_id(key, ref.reference, V2)
        where = path("payments", "v2", "refund", asked, "status")
        try:
            refund = Members(self._get(memory, where))
        except GatewayRefused as refused:
            if refused.code.endswith("_NOT_FOUND"):
                return []
            raise
        if not refund.text("state"):
            raise GatewayUnavailable(f"PhonePe GET {where}: answered without a refund.")
        order = refund.ref("originalMerchantOrderId")
        if order not in {None, ref.reference}:
            return []
        fact = refund_fact(
            refund, About(Weight.PROOF, ref.reference), refund_ref=asked, charge_ref=charge_ref
        )
        if order is None and asked != refund_id(key, ref.reference, V2):
            return [replace(fact, kind=FactKind.UNKNOWN, detail="a refund that does not say of which order")]
        return [replace(fact, refund_ref=asked)]

    # --- tokens -----------------------------------------------------------------------------------

    def _get(self, memory: Memory, where: str, params: Mapping[str, str | int] | None = None) -> Document:
        return self._let_in(memory, lambda bearer: self._api.get(where, params, credentials=bearer))

    def _post(self, memory: Memory, where: str, body: Document) -> Document:
        return self._let_in(memory, lambda bearer: self._api.post(where, body, credentials=bearer))

    def _let_in(self, memory: Memory, call: Callable[[Credentials], Document]) -> Document:
        """Call with the account's token; once more with a new one where PhonePe refuses it before its time.

        With 401 nothing was done, so this repeats changes too.
        """
        store = self._tokens or memory
        bearer = self._bearer(store)
        try:
            return call(bearer)
        except GatewayRefused as refused:
            if refused.status != 401:
                raise
        store.forget(TOKEN, bearer["Authorization"])
        return call(self._bearer(store))

    def _bearer(self, store: Tokens) -> Credentials:
        fields = {"X-MERCHANT-ID": self._merchant_id} if self._merchant_id else {}
        return Credentials({"Authorization": store.token(TOKEN, self._new_token), **fields})

    def _new_token(self) -> Token:
        """A new token. It lives until `expires_at`; `expires_in` is null or unrelated in the samples."""
        if not self.can_call:
            raise ConfigurationError("calling PhonePe needs CLIENT_ID and CLIENT_SECRET.")
        return _token(self._token_api.post_form("/v1/oauth/token", self._client))


def checkout(order: Order) -> Document:
    """The body that creates an order: only members that are set."""
    modes = METHODS[order.method]
    flow: Document = {"type": "PG_CHECKOUT", "merchantUrls": {"redirectUrl": order.return_url}}
    if order.description:
        flow["message"] = order.description
    if modes:
        flow["paymentModeConfig"] = {"enabledPaymentModes": [{"type": mode} for mode in modes]}
    body: Document = {"merchantOrderId": order.reference, "amount": order.money.minor, "paymentFlow": flow}
    if order.open_for_seconds is not None:
        shortest, longest = EXPIRY_RANGE
        body["expireAfter"] = int(min(max(order.open_for_seconds, shortest), longest))
    meta = {name: text for name, text in order.metadata.items() if text and len(text) <= _META.get(name, 0)}
    return {**body, "metaInfo": meta} if meta else body


def _token(answer: Document) -> Token:
    members = Members(answer)
    value = members.text("access_token", longest=8192)
    if not value:
        raise GatewayUnavailable("PhonePe POST /v1/oauth/token: answered without a token.")
    kind = members.text("token_type") or "O-Bearer"
    return Token(f"{kind} {value}", moment(answer.get("expires_at")))


def _under_one_name(paid: Fact, memory: Memory) -> Fact:
    """The same charge keeps its name, should PhonePe name the attempt only later: one payment, one charge."""
    if paid.charge_ref == paid.gateway_ref:
        note(memory, UNNAMED, True)
    elif paid.gateway_ref and memory.recall(UNNAMED):
        return replace(paid, charge_ref=paid.gateway_ref)
    return paid
