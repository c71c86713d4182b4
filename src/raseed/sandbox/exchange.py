"""One HTTP exchange with an imitated gateway, as plain values; and what every such gateway offers."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from raseed.sandbox.store import Doc

if TYPE_CHECKING:
    from raseed.sandbox.delivery import Delivery


@dataclass(frozen=True)
class Exchange:
    """A request as it came. `path` is below the gateway's mount; header names are in lower case.

    `base_url` is how the caller addresses this gateway, for links back to it. `scenario` names what the
    payer is to do at once (`auto_authorize`, `auto_pay`), with the parameters of the fault that said so.
    `url` is the whole address as it was called, which some signatures cover.
    """

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes
    base_url: str
    scenario: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    url: str = ""


@dataclass(frozen=True)
class Answer:
    """A response to send. `headers` come on top of, and in place of, those every answer has."""

    status: int
    body: bytes = b""
    content_type: str = "application/json; charset=utf-8"
    location: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def json(cls, document: object, status: int = 200) -> Answer:
        return cls(status, json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode())

    @classmethod
    def text(cls, text: str, status: int) -> Answer:
        return cls(status, text.encode(), "text/plain; charset=utf-8")

    @classmethod
    def html(cls, page: str, status: int = 200) -> Answer:
        return cls(status, page.encode(), "text/html; charset=utf-8")

    @classmethod
    def see_other(cls, url: str) -> Answer:
        return cls(303, location=url)


@dataclass(frozen=True)
class Subject:
    """What a fault's `match` is compared with."""

    event: str = ""
    method: str = ""
    path: str = ""
    text: str = ""  # everything said about it, to find a reference in
    amounts: frozenset[int] = frozenset()
    call: str = ""  # what a request does, in words that mean the same at every gateway: see Stage.call
    news: str = ""  # what a delivery tells, in such words: see Stage.news
    checkouts: frozenset[str] = frozenset()  # ids of the checkouts it is about


@dataclass(frozen=True)
class Opened:
    """A checkout that a merchant's call has just made: an id of the gateway, and what is to be paid."""

    id: str
    mode: str
    minor: int
    currency: str
    scale: int = 2  # how many of the minor units' digits are decimals


class Stage(Protocol):
    """One gateway as scenarios see it: the same words for every gateway, and the payer's side of it.

    A checkout is whatever a merchant opens for a payer: a source, a session, an intent, a link, an order.
    """

    def opens(self, exchange: Exchange) -> bool:
        """Whether this call would open a checkout."""
        ...

    def opened(self, answer: Answer) -> Opened | None:
        """The checkout in the answer to such a call; None where it was refused."""
        ...

    def call(self, exchange: Exchange) -> str:
        """open | attempt | charge | capture | refund | read | "" (a page, or anything else)"""
        ...

    def news(self, event: str) -> str:
        """agreed | sending | paid | declined | refunded | expired | "" (anything else)"""
        ...

    def about(self, text: str) -> frozenset[str]:
        """The checkouts that a text leads to by the ids in it: a body, a path, an event."""
        ...

    def attempts(self, exchange: Exchange) -> str:
        """The checkout that the payer tries to pay by this exchange, or ""."""
        ...

    def divert(self, exchange: Exchange, outcome: str) -> tuple[Exchange, bool]:
        """The attempt as it must be made to come out so, and whether this exchange decides it.

        `outcome`: decline | require_3ds | fail_3ds | decline_after_3ds | pend.
        """
        ...

    def act(
        self, verb: str, checkout: str, *, base_url: str, minor: int | None = None, currency: str = ""
    ) -> Doc:
        """What the director's VERBS name, without a browser. Raises ControlError: unknown, or too late.

        `agree`: the payer is done and the outcome open; nothing where the gateway decides at once.
        `void`, and `regress` (what is paid is told as failed): where the gateway has such things.
        `minor`: of refund and charge_again, all of it where it is None.
        """
        ...


class Gateway(Protocol):
    """One imitated gateway. Every method is synchronous, so each runs whole before the next begins."""

    name: str
    #: seconds from a failed attempt to the next one; when they are used up the delivery has failed
    retry_waits: Sequence[float]

    @property
    def stage(self) -> Stage: ...

    def answer(self, exchange: Exchange) -> Answer: ...

    def is_api(self, path: str) -> bool:
        """Whether this is a merchant's call, and not a page that a payer sees."""
        ...

    def subject(self, exchange: Exchange) -> Subject: ...

    def rate_limited(self) -> Answer: ...

    def broken(self, status: int) -> Answer:
        """What it answers with this status when something is wrong on its own side."""
        ...

    def sign(self, delivery: Delivery, at: float, spoil: str) -> Mapping[str, str]:
        """Headers for one attempt. `spoil`: "" | "corrupt_signature" | "wrong_secret"."""
        ...

    def accepts(self, delivery: Delivery) -> bool:
        """Whether the endpoint still takes deliveries."""
        ...

    def acknowledged(self, status: int, body: bytes) -> bool: ...

    def delivered(self, delivery: Delivery) -> None: ...

    def exhausted(self, delivery: Delivery) -> None: ...

    def ring(self, alarm: Doc) -> None:
        """Something set for this moment is due: `{"action", "mode", "id"}`."""
        ...

    def control(self, method: str, path: Sequence[str], body: Doc, query: Mapping[str, str]) -> object:
        """The gateway's own part of the control API. Raises ControlError."""
        ...

    def restate(self, document: object, *, minor: int | None, currency: str | None) -> object:
        """The same document with another amount or currency in it."""
        ...

    def reset(self) -> None:
        """Put the settings back to those it was started with."""
        ...


@runtime_checkable
class Reader(Protocol):
    """A gateway that judges some calls by documents which others publish, such as a client's keys."""

    def wants(self, exchange: Exchange) -> Sequence[str]:
        """The addresses to read before this call is answered."""
        ...

    def learn(self, url: str, status: int, body: bytes) -> None:
        """What was found there; status 0 where nothing answered."""
        ...


@runtime_checkable
class AddressSigner(Protocol):
    """A gateway whose signature is part of the address that a webhook goes to."""

    def address(self, delivery: Delivery, spoil: str) -> str:
        """The whole address for one attempt. `spoil`: as for `Gateway.sign`."""
        ...


class ControlError(Exception):
    """The control API cannot do that; the message says why."""

    def __init__(self, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.status = status
