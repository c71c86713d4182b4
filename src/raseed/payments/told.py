"""What a customer is told about a payment. Reads and never writes; the words are in `phrases`."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.apps import apps
from django.core.exceptions import ObjectDoesNotExist
from django.db.models import Model, prefetch_related_objects

from raseed.core.errors import ConfigurationError
from raseed.core.facts import reason_in
from raseed.core.money import Money
from raseed.core.states import CLOSED, OPEN, REFUND_HOLDS_MONEY, RefundState, State
from raseed.payments import conf
from raseed.payments.amounts import amount_text
from raseed.payments.links import path_on_site, stream_url
from raseed.payments.models import Fulfilment, FulfilmentState, Payment
from raseed.payments.phrases import PHRASES, STEPS, STEPS_DONE, Page, Phrase

#: From this age on an open payment is called unknown: people have come back from most pages by then.
UNKNOWN_AFTER_SECONDS = 300
#: (age of the payment in seconds, pause between two looks of a page whose payment may still change)
_RHYTHM = ((120, 3), (600, 10), (3600, 60), (86_400, 300))

_CAN_STILL_PAY = frozenset({Page.WAITING, Page.CODE, Page.BILL, Page.RETRY, Page.UNKNOWN})
_ENDED = frozenset({Page.FAILED, Page.EXPIRED, Page.CANCELLED, Page.LAPSED})
_MAY_CHANGE = _CAN_STILL_PAY | {Page.AUTHORIZED, Page.PREPARING, Page.HELD, Page.REVIEW, Page.LAPSED}


@dataclass(frozen=True)
class Created:
    """What paying created, and where it is on this site; an empty address is no link."""

    label: str
    url: str


@dataclass(frozen=True)
class Told:
    """One payment as its customer sees it. Texts are in the active language."""

    payment: Payment
    page: Page
    reason: str  # why it failed, in the gateway's own words
    created: tuple[Created, ...]
    refunded: Money | None
    going_back: Money | None
    next_url: str
    age_seconds: float

    @property
    def phrase(self) -> Phrase:
        """Headline, what is known, what to do."""
        return PHRASES[self.page]

    @property
    def steps(self) -> list[tuple[Any, str]]:
        """The way of the payment: each step with "done", "current" or "ahead". Empty where it ended badly."""
        done = STEPS_DONE.get(self.page)
        if done is None:
            return []
        marks = ["done"] * done + ["current"] + ["ahead"] * len(STEPS)
        return [(text, marks[number]) for number, text in enumerate(STEPS)]

    @property
    def client(self) -> dict[str, Any]:
        """What the customer needs to pay where there is no page to go to; only while it can be paid."""
        return self.payment.client if self.page in _CAN_STILL_PAY else {}

    @property
    def checkout_url(self) -> str:
        """Back to the gateway's page, while it can be paid there."""
        return self.payment.checkout_url if self.page in _CAN_STILL_PAY else ""

    @property
    def expires_at(self) -> datetime | None:
        """Until when it can be paid."""
        return self.payment.expires_at if self.page in _CAN_STILL_PAY else None

    @property
    def poll_seconds(self) -> int:
        """How soon a page should look again that is told nothing; 0: nothing more is expected, or too old."""
        if self.page not in _MAY_CHANGE:
            return 0
        return next((pause for age, pause in _RHYTHM if self.age_seconds < age), 0)

    @property
    def tries_again_in_shop(self) -> bool:
        """The shop is the only place where it can be tried again."""
        return self.page in _ENDED or (self.page is Page.RETRY and not self.checkout_url)

    @property
    def back_is_quiet(self) -> bool:
        """Going back to the shop is not the next thing to do."""
        is_next = self.page is Page.PREPARING or self.tries_again_in_shop
        return bool(self.poll_seconds) and not is_next

    def document(self) -> dict[str, Any]:
        """The same for programs."""
        payment, phrase = self.payment, self.phrase
        return {
            "reference": payment.reference,
            "version": payment.version,
            "state": str(payment.state),
            "page": self.page.value,
            "title": str(phrase.title),
            "text": str(phrase.text),
            "advice": str(phrase.advice),
            "reason": self.reason,
            "description": payment.description,
            "amount": _amount(payment.money),
            "refunded": _amount(self.refunded),
            "going_back": _amount(self.going_back),
            "created": [{"label": each.label, "url": each.url} for each in self.created],
            "client": self.client,
            "checkout_url": self.checkout_url,
            "next_url": self.next_url,
            "expires_at": self.expires_at.isoformat() if self.expires_at else None,
            "paid_at": payment.paid_at.isoformat() if payment.paid_at else None,
            "poll_seconds": self.poll_seconds,
        }


def etag(content: str) -> str:
    """A validator of what was sent, whatever it came from."""
    return f'"{hashlib.sha256(content.encode()).hexdigest()[:32]}"'


