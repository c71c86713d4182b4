"""What a customer may pay with: our method names, PayMongo's words for them, and what each can do.

Windows run from the attach (statuses page); refund windows are those of the refunds page.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType


class Flow(StrEnum):
    """The way a checkout goes at PayMongo."""

    SOURCE = "source"  # the customer agrees in the wallet, then we charge the source
    SESSION = "session"  # PayMongo's page
    LINK = "link"  # PayMongo's page behind a short address; nobody is sent back from it
    BROWSER = "browser"  # an intent whose card is entered on the site's own page, by client key
    ATTACHED = "attached"  # an intent to which we attach the method; it can be tried once


@dataclass(frozen=True, slots=True)
class Method:
    """One method name. `word` is PayMongo's type; `window_seconds` how long the customer has.

    `version` is the API's for sessions. `details` go into the payment method, `test_details` replace
    them in test mode. `refund_window` is empty where there is none or it depends on what was chosen.
    """

    flow: Flow
    word: str = ""
    window_seconds: int | None = None
    version: int = 1
    holds: bool = False
    details: Mapping[str, str] = field(default_factory=dict)
    test_details: Mapping[str, str] = field(default_factory=dict)
    refund_window: str = ""

    @property
    def closes(self) -> bool:
        """Whether an open checkout can be ended: all but sources, which end by themselves."""
        return self.flow is not Flow.SOURCE


_HOUR = 3600
_DAYS_180, _DAYS_90, _DAYS_60 = "180 days", "90 days", "60 days"

#: A wallet source must be authorized within an hour (help article on failed payments).
SOURCE_LIFE_SECONDS = _HOUR

#: QR Ph codes live half an hour unless told otherwise: 60 to 9000 seconds.
QR_LIFE_SECONDS = 1800
QR_LIFE_RANGE = (60, 9000)

METHODS: Mapping[str, Method] = MappingProxyType(
    {
        "gcash": Method(Flow.SOURCE, "gcash", SOURCE_LIFE_SECONDS, refund_window=_DAYS_180),
        "grab_pay": Method(Flow.SOURCE, "grab_pay", SOURCE_LIFE_SECONDS, refund_window=_DAYS_90),
        "checkout": Method(Flow.SESSION),
        "checkout_v2": Method(Flow.SESSION, version=2),
        "link": Method(Flow.LINK),
        "card": Method(Flow.BROWSER, "card", refund_window=_DAYS_60),
        "card_hold": Method(Flow.BROWSER, "card", holds=True, refund_window=_DAYS_60),
        "gcash_intent": Method(Flow.ATTACHED, "gcash", 4 * _HOUR, refund_window=_DAYS_180),
        "grab_pay_intent": Method(Flow.ATTACHED, "grab_pay", 900, refund_window=_DAYS_90),
        "paymaya": Method(Flow.ATTACHED, "paymaya", 1800, refund_window="12 months"),
        "shopee_pay": Method(Flow.ATTACHED, "shopee_pay", refund_window="365 days"),
        "billease": Method(Flow.ATTACHED, "billease", refund_window=_DAYS_60),
        "qrph": Method(Flow.ATTACHED, "qrph", QR_LIFE_SECONDS),
        # The banks' codes are those in public integrations; the sheet of test banks could not be had.
        "dob_bpi": Method(
            Flow.ATTACHED,
            "dob",
            details={"bank_code": "bpi"},
            test_details={"bank_code": "test_bank_one"},
            refund_window="30 days",
        ),
        "dob_ubp": Method(
            Flow.ATTACHED,
            "dob",
            details={"bank_code": "ubp"},
            test_details={"bank_code": "test_bank_two"},
        ),
    }
)

#: Methods whose open checkouts cannot be ended at PayMongo.
UNCLOSABLE = frozenset(name for name, method in METHODS.items() if not method.closes)

#: Methods that hold the money until it is captured.
HELD = frozenset(name for name, method in METHODS.items() if method.holds)

#: Methods that cannot be refunded at all.
NEVER_REFUNDED = frozenset({"qrph", "dob_ubp"})

#: What a checkout page offers unless CHECKOUT_METHODS says otherwise.
CHECKOUT_METHODS = ("gcash", "grab_pay", "paymaya", "card")

#: Smallest amounts in centavos by our method name, "" for all others. The reference page of sources
#: still prints 10000; intents, and so everything that is paid through one, take 2000 since 2024.
MINIMUM_MINOR: Mapping[str, int] = MappingProxyType({"": 2000, "gcash": 10000, "grab_pay": 10000})
