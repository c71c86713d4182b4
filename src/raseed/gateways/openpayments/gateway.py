"""The Open Payments adapter: one client with its keys, paying from any wallet to any other."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from raseed.core.errors import BadSignature, MalformedDelivery, Unsupported
from raseed.core.facts import Fact, FactKind, Weight
from raseed.core.money import Money, currencies
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
from raseed.gateways.openpayments import account, checkup, standing
from raseed.gateways.openpayments.caller import Caller
from raseed.gateways.openpayments.interaction import Finish, Rejected, read_finish
from raseed.gateways.openpayments.journey import ConsentOver, Journey
from raseed.gateways.openpayments.keys import Keyring
from raseed.gateways.openpayments.vocabulary import (
    CONSENT_SECONDS,
    METHOD,
    POLL_SECONDS,
    RECEIVE_SECONDS,
    RESULTS,
)
from raseed.gateways.openpayments.wallet_address import normalized
from raseed.gateways.outside import Outside

_NO_WEBHOOK = "Open Payments sends merchants no webhooks; wallets are asked."


class OpenPayments:
    """One client of Open Payments.

    `wallet_address` is the client's own: its keys are published there, and it is paid where an order names
    no payee. The key is `key_id` with `private_key` (PEM, the same in base64, or the seed), or `keys_file`,
    where `manage.py raseed_keys` keeps several. `base_url` is the sandbox's address: in test mode its origin
    is exempt from the rules for strangers' addresses. `consent_seconds` is how long a customer may take,
    `receive_seconds` how long the seller's wallet takes the money. `http` replaces the network, `clock` the
    time. Raises ConfigurationError naming the setting.
    """

    name = "openpayments"

    def __init__(
        self,
        wallet_address: str,
        key_id: str = "",
        private_key: Any = "",
        keys_file: str = "",
        livemode: bool | None = None,
        base_url: str = "",
        consent_seconds: int = CONSENT_SECONDS,
        receive_seconds: int = RECEIVE_SECONDS,
        http: Any = None,
        clock: Callable[[], datetime] | None = None,
    ) -> None:
        self.livemode: bool | None = account.mode_of(livemode, base_url)
        self._exempt = account.exempt_origin(base_url, livemode=self.livemode)
        self.wallet_address = account.own_wallet(wallet_address, self._exempt)
        self._consent_seconds, self._receive_seconds = account.times_of(consent_seconds, receive_seconds)
        self.keys = Keyring(key_id, private_key, keys_file)
        self._now = clock or _present
        outside = Outside("Open Payments", exempt_origin=self._exempt, http=http)
        self._caller = Caller(self.wallet_address, self.keys, self._now, outside, self._exempt)
        self.capabilities = Capabilities(
            methods=frozenset({METHOD}),
            currencies=currencies(),
            poll_seconds=POLL_SECONDS,
            webhook_methods=frozenset(),
            can_close=True,
            ends_when_over=True,
            one_visit=True,
            agrees_on_return=True,
            return_secrets=frozenset({"interact_ref", "hash"}),
            can_refund=False,
            can_query_refunds=False,
        )

    def __repr__(self) -> str:
        return f"OpenPayments({'live' if self.livemode else 'test'}, {self.wallet_address!r})"

    def wallet(self, typed: str, which: str) -> str:
        """The address a person typed as it is kept; no call is made. Raises WrongWallet."""
        return normalized(typed, which, exempt_origin=self._exempt)

    def checkup(self, *, ask: bool) -> list[Advice]:
        """See `gateways.base.HasCheckup`: whether there is a key, and whether wallets find it."""
        look = checkup.found_outside if ask else checkup.advice
        return list(look(self.keys, self._caller))

    # --- calls ------------------------------------------------------------------------------------

    def open(self, order: Order, memory: Memory) -> Opened:
        """Prepare both wallets and ask for the payer's consent.

        Raises WrongWallet for a wallet that cannot pay or be paid, and GatewayRefused for a price that the
        seller's wallet cannot express.
        """
        if order.method != METHOD:
            raise Unsupported(f"Open Payments has no method {order.method!r}; it has {METHOD!r}.")
        payee = self.wallet(order.payee, "payee") if order.payee else self.wallet_address
        payer = self.wallet(order.payer_wallet or "", "payer_wallet")
        receiver, page = Journey(self._caller, memory).open(order, payer, payee, self._receive_seconds)
        ends_at = self._now() + timedelta(seconds=self._consent_seconds)
        return Opened(gateway_ref=receiver, url=page, expires_at=ends_at)

    def query(self, ref: GatewayRef, memory: Memory) -> list[Fact]:
        """What the seller's wallet received, and if that is too little, whether the payer's still sends."""
        return standing.facts(self._caller, Journey(self._caller, memory), memory, ref)

    def advance(self, ref: GatewayRef, fact: Fact, memory: Memory) -> list[Fact]:
        """The payer came back from their wallet: take up the consent, and pay once.

        Nothing is believed of the return but its hash. Raises GatewayUnavailable where the wallet wants us
        to wait, or does not answer; what was done is remembered.
        """
        journey = Journey(self._caller, memory)
        if journey.ended() is not None or journey.sent() is not None:
            return []  # a reload: all that it could say is known
        said = (fact.raw.get("interact_ref"), fact.raw.get("hash"))
        if not all(isinstance(word, str) and word for word in said):
            return []
        try:
            sent = journey.go_on(Finish(*map(str, said)), ref.reference)
        except BadSignature as forged:
            return [Fact(FactKind.ATTEMPT_FAILED, Weight.HINT, reference=ref.reference, detail=str(forged))]
        except ConsentOver as over:
            journey.end(str(over), failed=True)
            return self.query(ref, memory)
        return [standing.on_its_way(ref, sent.id)]

    def close(self, ref: GatewayRef, memory: Memory) -> list[Fact]:
        """Give the consent back and have the seller's wallet receive no more.

        Raises MoneyUnderWay while money may be on its way.
        """
        journey = Journey(self._caller, memory)
        journey.end("the checkout was closed before it was paid")
        return self.query(ref, memory)

    def capture(self, ref: GatewayRef, charge_ref: str, money: Money, memory: Memory) -> list[Fact]:
        """Not offered: money is sent at once."""
        raise Unsupported("Open Payments sends money at once; there is nothing to capture.")

    def void(self, ref: GatewayRef, charge_ref: str, memory: Memory) -> list[Fact]:
        """Not offered: what arrived cannot be called back."""
        raise Unsupported("Open Payments cannot call back money that arrived.")

    def refund(
        self, ref: GatewayRef, charge_ref: str, money: Money, reason: str, key: str, memory: Memory
    ) -> list[Fact]:
        """Not offered: it would be a new payment, with the consent of the one who was paid."""
        raise Unsupported("Open Payments has no refunds: ask the one who was paid to pay back.")

    def query_refund(
        self, ref: GatewayRef, charge_ref: str, key: str, refund_ref: str | None, memory: Memory
    ) -> list[Fact]:
        """There are none."""
        raise Unsupported("Open Payments has no refunds.")

    def charge_saved(self, card: str, order: Order, memory: Memory) -> Opened:
        """Not offered: each payment has its own consent."""
        raise Unsupported("Open Payments keeps no cards; each payment has its own consent.")

    # --- deliveries -------------------------------------------------------------------------------

    def peek(self, delivery: RawDelivery) -> Refs:
        """Nothing is named: wallets call nobody."""
        return Refs()

    def verify(self, delivery: RawDelivery) -> Verified:
        """Raises MalformedDelivery, always."""
        raise MalformedDelivery(_NO_WEBHOOK)

    def verified_before(self, delivery: RawDelivery) -> Verified:
        """Raises MalformedDelivery, always."""
        raise MalformedDelivery(_NO_WEBHOOK)

    def read(self, verified: Verified) -> list[Fact]:
        """Raises MalformedDelivery, always; TypeError for what `verify` cannot have returned."""
        if not isinstance(verified, Verified):
            raise TypeError(f"read takes what verify returned, not {type(verified).__name__}")
        raise MalformedDelivery(_NO_WEBHOOK)

    def read_return(self, delivery: RawDelivery) -> list[Fact]:
        """Hints: that the payer agreed (its hash is checked by `advance`), or that they did not.

        Raises MalformedDelivery for a return no wallet makes: repeated parameters, `result` beside `hash`.
        """
        said = read_finish(account.query_string_of(delivery))
        match said:
            case Finish():
                raw = {"interact_ref": said.interact_ref, "hash": said.hash}
                words = "the customer came back from the wallet's consent page"
                return [Fact(FactKind.CHARGEABLE, Weight.HINT, detail=words, raw=raw)]
            case Rejected():
                kind, words = RESULTS.get(said.result, (FactKind.UNKNOWN, "the wallet's word is not known"))
                raw = {"result": said.result, "message": said.message}
                return [Fact(kind, Weight.HINT, detail=words, raw=raw)]
        return []


def _present() -> datetime:
    return datetime.now(UTC)
