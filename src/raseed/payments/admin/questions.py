"""Filters that answer a shop owner's questions, and the accounts and purposes from the settings."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.db.models import BigIntegerField, Exists, OuterRef, Q, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce
from django.db.models.lookups import GreaterThan
from django.http import HttpRequest

from raseed.core.states import OPEN, RefundState, State
from raseed.payments import conf
from raseed.payments.models import Charge, DeliveryState, Fulfilment, FulfilmentState, Payment, Refund

if TYPE_CHECKING:
    Payments = QuerySet[Payment]

_OPEN = [state.value for state in OPEN]
_WATCHED = [*_OPEN, State.LAPSED.value, State.REVIEW.value]


def stuck(payments: Payments) -> Payments:
    """Open and past their time, or the last question to the gateway failed."""
    overdue = Q(state__in=_OPEN, expires_at__lte=conf.now())
    return payments.filter(overdue | (Q(state__in=_WATCHED) & ~Q(check_error="")))


def wants_a_person(payments: Payments) -> Payments:
    """Whatever the flows flagged for a person."""
    return payments.exclude(attention="")


def in_review(payments: Payments) -> Payments:
    """Nothing moves until a person decides."""
    return payments.filter(state=State.REVIEW)


def with_held_money(payments: Payments) -> Payments:
    """Money that counts for nothing until a person decides, and has not gone back whole."""
    gone = Refund.objects.filter(
        payment=OuterRef("payment"), charge_ref=OuterRef("ref"), state=RefundState.SUCCEEDED
    )
    held = Charge.objects.filter(payment=OuterRef("pk"), held=True)
    return payments.filter(Exists(held.filter(minor__gt=_total(gone, "charge_ref"))))


def not_given(payments: Payments) -> Payments:
    """Paid, and what was paid for was not given, and the money is still here."""
    given = Fulfilment.objects.filter(
        payment=OuterRef("pk"), state__in=[FulfilmentState.DONE, FulfilmentState.REVOKED]
    )
    still_here = GreaterThan(_total(_came(), "payment"), _total(_went(), "payment"))
    return payments.filter(~Exists(given), still_here, state=State.PAID)


def is_open(payments: Payments) -> Payments:
    """Waiting for the customer."""
    return payments.filter(state__in=[State.NEW, State.PENDING])


def held_at_gateway(payments: Payments) -> Payments:
    """Reserved for us at the gateway, and not taken yet."""
    return payments.filter(state=State.AUTHORIZED)


def refunded(payments: Payments) -> Payments:
    """Money went back, all of it or a part."""
    return payments.filter(Exists(_went()))


def being_refunded(payments: Payments) -> Payments:
    """A refund is under way."""
    ended = [RefundState.SUCCEEDED, RefundState.FAILED]
    under_way = Refund.objects.filter(payment=OuterRef("pk")).exclude(state__in=ended)
    return payments.filter(Exists(under_way))


def _came() -> QuerySet[Charge]:
    return Charge.objects.filter(payment=OuterRef("pk"))


def _went() -> QuerySet[Refund]:
    return Refund.objects.filter(payment=OuterRef("pk"), state=RefundState.SUCCEEDED)


def _total(rows: QuerySet[Any], group: str) -> Coalesce:
    """The sum of the rows' amounts as a subquery; nothing at all is zero."""
    total = rows.order_by().values(group).annotate(total=Sum("minor")).values("total")
    return Coalesce(Subquery(total, output_field=BigIntegerField()), 0)


_QUESTIONS: dict[str, tuple[str, Callable[[Payments], Payments]]] = {
    "person": ("Does anything need me?", wants_a_person),
    "stuck": ("Stuck: time over, or gateway silent", stuck),
    "review": ("In review", in_review),
    "held": ("With held money", with_held_money),
    "not-given": ("Paid, but not given", not_given),
    "open": ("Waiting for the customer", is_open),
    "authorized": ("Held at the gateway, not taken", held_at_gateway),
    "refunded": ("Refunded, all or in part", refunded),
    "refunding": ("Refund under way", being_refunded),
}


def asked(word: str, payments: Payments) -> Payments:
    """The payments that answer the question of this word; all of them for a word that is none."""
    question = _QUESTIONS.get(word)
    return question[1](payments) if question else payments


class PaymentQuestion(admin.SimpleListFilter):
    """One question at a time."""

    title = "question"
    parameter_name = "question"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Iterable[tuple[str, str]]:
        """The questions, most urgent first."""
        return [(word, text) for word, (text, _) in _QUESTIONS.items()]

    def queryset(self, request: HttpRequest, queryset: Payments) -> Payments:
        """The payments that answer it."""
        return asked(self.value() or "", queryset)


_DELIVERY_STATES = {
    DeliveryState.STUCK: "Stuck: a person must look",
    DeliveryState.DUE: "Due: will be read again",
    DeliveryState.PARKED: "Parked: its payment is not known yet",
    DeliveryState.FOREIGN: "Foreign: about something else",
    DeliveryState.READ: "Read",
}


class DeliveryQuestion(admin.SimpleListFilter):
    """What became of deliveries."""

    title = "what became of it"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Iterable[tuple[str, str]]:
        """Most urgent first."""
        return [(state.value, text) for state, text in _DELIVERY_STATES.items()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """The deliveries in this state."""
        return queryset.filter(state=self.value()) if self.value() in set(DeliveryState) else queryset


class _FromSettings(admin.SimpleListFilter):
    """Choices that the settings know; asking a large table for its distinct values is slow."""

    def names(self) -> Iterable[str]:
        """The choices."""
        raise NotImplementedError

    def lookups(self, request: HttpRequest, model_admin: Any) -> Iterable[tuple[str, str]]:
        """Name and name."""
        return [(name, name) for name in self.names()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """The rows of this name; one that is no longer configured works as well."""
        return queryset.filter(**{str(self.parameter_name): self.value()}) if self.value() else queryset


class AccountFilter(_FromSettings):
    """By merchant account."""

    title = "account"
    parameter_name = "account"

    def names(self) -> Iterable[str]:
        """The accounts of the settings."""
        return conf.current().gateways


class PurposeFilter(_FromSettings):
    """By what was paid for."""

    title = "purpose"
    parameter_name = "purpose"

    def names(self) -> Iterable[str]:
        """The purposes of the settings."""
        return conf.current().purposes
