"""For your own tests: a fake gateway with books, signed deliveries, a clock you move, and the worker.

In the settings of your tests:

    RASEED["ACCOUNTS"]["paymongo"] = {"GATEWAY": "raseed.testing.FakeGateway", "METHODS": ["gcash"]}
    RASEED["CLOCK"] = "raseed.testing.clock"

In a test:

    payment = testing.make_payment(bill, purpose="bill", user=patient)
    testing.pay(payment)          # the customer pays at the gateway
    testing.deliver(payment)      # its webhook arrives, as often as you like
    testing.work()                # what the worker would do now
"""

from __future__ import annotations

import hashlib
import hmac
import itertools
import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from raseed.core.cards import SavedCardSeen
from raseed.core.errors import BadSignature, GatewayRefused, MalformedDelivery
from raseed.core.facts import Fact, FactKind, Weight
from raseed.core.money import Money
from raseed.gateways.base import (
    Capabilities,
    GatewayRef,
    Memory,
    Opened,
    Order,
    RawDelivery,
    Refs,
    Verified,
)
from raseed.payments.flows.receive_delivery import Receipt, receive_delivery
from raseed.payments.models import Payment
from raseed.testing_facts import decoded, encoded

#: What pays with the card of `save_card`, unless a test says otherwise.
CARD_TOKEN = "token_of_a_card"  # noqa: S105 of no real gateway

_SECRET = b"a secret that only tests know"
_numbers = itertools.count(1)


@dataclass
class _Clock:
    """Real time plus what tests have added; or frozen."""

    offset: timedelta = timedelta()
    frozen_at: datetime | None = None


_clock = _Clock()


