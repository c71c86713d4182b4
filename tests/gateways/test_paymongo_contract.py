"""PayMongo keeps the contract."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from raseed.core.facts import Fact, FactKind, Weight
from raseed.core.money import Money
from raseed.gateways.base import Gateway, RawDelivery
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
            "failed": pm.event("payment.failed", pm.payment("failed", failed_code="insufficient_funds")),
        }
        return {**samples, **{name: json.dumps(document).encode() for name, document in made.items()}}

    def calls(self, gateway: Gateway) -> Mapping[str, Callable[[], Any]]:
        money = Money(10_000, "PHP")
        chargeable = Fact(FactKind.CHARGEABLE, Weight.PROOF, gateway_ref=pm.SOURCE)
        return {
            "open source": lambda: gateway.open(pm.order("gcash"), DictMemory()),
            "open session": lambda: gateway.open(pm.order("checkout"), DictMemory()),
            "query source": lambda: gateway.query(pm.SOURCE_REF, DictMemory()),
            "query session": lambda: gateway.query(pm.SESSION_REF, DictMemory()),
            "advance": lambda: gateway.advance(pm.SOURCE_REF, chargeable, DictMemory()),
            "close": lambda: gateway.close(pm.SESSION_REF, DictMemory()),
            "refund": lambda: gateway.refund(pm.SOURCE_REF, pm.PAYMENT, money, "", "k", DictMemory()),
            "query_refund": lambda: gateway.query_refund(pm.SOURCE_REF, pm.PAYMENT, "k", pm.REFUND),
            "query_refund by key": lambda: gateway.query_refund(pm.SOURCE_REF, pm.PAYMENT, "k", None),
        }
