"""An account's settings, checked when it is made, so that a mistake shows at start and names the key."""

from __future__ import annotations

from urllib.parse import urlencode

from raseed.core.errors import ConfigurationError, WrongWallet
from raseed.gateways.addresses import origin_of
from raseed.gateways.base import RawDelivery
from raseed.gateways.openpayments.wallet_address import normalized

_LONGEST_SECONDS = 30 * 86_400  # the longest life of an incoming payment at Rafiki


def mode_of(livemode: bool | None, base_url: str) -> bool:
    """True for live, False for test: stated, or test where a sandbox is named. Raises ConfigurationError."""
    if not isinstance(livemode, bool | None):
        raise ConfigurationError("LIVEMODE must be True, False or None (test where BASE_URL is set).")
    return not base_url if livemode is None else livemode


def exempt_origin(base_url: str, *, livemode: bool) -> str:
    """The sandbox's origin, or an empty text. Raises ConfigurationError."""
    if not base_url:
        return ""
    origin = origin_of(base_url) if isinstance(base_url, str) else ""
    if not origin.startswith(("http://", "https://")) or "@" in origin:
        raise ConfigurationError("BASE_URL must be the sandbox's address, such as http://127.0.0.1:8010.")
    if livemode:
        raise ConfigurationError("BASE_URL names a sandbox, and LIVEMODE is True. Leave one of them out.")
    return origin


def own_wallet(wallet_address: str, exempt: str) -> str:
    """The client's own wallet address. Raises ConfigurationError."""
    try:
        return normalized(wallet_address, "payee", exempt_origin=exempt)
    except WrongWallet as wrong:
        raise ConfigurationError(f"WALLET_ADDRESS is {wallet_address!r}. {wrong}") from None


def times_of(consent_seconds: int, receive_seconds: int) -> tuple[int, int]:
    """How long customer and seller's wallet have. Raises ConfigurationError."""
    for name, seconds in (("CONSENT_SECONDS", consent_seconds), ("RECEIVE_SECONDS", receive_seconds)):
        if type(seconds) is not int or not 0 < seconds <= _LONGEST_SECONDS:
            raise ConfigurationError(f"{name} must be whole seconds from 1 to {_LONGEST_SECONDS} (30 days).")
    if receive_seconds <= consent_seconds:
        raise ConfigurationError(
            "RECEIVE_SECONDS must be more than CONSENT_SECONDS: money needs time to arrive."
        )
    return consent_seconds, receive_seconds


def query_string_of(delivery: RawDelivery) -> bytes:
    """The bytes after the question mark; made from the parameters where only those are given."""
    return delivery.query_string or urlencode(dict(delivery.query)).encode()
