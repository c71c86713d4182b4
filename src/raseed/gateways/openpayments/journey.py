"""The way of one payment from wallet to wallet, as saved steps: opening, going on after consent, closing.

Every step is remembered before and after its call. A crash anywhere goes on where it stopped, a reload of
the return repeats nothing, and a lost answer is looked up. The steps, in order:

    payer, payee      the two wallets' documents
    incoming          what the seller's wallet is to receive
    quote             what it costs the payer, when the consent is asked for
    grant             the consent asked for, and everything needed after it
    continue          the consent's token; rotation:1 … each later token
    pay:1 …           the quote that an attempt pays: the first one, or a newer one where that is over
    outgoing:1 …      the payment made with it
    void:1 …          the wallet has no payment of that quote, and will make none
    ended             nothing can be paid any more, and why
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from raseed.core.errors import GatewayRefused, GatewayUnavailable, MoneyUnderWay, WrongWallet
from raseed.gateways.base import Memory, Order
from raseed.gateways.openpayments import grants, incoming, outgoing, quote, wallet_address
from raseed.gateways.openpayments.amounts import Amount, amount_in, amount_of
from raseed.gateways.openpayments.caller import Caller
from raseed.gateways.openpayments.grants import Grant
from raseed.gateways.openpayments.interaction import Finish, verify_finish
from raseed.gateways.openpayments.quote import Quote
from raseed.gateways.openpayments.refusals import is_gone, is_quote_trouble
from raseed.gateways.openpayments.tokens import CONSENT_LOST, AccessToken, ConsentToken, remembered
from raseed.gateways.openpayments.vocabulary import CONSENT_OVER, SENDING_SECONDS, WAIT_SECONDS
from raseed.gateways.openpayments.wallet_address import Wallet
from raseed.gateways.outside import NoDocument
from raseed.gateways.steps import again, note

#: Quotes that are tried one after the other, each after it is sure that none of the others was paid.
MOST_ATTEMPTS = 3


class ConsentOver(GatewayRefused):
    """Nothing can be paid with this consent (any more): the customer must start anew."""


@dataclass(frozen=True)
class Sent:
    """An outgoing payment that was made, and when."""

    id: str
    at: datetime


@dataclass(frozen=True)
class Ended:
    """Nothing can be paid any more. `failed` tells that the consent could not be used, `why` in words."""

    why: str
    failed: bool


class Journey:
    """One payment's way, with its memory."""

    def __init__(self, caller: Caller, memory: Memory) -> None:
        self._caller = caller
        self._memory = memory

    # --- opening ----------------------------------------------------------------------------------

    def open(self, order: Order, payer: str, payee: str, receive_seconds: int) -> tuple[str, str]:
        """Prepare both wallets. The incoming payment's address, and the page where the payer agrees."""
        seller = self._discovered("payee", payee)
        wanted = amount_in(order.money, seller.asset, seller.scale)
        buyer = self._discovered("payer", payer)
        if buyer.address == seller.address:
            raise WrongWallet(
                "This is the wallet that is to be paid. Enter the one to pay from.", "payer_wallet"
            )
        ends_at = self._caller.now() + timedelta(seconds=receive_seconds)
        receiver = self._memory.once(
            "incoming",
            lambda: incoming.create(self._caller, self._memory, seller, order, wanted, ends_at),
            lambda: incoming.find(self._caller, self._memory, seller, order.reference, wanted),
        )["id"]
        offer = quote.remembered(
            self._memory.once("quote", lambda: self._quoted(buyer, receiver, wanted).kept(), again)
        )

        def ask() -> dict[str, Any]:
            return grants.request(self._caller, buyer, receiver, offer, order.return_url).kept()

        return receiver, grants.remembered(self._memory.once("grant", ask, again)).redirect

    def _discovered(self, step: str, address: str) -> Wallet:
        which = "payer_wallet" if step == "payer" else "payee"

        def discover() -> dict[str, Any]:
            try:
                document = self._caller.document(address)
            except NoDocument as nothing:
                raise WrongWallet("No wallet answers at this address.", which, detail=str(nothing)) from None
            except GatewayRefused as refused:
                raise wallet_address.unusable(refused, which) from None
            exempt = self._caller.exempt_origin
            return wallet_address.read_document(address, document, which, exempt_origin=exempt).kept()

        return Wallet(**self._memory.once(step, discover, again))

    def _quoted(self, buyer: Wallet, receiver: str, wanted: Amount) -> Quote:
        return quote.create(self._caller, self._memory, buyer, receiver, wanted)

    # --- what is known ----------------------------------------------------------------------------

    def wallet(self, step: str) -> Wallet | None:
        """The payer's or the payee's wallet, if opening came so far."""
        kept = self._memory.recall(step)
        return Wallet(**kept) if kept is not None else None

    def receiving(self) -> Mapping[str, Any] | None:
        """The incoming payment as it was made: id, wanted amount, end of its time."""
        kept = self._memory.recall("incoming")
        return kept if isinstance(kept, Mapping) else None

    def ended(self) -> Ended | None:
        """Why nothing can be paid any more."""
        kept = self._memory.recall("ended")
        return None if kept is None else Ended(**kept)

    def sent(self) -> Sent | None:
        """The outgoing payment that is known to be made."""
        for number in range(1, MOST_ATTEMPTS + 1):
            kept = self._memory.recall(f"outgoing:{number}")
            if kept is not None:
                return Sent(kept["id"], datetime.fromisoformat(kept["at"]))
        return None

    def watched(self, sent: Sent) -> outgoing.Outgoing | None:
        """How the outgoing payment stands; None where the payer's wallet does not tell (any more)."""
        buyer, token = self.wallet("payer"), self._token()
        if buyer is None or token is None:
            return None
        try:
            return outgoing.fetch(self._caller, token, buyer, sent.id)
        except GatewayRefused:
            return None  # the token is lost, or the payment gone: the seller's wallet tells of the money

    def _grant(self) -> Grant | None:
        has_one = self._memory.recall("grant") is not None
        return grants.remembered(self._memory.recall("grant") or {}) if has_one else None

    def _token(self) -> ConsentToken | None:
        kept, buyer = self._memory.recall("continue"), self.wallet("payer")
        if kept is None or buyer is None:
            return None
        return ConsentToken(self._caller, self._memory, buyer, remembered(kept))

    # --- after consent ----------------------------------------------------------------------------

    def go_on(self, finish: Finish, reference: str) -> Sent:
        """The payer came back: check that the wallet says so, take up the consent, and pay. Once.

        Raises BadSignature (nobody was called), GatewayUnavailable (ask again; with how long to wait), or
        ConsentOver (nothing was paid, and nothing can be).
        """
        grant, buyer, receiving = self._grant(), self.wallet("payer"), self.receiving()
        if grant is None or buyer is None or receiving is None:
            raise GatewayUnavailable("the customer came back from a wallet whose answer never reached us.")
        verify_finish(
            finish,
            client_nonce=grant.nonce,
            server_nonce=grant.server_nonce,
            grant_endpoint=grant.endpoint,
        )
        token = ConsentToken(self._caller, self._memory, buyer, self._continued(buyer, grant, finish))
        for number in range(1, MOST_ATTEMPTS + 1):
            if self._memory.recall(f"void:{number}") is None:
                made = self._paid(_Attempt(number, buyer, grant, receiving, token, reference))
                if made is not None:
                    return Sent(made["id"], datetime.fromisoformat(made["at"]))
        raise ConsentOver("The payer's wallet makes offers that it does not keep.")

    def _continued(self, buyer: Wallet, grant: Grant, finish: Finish) -> AccessToken:
        """The consent's token. Where the answer was lost it is asked for again: that moves no money."""

        def proceed() -> dict[str, Any]:
            return grants.proceed(self._caller, buyer, grant, finish.interact_ref).kept()

        try:
            return remembered(self._memory.once("continue", proceed, again))
        except GatewayRefused as refused:
            if refused.is_temporary:
                stated = (grant.wait_until - self._caller.now()).total_seconds()
                wait = stated if stated > 0 else WAIT_SECONDS  # it wants more time than it said
                raise GatewayUnavailable(str(refused), retry_after_seconds=wait) from None
            raise _over(refused) from None

    def _paid(self, attempt: _Attempt) -> dict[str, Any] | None:
        """Pay with one quote. None where it is sure that this quote was not and will not be paid."""
        step = f"outgoing:{attempt.number}"
        offer = quote.remembered(
            self._memory.once(f"pay:{attempt.number}", lambda: self._offer(attempt).kept(), again)
        )

        def find() -> dict[str, Any] | None:
            return outgoing.find(self._caller, attempt.token, attempt.buyer, offer, attempt.reference)

        def make() -> dict[str, Any]:
            receiver = attempt.receiving["id"]
            return outgoing.create(
                self._caller, attempt.token, attempt.buyer, offer, attempt.reference, receiver
            )

        try:
            made: dict[str, Any] = self._memory.once(step, make, find)
        except GatewayRefused as refused:
            if not is_quote_trouble(refused):
                raise _over(refused) from None
            found = find()  # "used" and "over" are one word: perhaps it was paid after all
            if found is None:
                note(self._memory, f"void:{attempt.number}", True)
                return None
            made = note(self._memory, step, found)
        return made

    def _offer(self, attempt: _Attempt) -> Quote:
        """The quote to pay: the one agreed to, or where that is over a new one within what was agreed to."""
        first = quote.remembered(self._memory.recall("quote") or {})
        if attempt.number == 1 and not first.is_over(self._caller.now()):
            return first
        newer = self._quoted(attempt.buyer, attempt.receiving["id"], amount_of(attempt.receiving["wanted"]))
        limit = attempt.grant.limit
        if not newer.debit.same_asset(limit) or newer.debit.value > limit.value:
            raise ConsentOver(f"The payer agreed to {limit}; by now their wallet takes {newer.debit}.")
        return newer

    # --- the end ----------------------------------------------------------------------------------

    def end(self, why: str, *, failed: bool = False) -> None:
        """Make sure that nothing can be paid: give the consent back, receive no more.

        Raises MoneyUnderWay while money may be on its way; GatewayUnavailable where a wallet
        does not answer. Both may be tried again.
        """
        if self._is_on_its_way():
            raise MoneyUnderWay("The money is on its way. Wait a few minutes.", is_temporary=True)
        grant, buyer = self._grant(), self.wallet("payer")
        if grant is not None and buyer is not None:
            self._once("cancel", lambda: grants.cancel(self._caller, buyer, grant))
        seller, receiving = self.wallet("payee"), self.receiving()
        if seller is not None and receiving is not None:
            self._once("complete", lambda: self._complete(seller, receiving["id"]))
        note(self._memory, "ended", {"why": why, "failed": failed})

    def _complete(self, seller: Wallet, receiver: str) -> None:
        try:
            incoming.complete(self._caller, self._memory, seller, receiver)
        except GatewayRefused as refused:
            is_complete = refused.status == 409 or "wrong state" in refused.detail.lower()
            if not (is_complete or is_gone(refused)):
                raise

    def _is_on_its_way(self) -> bool:
        """An outgoing payment was made a short while ago, or the answer to making one was lost, and lives."""
        sent = self.sent() or self._lost()
        if sent is None:
            return False
        found = self.watched(sent)
        is_young = self._caller.now() < sent.at + timedelta(seconds=SENDING_SECONDS)
        return is_young and not (found is not None and found.failed)

    def _lost(self) -> Sent | None:
        """The outgoing payment of an attempt whose answer never came, looked for at the wallet."""
        buyer, token = self.wallet("payer"), self._token()
        receiving = self.receiving()
        if buyer is None or token is None or receiving is None:
            return None
        for number in range(1, MOST_ATTEMPTS + 1):
            kept = self._memory.recall(f"pay:{number}")
            if kept is None or self._memory.recall(f"void:{number}") is not None:
                continue
            offer = quote.remembered(kept)
            try:
                found = outgoing.find(self._caller, token, buyer, offer, receiving["reference"])
            except GatewayRefused:
                return None  # the payer's wallet does not tell (any more); the seller's will
            if found is not None:
                return Sent(found["id"], datetime.fromisoformat(found["at"]))
        return None

    def _once(self, step: str, call: Callable[[], None]) -> None:
        """A step that may be repeated without harm until it went through."""

        def made() -> bool:
            call()
            return True

        self._memory.once(step, made, again)


@dataclass(frozen=True)
class _Attempt:
    """Paying with one quote, and everything it needs."""

    number: int
    buyer: Wallet
    grant: Grant
    receiving: Mapping[str, Any]
    token: ConsentToken
    reference: str


def _over(refused: GatewayRefused) -> GatewayRefused:
    """The same refusal; as ConsentOver where the wallet will never accept this consent again."""
    # 403 of a resource server: the token does not cover it, or is lost; both need a new consent.
    is_over = refused.code in CONSENT_OVER or refused.code == CONSENT_LOST or refused.status == 403
    if isinstance(refused, ConsentOver) or not is_over:
        return refused
    return ConsentOver(str(refused), code=refused.code, status=refused.status, detail=refused.detail)
