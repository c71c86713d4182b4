"""One transaction of Paymob's, whatever carried it: a callback, a browser's return, an inquiry, an answer.

A payment, a refund, a void and a capture are all transactions. What follows from the twenty signed values is
in `Transaction.kind`; everything else in a callback is unsigned, and is read as a hint or not at all.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from raseed.core.facts import FactKind
from raseed.core.money import Money
from raseed.gateways.paymob.members import Members, moment

#: Flat documents: the member of the nested form that each dotted name stands for. A browser's return writes
#: dots, PHP programs that pass it on turn them into underscores.
_FLAT: Mapping[str, tuple[str, str]] = {
    "source_data.type": ("source_data", "type"),
    "source_data.pan": ("source_data", "pan"),
    "source_data.sub_type": ("source_data", "sub_type"),
    "source_data_type": ("source_data", "type"),
    "source_data_pan": ("source_data", "pan"),
    "source_data_sub_type": ("source_data", "sub_type"),
    "data.message": ("data", "message"),
    "data_message": ("data", "message"),
    "txn_response_code": ("data", "txn_response_code"),
    "acq_response_code": ("data", "acq_response_code"),
    "order": ("order", "id"),
    "merchant_order_id": ("order", "merchant_order_id"),
}

#: Members that help a person and hold neither secrets nor personal data; copied into Fact.raw.
_SHOWN = (
    "amount_cents",
    "currency",
    "pending",
    "success",
    "error_occured",
    "is_auth",
    "is_capture",
    "is_voided",
    "is_refunded",
    "refunded_amount_cents",
    "captured_amount",
    "integration_id",
)


@dataclass(frozen=True, slots=True)
class Transaction:
    """A transaction in the nested form, read member by member."""

    members: Members

    @property
    def id(self) -> str | None:
        """Its id; a payment keeps it from pending to refunded."""
        return self.members.id("id")

    @property
    def order(self) -> str | None:
        """The id of the order, which an intention names `intention_order_id`."""
        order = self.members.child("order")
        return order.id("id") if order else self.members.id("order")

    @property
    def integration(self) -> str | None:
        """The integration it was paid through."""
        return self.members.id("integration_id")

    @property
    def owner(self) -> str | None:
        """The merchant's user."""
        return self.members.id("owner")

    @property
    def money(self) -> Money | None:
        """Its own amount: of a refund or a capture the part."""
        return self.members.money()

    @property
    def kind(self) -> FactKind:
        """What the signed values say of it. A child that captured nothing is UNKNOWN: see `is_reversal`.

        `error_occured` is false when a bank declines, `success` is true of a refund: neither alone says paid.
        """
        names = ("pending", "success", "error_occured", "has_parent_transaction")
        pending, success, error, has_parent = (self.members.flag(name) for name in names)
        if None in (pending, success, error, has_parent) or self.is_reversal:
            return FactKind.UNKNOWN
        if pending:
            return FactKind.PENDING
        if not success:
            return self._declined()
        return FactKind.UNKNOWN if error else self._succeeded()

    def _declined(self) -> FactKind:
        """An attempt to pay ended; a capture that failed says nothing about the money that is held."""
        return FactKind.UNKNOWN if self.members.flag("is_capture") else FactKind.ATTEMPT_FAILED

    def _succeeded(self) -> FactKind:
        flags = [self.members.flag(name) for name in ("is_voided", "is_capture", "is_auth")]
        if None in flags:
            return FactKind.UNKNOWN
        kinds = (FactKind.VOIDED, FactKind.CAPTURED, FactKind.AUTHORIZED)
        kind = next((kind for kind, is_set in zip(kinds, flags, strict=True) if is_set), FactKind.PAID)
        return kind if self.money is not None and self.id is not None else FactKind.UNKNOWN

    @property
    def is_reversal(self) -> bool:
        """A refund or a void, as its own transaction. That it has a parent is signed; which one is not."""
        has_parent = self.members.flag("has_parent_transaction") and not self.members.flag("is_capture")
        return bool(has_parent or self.members.flag("is_refund") or self.members.flag("is_void"))

    @property
    def is_void(self) -> bool:
        """Whether it says that it is a void. Not signed."""
        return self.members.flag("is_void") is True

    @property
    def is_authorization(self) -> bool:
        """Whether its money was held first."""
        return self.members.flag("is_auth") is True

    @property
    def is_refunded(self) -> bool:
        """Whether money of it went back, a part or all: true from the first refund on."""
        return self.members.flag("is_refunded") is True

    @property
    def refunded(self) -> Money | None:
        """The running total of what went back; None where nothing is stated. Not signed."""
        return self.members.money("refunded_amount_cents")

    @property
    def parent(self) -> str | None:
        """The transaction it refunds, voids or captures. Not signed."""
        return self.members.id("parent_transaction")

    @property
    def reference(self) -> str | None:
        """Our own reference, as the order carries it. Not signed."""
        order = self.members.child("order")
        return order.text("merchant_order_id") or None

    @property
    def is_live(self) -> bool | None:
        """Live or test, where it is stated. Not signed."""
        return self.members.flag("is_live")

    @property
    def occurred_at(self) -> datetime | None:
        """When it was begun, where the offset is printed (Egypt prints none)."""
        return moment(self.members.get("created_at"))

    @property
    def codes(self) -> list[str]:
        """Why it was declined, in the bank's and the acquirer's codes."""
        data = self.members.child("data")
        named = [data.text("txn_response_code", 64), data.text("acq_response_code", 64)]
        return [code for code in named if code]

    def shown(self) -> dict[str, Any]:
        """A small part of it for people to look at: no number of a card or a phone."""
        plain = {name: self.members.get(name) for name in _SHOWN}
        kept = {name: value for name, value in plain.items() if type(value) in {int, bool}}
        texts = {name: self.members.text(name, 64) for name in _SHOWN if isinstance(plain[name], str)}
        source = self.members.child("source_data")
        named = {"transaction": self.id or "", "order": self.order or "", "codes": " ".join(self.codes)}
        named |= {"source": " ".join(filter(None, [source.text("type", 64), source.text("sub_type", 64)]))}
        return {name: value for name, value in {**kept, **texts, **named}.items() if value != ""}


def transaction(document: Any) -> Transaction:
    """A transaction from its nested form, or from the flat one."""
    is_flat = isinstance(document, Mapping) and not isinstance(document.get("order"), Mapping)
    return Transaction(Members(nested(document) if is_flat else document))


def nested(flat: Mapping[str, Any]) -> dict[str, Any]:
    """The nested form of what came flat: the parameters of a browser's return, and two of the pay answers."""
    document: dict[str, Any] = {}
    order = flat.get("order", flat.get("order_id"))
    for name, value in {**flat, "order": order}.items():
        place = _FLAT.get(name)
        if place is None:
            document.setdefault(name, dict(value) if isinstance(value, Mapping) else value)
        else:
            inside = document.setdefault(place[0], {})
            if isinstance(inside, dict):
                inside.setdefault(place[1], value)
    return document
