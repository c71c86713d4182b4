"""PhonePe's addresses and words, and what they mean here: from its documentation unless marked."""

from __future__ import annotations

from collections.abc import Mapping

from raseed.core.facts import FactKind

V1, V2 = "v1", "v2"

#: Test mode: one host for everything.
SANDBOX_URL = "https://api-preprod.phonepe.com/apis/pg-sandbox"
#: Live: by version; the token of version 2 comes from another address.
LIVE_URLS: Mapping[str, str] = {
    V2: "https://api.phonepe.com/apis/pg",
    V1: "https://api.phonepe.com/apis/hermes",
}
LIVE_TOKEN_URL = "https://api.phonepe.com/apis/identity-manager"  # noqa: S105 an address

CURRENCY = "INR"
#: One rupee, for payments and (in version 2, on the website's page) for refunds.
MINIMUM_MINOR = 100

#: Life of an order in seconds that PhonePe takes; without it an order lives for twenty minutes.
EXPIRY_RANGE = (300, 3600)

#: What an id of ours may be. The documents say "63" and "less than 63"; version 1 says "under 35".
LONGEST_ID: Mapping[str, int] = {V2: 62, V1: 34}

#: PhonePe's own schedule, which its checklist calls mandatory: (until this age in seconds, ask every …).
#: The first question comes after 20 to 25 seconds, then 10, 10, 6 and 2, then one a minute
#: until the order ends, which is an hour at most. After that the ordinary ever slower pace goes on.
POLL_SECONDS = ((20, 24), (54, 3), (114, 6), (174, 10), (234, 30), (3600, 60))

#: Our methods → what the page of version 2 is restricted to. Version 1 opens the whole page only.
METHODS: Mapping[str, tuple[str, ...]] = {
    "checkout": (),
    "phonepe": (),  # the same page, for shops that name their buttons after gateways
    "upi": ("UPI_INTENT", "UPI_COLLECT", "UPI_QR"),
    "upi_intent": ("UPI_INTENT",),
    "upi_collect": ("UPI_COLLECT",),
    "upi_qr": ("UPI_QR",),
    "card": ("CARD",),
    "net_banking": ("NET_BANKING",),
}
WHOLE_PAGE = frozenset(name for name, modes in METHODS.items() if not modes)

# --- states of version 2 ----------------------------------------------------------------------------

COMPLETED, FAILED, PENDING = "COMPLETED", "FAILED", "PENDING"

#: CONFIRMED means that PhonePe has accepted the refund; it is not final. Words we do not know are not either.
REFUND_STATE: Mapping[str, FactKind] = {
    "PENDING": FactKind.REFUND_PENDING,
    "CONFIRMED": FactKind.REFUND_PENDING,
    "COMPLETED": FactKind.REFUNDED,
    "FAILED": FactKind.REFUND_FAILED,
}

#: How events about refunds begin, also for Standard Checkout; old deliveries have `type` instead of `event`.
REFUND_EVENTS = ("pg.refund.", "PG_REFUND_")

#: `detailedErrorCode` of an order that nobody paid in time (PhonePe's table of codes; no full sample).
ORDER_EXPIRED = "ORDER_EXPIRED"

# --- codes of version 1 -----------------------------------------------------------------------------

#: The `code` of a status answer or a callback decides, nothing else. Codes that are not here are unknown.
PAYMENT_CODE: Mapping[str, FactKind] = {
    "PAYMENT_SUCCESS": FactKind.PAID,
    "PAYMENT_ERROR": FactKind.FAILED,
    "PAYMENT_DECLINED": FactKind.FAILED,
    "PAYMENT_CANCELLED": FactKind.CANCELLED,
    "PAYMENT_PENDING": FactKind.PENDING,
    "PAYMENT_INITIATED": FactKind.PENDING,
    "INTERNAL_SERVER_ERROR": FactKind.PENDING,  # "unknown", though it reads like the end
    "TIMED_OUT": FactKind.PENDING,  # explained for refunds only, where it may still have begun
}

REFUND_CODE: Mapping[str, FactKind] = {
    "PAYMENT_SUCCESS": FactKind.REFUNDED,
    "PAYMENT_ERROR": FactKind.REFUND_FAILED,
    "PAYMENT_DECLINED": FactKind.REFUND_FAILED,
}

#: Codes with which PhonePe says that it has never heard of an order, a transaction or a refund.
NOT_FOUND = frozenset(
    {"MERCHANT_ORDER_MAPPING_NOT_FOUND", "TRANSACTION_NOT_FOUND", "ORDER_NOT_FOUND", "REFUND_NOT_FOUND"}
)
