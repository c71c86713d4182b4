"""An account's settings, checked when it is made, so that a mistake shows at start and names the key."""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Iterable, Mapping

from raseed.core.errors import ConfigurationError
from raseed.gateways.http import Form
from raseed.gateways.phonepe.vocabulary import LIVE_TOKEN_URL, LIVE_URLS, SANDBOX_URL

#: https://developer.phonepe.com/payment-gateway/website-integration/standard-checkout/api-integration/api-reference/webhook
_USER = re.compile(r"[A-Za-z0-9_]{5,20}")

_VENDORS = frozenset({*LIVE_URLS.values(), LIVE_TOKEN_URL})


def version_of(version: str) -> str:
    """`v2` or `v1`. Raises ConfigurationError."""
    if version not in LIVE_URLS:
        raise ConfigurationError(f"VERSION must be 'v2' or 'v1', not {version!r}.")
    return version


def mode_of(livemode: bool | None, base_url: str) -> bool:
    """True for live, False for test: stated, or live where the base URL is PhonePe's live one."""
    if not isinstance(livemode, bool | None):
        raise ConfigurationError("LIVEMODE must be True, False or None (then BASE_URL tells it).")
    is_vendors = str(base_url).rstrip("/") in _VENDORS
    if livemode is False and is_vendors:
        raise ConfigurationError("BASE_URL is PhonePe's live address. Set LIVEMODE to True, or leave it out.")
    return is_vendors if livemode is None else livemode


def addresses_of(version: str, livemode: bool, base_url: str, token_url: str) -> tuple[str, str]:
    """Where calls go, and where tokens come from. Live money goes to PhonePe and nowhere else."""
    if not livemode:
        return base_url or SANDBOX_URL, token_url or base_url or SANDBOX_URL
    for name, given, own in (
        ("BASE_URL", base_url, LIVE_URLS[version]),
        ("TOKEN_URL", token_url, LIVE_TOKEN_URL),
    ):
        if given and given.rstrip("/") != own:
            raise ConfigurationError(f"{name} must be {own} in live mode. Leave it out.")
    return LIVE_URLS[version], LIVE_TOKEN_URL


def text_of(value: str | int, name: str) -> str:
    """A setting that is a text, or a number that stands for one. Raises ConfigurationError."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise ConfigurationError(f"{name} must be a text. Is the environment variable set?")
    return str(value).strip()


def client_of(client_id: str, client_secret: str, client_version: str | int) -> Form:
    """What asks for a token in version 2. Raises ConfigurationError."""
    return Form(
        client_id=text_of(client_id, "CLIENT_ID"),
        client_version=text_of(client_version, "CLIENT_VERSION"),
        client_secret=text_of(client_secret, "CLIENT_SECRET"),
        grant_type="client_credentials",
    )


def timeout_of(seconds: float) -> float:
    """How long an answer may take. Raises ConfigurationError."""
    if isinstance(seconds, bool) or not isinstance(seconds, (int, float)) or not seconds > 0:
        raise ConfigurationError("TIMEOUT_SECONDS must be a number of seconds above 0.")
    return seconds


def redirect_mode_of(mode: str) -> str:
    """How the browser comes back in version 1. Raises ConfigurationError."""
    if mode not in {"REDIRECT", "POST"}:
        raise ConfigurationError("REDIRECT_MODE must be 'REDIRECT' (a plain visit) or 'POST' (a form).")
    return mode


def refuse_window(seconds: float | None) -> None:
    """PhonePe signs no time, so that there is nothing to measure a window by."""
    if seconds is not None:
        raise ConfigurationError("PhonePe's webhooks carry no time: leave REPLAY_WINDOW_SECONDS out.")


class Hooks:
    """The user names and passwords of the account's webhooks, as the hashes PhonePe sends. Shown nowhere.

    `fit_dashboard`: PhonePe's dashboard would take them all.
    """

    __slots__ = ("_hashes", "fit_dashboard")

    def __init__(self, username: str, password: str, others: Iterable[tuple[str, str]]) -> None:
        pairs = [(username, password), *_pairs(others)] if username or password else _pairs(others)
        for pair in pairs:
            if not all(isinstance(part, str) and part for part in pair):
                raise ConfigurationError(
                    "WEBHOOK_USERNAME and WEBHOOK_PASSWORD belong together: set both, or neither."
                )
        self.fit_dashboard = all(_USER.fullmatch(user) and _is_password(word) for user, word in pairs)
        self._hashes = tuple(hashlib.sha256(f"{user}:{word}".encode()).hexdigest() for user, word in pairs)

    def __len__(self) -> int:
        return len(self._hashes)

    def __repr__(self) -> str:
        return f"Hooks({len(self)})"

    def accept(self, header: str | None) -> bool:
        """Whether it is one of the hashes, in bare lower-case hex; every comparison takes constant time."""
        if not header or not header.isascii():
            return False
        matched = False
        for known in self._hashes:
            matched |= hmac.compare_digest(known, header)
        return matched


def _is_password(word: str) -> bool:
    return 8 <= len(word) <= 20 and any(map(str.isalpha, word)) and any(map(str.isdigit, word))


def _pairs(others: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    try:
        return [(user, word) for user, word in others]
    except (TypeError, ValueError):
        raise ConfigurationError(
            "WEBHOOK_CREDENTIALS must list pairs of user name and password, such as [('hooks', 'pass1234')]."
        ) from None


class Salts:
    """Salt keys by their index: the one we sign with, and earlier ones that PhonePe may still use."""

    __slots__ = ("_keys", "index")

    def __init__(self, key: str, index: str, others: Mapping[str | int, str]) -> None:
        try:
            keys = {str(number): value for number, value in dict(others).items()}
        except (TypeError, ValueError):
            raise ConfigurationError(
                "SALT_KEYS must map each salt index to its key, such as {1: '…'}."
            ) from None
        if key:
            keys[index] = key
        if not all(isinstance(value, str) and value for value in keys.values()):
            raise ConfigurationError("SALT_KEYS holds an empty key. List only keys that are set.")
        self._keys = {number: value.encode() for number, value in keys.items()}
        self.index = index

    def __bool__(self) -> bool:
        """Whether calls can be signed."""
        return self.index in self._keys

    def __len__(self) -> int:
        return len(self._keys)

    def __repr__(self) -> str:
        return f"Salts({', '.join(self._keys)})"

    def sign(self, message: str) -> str:
        """`<hex>###<index>`: SHA-256 over the message and our key."""
        return f"{self._digest(message, self.index)}###{self.index}"

    def signed(self, message: str, signature: str | None) -> bool:
        """Whether it was made with the key whose index it names, in constant time."""
        given, mark, index = (signature or "").partition("###")
        if not mark or not given.isascii() or index not in self._keys:
            return False
        return hmac.compare_digest(self._digest(message, index), given)

    def _digest(self, message: str, index: str) -> str:
        digest = hashlib.sha256(message.encode("utf-8", "surrogatepass"))
        digest.update(self._keys[index])
        return digest.hexdigest()
