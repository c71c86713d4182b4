"""Paymob's addresses and words, and what they mean here: from its documentation unless marked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Region:
    """One country's installation: its API, the currency of its integrations, how its keys begin."""

    url: str
    currency: str
    prefixes: tuple[str, ...]


#: Keys are `<prefix>_sk_test_…`, `<prefix>_pk_live_…`; samples without a prefix exist.
REGIONS: Mapping[str, Region] = {
    "egypt": Region("https://accept.paymob.com", "EGP", ("egy",)),
    "ksa": Region("https://ksa.paymob.com", "SAR", ("sau", "ksa")),
    "uae": Region("https://uae.paymob.com", "AED", ("are", "uae")),
    "oman": Region("https://oman.paymob.com", "OMR", ("omn",)),
    "pakistan": Region("https://pakistan.paymob.com", "PKR", ("pak",)),
}
DEFAULT_REGION = "egypt"

#: Addresses that are Paymob's own: live money goes nowhere else. The last one is an older name of Egypt's.
VENDOR_URLS = frozenset(region.url for region in REGIONS.values()) | {"https://accept.paymobsolutions.com"}

#: The checkout page, below the API's address; some accounts have a host of their own for it.
CHECKOUT_PATH = "/unifiedcheckout/"

#: An auth token lives for sixty minutes.
TOKEN_SECONDS = 3600

#: Longest life of an intention, and the default of Paymob's: 36 days.
LONGEST_INTENTION_SECONDS = 3_110_400

#: The life of a payment key where nobody says how long.
PAYMENT_KEY_SECONDS = 3600

#: A saved card is offered together with at most two others.
MOST_SAVED_CARDS = 3

# --- what is signed ---------------------------------------------------------------------------------

#: The twenty values of a transaction, in the order of their names. Nothing else is signed.
TRANSACTION_SIGNED: tuple[tuple[str, ...], ...] = (
    ("amount_cents",),
    ("created_at",),
    ("currency",),
    ("error_occured",),
    ("has_parent_transaction",),
    ("id",),
    ("integration_id",),
    ("is_3d_secure",),
    ("is_auth",),
    ("is_capture",),
    ("is_refunded",),
    ("is_standalone_payment",),
    ("is_voided",),
    ("order", "id"),
    ("owner",),
    ("pending",),
    ("source_data", "pan"),
    ("source_data", "sub_type"),
    ("source_data", "type"),
    ("success",),
)

TOKEN_SIGNED: tuple[tuple[str, ...], ...] = (
    ("card_subtype",),
    ("created_at",),
    ("email",),
    ("id",),
    ("masked_pan",),
    ("merchant_id",),
    ("order_id",),
    ("token",),
)

#: Two descriptions of a delivery's status exist, and contradict each other. It is acknowledged, never read.
DELIVERY_SIGNED: tuple[tuple[tuple[str, ...], ...], ...] = (
    (
        ("created_at",),
        ("extra_description",),
        ("gps_lat",),
        ("gps_long",),
        ("id",),
        ("merchant",),
        ("order", "id"),
        ("status",),
    ),
    (
        ("order_id",),
        ("order_delivery_status",),
        ("merchant_id",),
        ("merchant_name",),
        ("updated_at",),
    ),
)

#: The parameter of the query that carries the signature.
SIGNATURE = "hmac"

#: SHA-512 in hex.
SIGNATURE_LENGTH = 128

TRANSACTION, TOKEN, DELIVERY = "TRANSACTION", "TOKEN", "DELIVERY_STATUS"

# --- methods ----------------------------------------------------------------------------------------

#: What a payment is paid with once a payment key is there: identifier (None: the payer's number), subtype.
PAY_SOURCES: Mapping[str, tuple[str | None, str]] = {
    "wallet": (None, "WALLET"),
    "kiosk": ("AGGREGATOR", "AGGREGATOR"),
    "cash": ("cash", "CASH"),
}

#: The page with everything the account has.
CHECKOUT = "checkout"
#: The older page of cards, for showing in a frame or a new tab.
IFRAME = "iframe"
#: The integration whose money is held until it is captured, and the method that opens it.
AUTH, HOLD = "auth", "card_hold"
#: The integration that charges a saved card while nobody is there. No page can be opened with it.
MOTO = "moto"
