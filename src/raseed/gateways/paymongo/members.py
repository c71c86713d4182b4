"""Reading PayMongo's resources without trusting their shape: members come, go and change over the years."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from raseed.core.money import Money
from raseed.gateways.members import money, text
from raseed.gateways.paymongo.vocabulary import FLOW, PREFIXES

_IDENTIFIER = re.compile(r"[A-Za-z0-9_-]{1,100}")

#: Links are numbered with seven letters and digits; our own references are longer.
_LINK_NUMBER = re.compile(r"[A-Za-z0-9]{7}")

#: Members that help a person and hold neither secrets nor personal data; copied into Fact.raw.
_SHOWN = ("status", "amount", "currency", "fee", "net_amount", "origin", "payment_intent_id", "failed_code")


@dataclass(frozen=True, slots=True)
class Resource:
    """A payment, source, session, link, intent or refund: `{id, type, attributes}`, bare or in `data`."""

    id: str | None
    type: str
    attributes: Mapping[str, Any]

    def text(self, name: str) -> str:
        """A text member, or an empty text."""
        return text(self.attributes.get(name))

    def ref(self, name: str) -> str | None:
        """A member that is an id at the gateway."""
        return identifier(self.attributes.get(name))

    def integer(self, name: str) -> int | None:
        """A member that is a whole number."""
        value = self.attributes.get(name)
        return value if type(value) is int else None

    def money(self) -> Money | None:
        """`amount` centavos of `currency`; None unless both are stated and make sense."""
        return money(self.attributes.get("amount"), self.attributes.get("currency"))

    def moment(self, *names: str) -> datetime | None:
        """The first of these members that is a time."""
        moments = (moment(self.attributes.get(name)) for name in names)
        return next((value for value in moments if value is not None), None)

    @property
    def livemode(self) -> bool | None:
        """Live or test, None where it is not stated."""
        value = self.attributes.get("livemode")
        return value if isinstance(value, bool) else None

    @property
    def metadata(self) -> Mapping[str, Any]:
        """What we attached when it was made; empty where unset."""
        value = self.attributes.get("metadata")
        return value if isinstance(value, dict) else {}

    def reference(self, asked_for: str | None = None) -> str | None:
        """Our own reference: from metadata, else that of the checkout it was asked for or came with.

        Last come the members in which sessions carry ours; in what came by a link they hold a number of
        PayMongo's making, which is no reference of ours.
        """
        places = [self.metadata.get("reference"), asked_for]
        if self.link_number is None:
            places += [
                self.attributes.get("reference_number"),
                self.attributes.get("external_reference_number"),
            ]
        return next((value for value in places if text(value)), None)

    @property
    def link_number(self) -> str | None:
        """PayMongo's number of the link it is, or was paid through; None where there is none.

        Payments of a link do not name its id: they carry the number in metadata, or beside `origin`.
        `origin` alone tells nothing (sessions are published with it too), and what carries our
        reference was opened by us as something else.
        """
        if self.type == "link":
            return self.ref("reference_number")
        if text(self.metadata.get("reference")):
            return None
        number = identifier(self.metadata.get("pm_reference_number"))
        if number is None and self.text("origin") == "links":
            given = self.text("external_reference_number")
            number = given if _LINK_NUMBER.fullmatch(given) else None
        through = (number, *(payment.link_number for payment in self.children("payments")))
        found = next(filter(None, through), None)
        return found if self.attributes.get("reference_number") in {None, found} else None

    @property
    def flow(self) -> str:
        """How our own checkout said that its payments are to be read, or an empty text."""
        return text(self.metadata.get(FLOW))

    def child(self, name: str) -> Resource | None:
        """A resource inside this one."""
        value = self.attributes.get(name)
        return resource(value) if isinstance(value, dict) else None

    def children(self, name: str) -> list[Resource]:
        """A list of resources inside this one; what is not a resource is left out."""
        value = self.attributes.get(name)
        items = value if isinstance(value, list) else []
        return [resource(item) for item in items if isinstance(item, dict)]

    def shown(self) -> dict[str, Any]:
        """A small part of it for people to look at."""
        plain = {name: self.attributes.get(name) for name in _SHOWN}
        kept = {name: value for name, value in plain.items() if type(value) is int or text(value)}
        return {"id": self.id, "type": self.type, **kept}


def resource(value: Mapping[str, Any]) -> Resource:
    """A resource from any of its wrappings: bare, in `data` (links, answers), or flat (newer families)."""
    inner = value.get("data")
    body = inner if isinstance(inner, dict) and "id" not in value else value
    attributes = body.get("attributes")
    ref = identifier(body.get("id"))
    kind = PREFIXES.get((ref or "").partition("_")[0]) or text(body.get("type"))
    return Resource(ref, kind, attributes if isinstance(attributes, dict) else body)


def identifier(value: Any) -> str | None:
    """An id that may go into a URL or a database, or None."""
    return value if isinstance(value, str) and _IDENTIFIER.fullmatch(value) else None


def moment(value: Any) -> datetime | None:
    """Unix seconds as an aware time; the newer families write ISO 8601."""
    try:
        if type(value) is int:
            return datetime.fromtimestamp(value, UTC)
        parsed = datetime.fromisoformat(value) if isinstance(value, str) else None
    except (ValueError, OverflowError, OSError):
        return None
    return parsed if parsed is not None and parsed.tzinfo is not None else None
