"""An account's calls: with the secret key, with an auth token of an hour, or with a payment key alone."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import urlsplit

from raseed.core.errors import ConfigurationError, GatewayError, GatewayRefused, GatewayUnavailable
from raseed.gateways.base import Token
from raseed.gateways.http import Api, Credentials, Document, Sealed
from raseed.gateways.paymob.members import Members
from raseed.gateways.paymob.vocabulary import TOKEN_SECONDS

if TYPE_CHECKING:
    from raseed.gateways.base import Memory

#: The name under which the account's token is kept.
TOKEN = "auth"  # noqa: S105 a name

#: Longest token or payment key: each is a JSON web token in base64.
LONGEST_KEY = 8192


class Tokens(Protocol):
    """A store of short-lived tokens: the part of `Memory` that keeps them."""

    def token(self, name: str, refresh: Callable[[], Token]) -> str:
        """The token of this name; refreshed ahead of expiry."""

    def forget(self, name: str, value: str) -> None:
        """Drop a token if it still has this value."""


class Caller:
    """The connection of one account. Its keys show in no message and no traceback."""

    def __init__(
        self,
        api: Api,
        *,
        api_key: str,
        secret_key: str,
        clock: Callable[[], datetime],
        tokens: Tokens | None,
    ) -> None:
        self._api = api
        self._key = Sealed(api_key=api_key)
        self._secret = Credentials({"Authorization": f"Token {secret_key}"})
        self.has_secret_key = bool(secret_key)
        self.has_api_key = bool(api_key)
        self.clock = clock
        self._tokens = tokens

    def with_secret(self, path: str, body: Document) -> Document:
        """Post with the secret key, once. Raises GatewayRefused or GatewayUnavailable."""
        if not self.has_secret_key:
            raise ConfigurationError("this call to Paymob needs SECRET_KEY.")
        return self._api.post(path, body, credentials=self._secret)

    def get(self, memory: Memory, path: str, params: Mapping[str, str | int] | None = None) -> Document:
        """Read with the auth token. Raises GatewayRefused or GatewayUnavailable."""
        return self._let_in(memory, lambda token: self._api.get(path, params, credentials=_bearer(token)))

    def ask(self, memory: Memory, path: str, body: Document) -> Document:
        """Ask by posting. The token goes into header and body: Paymob documents the one and the other."""
        return self._let_in(
            memory,
            lambda token: self._api.post(
                path, Sealed(auth_token=token["token"], **body), credentials=_bearer(token)
            ),
        )

    def with_token(self, memory: Memory, path: str, body: Document) -> Document:
        """Post with the auth token in the body, as the older calls want it. Once."""
        return self._let_in(
            memory, lambda token: self._api.post(path, Sealed(auth_token=token["token"], **body))
        )

    def pay(self, body: Document) -> Document:
        """Pay with a payment key, which is all the authority that this call needs."""
        return self._api.post("/api/acceptance/payments/pay", body)

    def _let_in(self, memory: Memory, call: Callable[[Sealed], Document]) -> Document:
        """Call with the account's token; once more with a new one where Paymob refuses it before its time.

        With 401 nothing was done, so this repeats changes too.
        """
        store = self._tokens or memory
        token = Sealed(token=store.token(TOKEN, self._new_token))
        try:
            return call(token)
        except GatewayRefused as refused:
            if refused.status != 401:
                raise
        store.forget(TOKEN, token["token"])
        return call(Sealed(token=store.token(TOKEN, self._new_token)))

    def look_around(self, *paths: str) -> list[Document]:
        """Read each with a token of its own kind; {} for what is refused or not answered.

        Raises GatewayRefused where the API key is not in force.
        """
        token = _bearer(Sealed(token=self._new_token().value))
        return [self._looked(path, token) for path in paths]

    def _looked(self, path: str, token: Credentials) -> Document:
        try:
            return self._api.get(path, credentials=token)
        except GatewayError:
            return {}

    def _new_token(self) -> Token:
        """A new token. It lives for sixty minutes, say the documents; the answer does not say it."""
        if not self.has_api_key:
            raise ConfigurationError("asking Paymob about payments needs API_KEY.")
        answer = Members(self._api.post("/api/auth/tokens", self._key))
        if not answer.text("token", LONGEST_KEY):
            raise GatewayUnavailable("Paymob POST /api/auth/tokens: answered without a token.")
        expires_at = self.clock() + timedelta(seconds=TOKEN_SECONDS)
        return Token(answer.text("token", LONGEST_KEY), expires_at)


def _bearer(token: Sealed) -> Credentials:
    return Credentials({"Authorization": f"Bearer {token['token']}"})


def page_url(value: Any) -> str | None:
    """An address to send a browser to, exactly as given; None for anything else."""
    if not isinstance(value, str) or not value.isprintable() or " " in value or len(value) > LONGEST_KEY:
        return None
    try:
        parts = urlsplit(value)
    except ValueError:
        return None
    return value if parts.scheme in {"http", "https"} and parts.hostname else None
