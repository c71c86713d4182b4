"""One authenticated API call, as the resource modules see it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from raseed.sandbox.paymongo.fields import Fields, attributes_of
from raseed.sandbox.paymongo.world import World


@dataclass(frozen=True)
class Call:
    """`ids` are the parts of the path that the route leaves open; `scenario` as in Exchange."""

    world: World
    ids: tuple[str, ...]
    query: Mapping[str, str]
    body: bytes
    base_url: str
    scenario: Mapping[str, Mapping[str, Any]]
    is_secret: bool

    @property
    def id(self) -> str:
        return self.ids[0]

    @cached_property
    def fields(self) -> Fields:
        """The request's attributes. Raises ApiError where the body is not a request at all."""
        return Fields(attributes_of(self.body))
