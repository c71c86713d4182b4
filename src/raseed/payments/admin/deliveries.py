"""Deliveries as people may see them: what came, what became of it, and its body without secrets."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.contrib import admin
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path
from django.utils.html import format_html
from django.utils.safestring import SafeString

from raseed.core.errors import ConfigurationError
from raseed.payments import conf, encryption
from raseed.payments.admin import redaction
from raseed.payments.admin.questions import AccountFilter, DeliveryQuestion
from raseed.payments.admin.read_only import ReadOnlyAdmin, badge, link, may_view
from raseed.payments.admin.replay import may_replay, replay
from raseed.payments.admin.words import first_line, moment
from raseed.payments.models import Delivery, DeliveryState, Payment

_TONES: dict[str, str] = {
    DeliveryState.STUCK: "bad",
    DeliveryState.DUE: "wait",
    DeliveryState.PARKED: "wait",
    DeliveryState.READ: "good",
}

#: What each state means for the person who looks.
MEANING = {
    DeliveryState.READ: "It was read, and what it says was applied to its payment.",
    DeliveryState.DUE: "Reading it failed or was put off. It is kept, and read again by the worker.",
    DeliveryState.PARKED: (
        "It names a payment of ours that is not known yet, or came while one was being opened. It is read "
        "again when the payment appears, and on a schedule."
    ),
    DeliveryState.FOREIGN: "It is about something else on the same account. Nothing needs to be done.",
    DeliveryState.STUCK: (
        "It was read as often as planned without success. A person must look: does another site share this "
        "account, or was a payment's row lost?"
    ),
}


class DeliveryAdmin(ReadOnlyAdmin):
    """Verified webhook requests, newest first."""

    change_form_template = "admin/raseed/delivery/page.html"
    list_display = ("came", "says", "outcome", "of_payment", "trouble")
    list_filter = (DeliveryQuestion, AccountFilter, ("received_at", admin.DateFieldListFilter))
    ordering = ("-received_at",)
    search_fields = ("payment__reference__startswith", "refs__value__exact", "digest__exact")
    search_help_text = "A payment's reference, an id that a waiting delivery names, or a whole digest."

    def get_urls(self) -> list[URLPattern]:
        """Django's, and the page on which a delivery is read again."""
        view = transaction.non_atomic_requests(self.admin_site.admin_view(self.replay))
        return [path("<path:delivery_id>/replay/", view, name="raseed_delivery_replay"), *super().get_urls()]

    def replay(self, request: HttpRequest, delivery_id: str) -> HttpResponse:
        """Rehearse it, or read it again."""
        return replay(self.admin_site, request, delivery_id)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Delivery]:
        """Without the bodies: a list does not need them."""
        deliveries: QuerySet[Delivery] = super().get_queryset(request)
        return deliveries.select_related("payment").defer("body", "headers", "query")

    @admin.display(description="came, account", ordering="received_at")
    def came(self, delivery: Delivery) -> SafeString:
        """When the first copy came, through which account."""
        return format_html("{}<small>{}</small>", moment(delivery.received_at), delivery.account)

    @admin.display(description="says", ordering="facts_summary")
    def says(self, delivery: Delivery) -> str:
        """The kinds of facts in it."""
        return delivery.facts_summary or "not read"

    @admin.display(description="state", ordering="state")
    def outcome(self, delivery: Delivery) -> SafeString:
        """What became of it, how often it came and failed, and when it is read again."""
        word = badge(delivery.get_state_display(), _TONES.get(delivery.state, ""))
        return format_html("{}<small>{}</small>", word, ", ".join(_counts(delivery)))

    @admin.display(description="payment")
    def of_payment(self, delivery: Delivery) -> SafeString | str:
        """The payment it is about."""
        payment = delivery.payment
        return link(self.admin_site, payment, payment.reference) if payment else ""

    @admin.display(description="error")
    def trouble(self, delivery: Delivery) -> str:
        """The first line of the last error."""
        return first_line(redaction.redacted_text(delivery.error), 80)

    def page(self, request: HttpRequest, delivery: Delivery, /) -> dict[str, Any]:
        """All that the page shows; nothing in it is a credential."""
        return {
            "title": f"Delivery: {delivery.facts_summary or 'not read'}",
            "subtitle": None,
            "delivery": delivery,
            "tone": _TONES.get(delivery.state, ""),
            "meaning": MEANING[DeliveryState(delivery.state)],
            "error": redaction.redacted_text(delivery.error),
            "path": redaction.redacted_text(delivery.path),
            "query": redaction.redacted(delivery.query),
            "headers": redaction.redacted(delivery.headers),
            "body": shown_body(delivery),
            "refs": [ref.value for ref in delivery.refs.all()],
            "facts": delivery.facts.order_by("created_at", "pk"),
            "now": conf.now(),
            "may_replay": may_replay(request),
            "staff_actions": delivery.staff_actions.order_by("pk"),
            "may_view_payments": may_view(request, Payment),
        }


def _counts(delivery: Delivery) -> Iterator[str]:
    if delivery.copies > 1:
        yield f"came {delivery.copies} times"
    if delivery.tries:
        yield f"read again {delivery.tries} times so far"
    if delivery.next_read_at:
        yield f"next at {moment(delivery.next_read_at)}"


def shown_body(delivery: Delivery) -> str:
    """The body without secrets."""
    if delivery.body is None:
        return "It was let go, as RASEED['RETENTION_DAYS'] has it. What it said stands under facts."
    headers = {name.lower(): value for name, value in delivery.headers.items()}
    content_type = str(headers.get("content-type", ""))
    return shown(bytes(delivery.body), delivery.account, content_type, is_encrypted=delivery.is_encrypted)


def shown(body: bytes, account: str, content_type: str = "", *, is_encrypted: bool) -> str:
    """A kept body without secrets; of an encrypted one only what can be parsed, and so masked by name."""
    if is_encrypted:
        try:
            body = encryption.decrypt(body)
        except ConfigurationError as error:
            return f"It cannot be decrypted: {error}"
    document = redaction.parsed(body, content_type)
    if document is not None:
        return redaction.pretty(document, secret_names(account))
    return "" if is_encrypted else redaction.shown_text(body)


def secret_names(account: str) -> frozenset[str]:
    """The members that this account's gateway calls reusable secrets."""
    try:
        return conf.current().gateway(account).capabilities.token_fields
    except ConfigurationError:
        return frozenset()
