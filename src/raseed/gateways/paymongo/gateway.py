"""The PayMongo adapter: one merchant account, as the contract in `gateways.base` wants it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from raseed.core.errors import ConfigurationError, Unsupported
from raseed.core.facts import Fact
from raseed.core.money import Money
from raseed.gateways.base import Capabilities, GatewayRef, Memory, Opened, Order, RawDelivery, Refs, Verified
from raseed.gateways.http import READ_SECONDS, Api
from raseed.gateways.paymongo import account, refunds, sessions, sources, webhook
from raseed.gateways.paymongo.refusals import refusal
from raseed.gateways.paymongo.vocabulary import (
    BASE_URL,
    CHECKOUT,
    CHECKOUT_METHODS,
    METHODS,
    REPLAY_WINDOW_SECONDS,
    SOURCE_METHODS,
)
from raseed.gateways.signatures import Secrets


class PayMongo:
    """One PayMongo account.

    Methods: `gcash` and `grab_pay` (a source: authorize, then we charge), `checkout` (the hosted page).
    `livemode` None reads the mode from the keys. `webhook_secrets` is one `whsk_…` or several during a
    rotation. `replay_window_seconds` None turns the window off. `minimum` replaces the documented
    smallest amounts (centavos; an int for all methods, or a mapping by method). `http` replaces the
    network (see `gateways.http.Api`). Raises ConfigurationError naming the setting.
    """

    name = "paymongo"

    def __init__(
        self,
        secret_key: str = "",
        public_key: str = "",
        webhook_secrets: str | Iterable[str] = (),
        livemode: bool | None = None,
        base_url: str = BASE_URL,
        replay_window_seconds: float | None = REPLAY_WINDOW_SECONDS,
        minimum: int | Mapping[str, int] | None = None,
        checkout_methods: Iterable[str] = CHECKOUT_METHODS,
        timeout_seconds: float = READ_SECONDS,
        http: Any = None,
    ) -> None:
        self.livemode: bool | None = account.mode_of(livemode, secret_key, public_key)
        self._api = Api(
            "PayMongo",
            base_url,
            explain=refusal,
            user=secret_key,
            timeout_seconds=account.timeout_of(timeout_seconds),
            http=http,
        )
        account.check_base_url(self._api.base_url, livemode=self.livemode)
        self._can_call = bool(secret_key)
        self._secrets = Secrets(webhook_secrets, "WEBHOOK_SECRETS")
        self._window_seconds = account.window_of(replay_window_seconds)
        self._checkout_methods = account.checkout_methods_of(checkout_methods)
        self.capabilities = Capabilities(
            methods=METHODS,
            currencies=frozenset({"PHP"}),
            minimum=account.minimum_of(minimum),
            can_close=True,  # sessions; a source cannot be closed and raises Unsupported
            one_refund_at_a_time=True,
        )

    def __repr__(self) -> str:
        return f"PayMongo({'live' if self.livemode else 'test'}, {self._api.base_url!r})"

    # --- calls ------------------------------------------------------------------------------------

    def open(self, order: Order, memory: Memory) -> Opened:
        """Create a source or a checkout session, under the order's reference as idempotency key."""
        api = self._calling()
        if order.money.currency not in self.capabilities.currencies:
            raise Unsupported(f"PayMongo takes PHP here, not {order.money.currency}.")
        if order.method in SOURCE_METHODS:
            return sources.open_source(api, order)
        if order.method == CHECKOUT:
            return sessions.open_session(api, order, self._checkout_methods)
        known = ", ".join(sorted(self.capabilities.methods))
        raise Unsupported(f"PayMongo has no method {order.method!r} here. Known: {known}.")

    def query(self, ref: GatewayRef, memory: Memory) -> list[Fact]:
        """What became of a source or a session. Nothing where its id is not known."""
        if ref.gateway_ref.startswith("src_"):
            return sources.query_source(self._calling(), ref, memory)
        if ref.gateway_ref.startswith("cs_"):
            return sessions.query_session(self._calling(), ref)
        if ref.gateway_ref.startswith("pi_"):
            return sessions.query_intent(self._calling(), ref)
        if ref.gateway_ref:
            raise Unsupported(f"PayMongo {ref.gateway_ref!r} is neither a source nor a checkout session.")
        return []

    def advance(self, ref: GatewayRef, fact: Fact, memory: Memory) -> list[Fact]:
        """Charge a chargeable source, once. The fact names the source where opening lost its answer."""
        source = fact.gateway_ref or ref.gateway_ref
        if not source.startswith("src_"):
            raise Unsupported("only a PayMongo source is charged in a second step.")
        return sources.charge_source(self._calling(), ref, source, memory)

    def close(self, ref: GatewayRef, memory: Memory) -> list[Fact]:
        """Expire a checkout session. A source cannot be closed: it ends by itself within an hour."""
        if not ref.gateway_ref.startswith("cs_"):
            raise Unsupported("PayMongo can close checkout sessions only, not sources.")
        return sessions.expire_session(self._calling(), ref)

    def refund(
        self,
        ref: GatewayRef,
        charge_ref: str,
        money: Money,
        reason: str,
        key: str,
        memory: Memory,
    ) -> list[Fact]:
        """Send money of a payment back. Any reason is taken; what is not PayMongo's becomes a note."""
        return refunds.send_refund(self._calling(), ref, charge_ref, money, reason, key, memory)

    def query_refund(
        self,
        ref: GatewayRef,
        charge_ref: str,
        key: str,
        refund_ref: str | None,
        memory: Memory | None = None,
    ) -> list[Fact]:
        """One refund by id or by our key; empty when PayMongo has none for this key."""
        return refunds.find_refund(self._calling(), ref, charge_ref, key, refund_ref)

    def capture(self, ref: GatewayRef, charge_ref: str, money: Money, memory: Memory) -> list[Fact]:
        """Not for sources and sessions: their money is taken at once."""
        raise Unsupported("PayMongo sources and checkout sessions are not captured later.")

    def void(self, ref: GatewayRef, charge_ref: str, memory: Memory) -> list[Fact]:
        """Not for sources and sessions: refund instead."""
        raise Unsupported("PayMongo payments of sources and sessions cannot be voided; refund them.")

    def charge_saved(self, card: str, order: Order, memory: Memory) -> Opened:
        """Not for sources and sessions."""
        raise Unsupported("PayMongo charges no saved cards through sources and checkout sessions.")

    # --- deliveries -------------------------------------------------------------------------------

    def peek(self, delivery: RawDelivery) -> Refs:
        """Which checkout an unverified delivery names."""
        return webhook.peek(delivery)

    def verify(self, delivery: RawDelivery) -> Verified:
        """Check signature, mode, window and shape."""
        return webhook.verify(
            delivery, self._secrets, livemode=bool(self.livemode), window_seconds=self._window_seconds
        )

    def verified_before(self, delivery: RawDelivery) -> Verified:
        """Parse a delivery that was verified when it came."""
        return Verified(delivery, webhook.parse(delivery))

    def read(self, verified: Verified) -> list[Fact]:
        """The facts of an event. Takes only what `verify` returned."""
        if not isinstance(verified, Verified):
            raise TypeError(f"read takes what verify returned, not {type(verified).__name__}")
        return webhook.read(verified)

    def read_return(self, delivery: RawDelivery) -> list[Fact]:
        """Nothing: anybody can open the return address. It is a reason to query."""
        return []

    def _calling(self) -> Api:
        """The connection. Raises where the account was made for reading webhooks only."""
        if not self._can_call:
            raise ConfigurationError("calling PayMongo needs SECRET_KEY (sk_test_… or sk_live_…).")
        return self._api
