"""One request to one of the servers, as the resource modules see it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from raseed.sandbox.exchange import Exchange
from raseed.sandbox.openpayments.addresses import Addresses
from raseed.sandbox.openpayments.world import World


@dataclass(frozen=True)
class Call:
    """`ids` are the parts of the path that the route leaves open."""

    world: World
    exchange: Exchange
    addresses: Addresses
    ids: tuple[str, ...]

    @property
    def id(self) -> str:
        return self.ids[0]

    @property
    def query(self) -> Mapping[str, str]:
        return self.exchange.query

    @property
    def body(self) -> bytes:
        return self.exchange.body

    @property
    def token(self) -> str | None:
        """What follows `GNAP ` in the Authorization header; None for any other scheme, or none."""
        return gnap_token(self.exchange)


def gnap_token(exchange: Exchange) -> str | None:
    scheme, _, value = exchange.headers.get("authorization", "").partition(" ")
    return value.strip() if scheme.lower() == "gnap" and value.strip() else None