def __getattr__(name: str) -> Any:
    """The sandbox's fixtures, for `from raseed.testing import sandbox, sandbox_server`; loaded on demand."""
    if name in ("sandbox", "sandbox_server", "running_sandbox"):
        from raseed import testing_sandbox

        return getattr(testing_sandbox, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def clock() -> datetime:
    """The moment that tests live in: set RASEED["CLOCK"] to "raseed.testing.clock"."""
    return (_clock.frozen_at or datetime.now(UTC)) + _clock.offset


def travel(seconds: float) -> datetime:
    """Let time pass at once. The new present."""
    _clock.offset += timedelta(seconds=seconds)
    return clock()


def freeze(moment: datetime | None = None) -> datetime:
    """Stop the clock, at a moment or now."""
    _clock.frozen_at = (moment or clock()) - _clock.offset
    return clock()


def reset() -> None:
    """Real time again, and empty books at every fake gateway. Call it before or after each test."""
    _clock.offset, _clock.frozen_at = timedelta(), None
    BOOKS.clear()


@dataclass
class Books:
    """What the fake gateway holds as true about one checkout."""

    reference: str
    gateway_ref: str
    money: Money
    facts: list[Fact] = field(default_factory=list)


#: All checkouts of all fake gateways, by our reference.
BOOKS: dict[str, Books] = {}


class FakeGateway:
    """A gateway without a network. Its webhooks carry facts as JSON, signed.

    `methods` and `currencies` are further ones, so that an account can be replaced in tests while the
    site's views go on naming its own.
    `trouble` holds errors to raise by call ("open", "query", "refund" …), each once, in order;
    `before` may hold a callable that runs inside the next call of that name (to interleave things).
    """

    name = "fake"
    capabilities = Capabilities(
        methods=frozenset({"card", "wallet", "card_hold"}),
        currencies=frozenset({"PHP", "USD", "JPY", "KWD"}),
        minimum={("", "PHP"): 100},
        can_close=True,
        can_capture=True,
        can_void=True,
        held=frozenset({"card_hold"}),
        keeps_cards=True,
        charges_kept_cards=True,
    )
    livemode: bool | None = False

    def __init__(
        self,
        *,
        clock: Callable[[], datetime] | None = None,
        livemode: bool = False,
        methods: Iterable[str] = (),
        currencies: Iterable[str] = (),
    ) -> None:
        known = type(self).capabilities
        self.capabilities = replace(
            known, methods=known.methods | {*methods}, currencies=known.currencies | {*currencies}
        )
        self.livemode = livemode
        self.clock = clock
        self.trouble: dict[str, list[Exception]] = {}
        self.before: dict[str, Callable[[], None]] = {}
        self.calls: list[str] = []

    def _called(self, call: str) -> None:
        self.calls.append(call)
        interlude = self.before.pop(call, None)
        if interlude is not None:
            interlude()
        if self.trouble.get(call):
            raise self.trouble[call].pop(0)

    def open(self, order: Order, memory: Memory) -> Opened:
        """Remember the checkout; then fail if a test asked for trouble: the answer is lost."""
        ref = f"checkout_{next(_numbers)}"
        BOOKS[order.reference] = Books(order.reference, ref, order.money)
        self._called("open")
        return Opened(ref, url=f"https://fake.example/{ref}", ids={"intent": f"intent_of_{ref}"})

    def query(self, ref: GatewayRef, memory: Memory) -> list[Fact]:
        """All facts in the books, or that it is pending."""
        self._called("query")
        books = BOOKS.get(ref.reference)
        if books is None:
            return []
        return list(books.facts) or [_fact(FactKind.PENDING, books)]

    def advance(self, ref: GatewayRef, fact: Fact, memory: Memory) -> list[Fact]:
        """Take the money that a CHARGEABLE fact promised, once."""
        books = BOOKS[ref.reference]

        def charge() -> str:
            books.facts = [_paid(books)]
            self._called("advance")
            return str(books.facts[0].charge_ref)

        memory.once("charge", charge, lookup=lambda: books.facts[0].charge_ref)
        return [fact for fact in books.facts if fact.kind is FactKind.PAID]

    def close(self, ref: GatewayRef, memory: Memory) -> list[Fact]:
        """Expire it, unless it is paid."""
        self._called("close")
        books = BOOKS[ref.reference]
        if any(fact.kind is FactKind.PAID for fact in books.facts):
            raise GatewayRefused("the checkout is paid", code="paid")
        books.facts = [_fact(FactKind.EXPIRED, books)]
        return list(books.facts)

    def refund(
        self, ref: GatewayRef, charge_ref: str, money: Money, reason: str, key: str, memory: Memory
    ) -> list[Fact]:
        """Send money back at once; the same key again is the same refund."""
        books = BOOKS[ref.reference]
        known = [f for f in books.facts if f.refund_ref == f"refund_{key}"]
        if not known:
            self._refuse_refund(books, charge_ref, money)
            known = [_refunded(books, charge_ref, money, f"refund_{key}")]
            books.facts += known
        self._called("refund")
        return known

    def _refuse_refund(self, books: Books, charge_ref: str, money: Money) -> None:
        if self.trouble.get("refund") and isinstance(self.trouble["refund"][0], GatewayRefused):
            raise self.trouble["refund"].pop(0)
        about = [fact for fact in books.facts if fact.charge_ref == charge_ref and fact.money]
        if not about:
            raise GatewayRefused("there is no such charge", code="resource_not_found")
        came = sum(fact.money.minor for fact in about if fact.money and fact.kind is FactKind.PAID)
        back = sum(fact.money.minor for fact in about if fact.money and fact.kind is FactKind.REFUNDED)
        if came and money.minor > came - back:
            raise GatewayRefused("that is more than is left of the charge", code="amount_too_large")

    def query_refund(
        self, ref: GatewayRef, charge_ref: str, key: str, refund_ref: str | None, memory: Memory
    ) -> list[Fact]:
        """The refund of this key, if it ever arrived."""
        self._called("query_refund")
        names = {f"refund_{key}", refund_ref or f"refund_{key}"}
        return [fact for fact in BOOKS[ref.reference].facts if fact.refund_ref in names]

    def capture(self, ref: GatewayRef, charge_ref: str, money: Money, memory: Memory) -> list[Fact]:
        """Take held money, all or a part; what is not held is refused."""
        return self._end_hold("capture", ref, lambda books: _paid(books, money))

    def void(self, ref: GatewayRef, charge_ref: str, memory: Memory) -> list[Fact]:
        """Let held money go; what is not held is refused."""
        return self._end_hold("void", ref, lambda books: _fact(FactKind.VOIDED, books))

    def _end_hold(self, call: str, ref: GatewayRef, end: Callable[[Books], Fact]) -> list[Fact]:
        books = BOOKS[ref.reference]
        if self.trouble.get(call) and isinstance(self.trouble[call][0], GatewayRefused):
            raise self.trouble[call].pop(0)
        if not any(fact.kind is FactKind.AUTHORIZED for fact in books.facts):
            raise GatewayRefused("no money is held", code="not_held")
        books.facts = [end(books)]
        self._called(call)
        return list(books.facts)

    def charge_saved(self, card: str, order: Order, memory: Memory) -> Opened:
        """Take the money at once; a token that holds the word `declined` is declined."""
        opened = self.open(order, memory)
        books = BOOKS[order.reference]
        books.facts = [
            _fact(FactKind.FAILED, books, detail="declined") if "declined" in card else _paid(books)
        ]
        return replace(opened, url=None)

    def peek(self, delivery: RawDelivery) -> Refs:
        """The references a body names, whoever wrote it."""
        try:
            document = json.loads(delivery.body)
            named = frozenset(str(fact["reference"]) for fact in document["facts"])
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            return Refs()
        return Refs(references=named)

    def verify(self, delivery: RawDelivery) -> Verified:
        """The signature is an HMAC of the body."""
        expected = hmac.new(_SECRET, delivery.body, hashlib.sha256).hexdigest()
        given = delivery.headers.get("x-fake-signature", "")
        if not hmac.compare_digest(given.encode("utf-8", "replace"), expected.encode()):
            raise BadSignature("the signature is not ours")
        return self.verified_before(delivery)

    def verified_before(self, delivery: RawDelivery) -> Verified:
        """Parse the body."""
        try:
            return Verified(delivery, json.loads(delivery.body))
        except (ValueError, RecursionError):
            raise MalformedDelivery("the body is not JSON") from None

    def read(self, verified: Verified) -> list[Fact]:
        """The facts in the body."""
        self._called("read")
        return [decoded(fact) for fact in verified.document["facts"]]

    def read_return(self, delivery: RawDelivery) -> list[Fact]:
        """A return says nothing."""
        return []


def _fact(kind: FactKind, books: Books, **more: Any) -> Fact:
    return Fact(
        kind,
        Weight.PROOF,
        reference=books.reference,
        gateway_ref=books.gateway_ref,
        livemode=False,
        **more,
    )


def _paid(books: Books, money: Money | None = None) -> Fact:
    return _fact(FactKind.PAID, books, charge_ref=f"charge_{next(_numbers)}", money=money or books.money)


def _refunded(books: Books, charge_ref: str, money: Money, ref: str) -> Fact:
    return _fact(FactKind.REFUNDED, books, charge_ref=charge_ref, refund_ref=ref, money=money)


def make_payment(
    payable: Any,
    *,
    purpose: str,
    account: str = "fake",
    method: str = "card",
    user: Any = None,
    paid: bool = False,
) -> Payment:
    """A payment for your payable: open at the fake gateway, or paid for and confirmed by its webhook."""
    from raseed.payments.flows.start_payment import start_payment

    checkout = start_payment(payable, purpose=purpose, account=account, method=method, user=user)
    payment = checkout.payment
    if paid:
        pay(payment)
        deliver(payment)
        payment.refresh_from_db()
    return payment


def pay(payment: Payment, money: Money | None = None, fee: Money | None = None) -> Fact:
    """The customer pays at the fake gateway; nothing is told to us. The fact that will be told."""
    fact = replace(_paid(BOOKS[payment.reference], money), fee=fee)
    BOOKS[payment.reference].facts.append(fact)
    return fact


def agree(payment: Payment) -> Fact:
    """The customer agrees to a wallet payment: the money must still be taken by `advance`."""
    books = BOOKS[payment.reference]
    books.facts = [_fact(FactKind.CHARGEABLE, books)]
    return books.facts[0]


def hold(payment: Payment) -> Fact:
    """The customer's money is held, to be captured or voided. The fact that will be told."""
    books = BOOKS[payment.reference]
    books.facts = [_fact(FactKind.AUTHORIZED, books, money=books.money)]
    return books.facts[0]


def refund_at_gateway(payment: Payment, money: Money | None = None) -> Fact:
    """Somebody refunds in the gateway's dashboard. The fact that will be told."""
    books = BOOKS[payment.reference]
    paid = next(fact for fact in books.facts if fact.kind is FactKind.PAID)
    amount = money or paid.money or books.money
    fact = _refunded(books, str(paid.charge_ref), amount, f"dashboard_{next(_numbers)}")
    books.facts.append(fact)
    return fact


def save_card(
    payment: Payment, token: str = CARD_TOKEN, masked: str = "xxxx-xxxx-xxxx-2346", brand: str = "Visa"
) -> Fact:
    """The gateway keeps the card of a checkout. The fact that will be told."""
    ref = BOOKS[payment.reference].gateway_ref
    card = SavedCardSeen(token, masked, brand, order_ids=frozenset({ref}))
    return say(payment, FactKind.CARD_SAVED, card=card)


def say(payment: Payment, kind: FactKind | str, **more: Any) -> Fact:
    """A fact of any kind about a payment, as the gateway would state it; the books do not change."""
    return _fact(FactKind(kind), BOOKS[payment.reference], **more)


def delivery_of(facts: Sequence[Fact], *, signed: bool = True, salt: str = "") -> RawDelivery:
    """A webhook request that carries these facts. `salt` makes an otherwise equal one another event."""
    body = json.dumps({"facts": [encoded(fact) for fact in facts], "salt": salt}).encode()
    signature = hmac.new(_SECRET, body, hashlib.sha256).hexdigest() if signed else "0" * 64
    headers = {"Content-Type": "application/json", "X-Fake-Signature": signature}
    return RawDelivery("POST", "/hooks/fake/", {}, headers, body, clock())


def deliver(
    payment: Payment, *facts: Fact, account: str = "", signed: bool = True, salt: str = ""
) -> Receipt:
    """Deliver a webhook about a payment: the given facts, or all that the fake gateway's books hold."""
    told = facts or tuple(BOOKS[payment.reference].facts)
    return receive_delivery(account or payment.account, delivery_of(told, signed=signed, salt=salt))


def work(rounds: int = 20) -> int:
    """Do all that is due now, as the worker would. How many pieces of work it was."""
    from raseed.payments.flows.sweep import sweep

    total = 0
    for _ in range(rounds):
        done = sweep()
        total += done
        if not done:
            break
    return total
