"""What a Paymob account's settings show before the first payment goes wrong."""

from __future__ import annotations

from collections.abc import Iterator

from raseed.gateways.base import Advice
from raseed.gateways.paymob.identity import Identity


def advice(
    *, identity: Identity, has_secrets: bool, has_api_key: bool, has_secret_key: bool, has_public_key: bool
) -> Iterator[Advice]:
    """Its own look over the account. Whether keys are in force shows when they are used."""
    if not has_secrets:
        yield Advice(
            "raseed.W301",
            "HMAC_SECRETS is empty: every callback is refused, and payments are confirmed late, by asking.",
            "Copy the HMAC secret from the dashboard's settings.",
        )
    if not has_api_key:
        yield Advice(
            "raseed.E302",
            "API_KEY is not set: Paymob cannot be asked, so a lost callback is a payment that is never seen.",
            "Copy the API key from the dashboard's settings.",
        )
    if has_secret_key and not has_public_key:
        yield Advice(
            "raseed.E303",
            "PUBLIC_KEY is not set: the checkout page cannot be opened.",
            "Copy the public key that belongs to SECRET_KEY.",
        )
    if not identity.integrations:
        yield Advice(
            "raseed.E304",
            "INTEGRATION_IDS is empty: nothing can be paid, and a callback's digits cannot be compared.",
            "List the integrations of this mode, by name: {'card': 4000111}.",
        )
    if identity.livemode is None:
        yield Advice(
            "raseed.W305",
            "the mode is not known: the keys do not tell it, and LIVEMODE is not set.",
            "Set LIVEMODE to True or False.",
        )
    if identity.owner is None:
        yield Advice(
            "raseed.I306",
            "OWNER is not set: a callback's owner, whose digits stand beside the order's, is not compared.",
            "Set it to obj.owner of any callback of this account.",
        )
