"""PhonePe keeps the contract, in both versions; where it signs less than others, what it says weighs less."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from raseed.core.errors import BadSignature, ConfigurationError, DeliveryError
from raseed.core.facts import Weight
from raseed.core.money import Money
from raseed.gateways.base import Gateway, RawDelivery
from tests.gateways import phonepe_account as pp
from tests.gateways.contract import AT, SECRET, GatewayContract


class _PhonePe(GatewayContract):
    """What both versions differ in from gateways that sign a time and a mode."""

    longest_retry_seconds = 30 * 24 * 3600

    def test_a_delivery_of_the_other_mode_is_refused(self) -> None:
        """Deliveries state no mode: test and live have credentials of their own."""
        with pytest.raises(BadSignature):
            self.make(live=True).verify(self.signed(self._one(), secret="that of the other mode"))

    def test_a_delivery_outside_the_window_is_stale(self) -> None:
        """No time is signed, so that there is no window; asking for one is a mistake that shows at start."""
        old = replace(self.signed(self._one()), received_at=AT + timedelta(days=400))
        assert self.make().verify(old)
        with pytest.raises(ConfigurationError, match="carry no time"):
            self.make(replay_window_seconds=self.window_seconds)

    def test_a_forged_old_delivery_is_forged_not_stale(self) -> None:
        old = replace(self.signed(self._one(), secret="another"), received_at=AT + timedelta(days=9))
        with pytest.raises(BadSignature):
            self.make().verify(old)


class TestStandardCheckout(_PhonePe):
    module = "raseed.gateways.phonepe.gateway"
    weight = Weight.HINT

    def make(self, *, http: Any = None, live: bool = False, **changes: Any) -> Gateway:
        secrets = changes.pop("webhook_secrets", None)
        if secrets is not None:
            changes |= {"webhook_username": "", "webhook_password": ""}
            changes["webhook_credentials"] = [(pp.USER, secret) for secret in secrets]
        return pp.account(http=http, live=live, **changes)

    def signed(
        self, body: bytes, *, at: datetime = AT, secret: str = SECRET, live: bool = False
    ) -> RawDelivery:
        return pp.delivered(body, at=at, secret=secret)

    def genuine(self) -> Mapping[str, bytes]:
        samples = {path.stem: path.read_bytes() for path in sorted(pp.GOLDEN.glob("*webhook*.json"))}
        made = {
            "completed": pp.event("checkout.order.completed", pp.order_document()),
            "expired": pp.event("checkout.order.failed", pp.expired()),
            "attempt": pp.event(
                "checkout.transaction.attempt.failed", pp.order_document("PENDING", [pp.attempt("FAILED")])
            ),
            "refund": {"event": "pg.refund.completed", "payload": pp.refund_document()},
            "no envelope": pp.refund_document("FAILED", errorCode="AUTHORIZATION_ERROR"),
        }
        return {**{name: json.dumps(document).encode() for name, document in made.items()}, **samples}

    def calls(self, gateway: Gateway) -> Mapping[str, Callable[[], Any]]:
        money = Money(10_000, "INR")
        return {
            "token": lambda: gateway.query(pp.REF, pp.DictMemory()),
            "open": lambda: gateway.open(pp.order(), pp.memory()),
            "query": lambda: gateway.query(pp.REF, pp.memory()),
            "refund": lambda: gateway.refund(pp.REF, pp.ATTEMPT, money, "", pp.REFUND, pp.memory()),
            "query_refund": lambda: gateway.query_refund(pp.REF, pp.ATTEMPT, pp.REFUND, None, pp.memory()),
        }

    def test_any_changed_byte_of_the_body_is_refused(self) -> None:
        """The header covers no byte of the body: what a changed one says is a hint, whatever it says."""
        gateway = self.make()
        for body in self.genuine().values():
            delivery = self.signed(body)
            for position in range(0, len(body), max(1, len(body) // 40)):
                changed = bytearray(body)
                changed[position] ^= 1
                assert self._at_most_hints(gateway, replace(delivery, body=bytes(changed)))

    def test_a_shortened_or_extended_body_is_refused(self) -> None:
        delivery = self.signed(self._one())
        for body in (delivery.body[:-1], delivery.body + b" ", b"", b"\n" + delivery.body):
            assert self._at_most_hints(self.make(), replace(delivery, body=body))

    def _at_most_hints(self, gateway: Gateway, delivery: RawDelivery) -> bool:
        try:
            facts = gateway.read(gateway.verify(delivery))
        except DeliveryError:
            return True
        return all(fact.weight is Weight.HINT for fact in facts)


class TestSalted(_PhonePe):
    module = "raseed.gateways.phonepe.gateway"

    def make(self, *, http: Any = None, live: bool = False, **changes: Any) -> Gateway:
        secrets = changes.pop("webhook_secrets", None)
        if secrets is not None:
            changes["salt_key"] = secrets[0] if secrets else ""
            changes["salt_keys"] = dict(enumerate(secrets[1:], 2))
        return pp.salted(http=http, live=live, **changes)

    def signed(
        self, body: bytes, *, at: datetime = AT, secret: str = SECRET, live: bool = False
    ) -> RawDelivery:
        return pp.called_back(body, at=at, secret=secret)

    def test_during_a_rotation_each_secret_is_accepted(self) -> None:
        gateway = self.make(webhook_secrets=["the coming one", SECRET])
        one = self._one()
        assert gateway.verify(pp.called_back(one, secret="the coming one", index=1))
        assert gateway.verify(pp.called_back(one, secret=SECRET, index=2))
        for secret, index in (("the coming one", 2), (SECRET, 1), (SECRET, 3), ("the one before", 1)):
            with pytest.raises(BadSignature):
                gateway.verify(pp.called_back(one, secret=secret, index=index))

    def test_a_shortened_or_extended_body_is_refused(self) -> None:
        """The base64 text is what is signed: blanks around its JSON are nobody's words."""
        gateway = self.make()
        delivery = self.signed(self._one())
        text = json.loads(delivery.body)["response"]
        for changed in (text[:-4], text + "AAAA", "", " " + text):
            with pytest.raises(BadSignature):
                gateway.verify(replace(delivery, body=json.dumps({"response": changed}).encode()))
        for body in (delivery.body[:-1], b""):
            with pytest.raises(BadSignature):
                gateway.verify(replace(delivery, body=body))
        same = gateway.verify(replace(delivery, body=b"\n" + delivery.body + b" "))
        assert gateway.read(same) == gateway.read(gateway.verify(delivery))

    def genuine(self) -> Mapping[str, bytes]:
        codes = ("PAYMENT_SUCCESS", "PAYMENT_ERROR", "PAYMENT_PENDING", "INTERNAL_SERVER_ERROR", "NEW_CODE")
        return {code: json.dumps(pp.transaction(code)).encode() for code in codes}

    def calls(self, gateway: Gateway) -> Mapping[str, Callable[[], Any]]:
        money, memory = Money(10_000, "INR"), pp.memory()
        return {
            "open": lambda: gateway.open(pp.order(), memory),
            "query": lambda: gateway.query(pp.V1_REF, memory),
            "refund": lambda: gateway.refund(pp.V1_REF, pp.TRANSACTION, money, "", pp.REFUND, memory),
            "query_refund": lambda: gateway.query_refund(pp.V1_REF, pp.TRANSACTION, pp.REFUND, None, memory),
        }
