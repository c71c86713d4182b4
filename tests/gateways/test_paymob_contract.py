"""Paymob keeps the contract. It signs chosen values instead of the body, and no time of sending."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from raseed.core.errors import BadSignature, ConfigurationError, DeliveryError, MalformedDelivery
from raseed.core.facts import Fact, Weight
from raseed.gateways.base import Gateway, RawDelivery
from tests.gateways import paymob_account as pm
from tests.gateways.contract import AT, FUZZ, SECRET, GatewayContract, _assert_storable


class TestPaymob(GatewayContract):
    module = "raseed.gateways.paymob.gateway"
    longest_retry_seconds = 30 * 24 * 3600

    def make(self, *, http: Any = None, live: bool = False, **changes: Any) -> Gateway:
        if "webhook_secrets" in changes:
            changes["hmac_secrets"] = changes.pop("webhook_secrets")
        return pm.account(http=http, live=live, **changes)

    def signed(
        self, body: bytes, *, at: datetime = AT, secret: str = SECRET, live: bool = False
    ) -> RawDelivery:
        return pm.posted(body, secret=secret, at=at)

    def genuine(self) -> Mapping[str, bytes]:
        documents = {
            "paid": pm.callback(pm.told()),
            "declined": pm.callback(pm.declined()),
            "waiting": pm.callback(pm.waiting()),
            "held": pm.callback(pm.held()),
            "captured": pm.callback(pm.child("is_capture")),
            "voided": pm.callback(pm.told(is_voided=True)),
            "refunded": pm.callback(pm.refunded(2_000)),
            "a refund itself": pm.callback(pm.child("is_refund", 2_000)),
            "card": pm.card_callback(),
        }
        return {name: json.dumps(document).encode() for name, document in documents.items()}

    def calls(self, gateway: Gateway) -> Mapping[str, Callable[[], Any]]:
        ref, charge, money = pm.REF, str(pm.PAYMENT), pm.MONEY
        kept = {"total": 0, "minor": 100, "at": AT.isoformat()}
        begun = pm.memory()
        begun.once("refund:k:1", lambda: kept)
        return {
            "token": lambda: gateway.query(ref, pm.DictMemory()),
            "page": lambda: gateway.open(pm.order(), pm.memory()),
            "iframe": lambda: gateway.open(pm.order("iframe"), pm.memory()),
            "wallet": lambda: gateway.open(pm.order("wallet"), pm.memory()),
            "saved card": lambda: gateway.charge_saved(SECRET, pm.order(), pm.memory()),
            "query": lambda: gateway.query(ref, pm.memory()),
            "capture": lambda: gateway.capture(ref, charge, money, pm.memory()),
            "void": lambda: gateway.void(ref, charge, pm.memory()),
            "refund": lambda: gateway.refund(ref, charge, money, "", "k", pm.memory()),
            "query_refund": lambda: gateway.query_refund(ref, charge, "k", None, begun),
        }

    # --- what differs, because chosen values are signed and the signature is in the query ----------

    def test_any_changed_byte_of_the_body_is_refused(self) -> None:
        """Or it changed nothing that is signed: then every proof is the one of the genuine body."""
        gateway = self.make()
        for body in self.genuine().values():
            delivery = self.signed(body)
            before = _proofs(gateway.read(gateway.verify(delivery)))
            for position in range(0, len(body), max(1, len(body) // 150)):
                changed = bytearray(body)
                changed[position] ^= 1
                try:
                    facts = gateway.read(gateway.verify(replace(delivery, body=bytes(changed))))
                except DeliveryError:
                    continue
                assert _proofs(facts) <= before

    def test_a_shortened_or_extended_body_is_refused(self) -> None:
        gateway = self.make()
        delivery = self.signed(self._one())
        for body in (delivery.body[:-1], b"", delivery.body + b"}"):
            with pytest.raises(MalformedDelivery):
                gateway.verify(replace(delivery, body=body))
        same = gateway.verify(replace(delivery, body=b"\n" + delivery.body + b" "))
        assert gateway.read(same) == gateway.read(gateway.verify(delivery))

    def test_a_delivery_of_the_other_mode_is_refused(self) -> None:
        """The mode is not signed: where it contradicts, nothing is proven and the gateway is asked."""
        for live in (True, False):
            gateway = self.make(live=live)
            other = pm.posted(pm.callback(pm.told(is_live=not live)))
            assert _proofs(gateway.read(gateway.verify(other))) == set()

    def test_a_delivery_outside_the_window_is_stale(self) -> None:
        """A refund sends the payment again with its first date: no window could be kept."""
        old = replace(self.signed(self._one()), received_at=AT + timedelta(days=400))
        assert self.make().verify(old)
        with pytest.raises(ConfigurationError, match="REPLAY_WINDOW_SECONDS"):
            self.make(replay_window_seconds=self.window_seconds)

    def test_a_forged_old_delivery_is_forged_not_stale(self) -> None:
        old = replace(self.signed(self._one(), secret="another"), received_at=AT + timedelta(days=9))
        with pytest.raises(BadSignature):
            self.make().verify(old)

    @given(digest=st.text(max_size=140) | st.binary(max_size=140).map(lambda raw: raw.decode("latin-1")))
    @FUZZ
    def test_any_header_is_an_answer_not_a_crash(self, digest: str) -> None:
        delivery = self.signed(self._one())
        for query in ({"hmac": digest}, {}, {digest: delivery.query["hmac"]}):
            with pytest.raises(BadSignature):
                self.make().verify(replace(delivery, query=query, query_string=b""))

    def test_a_repeated_query_parameter_is_refused(self) -> None:
        delivery = self.signed(self._one())
        extended = delivery.query_string + b"&a=1&b=1"
        assert self.make().verify(replace(delivery, query_string=extended))
        for more in (b"&a=1&a=2", b"&a&a", b"&a=1&%61=2", b"&" + delivery.query_string, b"&hmac=0"):
            with pytest.raises(MalformedDelivery):
                self.make().verify(replace(delivery, query_string=delivery.query_string + more))

    def test_facts_fit_the_database_and_hold_no_secret(self) -> None:
        gateway = self.make()
        for body in self.genuine().values():
            facts = gateway.read(gateway.verify(self.signed(body)))
            for fact in facts:
                _assert_storable(fact)
                assert pm.CARD_TOKEN not in f"{fact!r} {dict(fact.raw)}"
                assert fact.weight is Weight.HINT or fact.reference is None


def _proofs(facts: list[Fact]) -> set[Any]:
    return {
        (fact.kind, fact.gateway_ref, fact.charge_ref, fact.money)
        for fact in facts
        if fact.weight is Weight.PROOF
    }
