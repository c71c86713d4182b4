"""The PayMongo adapter: one merchant account, as the contract in `gateways.base` wants it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from raseed.core.errors import ConfigurationError, GatewayRefused, Unsupported
from raseed.core.facts import Fact
from raseed.core.money import Money
from raseed.gateways.base import (
    Advice,
    Capabilities,
    GatewayRef,
    Memory,
    Opened,
    Order,
    RawDelivery,
    Refs,
    Verified,
)
from raseed.gateways.http import READ_SECONDS, Api
from raseed.gateways.paymongo import account, checkup, intents, links, refunds, sessions, sources, webhook
from raseed.gateways.paymongo.customers import Customers
from raseed.gateways.paymongo.endpoints import Endpoints
from raseed.gateways.paymongo.methods import (
    CHECKOUT_METHODS,
    HELD,
    METHODS,
    QR_LIFE_SECONDS,
    UNCLOSABLE,
    Flow,
)
from raseed.gateways.paymongo.refusals import refusal
from raseed.gateways.paymongo.vocabulary import BASE_URL, REPLAY_WINDOW_SECONDS
from raseed.gateways.signatures import Secrets


class PayMongo:
    """One PayMongo account.

    Methods are in `methods.METHODS`. `webhooks` manages the account's endpoints, `customers` the customers
    PayMongo keeps cards for.
    `livemode` None reads the mode from the keys. `webhook_secrets` is one `whsk_…` or several during a
    rotation. `replay_window_seconds` None turns the window off. `minimum` replaces the documented
    smallest amounts (centavos; an int for all methods, or a mapping by method). `three_d_secure` is `any`
    or `automatic`, `qr_seconds` the life of a QR Ph code. `http` replaces the network (see
    `gateways.http.Api`). Raises ConfigurationError naming the setting.
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
        currencies: Iterable[str] = ("PHP",),
        three_d_secure: str = "any",
        qr_seconds: int = QR_LIFE_SECONDS,
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
        self._public_key = public_key
        self._three_d_secure = account.three_d_secure_of(three_d_secure)
        self._qr_seconds = account.qr_seconds_of(qr_seconds)
        self.webhooks = Endpoints(self._calling, self._secrets)
        self.customers = Customers(self._calling)
        self.capabilities = Capabilities(
            methods=frozenset(METHODS),
            currencies=account.currencies_of(currencies),
            minimum=account.minimum_of(minimum),
            can_close=True,
            can_capture=True,
            can_void=True,
            unclosable=UNCLOSABLE,
            held=HELD,
            one_refund_at_a_time=True,
        )

    def __repr__(self) -> str:
        return f"PayMongo({'live' if self.livemode else 'test'}, {self._api.base_url!r})"

    def checkup(self, *, ask: bool) -> list[Advice]:
        """See `gateways.base.HasCheckup`. What the keys are worth shows when the webhooks are listed."""
        if ask:
            return []
        found = checkup.advice(
            livemode=bool(self.livemode),
            has_secrets=len(self._secrets) > 0,
            has_public_key=bool(self._public_key),
            window_seconds=self._window_seconds,
            minimum=self.capabilities.minimum,
        )
        return list(found)

    # --- calls ------------------------------------------------------------------------------------

    def open(self, order: Order, memory: Memory) -> Opened:
        """Create what the method pays through, under the order's reference as idempotency key.

        Raises GatewayRefused for `card` where PUBLIC_KEY is not set: the browser needs it.
        """
        method = METHODS.get(order.method)
        if method is None:
            known = ", ".join(sorted(METHODS))
            raise Unsupported(f"PayMongo has no method {order.method!r} here. Known: {known}.")
        self._check_currency(order, method.flow)
        api = self._calling()
        match method.flow:
            case Flow.SOURCE:
                return sources.open_source(api, order)
            case Flow.SESSION:
                return sessions.open_session(api, order, self._checkout_methods)
            case Flow.LINK:
                return links.open_link(api, order, memory)
            case Flow.BROWSER:
                return self._open_for_browser(api, order, memory)
            case Flow.ATTACHED:
                details = dict(method.details if self.livemode else method.test_details or method.details)
                return intents.open_attached(api, order, memory, details=details, qr_seconds=self._qr_seconds)

    def _open_for_browser(self, api: Api, order: Order, memory: Memory) -> Opened:
        if not self._public_key:
            raise GatewayRefused("Cards on the site's own page need PUBLIC_KEY (pk_test_… or pk_live_…).")
        opened = intents.open_for_browser(api, order, memory, three_d_secure=self._three_d_secure)
        return replace(opened, client={**opened.client, "public_key": self._public_key})

    def _check_currency(self, order: Order, flow: Flow) -> None:
        currency = order.money.currency
        if currency not in self.capabilities.currencies:
            raise Unsupported(f"PayMongo takes PHP here, not {currency}. See CURRENCIES.")
        if currency != "PHP" and flow is not Flow.BROWSER:
            raise Unsupported(f"PayMongo takes {currency} by card only, not by {order.method!r}.")

    def query(self, ref: GatewayRef, memory: Memory) -> list[Fact]:
        """What became of a checkout. Nothing where opening lost its answer before anything was made."""
        if not ref.gateway_ref:
            begun = intents.opened_before(memory) or links.opened_before(memory)
            return self.query(replace(ref, gateway_ref=begun), memory) if begun else []
        api = self._calling()
        match _kind(ref.gateway_ref):
            case "src":
                return sources.query_source(api, ref, memory)
            case "cs":
                return sessions.query_session(api, ref)
            case "pi":
                return intents.query_intent(api, ref, memory)
            case "link":
                return links.query_link(api, ref)
        raise Unsupported(f"PayMongo {ref.gateway_ref!r} is no source, session, intent or link.")

    def advance(self, ref: GatewayRef, fact: Fact, memory: Memory) -> list[Fact]:
        """Charge a chargeable source, once. The fact names the source where opening lost its answer."""
        source = fact.gateway_ref or ref.gateway_ref
        if _kind(source) != "src":
            raise Unsupported("only a PayMongo source is charged in a second step.")
        return sources.charge_source(self._calling(), ref, source, memory)

    def close(self, ref: GatewayRef, memory: Memory) -> list[Fact]:
        """Expire a session, cancel an intent or archive a link. A source ends by itself within an hour."""
        match _kind(ref.gateway_ref):
            case "cs":
                return sessions.expire_session(self._calling(), ref)
            case "pi":
                return intents.cancel_intent(self._calling(), ref)
            case "link":
                return links.archive_link(self._calling(), ref)
        raise Unsupported("PayMongo can close sessions, intents and links, not sources.")

    def capture(self, ref: GatewayRef, charge_ref: str, money: Money, memory: Memory) -> list[Fact]:
        """Take the money that a `card_hold` intent holds, all or a part. It is held for seven days."""
        if _kind(ref.gateway_ref) != "pi":
            raise Unsupported(
                "only PayMongo intents hold money; sources, sessions and links take it at once."
            )
        return intents.capture_intent(self._calling(), ref, money)

    def void(self, ref: GatewayRef, charge_ref: str, memory: Memory) -> list[Fact]:
        """Give the money back that a `card_hold` intent holds. What is paid must be refunded instead."""
        if _kind(ref.gateway_ref) != "pi":
            raise Unsupported(
                "PayMongo payments of sources, sessions and links cannot be voided; refund them."
            )
        return intents.release_intent(self._calling(), ref)

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

    def charge_saved(self, card: str, order: Order, memory: Memory) -> Opened:
        """Not offered: PayMongo does not say in public how a kept card is charged."""
        raise Unsupported("how PayMongo charges a kept card is not documented; open `card` instead.")

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


def _kind(gateway_ref: str) -> str:
    """What an id is an id of, by its prefix."""
    return gateway_ref.partition("_")[0]
