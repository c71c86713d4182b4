"""PayMongo keeps the contract."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from raseed.core.facts import Fact, FactKind, Weight
from raseed.core.money import Money
from raseed.gateways.base import Gateway, RawDelivery
from raseed.gateways.paymongo.gateway import PayMongo
from tests.gateways import paymongo_account as pm
from tests.gateways.contract import AT, SECRET, GatewayContract
from tests.gateways.memory import DictMemory


class TestPayMongo(GatewayContract):
    module = "raseed.gateways.paymongo.gateway"
    #: 2 + 4 + … + 4096 seconds, and thirteen attempts that may each take half a minute.
    longest_retry_seconds = 8190 + 13 * 30

    def make(self, *, http: Any = None, live: bool = False, **changes: Any) -> Gateway:
        return pm.account(http=http, live=live, **changes)

    def signed(
        self, body: bytes, *, at: datetime = AT, secret: str = SECRET, live: bool = False
    ) -> RawDelivery:
        return pm.signed(body, at=at, secret=secret, live=live)

    def genuine(self) -> Mapping[str, bytes]:
        samples = {path.stem: path.read_bytes() for path in sorted(pm.GOLDEN.glob("event-*.json"))}
        made = {
            "session": pm.event(
                "checkout_session.payment.paid", pm.session(payments=[pm.payment(refunds=[pm.refund()])])
            ),
            "refund": pm.event("payment.refund.updated", pm.refund("pending")),
            "second session": pm.event(
                "payment.paid",
                pm.payment(
                    payment_intent_id="pi_Unseen",
                    metadata={"reference": pm.REFERENCE, "raseed_flow": "session"},
                ),
            ),
            "link": pm.event("payment.paid", pm.link_payment()),
            "intent": pm.event("payment_intent.succeeded", pm.intent("succeeded", payments=[pm.payment()])),
            "code": pm.event("qrph.expired", pm.resource("qrph_1", "qrph", payment_intent_id=pm.INTENT)),
            "failed": pm.event("payment.failed", pm.payment("failed", failed_code="insufficient_funds")),
        }
        return {**samples, **{name: json.dumps(document).encode() for name, document in made.items()}}

    def calls(self, gateway: Gateway) -> Mapping[str, Callable[[], Any]]:
        return {**self.other_calls(gateway), **self.payment_calls(gateway)}

    def other_calls(self, gateway: Gateway) -> Mapping[str, Callable[[], Any]]:
        assert isinstance(gateway, PayMongo)
        webhooks, customers = gateway.webhooks, gateway.customers
        named = {"first_name": "A", "last_name": "B", "email": "a@example.com", "phone": "+639170000000"}
        return {
            "webhooks": webhooks.all,
            "register": lambda: webhooks.register("https://shop.example/hook"),
            "enable": lambda: webhooks.enable("hook_1"),
            "disable": lambda: webhooks.disable("hook_1"),
            "create customer": lambda: customers.create(**named),
            "retrieve customer": lambda: customers.retrieve(pm.CUSTOMER),
            "find customer": lambda: customers.find(email="a@example.com"),
            "change customer": lambda: customers.change(pm.CUSTOMER, phone="+639170000001"),
            "cards": lambda: customers.cards(pm.CUSTOMER),
        }

    def payment_calls(self, gateway: Gateway) -> Mapping[str, Callable[[], Any]]:
        money = Money(10_000, "PHP")
        chargeable = Fact(FactKind.CHARGEABLE, Weight.PROOF, gateway_ref=pm.SOURCE)
        return {
            "open source": lambda: gateway.open(pm.order("gcash"), DictMemory()),
            "open session": lambda: gateway.open(pm.order("checkout"), DictMemory()),
            "open second session": lambda: gateway.open(pm.order("checkout_v2"), DictMemory()),
            "open link": lambda: gateway.open(pm.order("link"), DictMemory()),
            "open card": lambda: gateway.open(pm.order("card"), DictMemory()),
            "open wallet": lambda: gateway.open(pm.order("gcash_intent"), DictMemory()),
            "query intent": lambda: gateway.query(pm.INTENT_REF, DictMemory()),
            "query link": lambda: gateway.query(pm.LINK_REF, DictMemory()),
            "close intent": lambda: gateway.close(pm.INTENT_REF, DictMemory()),
            "close link": lambda: gateway.close(pm.LINK_REF, DictMemory()),
            "capture": lambda: gateway.capture(pm.CARD_REF, pm.PAYMENT, money, DictMemory()),
            "void": lambda: gateway.void(pm.CARD_REF, pm.PAYMENT, DictMemory()),
            "query source": lambda: gateway.query(pm.SOURCE_REF, DictMemory()),
            "query session": lambda: gateway.query(pm.SESSION_REF, DictMemory()),
            "advance": lambda: gateway.advance(pm.SOURCE_REF, chargeable, DictMemory()),
            "close": lambda: gateway.close(pm.SESSION_REF, DictMemory()),
            "refund": lambda: gateway.refund(pm.SOURCE_REF, pm.PAYMENT, money, "", "k", DictMemory()),
            "query_refund": lambda: gateway.query_refund(pm.SOURCE_REF, pm.PAYMENT, "k", pm.REFUND),
            "query_refund by key": lambda: gateway.query_refund(pm.SOURCE_REF, pm.PAYMENT, "k", None),
        }
