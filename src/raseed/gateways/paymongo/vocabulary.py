"""PayMongo's words and what they mean here. Wire facts are PayMongo's documentation unless marked."""

from __future__ import annotations

from collections.abc import Mapping

from raseed.core.facts import FactKind

BASE_URL = "https://api.paymongo.com"

#: The twelve retries end 136.5 minutes after the first attempt, and each attempt may take 30 seconds.
#: Whether a retry carries a fresh time is not documented, so the window is wider than the whole cycle.
REPLAY_WINDOW_SECONDS = 3 * 60 * 60

# --- statuses ---------------------------------------------------------------------------------------

SOURCE_STATUS: Mapping[str, FactKind] = {
    "pending": FactKind.PENDING,
    "processing": FactKind.PENDING,  # in one public SDK only
    "chargeable": FactKind.CHARGEABLE,
    "cancelled": FactKind.CANCELLED,
    "expired": FactKind.EXPIRED,
    # "paid" is not here: a source does not say which payment it became.
}

PAYMENT_STATUS: Mapping[str, FactKind] = {
    "pending": FactKind.PENDING,
    "paid": FactKind.PAID,  # stays so when refunded
    "failed": FactKind.ATTEMPT_FAILED,  # one attempt; the checkout may still be paid
}

REFUND_STATUS: Mapping[str, FactKind] = {
    "pending": FactKind.REFUND_PENDING,
    "processing": FactKind.REFUND_PENDING,
    "succeeded": FactKind.REFUNDED,
    "failed": FactKind.REFUND_FAILED,
}

INTENT_STATUS: Mapping[str, FactKind] = {
    "awaiting_payment_method": FactKind.PENDING,
    "awaiting_next_action": FactKind.PENDING,
    "processing": FactKind.PENDING,
    "awaiting_capture": FactKind.AUTHORIZED,
    "cancelled": FactKind.CANCELLED,
    # "succeeded" without a paid payment is not here: we ask again.
}

#: A link by status, while none of its payments is paid. `paid`, `refunded`, `partially_refunded` and
#: `disputed` are not here: the payments tell, or we ask again.
LINK_STATUS: Mapping[str, FactKind] = {
    "unpaid": FactKind.PENDING,
    "active": FactKind.PENDING,  # the newer payment links
}

#: An intent in one of these may still bring money, whatever its session says.
INTENT_IN_FLIGHT = frozenset({"processing", "awaiting_next_action", "awaiting_capture", "succeeded"})

# --- events -----------------------------------------------------------------------------------------

#: The metadata member by which our own checkouts say how their payments are to be read, because an event
#: of a payment does not name the checkout it was opened as.
FLOW = "raseed_flow"
#: The session makes an intent of its own for each attempt: an intent we never saw is no stranger.
FLOW_SESSION = "session"
#: We attached the method; nobody can try again on the same intent.
FLOW_ATTACHED = "attached"

#: Event → the resource it carries and the status that resource must have. An event whose resource says
#: something else proves nothing (a published source.chargeable carries an expired source): we ask.
EVENTS: Mapping[str, tuple[str, str]] = {
    "source.chargeable": ("source", "chargeable"),
    "payment.paid": ("payment", "paid"),
    "payment.failed": ("payment", "failed"),
    "payment.refunded": ("payment", "paid"),
    "payment.refund.updated": ("refund", ""),
    "refund.succeeded": ("refund", "succeeded"),
    "checkout_session.payment.paid": ("checkout_session", ""),
    "link.payment.paid": ("link", ""),
    "qrph.expired": ("qrph", ""),
    # Names of 2026, listed beside the others.
    "payment_intent.succeeded": ("payment_intent", "succeeded"),
    "payment_intent.awaiting_payment_method": ("payment_intent", "awaiting_payment_method"),
}

#: What a webhook endpoint is registered for: the events that every current page lists.
REGISTERED_EVENTS = (
    "source.chargeable",
    "payment.paid",
    "payment.failed",
    "payment.refunded",
    "payment.refund.updated",
    "link.payment.paid",
    "checkout_session.payment.paid",
    "qrph.expired",
)

#: Resources by the prefix of their id.
PREFIXES: Mapping[str, str] = {
    "pay": "payment",
    "src": "source",
    "pi": "payment_intent",
    "cs": "checkout_session",
    "link": "link",
    "ref": "refund",
    "pm": "payment_method",
    "qrph": "qrph",
    "hook": "webhook",
    "cus": "customer",
}

#: Resources that are a checkout: asking about them makes sense, whatever event named them.
CHECKOUTS = frozenset({"source", "payment_intent", "checkout_session", "link"})

# --- refunds ----------------------------------------------------------------------------------------

REFUND_REASONS = frozenset({"duplicate", "fraudulent", "requested_by_customer", "others"})

#: Parts of other people's words, in the order they are looked for.
_REASON_PARTS = (
    ("fraud", "fraudulent"),
    ("stolen", "fraudulent"),
    ("duplicat", "duplicate"),
    ("double", "duplicate"),
    ("twice", "duplicate"),
    ("customer", "requested_by_customer"),
    ("request", "requested_by_customer"),
)


def refund_reason(text: str) -> str:
    """The one of PayMongo's four reasons that comes nearest to any text."""
    word = "_".join(text.lower().split())
    if word in REFUND_REASONS:
        return word
    return next((reason for part, reason in _REASON_PARTS if part in word), "others")
