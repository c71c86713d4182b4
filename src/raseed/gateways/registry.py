"""Which gateways there are, and how one is made from credentials."""

from __future__ import annotations

import difflib
import inspect
from importlib import import_module
from typing import Any

from raseed.core.errors import ConfigurationError
from raseed.gateways.base import Gateway

#: Name in settings → module and class. A site's own gateway is named by its dotted path instead.
GATEWAYS = {
    "openpayments": "raseed.gateways.openpayments.gateway:OpenPayments",
    "paymob": "raseed.gateways.paymob.gateway:Paymob",
    "paymongo": "raseed.gateways.paymongo.gateway:PayMongo",
    "phonepe": "raseed.gateways.phonepe.gateway:PhonePe",
}


def load(name: str, http: Any = None, clock: Any = None, tokens: Any = None, **credentials: Any) -> Gateway:
    """An adapter for one merchant account.

    `name` is a key of GATEWAYS or a dotted path to a class. `credentials` are the account's settings as
    lower-case keywords. `http` replaces the network (see `gateways.http`), `clock` the time, `tokens` the
    store of short-lived tokens; what an adapter does not use it does not take.
    Raises ConfigurationError for an unknown gateway, and for a missing, unknown or wrong credential.
    """
    make = gateway_class(name)
    accepted = inspect.signature(make).parameters
    seams = {"http": http, "clock": clock, "tokens": tokens}
    given = {key: value for key, value in seams.items() if value is not None and key in accepted}
    unknown = sorted(set(credentials) - set(accepted))
    if unknown:
        guess = difflib.get_close_matches(unknown[0], list(accepted), 1)
        hint = f" Did you mean {guess[0].upper()}?" if guess else f" Known: {_known(accepted)}."
        raise ConfigurationError(f"{name} has no setting {unknown[0].upper()}.{hint}")
    missing = [
        key
        for key, parameter in accepted.items()
        if parameter.default is inspect.Parameter.empty and key not in credentials and key not in given
    ]
    if missing:
        raise ConfigurationError(f"{name} needs {missing[0].upper()}. Known settings: {_known(accepted)}.")
    gateway: Gateway = make(**given, **credentials)
    return gateway


def gateway_class(name: str) -> Any:
    """The adapter class behind a name or a dotted path. Raises ConfigurationError."""
    path = GATEWAYS.get(name) or (
        f"{name.rpartition('.')[0]}:{name.rpartition('.')[2]}" if "." in name else ""
    )
    if not path:
        known = ", ".join(sorted(GATEWAYS))
        raise ConfigurationError(
            f"there is no gateway {name!r}. Known: {known}, or a dotted path to a class."
        )
    module, _, attribute = path.partition(":")
    try:
        return getattr(import_module(module), attribute)
    except (ImportError, AttributeError, ValueError) as error:
        raise ConfigurationError(f"gateway {name!r} cannot be imported: {error}") from error


def _known(accepted: Any) -> str:
    return ", ".join(key.upper() for key in accepted if key not in {"http", "clock", "tokens"})
