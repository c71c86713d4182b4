"""The contract between the flows and a gateway: what goes in, what comes back, and `Gateway` itself."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Protocol, TypeVar, runtime_checkable

from raseed.core.facts import Fact
from raseed.core.money import Money

Answer = TypeVar("Answer")


class Headers(Mapping[str, str]):
    """Header fields by name, whatever the case of the letters."""

    def __init__(self, fields: Mapping[str, str] | None = None) -> None:
        self._fields = {name.lower(): value for name, value in (fields or {}).items()}

    def __getitem__(self, name: str) -> str:
        return self._fields[name.lower()]

    def __iter__(self) -> Iterator[str]:
        return iter(self._fields)

    def __len__(self) -> int:
        return len(self._fields)

    def __repr__(self) -> str:
        return f"Headers({sorted(self._fields)})"


@dataclass(frozen=True)
class RawDelivery:
    """A webhook or return request, byte for byte, and when it came (aware datetime)."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes
    received_at: datetime
    query_string: bytes = b""

    def __post_init__(self) -> None:
        if self.received_at.tzinfo is None:
            raise ValueError("RawDelivery.received_at must be an aware datetime")
        if not isinstance(self.headers, Headers):
            object.__setattr__(self, "headers", Headers(self.headers))


@dataclass(frozen=True)
class Verified:
    """A delivery whose signature was checked, and the document it carries (parsed once).

    Only `Gateway.verify` makes one from the network, and `Gateway.verified_before` from our own store.
    """

    delivery: RawDelivery
    document: Mapping[str, Any]


@dataclass(frozen=True)
class Refs:
    """Which checkout a delivery names. From `peek` untrusted, good enough to decide whom to ask about."""

    references: frozenset[str] = frozenset()
    gateway_refs: frozenset[str] = frozenset()
    charge_refs: frozenset[str] = frozenset()
    refund_refs: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Order:
    """What a checkout is opened for.

    `return_url` is where the browser comes back, `cancel_url` where it comes back without having paid
    (gateways with one address use `return_url`). `customer` holds `name`, `email`, `phone` where known.
    `metadata` is text to text. `payer_wallet` and `payee` are wallet addresses as `HasWallets.wallet`
    gave them; `payee` None is the account's own wallet. `open_for_seconds` is how long we
    wait for the money; gateways that can end a checkout by themselves are told. `saved_card` is the token
    of a card to offer on the gateway's page, `save_card` asks for a page that can keep the card.
    `payable_key` is the key of the site's own row, for gateways that name it back.
    """

    reference: str
    money: Money
    method: str
    customer: Mapping[str, str] = field(default_factory=dict)
    return_url: str = ""
    description: str = ""
    saved_card: str | None = field(default=None, repr=False)
    payer_wallet: str | None = None
    payee: str | None = None
    metadata: Mapping[str, str] = field(default_factory=dict)
    cancel_url: str = ""
    open_for_seconds: int | None = None
    save_card: bool = False
    payable_key: str = ""


@dataclass(frozen=True)
class Opened:
    """An opened checkout. `ids` are all other ids it is known by at the gateway, by name.

    `client` is what a browser needs where there is no `url` (a client key); it is shown to the payer.
    Neither: the checkout exists from before, and its page cannot be had again.
    """

    gateway_ref: str
    ids: Mapping[str, str] = field(default_factory=dict)
    url: str | None = None
    client: Mapping[str, str] = field(default_factory=dict)
    expires_at: datetime | None = None


@dataclass(frozen=True)
class GatewayRef:
    """Everything needed to ask a gateway about a checkout later.

    `gateway_ref` is empty where the answer to opening was lost. `money` is the fixed amount.
    """

    reference: str
    gateway_ref: str
    ids: Mapping[str, str] = field(default_factory=dict)
    method: str = ""
    money: Money | None = None


@dataclass(frozen=True)
class Token:
    """A token of an account and when it stops working (None: never)."""

    value: str
    expires_at: datetime | None = None


class Memory(Protocol):
    """Where an adapter saves its steps and tokens; adapters own no storage."""

    def once(
        self, step: str, call: Callable[[], Answer], lookup: Callable[[], Answer | None] | None = None
    ) -> Answer:
        """Make an outside call whose effect must happen once; its JSON-able answer is kept (encrypted).

        Commits "begun", calls, commits the answer; later calls return the kept answer. Begun without an
        answer: asks `lookup`, which returns the answer, or None when it was certainly not carried out
        (then it is called again). Without a lookup it raises OutcomeUnknown: never repeated blindly.
        A GatewayRefused from `call` means that nothing was done; the step may be tried again.
        """

    def recall(self, step: str) -> Any | None:
        """The kept answer of a step, or None where it was not made or its answer was lost."""

    def token(self, name: str, refresh: Callable[[], Token]) -> str:
        """The account's token of this name; refreshed ahead of expiry by one process at a time."""

    def forget(self, name: str, value: str) -> None:
        """Drop a token that the gateway refuses before its time, if it still has this value."""


