"""What can be paid with, as the account's integrations tell it."""

from __future__ import annotations

from collections.abc import Mapping

from raseed.core.errors import Unsupported
from raseed.gateways.paymob.vocabulary import AUTH, CHECKOUT, HOLD, IFRAME, MOTO, PAY_SOURCES

#: Integrations of these names open no page of their own.
_NO_PAGE = frozenset({MOTO, AUTH})


class Methods:
    """Methods by name, and the integrations that serve each.

    `card` and other names of the settings open a page; `wallet`, `kiosk` and `cash` are paid without one;
    `card_hold` is the page of the integration `auth`.
    """

    def __init__(
        self, integrations: Mapping[str, tuple[int, ...]], *, has_page: bool, has_iframe: bool
    ) -> None:
        self._integrations = integrations
        self._has_page = has_page
        self._has_iframe = has_iframe and "card" in integrations

    @property
    def names(self) -> frozenset[str]:
        """Every method that this account can open."""
        named = {name for name in self._integrations if name not in _NO_PAGE}
        if not self._has_page:
            named = {name for name in named if name in PAY_SOURCES or (name == "card" and self._has_iframe)}
        found = named | ({CHECKOUT} if self._has_page and self.on_page else set())
        found |= {IFRAME} if self._has_iframe else set()
        return frozenset(found | ({HOLD} if self._has_page and AUTH in self._integrations else set()))

    @property
    def on_page(self) -> tuple[int, ...]:
        """Every integration that the checkout page may offer."""
        kept = (ids for name, ids in self._integrations.items() if name not in _NO_PAGE)
        return tuple(one for ids in kept for one in ids)

    def ids(self, method: str) -> tuple[int, ...]:
        """The integrations that serve a method. Raises Unsupported, naming what there is."""
        if method not in self.names:
            known = ", ".join(sorted(self.names)) or "none; set INTEGRATION_IDS"
            raise Unsupported(f"this Paymob account has no method {method!r}. Known: {known}.")
        if method == CHECKOUT:
            return self.on_page
        return self._integrations[{HOLD: AUTH, IFRAME: "card"}.get(method, method)]

    def opens_iframe(self, method: str) -> bool:
        """Whether the older page of cards serves it."""
        return method == IFRAME or (method == "card" and not self._has_page)

    @property
    def charge_kept_cards(self) -> bool:
        """Whether there is an integration that charges saved cards."""
        return MOTO in self._integrations

    @property
    def for_saved_cards(self) -> tuple[int, ...]:
        """The integration that charges saved cards. Raises Unsupported where there is none."""
        if MOTO not in self._integrations:
            raise Unsupported(
                "charging a saved card needs a MOTO integration of Paymob's: INTEGRATION_IDS={'moto': …}."
            )
        return self._integrations[MOTO]
