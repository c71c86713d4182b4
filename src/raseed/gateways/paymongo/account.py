"""An account's settings, checked when it is made, so that a mistake shows at start and names the key."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from raseed.core.errors import ConfigurationError
from raseed.gateways.paymongo.methods import METHODS, MINIMUM_MINOR, QR_LIFE_RANGE
from raseed.gateways.paymongo.vocabulary import BASE_URL


def mode_of(livemode: bool | None, secret_key: str, public_key: str) -> bool:
    """True for live, False for test: stated, or read from the keys. Raises ConfigurationError."""
    stated = {"LIVEMODE": livemode} if livemode is not None else {}
    if not isinstance(livemode, bool | None):
        raise ConfigurationError("LIVEMODE must be True, False or None (read it from the keys).")
    for name, key, kind in (("SECRET_KEY", secret_key, "sk"), ("PUBLIC_KEY", public_key, "pk")):
        if not isinstance(key, str):
            raise ConfigurationError(f"{name} must be a text. Is the environment variable set?")
        if key.startswith((f"{kind}_test_", f"{kind}_live_")):
            stated[name] = key.startswith(f"{kind}_live_")
        elif key.startswith(("sk_", "pk_")) and not key.startswith(f"{kind}_"):
            raise ConfigurationError(f"{name} holds the other kind of key; it must start with {kind}_.")
    if not stated:
        raise ConfigurationError(
            "the mode is not known: set SECRET_KEY (sk_test_… or sk_live_…), or LIVEMODE to True or False."
        )
    if len(set(stated.values())) > 1:
        raise ConfigurationError(f"{' and '.join(stated)} mix test and live mode. Use keys of one mode.")
    return bool(next(iter(stated.values())))


def check_base_url(base_url: str, *, livemode: bool) -> None:
    """Live money goes to PayMongo and nowhere else. Raises ConfigurationError."""
    if livemode and base_url != BASE_URL:
        raise ConfigurationError(f"BASE_URL must be {BASE_URL} in live mode. Leave it out.")


def window_of(seconds: float | None) -> float | None:
    """The replay window, None for off. Raises ConfigurationError."""
    if seconds is not None and (isinstance(seconds, bool) or not isinstance(seconds, (int, float))):
        raise ConfigurationError("REPLAY_WINDOW_SECONDS must be a number of seconds, or None for off.")
    if seconds is not None and not seconds > 0:
        raise ConfigurationError("REPLAY_WINDOW_SECONDS must be above 0, or None for off.")
    return seconds


def minimum_of(minimum: int | Mapping[str, int] | None) -> dict[tuple[str, str], int]:
    """Smallest amounts in centavos by (method, currency). Raises ConfigurationError.

    An int is for all methods; a mapping changes the methods it names ("" for all others).
    """
    if minimum is None:
        amounts: dict[str, int] = dict(MINIMUM_MINOR)
    elif isinstance(minimum, Mapping):
        amounts = {**MINIMUM_MINOR, **minimum}
    else:
        amounts = {"": minimum}
    for method, minor in amounts.items():
        if type(minor) is not int or minor < 1 or method not in {"", *METHODS}:
            raise ConfigurationError(
                "MINIMUM must be a whole number of centavos, or a mapping such as {'gcash': 2000}. "
                f"Methods: {', '.join(sorted(METHODS))}."
            )
    return {(method, "PHP"): minor for method, minor in amounts.items()}


def checkout_methods_of(methods: Iterable[str]) -> tuple[str, ...]:
    """What a checkout page offers, in PayMongo's words (gcash, card, …). Raises ConfigurationError."""
    offered = () if isinstance(methods, str) else tuple(methods)
    if not offered or not all(isinstance(method, str) and method for method in offered):
        raise ConfigurationError("CHECKOUT_METHODS must list at least one method, such as ['gcash', 'card'].")
    return offered


def timeout_of(seconds: float) -> float:
    """How long an answer may take. Raises ConfigurationError."""
    if isinstance(seconds, bool) or not isinstance(seconds, (int, float)) or not seconds > 0:
        raise ConfigurationError("TIMEOUT_SECONDS must be a number of seconds above 0.")
    return seconds


def currencies_of(currencies: Iterable[str]) -> frozenset[str]:
    """What the account takes: PHP, and USD by card where PayMongo enabled it. Raises ConfigurationError."""
    taken = frozenset() if isinstance(currencies, str) else frozenset(currencies)
    if not taken or not taken <= {"PHP", "USD"}:
        raise ConfigurationError("CURRENCIES must list PHP, USD (cards, enabled accounts only), or both.")
    return taken


def three_d_secure_of(word: str) -> str:
    """When a card's bank is asked to ask the customer: any, or automatic. Raises ConfigurationError."""
    if word not in {"any", "automatic"}:
        raise ConfigurationError("THREE_D_SECURE must be 'any' or 'automatic'.")
    return word


def qr_seconds_of(seconds: int) -> int:
    """How long a QR code can be paid. Raises ConfigurationError."""
    least, most = QR_LIFE_RANGE
    if type(seconds) is not int or not least <= seconds <= most:
        raise ConfigurationError(f"QR_SECONDS must be a whole number of seconds from {least} to {most}.")
    return seconds
