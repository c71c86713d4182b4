"""The Paymob adapter: one merchant account, as the contract in `gateways.base` wants it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from raseed.core.errors import GatewayRefused, Unsupported
from raseed.core.facts import Fact, FactKind
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
from raseed.gateways.http import READ_SECONDS, Api, Sealed
from raseed.gateways.paymob import account, checkup, inquiry, orders, paying, reversals, webhook
from raseed.gateways.paymob.caller import Caller, Tokens
from raseed.gateways.paymob.cards import card_fact
from raseed.gateways.paymob.facts import asked_facts
from raseed.gateways.paymob.methods import Methods
from raseed.gateways.paymob.refusals import refusal
from raseed.gateways.paymob.vocabulary import CHECKOUT, HOLD, PAY_SOURCES, SIGNATURE
from raseed.gateways.signatures import Secrets


def _now() -> datetime:
    return datetime.now(UTC)


def _capabilities(methods: Methods, currencies: frozenset[str]) -> Capabilities:
    return Capabilities(
        methods=methods.names or frozenset({CHECKOUT}),
        currencies=currencies,
        webhook_methods=frozenset({"POST", "GET"}),
        can_capture=True,
        captures_in_parts=True,
        can_void=True,
        held=frozenset({HOLD}),
        one_refund_at_a_time=True,
        signs_return=True,
        token_fields=frozenset({"obj.token"}),
        signature_parameters=frozenset({SIGNATURE}),
        keeps_cards=True,
        charges_kept_cards=methods.charge_kept_cards,
    )


class Paymob:
    """One Paymob account: the intention API where `secret_key` is set, else the older way with `api_key`.

    `api_key` asks about payments in both. `hmac_secrets` is one secret or several during a change.
    `integration_ids` are ids by name (`card`, `wallet`, `kiosk`, `cash`, `auth`, `moto`, or a name of yours),
    or a list of card integrations; callbacks of others make us ask. `iframe_id` opens the older page of
    cards. `owner` and `merchant_id` are compared with what callbacks say, where set. `region` is `egypt`,
    `ksa`, `uae`, `oman` or `pakistan`; `livemode` and `currencies` None mean what keys and region tell.
    `notification_url` goes with each intention. `clock` and `tokens` replace the time and the store of
    tokens, `http` the network (see `gateways.http.Api`). Raises ConfigurationError naming the setting.
    """

    name = "paymob"

    def __init__(
        self,
        api_key: str = "",
        secret_key: str = "",
        public_key: str = "",
        hmac_secrets: str | Iterable[str] = (),
        integration_ids: Any = (),
        iframe_id: str | int = "",
        owner: str | int | None = None,
        merchant_id: str | int | None = None,
        region: str = "",
        livemode: bool | None = None,
        base_url: str = "",
        checkout_url: str = "",
        notification_url: str = "",
        currencies: Iterable[str] | None = None,
        replay_window_seconds: float | None = None,
        timeout_seconds: float = READ_SECONDS,
        clock: Callable[[], datetime] | None = None,
        tokens: Tokens | None = None,
        http: Any = None,
    ) -> None:
        account.refuse_window(replay_window_seconds)
        secret, public = account.text_of(secret_key, "SECRET_KEY"), account.text_of(public_key, "PUBLIC_KEY")
        self.livemode: bool | None = account.mode_of(livemode, secret, public)
        place = account.region_of(region, secret, public, base_url)
        address, page = account.addresses_of(base_url, checkout_url, place, livemode=self.livemode)
        seconds = account.timeout_of(timeout_seconds)
        self._public_key, self._checkout_url = public, page
        self._iframe_id = account.id_setting(iframe_id, "IFRAME_ID") or ""
        self._notification_url = account.text_of(notification_url, "NOTIFICATION_URL")
        self._secrets = Secrets(hmac_secrets, "HMAC_SECRETS")
        self._api = Api("Paymob", address, explain=refusal, timeout_seconds=seconds, http=http)
        key = account.text_of(api_key, "API_KEY")
        self._caller = Caller(self._api, api_key=key, secret_key=secret, clock=clock or _now, tokens=tokens)
        named = account.integrations_of(integration_ids)
        self._methods = Methods(named, has_page=bool(secret), has_iframe=bool(self._iframe_id))
        self._identity = account.identity_of(named, owner, merchant_id, livemode=self.livemode)
        self.capabilities = _capabilities(self._methods, account.currencies_of(currencies, place))

    def __repr__(self) -> str:
        mode = {True: "live", False: "test", None: "mode not known"}[self.livemode]
        return f"Paymob({mode}, {self._api.base_url!r})"

    @property
    def base_url(self) -> str:
        """Where calls go."""
        return self._api.base_url

    def checkup(self, *, ask: bool) -> list[Advice]:
        """See `gateways.base.HasCheckup`. Asked, Paymob refuses an API key that is not in force."""
        if ask:
            return self._asked_checkup() if self._caller.has_api_key else []
        found = checkup.advice(
            identity=self._identity,
            has_secrets=len(self._secrets) > 0,
            has_api_key=self._caller.has_api_key,
            has_secret_key=self._caller.has_secret_key,
            has_public_key=bool(self._public_key),
            has_iframe=bool(self._iframe_id),
        )
        return list(found)

    def _asked_checkup(self) -> list[Advice]:
        secret, listed = self._caller.look_around(checkup.SECRET, checkup.INTEGRATIONS)
        return [*checkup.secret_advice(secret, self._secrets), *checkup.listed_advice(listed, self._identity)]

    # --- calls ------------------------------------------------------------------------------------

    def open(self, order: Order, memory: Memory) -> Opened:
        """Create the order, and what the method pays through: a page, an address of a wallet's, a number."""
        ids = self._methods.ids(order.method)
        self._check_currency(order)
        if order.method in PAY_SOURCES:
            if order.method == "wallet":
                paying.phone_of(order)
            return paying.pay_by_method(self._caller, order, memory, self._make(order, memory, ids))
        if self._methods.opens_iframe(order.method):
            made = orders.make_order(self._caller, order, memory, ids[0])
            return orders.in_frame(made, self._api.base_url, self._iframe_id)
        if not self._public_key:
            raise GatewayRefused("Paymob's checkout page needs PUBLIC_KEY (…_pk_test_… or …_pk_live_…).")
        return orders.on_page(self._make(order, memory, ids), self._checkout_url, self._public_key)

    def _make(self, order: Order, memory: Memory, ids: Sequence[int]) -> orders.Made:
        if self._caller.has_secret_key:
            return orders.make_intention(self._caller, order, memory, ids, self._notification_url)
        return orders.make_order(self._caller, order, memory, ids[0])

    def _check_currency(self, order: Order) -> None:
        if order.money.currency not in self.capabilities.currencies:
            known = ", ".join(sorted(self.capabilities.currencies))
            raise Unsupported(f"this Paymob account takes {known}, not {order.money.currency}.")

    def query(self, ref: GatewayRef, memory: Memory) -> list[Fact]:
        """What became of an order: all its transactions. Nothing where nobody has tried to pay it.

        Where we paid it ourselves (a wallet, a saved card), nobody else can try again: an attempt that ended
        is the end of the checkout.
        """
        order = ref.gateway_ref or orders.made_before(memory)
        facts = asked_facts(inquiry.of_order(self._caller, memory, order, ref.reference), ref)
        has_ended = facts and all(fact.kind is FactKind.ATTEMPT_FAILED for fact in facts)
        if has_ended and memory.recall(paying.PAID) is not None:
            facts[-1] = replace(facts[-1], kind=FactKind.FAILED)
        return [*facts, *self._saved_cards(order, facts, memory)]

    def _saved_cards(self, order: str, facts: Sequence[Fact], memory: Memory) -> list[Fact]:
        """The card that a payer saved, should its callback have been lost."""
        if not any(fact.kind is FactKind.PAID for fact in facts) or not orders.may_save_card(memory):
            return []
        found = inquiry.cards_of(self._caller, memory, order)
        return [card_fact(card) for card in found if self._identity.is_merchant(card)]

    def advance(self, ref: GatewayRef, fact: Fact, memory: Memory) -> list[Fact]:
        """Not needed: Paymob takes the money by itself."""
        raise Unsupported("Paymob takes the money by itself.")

    def close(self, ref: GatewayRef, memory: Memory) -> list[Fact]:
        """Not offered: an intention ends when it expires."""
        raise Unsupported("Paymob cannot close an order; it expires.")

    def capture(self, ref: GatewayRef, charge_ref: str, money: Money, memory: Memory) -> list[Fact]:
        """Take the money that `card_hold` holds, all or a part. It is held for fourteen days."""
        return reversals.take(self._caller, ref, charge_ref, money, memory)

    def void(self, ref: GatewayRef, charge_ref: str, memory: Memory) -> list[Fact]:
        """Let held money go, or undo a card's payment on the same business day."""
        return reversals.release(self._caller, ref, charge_ref, memory)

    def refund(
        self,
        ref: GatewayRef,
        charge_ref: str,
        money: Money,
        reason: str,
        key: str,
        memory: Memory,
    ) -> list[Fact]:
        """Send money of a transaction back. Paymob keeps no reason."""
        return reversals.send_refund(self._caller, ref, charge_ref, money, key, memory)

    def query_refund(
        self, ref: GatewayRef, charge_ref: str, key: str, refund_ref: str | None, memory: Memory
    ) -> list[Fact]:
        """One refund by its id, or by the total that went back since it was sent."""
        return reversals.find_refund(self._caller, ref, charge_ref, key, refund_ref, memory)

    def charge_saved(self, card: str, order: Order, memory: Memory) -> Opened:
        """Charge a kept card through the `moto` integration, while its owner is not there."""
        source = Sealed(identifier=card, subtype="TOKEN")
        del card  # a traceback shows the arguments of this call, and this one pays
        ids = self._methods.for_saved_cards
        self._check_currency(order)
        made = self._make(replace(order, saved_card=None), memory, ids)
        return paying.pay_by_card(self._caller, source, memory, made)

    # --- deliveries -------------------------------------------------------------------------------

    def peek(self, delivery: RawDelivery) -> Refs:
        """Which order an unverified delivery names."""
        return webhook.peek(delivery)

    def verify(self, delivery: RawDelivery) -> Verified:
        """Check shape, signature and the spelling of what is signed. A GET is a browser's return."""
        return webhook.verify(delivery, self._secrets)

    def verified_before(self, delivery: RawDelivery) -> Verified:
        """Parse a delivery that was verified when it came."""
        return Verified(delivery, webhook.parse(delivery))

    def read(self, verified: Verified) -> list[Fact]:
        """The facts of a delivery: proofs of what is signed, hints of what is not."""
        if not isinstance(verified, Verified):
            raise TypeError(f"read takes what verify returned, not {type(verified).__name__}")
        return webhook.read(verified, self._identity)

    def read_return(self, delivery: RawDelivery) -> list[Fact]:
        """The facts of a browser's return: proofs, for Paymob signs it. Raises where it is not signed."""
        return self.read(self.verify(replace(delivery, method="GET")))
