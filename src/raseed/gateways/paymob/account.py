"""An account's settings, checked when it is made, so that a mistake shows at start and names the key."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from raseed.core.errors import ConfigurationError, MoneyError
from raseed.core.money import exponent
from raseed.gateways.http import checked_base_url
from raseed.gateways.paymob.identity import Identity
from raseed.gateways.paymob.members import id_of
from raseed.gateways.paymob.vocabulary import CHECKOUT_PATH, DEFAULT_REGION, REGIONS, VENDOR_URLS, Region

#: What keys say of their mode, after the country's prefix or without one.
_MODES = {"test": False, "live": True}


def text_of(value: Any, name: str) -> str:
    """A setting that is a text. Raises ConfigurationError."""
    if not isinstance(value, str):
        raise ConfigurationError(f"{name} must be a text. Is the environment variable set?")
    return value.strip()


def mode_of(livemode: bool | None, secret_key: str, public_key: str) -> bool | None:
    """True for live, False for test: stated, or read from the keys; None where nothing tells it."""
    if not isinstance(livemode, bool | None):
        raise ConfigurationError("LIVEMODE must be True, False or None (read it from the keys).")
    stated = {"LIVEMODE": livemode} if livemode is not None else {}
    for name, key, kind in (("SECRET_KEY", secret_key, "sk"), ("PUBLIC_KEY", public_key, "pk")):
        parts = _parts(key)
        if parts and parts[0] != kind:
            raise ConfigurationError(f"{name} holds the other kind of key; it must have {kind} in it.")
        if parts:
            stated[name] = _MODES[parts[1]]
    if len(set(stated.values())) > 1:
        raise ConfigurationError(f"{' and '.join(stated)} mix test and live mode. Use keys of one mode.")
    return next(iter(stated.values()), None)


def _parts(key: str) -> tuple[str, str] | None:
    """Kind (`sk`, `pk`) and mode of a key such as `egy_sk_test_…`, or `sk_test_…` without its country."""
    words = key.split("_")
    words = words[1:] if words[0] not in {"sk", "pk"} else words
    return (words[0], words[1]) if len(words) > 2 and words[1] in _MODES else None


def region_of(region: str, secret_key: str, public_key: str, base_url: str) -> Region:
    """The country's installation: stated, or told by the address, or by how the keys begin."""
    if region:
        if region not in REGIONS:
            raise ConfigurationError(f"REGION must be one of {', '.join(sorted(REGIONS))}, not {region!r}.")
        return REGIONS[region]
    begins = {key.partition("_")[0] for key in (secret_key, public_key) if _parts(key)}
    for known in REGIONS.values():
        if base_url.rstrip("/") == known.url or begins & set(known.prefixes):
            return known
    return REGIONS[DEFAULT_REGION]


def addresses_of(
    base_url: str, checkout_url: str, region: Region, *, livemode: bool | None
) -> tuple[str, str]:
    """Where calls go, and where the checkout page is. Live money goes to Paymob and nowhere else."""
    base = checked_base_url(base_url or region.url)
    if livemode and base not in VENDOR_URLS:
        raise ConfigurationError(f"BASE_URL must be {region.url} in live mode. Leave it out.")
    page = checked_base_url(checkout_url) + "/" if checkout_url else base + CHECKOUT_PATH
    if livemode and not page.startswith("https://"):
        raise ConfigurationError("CHECKOUT_URL must begin with https:// in live mode.")
    return base, page


def currencies_of(currencies: Iterable[str] | None, region: Region) -> frozenset[str]:
    """What the integrations take: the region's own currency where nothing is said."""
    if currencies is None:
        return frozenset({region.currency})
    taken = frozenset() if isinstance(currencies, str) else frozenset(currencies)
    try:
        known = [exponent(currency) for currency in taken]
    except MoneyError as error:
        raise ConfigurationError(f"CURRENCIES: {error}") from None
    if not known:
        raise ConfigurationError("CURRENCIES must list at least one currency, such as ['EGP'].")
    return taken


def integrations_of(integration_ids: Any) -> dict[str, tuple[int, ...]]:
    """Integration ids by name; a plain list has the name `card`. Raises ConfigurationError.

    `{"card": 4000111, "wallet": 4000222}`, `{"card": [4000111, 4000112]}`, `[4000111]` or `4000111`.
    """
    named = integration_ids if isinstance(integration_ids, Mapping) else {"card": integration_ids}
    found = {str(name): _ids(value) for name, value in named.items()}
    return {name: ids for name, ids in found.items() if ids}


def _ids(value: Any) -> tuple[int, ...]:
    listed = list(value) if isinstance(value, list | tuple | set | frozenset) else [value]
    ids = [id_of(one) for one in listed if one is not None and one != ""]
    if None in ids:
        raise ConfigurationError(
            "INTEGRATION_IDS must be whole numbers: {'card': 4000111, 'wallet': 4000222}, or a list of them."
        )
    return tuple(int(one) for one in ids if one is not None)


def id_setting(value: str | int | None, name: str) -> str | None:
    """A setting that is an id of Paymob's, or not set. Raises ConfigurationError."""
    if value is None or value == "":
        return None
    found = id_of(value.strip() if isinstance(value, str) else value)
    if found is None:
        raise ConfigurationError(f"{name} must be a whole number, as the dashboard shows it.")
    return found


def identity_of(
    named: Mapping[str, tuple[int, ...]],
    owner: str | int | None,
    merchant_id: str | int | None,
    *,
    livemode: bool | None,
) -> Identity:
    """What callbacks are compared with. Raises ConfigurationError."""
    return Identity(
        frozenset(str(one) for ids in named.values() for one in ids),
        id_setting(owner, "OWNER"),
        id_setting(merchant_id, "MERCHANT_ID"),
        livemode,
    )


def timeout_of(seconds: float) -> float:
    """How long an answer may take. Raises ConfigurationError."""
    if isinstance(seconds, bool) or not isinstance(seconds, (int, float)) or not seconds > 0:
        raise ConfigurationError("TIMEOUT_SECONDS must be a number of seconds above 0.")
    return seconds


def refuse_window(seconds: float | None) -> None:
    """Paymob signs when a transaction was begun, which a refund a month later repeats: no window fits."""
    if seconds is not None:
        raise ConfigurationError("Paymob signs no time of sending: leave REPLAY_WINDOW_SECONDS out.")
