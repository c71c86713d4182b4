"""Access tokens: those we get for the asking, shared by an account, and the payer's, which is rotated.

Incoming payments and quotes need no consent: an expired token is replaced by a new grant. The token of a
consent cannot be had twice: it is rotated, and each rotation is a saved step of its payment, because the new
value and the address to rotate it at come in one answer.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Protocol, TypeVar

from raseed.core.errors import GatewayRefused, GatewayUnavailable
from raseed.gateways.base import Memory, Token
from raseed.gateways.openpayments.refusals import NoToken, is_token_trouble
from raseed.gateways.openpayments.wallet_address import Wallet
from raseed.gateways.steps import again

_Made = TypeVar("_Made")

#: What a shared token is good for. `list` finds what was made by a call whose answer was lost.
ACTIONS: Mapping[str, list[str]] = {
    "incoming-payment": ["create", "read", "list", "complete"],
    "quote": ["create", "read"],
}

#: Our word for a consent whose token cannot be had any more; the wallets' words for it.
CONSENT_LOST = "consent_lost"
_ROTATION_OVER = frozenset({"invalid_client", "invalid_rotation"})

_LONGEST_TOKEN = 4096
_LONGEST_LIFE_SECONDS = 10 * 365 * 86_400


@dataclass(frozen=True)
class AccessToken:
    """A token and where it is managed (rotated, revoked)."""

    value: str = field(repr=False)
    manage: str = field(default="", repr=False)
    expires_at: datetime | None = None

    def kept(self) -> dict[str, Any]:
        """As it is remembered (encrypted)."""
        ends = self.expires_at.isoformat() if self.expires_at else None
        return {"value": self.value, "manage": self.manage, "expires_at": ends}


class Calling(Protocol):
    """What is needed of a caller here."""

    client: str
    now: Callable[[], datetime]

    def call(
        self,
        method: str,
        url: str,
        *,
        token: AccessToken | None = None,
        body: Mapping[str, Any] | None = None,
    ) -> dict[str, Any]:
        """A signed call."""


def token_of(document: Mapping[str, Any], now: datetime) -> AccessToken:
    """The token in an answer. Raises GatewayUnavailable where there is none."""
    said = document.get("access_token")
    value = said.get("value") if isinstance(said, Mapping) else None
    if not isinstance(said, Mapping) or not is_token(value):
        raise GatewayUnavailable("the wallet answered without an access token.")
    manage, lives = said.get("manage"), said.get("expires_in")
    ends = None
    if isinstance(lives, int) and 0 <= lives <= _LONGEST_LIFE_SECONDS:
        ends = now + timedelta(seconds=lives)
    return AccessToken(str(value), manage if isinstance(manage, str) else "", ends)


def is_token(value: Any) -> bool:
    """A text that can stand in a header field."""
    plain = isinstance(value, str) and value.isascii() and value.isprintable() and " " not in value
    return plain and 0 < len(value) <= _LONGEST_TOKEN


def remembered(kept: Any) -> AccessToken:
    """A token from a saved step."""
    ends = kept["expires_at"]
    return AccessToken(kept["value"], kept["manage"], datetime.fromisoformat(ends) if ends else None)


def with_shared(
    caller: Calling, memory: Memory, auth_server: str, kind: str, call: Callable[[AccessToken], _Made]
) -> _Made:
    """Make a call with the account's token for this server and kind of resource; once more with a new one."""
    name = f"{kind}:{hashlib.sha256(auth_server.encode()).hexdigest()[:24]}"

    def grant() -> Token:
        access = [{"type": kind, "actions": ACTIONS[kind]}]
        asked = {"access_token": {"access": access}, "client": caller.client}
        try:
            document = caller.call("POST", auth_server, body=asked)
        except GatewayRefused as refused:
            raise NoToken(
                str(refused), code=refused.code, status=refused.status, detail=refused.detail
            ) from None
        if "interact" in document:
            raise NoToken("The wallet wants its owner to agree to being paid, which cannot be asked here.")
        made = token_of(document, caller.now())
        return Token(made.value, made.expires_at)

    value = memory.token(name, grant)
    try:
        return call(AccessToken(value))
    except GatewayRefused as refused:
        if not is_token_trouble(refused):
            raise
    memory.forget(name, value)
    return call(AccessToken(memory.token(name, grant)))


class ConsentToken:
    """The token of one payer's consent, from its saved steps: the first one, then each rotation."""

    def __init__(self, caller: Calling, memory: Memory, buyer: Wallet, first: AccessToken) -> None:
        self._caller = caller
        self._memory = memory
        self._buyer = buyer
        self._number = 0
        self._token = first
        while memory.recall(self._step(self._number + 1)) is not None:
            self._number += 1
            self._token = remembered(memory.recall(self._step(self._number)))

    def using(self, call: Callable[[AccessToken], _Made]) -> _Made:
        """Make a call; rotate before it where the token is over, or once after the wallet refused it."""
        ends = self._token.expires_at
        rotated = ends is not None and self._caller.now() >= ends
        if rotated:
            self.rotate()
        try:
            return call(self._token)
        except GatewayRefused as refused:
            if rotated or not is_token_trouble(refused):
                raise
        self.rotate()
        return call(self._token)

    def rotate(self) -> None:
        """A new value and a new address to manage it, in one step.

        Where the answer is lost, it is asked for once more: a wallet that did rotate then refuses.
        """
        old = self._token

        def ask() -> dict[str, Any]:
            try:
                answer = self._caller.call("POST", self._managed_at(old), token=old)
            except GatewayRefused as refused:
                if refused.code not in _ROTATION_OVER:
                    raise
                raise GatewayRefused(str(refused), code=CONSENT_LOST, status=refused.status) from None
            return token_of(answer, self._caller.now()).kept()

        self._number += 1
        self._token = remembered(self._memory.once(self._step(self._number), ask, again))

    def _managed_at(self, token: AccessToken) -> str:
        """Where it is rotated: at its own wallet, because the token goes there with the call."""
        try:
            return self._buyer.owns(token.manage)
        except GatewayUnavailable as elsewhere:
            raise GatewayRefused(str(elsewhere), code=CONSENT_LOST) from None

    def _step(self, number: int) -> str:
        return f"rotation:{number}"