@dataclass(frozen=True)
class Capabilities:
    """What a gateway can do; the flows refuse the rest with a typed error before calling.

    `minimum`: smallest amount by (method, currency), method "" for all others, in minor units.
    `poll_seconds`: the gateway's own schedule of (until this age, ask every this many seconds).
    `unclosable`: methods that cannot be closed although the gateway can close others; `held`: methods
    whose money is only held until it is captured or voided (the others are taken at once).
    `captures_in_parts`: after a part was captured, what is left is still held and can be captured later.
    `ends_when_over`: a checkout whose time is over is closed at the gateway, before it lapses here.
    `one_visit`: the page serves once; after a return that brought a decision the next click opens another.
    `agrees_on_return`: the browser brings back the customer's agreement, without which the gateway moves no
    money (`advance` is shown it). `return_secrets`: members of a return's `raw` that are kept encrypted.
    `token_fields`: dotted names of body members that carry a reusable secret (encrypted at rest).
    `signature_parameters`: query parameters that carry the signature (left out when copies are told).
    `keeps_cards`: the page can save a card and offer a saved one; `charges_kept_cards`: `charge_saved` works.
    `webhook_types`: content types in which the gateway posts.
    """

    methods: frozenset[str]
    currencies: frozenset[str]
    minimum: Mapping[tuple[str, str], int] = field(default_factory=dict)
    poll_seconds: Sequence[tuple[int, int]] = ()
    webhook_methods: frozenset[str] = frozenset({"POST"})
    webhook_types: frozenset[str] = frozenset({"application/json"})
    can_close: bool = False
    can_capture: bool = False
    captures_in_parts: bool = False
    can_void: bool = False
    unclosable: frozenset[str] = frozenset()
    held: frozenset[str] = frozenset()
    ends_when_over: bool = False
    one_visit: bool = False
    agrees_on_return: bool = False
    return_secrets: frozenset[str] = frozenset()
    can_refund: bool = True
    one_refund_at_a_time: bool = False
    can_query_refunds: bool = True
    signs_return: bool = False
    token_fields: frozenset[str] = frozenset()
    signature_parameters: frozenset[str] = frozenset()
    keeps_cards: bool = False
    charges_kept_cards: bool = False

    def minimum_minor(self, method: str, currency: str) -> int:
        """The smallest amount the gateway takes for this method and currency, in minor units."""
        return self.minimum.get((method, currency), self.minimum.get(("", currency), 1))

    def closes(self, method: str) -> bool:
        """Whether an open checkout of this method can be ended at the gateway."""
        return self.can_close and method not in self.unclosable

    def holds(self, method: str) -> bool:
        """Whether this method only holds the money, until `capture` or `void`."""
        return method in self.held


class Gateway(Protocol):
    """One merchant account at one gateway, ready to be called. Holds no state between calls.

    Every call may raise GatewayRefused (it said no: nothing was done), GatewayUnavailable (unknown
    outcome) or Unsupported. Facts from calls of ours are proofs: the connection is authenticated.
    """

    name: str
    capabilities: Capabilities
    livemode: bool | None

    def open(self, order: Order, memory: Memory) -> Opened:
        """Create the checkout."""

    def query(self, ref: GatewayRef, memory: Memory) -> list[Fact]:
        """All that the gateway says about this checkout now: charges, refunds, its end."""

    def advance(self, ref: GatewayRef, fact: Fact, memory: Memory) -> list[Fact]:
        """The extra call that a CHARGEABLE fact asks for, made once (through `memory.once`)."""

    def close(self, ref: GatewayRef, memory: Memory) -> list[Fact]:
        """End the checkout at the gateway so that it can no longer be paid."""

    def capture(self, ref: GatewayRef, charge_ref: str, money: Money, memory: Memory) -> list[Fact]:
        """Take authorized money."""

    def void(self, ref: GatewayRef, charge_ref: str, memory: Memory) -> list[Fact]:
        """Release authorized money, or undo a charge where the gateway calls that a void."""

    def refund(
        self, ref: GatewayRef, charge_ref: str, money: Money, reason: str, key: str, memory: Memory
    ) -> list[Fact]:
        """Send money back. `key` is ours and stable, so that a repetition is harmless where keys exist."""

    def query_refund(
        self, ref: GatewayRef, charge_ref: str, key: str, refund_ref: str | None, memory: Memory
    ) -> list[Fact]:
        """What became of one refund; an empty list when the gateway certainly has none for this key."""

    def charge_saved(self, card: str, order: Order, memory: Memory) -> Opened:
        """Open and pay with a saved card, whose token `card` is, while nobody is there to type.

        What became of it comes from `query`; an `url` in the answer means that the payer must go there.
        """

    def peek(self, delivery: RawDelivery) -> Refs:
        """Which checkout an unverified delivery names. Cheap, never raises, believed by nobody."""

    def verify(self, delivery: RawDelivery) -> Verified:
        """Check the signature. Raises BadSignature, StaleDelivery or MalformedDelivery."""

    def verified_before(self, delivery: RawDelivery) -> Verified:
        """Parse a delivery that was verified when it came and was kept by us; checks no signature."""

    def read(self, verified: Verified) -> list[Fact]:
        """The facts in a verified delivery; an empty list for an event that is not about payments."""

    def read_return(self, delivery: RawDelivery) -> list[Fact]:
        """The facts in a browser's return: hints, or proofs only where the gateway signs it."""


