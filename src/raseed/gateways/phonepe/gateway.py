"""The PhonePe adapter: one merchant account, as the contract in `gateways.base` wants it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from raseed.core.errors import Unsupported
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
from raseed.gateways.phonepe import account, callback, checkup, webhook
from raseed.gateways.phonepe.refusals import refusal
from raseed.gateways.phonepe.salted import Salted
from raseed.gateways.phonepe.standard import Standard, Tokens
from raseed.gateways.phonepe.vocabulary import (
    CURRENCY,
    METHODS,
    MINIMUM_MINOR,
    POLL_SECONDS,
    V2,
    WHOLE_PAGE,
)


class PhonePe:
    """One PhonePe account, by version 2 (Standard Checkout) or version 1 (salted hashes).

    Version 2 needs `client_id`, `client_secret` and `client_version`; its webhooks `webhook_username` and
    `webhook_password`, and `webhook_credentials` lists further pairs during a change. `merchant_id` is sent
    as the end merchant's, which partners must name. Version 1 needs `merchant_id`, `salt_key` and
    `salt_index`; `salt_keys` maps the indexes of further keys, `callback_url` is where callbacks go (else
    PhonePe uses the registered address), `redirect_mode` is `REDIRECT` or `POST`.
    `livemode` None means test mode, unless `base_url` is PhonePe's live address. `token_url` is where
    tokens come from, `tokens` a store for them in place of the memory, `http` replaces the network (see
    `gateways.http.Api`). Raises ConfigurationError naming the setting.
    """

    name = "phonepe"

    def __init__(
        self,
        version: str = V2,
        client_id: str = "",
        client_secret: str = "",
        client_version: str | int = "1",
        webhook_username: str = "",
        webhook_password: str = "",
        webhook_credentials: Iterable[tuple[str, str]] = (),
        merchant_id: str = "",
        salt_key: str = "",
        salt_index: str | int = "1",
        salt_keys: Mapping[str | int, str] | None = None,
        callback_url: str = "",
        redirect_mode: str = "REDIRECT",
        livemode: bool | None = None,
        base_url: str = "",
        token_url: str = "",
        replay_window_seconds: float | None = None,
        timeout_seconds: float = READ_SECONDS,
        tokens: Tokens | None = None,
        http: Any = None,
    ) -> None:
        self.version = account.version_of(version)
        self.livemode: bool | None = account.mode_of(livemode, base_url)
        account.refuse_window(replay_window_seconds)
        self._hooks = account.Hooks(webhook_username, webhook_password, webhook_credentials)
        self._salts = account.Salts(salt_key, account.text_of(salt_index, "SALT_INDEX"), salt_keys or {})
        self._merchant_id = account.text_of(merchant_id, "MERCHANT_ID")
        seconds = account.timeout_of(timeout_seconds)
        api, token_api = (
            Api("PhonePe", url, explain=refusal, timeout_seconds=seconds, http=http)
            for url in account.addresses_of(self.version, self.livemode, base_url, token_url)
        )
        self._api = api
        client = account.client_of(client_id, client_secret, client_version)
        self._standard = Standard(api, token_api, client, merchant_id=self._merchant_id, tokens=tokens)
        self._salted = Salted(api, self._salts, self._merchant_id, callback_url, redirect_mode)
        self.capabilities = Capabilities(
            methods=frozenset(METHODS) if self._is_v2 else WHOLE_PAGE,
            currencies=frozenset({CURRENCY}),
            minimum={("", CURRENCY): MINIMUM_MINOR},
            poll_seconds=POLL_SECONDS,
            one_refund_at_a_time=True,
            can_query_refunds=False,
        )

    def __repr__(self) -> str:
        return f"PhonePe({self.version!r}, {'live' if self.livemode else 'test'})"

    @property
    def base_url(self) -> str:
        """Where calls go."""
        return self._api.base_url

    @property
    def _is_v2(self) -> bool:
        return self.version == V2

    def checkup(self, *, ask: bool) -> list[Advice]:
        """See `gateways.base.HasCheckup`. Asked, PhonePe refuses credentials that are not in force."""
        calls = self._standard if self._is_v2 else self._salted
        if not ask:
            return list(checkup.advice(self.version, can_call=calls.can_call, hooks=self._hooks))
        if calls.can_call:
            calls.try_credentials()
        return []

    # --- calls ------------------------------------------------------------------------------------

    def open(self, order: Order, memory: Memory) -> Opened:
        """Create the order under our reference. Without a `url`: it exists already, and its page is lost."""
        if order.method not in self.capabilities.methods:
            known = ", ".join(sorted(self.capabilities.methods))
            raise Unsupported(f"PhonePe {self.version} has no method {order.method!r}. Known: {known}.")
        if order.money.currency != CURRENCY:
            raise Unsupported(f"PhonePe takes {CURRENCY}, not {order.money.currency}.")
        return self._standard.open(order, memory) if self._is_v2 else self._salted.open(order)

    def query(self, ref: GatewayRef, memory: Memory) -> list[Fact]:
        """What became of an order; nothing where PhonePe has never heard of our reference."""
        return self._standard.query(ref, memory) if self._is_v2 else self._salted.query(ref)

    def advance(self, ref: GatewayRef, fact: Fact, memory: Memory) -> list[Fact]:
        """Not needed: the page takes the money."""
        raise Unsupported("PhonePe takes the money by itself.")

    def close(self, ref: GatewayRef, memory: Memory) -> list[Fact]:
        """Not offered: an order ends when it expires."""
        raise Unsupported("PhonePe cannot close an order; it expires.")

    def capture(self, ref: GatewayRef, charge_ref: str, money: Money, memory: Memory) -> list[Fact]:
        """Not offered: PhonePe takes the money at once."""
        raise Unsupported("PhonePe takes the money at once; there is nothing to capture.")

    def void(self, ref: GatewayRef, charge_ref: str, memory: Memory) -> list[Fact]:
        """Not offered: what is paid must be refunded."""
        raise Unsupported("PhonePe cannot void a payment; refund it.")

    def refund(
        self,
        ref: GatewayRef,
        charge_ref: str,
        money: Money,
        reason: str,
        key: str,
        memory: Memory,
    ) -> list[Fact]:
        """Send money of an order back. PhonePe keeps no reason; our key becomes the id of the refund."""
        if self._is_v2:
            return self._standard.refund(ref, charge_ref, money, key, memory)
        return self._salted.refund(ref, charge_ref, money, key)

    def query_refund(
        self, ref: GatewayRef, charge_ref: str, key: str, refund_ref: str | None, memory: Memory
    ) -> list[Fact]:
        """One refund by the id we gave it (`refund_ref`, or made of the key)."""
        if self._is_v2:
            return self._standard.query_refund(ref, charge_ref, key, refund_ref, memory)
        return self._salted.query_refund(ref, charge_ref, key, refund_ref)

    def charge_saved(self, card: str, order: Order, memory: Memory) -> Opened:
        """Not offered: saved cards belong to another product of PhonePe's."""
        raise Unsupported("PhonePe's checkout pages keep no cards for the merchant.")

    # --- deliveries -------------------------------------------------------------------------------

    def peek(self, delivery: RawDelivery) -> Refs:
        """Which order an unverified delivery names."""
        return webhook.peek(delivery) if self._is_v2 else callback.peek(delivery)

    def verify(self, delivery: RawDelivery) -> Verified:
        """Check the header's hash, and the shape. In version 2 that proves nothing about the body."""
        if self._is_v2:
            return webhook.verify(delivery, self._hooks)
        return callback.verify(delivery, self._salts, self._merchant_id)

    def verified_before(self, delivery: RawDelivery) -> Verified:
        """Parse a delivery that was verified when it came."""
        return Verified(delivery, webhook.parse(delivery) if self._is_v2 else callback.parse(delivery))

    def read(self, verified: Verified) -> list[Fact]:
        """The facts of a delivery: hints in version 2, proofs in version 1."""
        if not isinstance(verified, Verified):
            raise TypeError(f"read takes what verify returned, not {type(verified).__name__}")
        return webhook.read(verified) if self._is_v2 else callback.read(verified)

    def read_return(self, delivery: RawDelivery) -> list[Fact]:
        """A hint from the form of version 1; nothing else says anything when the browser comes back."""
        return [] if self._is_v2 else callback.read_return(delivery, self._salts, self._merchant_id)