def tell(payment: Payment) -> Told:
    """How this payment stands now for its customer."""
    has_money = payment.state not in OPEN | {State.LAPSED}
    if has_money:
        prefetch_related_objects([payment], "charges", "refunds", "fulfilments")
    age_seconds = (conf.now() - payment.created_at).total_seconds()
    page = page_of(payment, age_seconds)
    refunded, going_back = _refunds(payment) if has_money else (None, None)
    return Told(
        payment=payment,
        page=page,
        reason=_reason(payment, page),
        created=_created(payment) if page is Page.PAID else (),
        refunded=refunded,
        going_back=going_back,
        next_url=_next_url(payment),
        age_seconds=age_seconds,
    )


def page_of(payment: Payment, age_seconds: float) -> Page:
    """Which of the pages fits: the state, where the money is, and whether the goods are given."""
    if payment.state in OPEN:
        return _open_page(payment, age_seconds)
    if payment.is_fully_refunded:
        return Page.REFUNDED
    if payment.state == State.PAID:
        if _has_given(payment) or (not payment.attention and _is_given_elsewhere(payment)):
            return Page.PAID
        return Page.HELD if payment.attention else Page.PREPARING
    if payment.state in CLOSED and payment.charges.all():
        return Page.HELD  # a person turned it down, and the money has not gone back yet
    return Page(payment.state)


def _open_page(payment: Payment, age_seconds: float) -> Page:
    if payment.state == State.AUTHORIZED:
        return Page.AUTHORIZED
    if payment.detail and payment.gateway_ref:
        return Page.RETRY
    if payment.check_error:
        return Page.UNKNOWN
    if "bill_number" in payment.client:
        return Page.BILL  # outlets are paid days later
    if age_seconds >= UNKNOWN_AFTER_SECONDS:
        return Page.UNKNOWN
    return Page.CODE if "qr_image" in payment.client else Page.WAITING


def _has_given(payment: Payment) -> bool:
    return any(given.state == FulfilmentState.DONE for given in payment.fulfilments.all())


def _is_given_elsewhere(payment: Payment) -> bool:
    """By an earlier payment: money that came twice and is kept by policy."""
    return Fulfilment.objects.filter(**payment.thing, state=FulfilmentState.DONE).exists()


def _reason(payment: Payment, page: Page) -> str:
    """Why, as the gateway says it. A cancelled payment may carry a person's words, which are for staff."""
    told = page in {Page.RETRY, Page.FAILED, Page.EXPIRED} and bool(payment.gateway_ref)
    return reason_in(payment.detail) if told else ""


def _refunds(payment: Payment) -> tuple[Money | None, Money | None]:
    """What went back, and what is on its way; None for nothing."""
    under_way = {s.value for s in REFUND_HOLDS_MONEY - {RefundState.SUCCEEDED}}
    same = [refund for refund in payment.refunds.all() if refund.currency == payment.currency]
    gone = sum(refund.minor for refund in same if refund.state == RefundState.SUCCEEDED)
    going = sum(refund.minor for refund in same if refund.state in under_way)
    return (
        Money(gone, payment.currency) if gone else None,
        Money(going, payment.currency) if going else None,
    )


def _created(payment: Payment) -> tuple[Created, ...]:
    """What `fulfil` returned, as the purpose presents it; what is gone meanwhile is left out."""
    found = []
    for given in payment.fulfilments.all():
        if given.state != FulfilmentState.DONE or not given.created_key:
            continue
        try:
            made: Model = apps.get_model(given.created_label)._default_manager.get(pk=given.created_key)
            label, url = payment.purpose_object().created_link(made)
        except (LookupError, ObjectDoesNotExist, ConfigurationError):
            continue
        found.append(Created(label, path_on_site(url)))
    return tuple(found)


def _next_url(payment: Payment) -> str:
    """Back to the shop: where the start said, else the page of what is paid for, else the front page."""
    if payment.next_url:
        return payment.next_url
    try:
        page = getattr(payment.payable(), "get_absolute_url", None)
    except (ConfigurationError, ObjectDoesNotExist):
        page = None
    return (path_on_site(str(page())) if page else "") or "/"


def _amount(money: Money | None) -> dict[str, Any] | None:
    if money is None:
        return None
    return {"minor": money.minor, "currency": money.currency, "text": amount_text(money)}


def shown(told: Told, *, heading: str, back: bool) -> dict[str, Any]:
    """The context of a page that keeps itself up to date. Raises ValueError for a heading that is none."""
    if heading not in {"h1", "h2", "h3", "h4"}:
        raise ValueError(f"heading={heading!r}: use h1, h2, h3 or h4.")
    url = told.payment.status_url()
    stream = stream_url(told.payment.reference, told.payment.version)
    return {"told": told, "heading": heading, "back": back, "url": url, "stream": stream}


def as_json(told: Told) -> str:
    """The document as it is sent."""
    return json.dumps(told.document(), ensure_ascii=False)