@dataclass(frozen=True)
class WebhookEndpoint:
    """One address that a gateway calls. `is_configured`: the account's settings hold its secret.

    `note` says why the gateway switched it off. `secret` is for showing on request only.
    """

    id: str
    url: str
    events: frozenset[str]
    is_enabled: bool
    is_configured: bool
    note: str = ""
    secret: str = field(default="", repr=False)


class WebhookEndpoints(Protocol):
    """Managing the addresses a gateway calls. Every call may raise GatewayRefused or GatewayUnavailable."""

    events: frozenset[str]  # what `register` subscribes to

    def all(self) -> list[WebhookEndpoint]:
        """Every endpoint of the account, in the gateway's order."""

    def register(self, url: str) -> WebhookEndpoint:
        """The endpoint of this URL: made if there is none, given the events it lacks if there is one."""

    def enable(self, endpoint: str) -> WebhookEndpoint:
        """Switch one on, by its id."""

    def disable(self, endpoint: str) -> WebhookEndpoint:
        """Switch one off, by its id."""


@runtime_checkable
class HasWallets(Protocol):
    """A gateway that moves money from one wallet to another. Optional: others have merchants and cards."""

    wallet_address: str  # the account's own: paid where no payee is named

    def wallet(self, typed: str, which: str) -> str:
        """The address a person typed, in the one form in which it is kept; no call is made.

        Raises WrongWallet, naming `which`: "payer_wallet" or "payee".
        """


@runtime_checkable
class HasWebhookEndpoints(Protocol):
    """A gateway whose webhook endpoints can be managed over its API. Optional: others have a dashboard."""

    webhooks: WebhookEndpoints


@dataclass(frozen=True)
class Advice:
    """Something about an account that should be put right: a finding of the doctor's.

    `id` is `raseed.`, then E (money or confirmations are lost), W or I, and three digits, the first of them
    the gateway's own; it has its row on the page of checks. `remedy` says what to do. Neither shows secrets.
    """

    id: str
    what: str
    remedy: str


@runtime_checkable
class HasCheckup(Protocol):
    """A gateway that can look over its own account. Optional."""

    def checkup(self, *, ask: bool) -> list[Advice]:
        """What should be put right as the settings alone show it; with `ask`, what only the gateway knows.

        Asking may raise GatewayRefused or GatewayUnavailable.
        """


@dataclass(frozen=True)
class SigningKey:
    """One key of an account: its public half, and when it signs and is published (None: always)."""

    kid: str
    jwk: Mapping[str, str]
    signs_from_at: datetime | None
    published_until_at: datetime | None
    is_signing: bool
    is_published: bool


class SigningKeys(Protocol):
    """Making and rotating the keys that sign our requests. Every call may raise ConfigurationError."""

    def all(self, now: datetime) -> list[SigningKey]:
        """Every key, oldest first."""

    def jwks(self, now: datetime) -> dict[str, Any]:
        """What is published: a JSON Web Key Set of the public halves."""

    def make(self, now: datetime) -> str:
        """The first key. Its id."""

    def rotate(self, now: datetime, overlap: timedelta) -> str:
        """A new key that is published now and signs after `overlap`. Its id."""


@runtime_checkable
class HasKeys(Protocol):
    """A gateway that checks our signatures with keys we publish. Optional: others give out secrets."""

    keys: SigningKeys
