"""What a Paymob account's settings show before the first payment goes wrong."""

from __future__ import annotations

from collections.abc import Iterator

from raseed.gateways.base import Advice
from raseed.gateways.http import Document
from raseed.gateways.paymob.identity import Identity
from raseed.gateways.paymob.members import Members
from raseed.gateways.signatures import Secrets

#: What Paymob's own WooCommerce plugin reads when it is set up.
SECRET = "/api/auth/hmac_secret/get_hmac"  # noqa: S105 an address
INTEGRATIONS = "/api/ecommerce/integrations"


#: What each way of being wrong is called, and what to do.
ADVICE = (
    Advice(
        "raseed.W301",
        "HMAC_SECRETS is empty: every callback is refused, and payments are confirmed late, by asking.",
        "Copy the HMAC secret from the dashboard's settings.",
    ),
    Advice(
        "raseed.E302",
        "API_KEY is not set: Paymob cannot be asked, so a lost callback is a payment that is never seen.",
        "Copy the API key from the dashboard's settings.",
    ),
    Advice(
        "raseed.E303",
        "PUBLIC_KEY is not set: the checkout page cannot be opened.",
        "Copy the public key that belongs to SECRET_KEY.",
    ),
    Advice(
        "raseed.E307",
        "neither SECRET_KEY nor IFRAME_ID is set: no page can be opened on which a card is typed.",
        "Set the keys of the intention API; or the number of the iframe, for the older way.",
    ),
    Advice(
        "raseed.E304",
        "INTEGRATION_IDS is empty: nothing can be paid, and a callback's digits cannot be compared.",
        "List the integrations of this mode, by name: {'card': 4000111}.",
    ),
    Advice(
        "raseed.W305",
        "the mode is not known: the keys do not tell it, and LIVEMODE is not set.",
        "Set LIVEMODE to True or False.",
    ),
    Advice(
        "raseed.I306",
        "OWNER is not set: a callback's owner, whose digits stand beside the order's, is not compared.",
        "Set it to obj.owner of any callback of this account.",
    ),
)


def advice(
    *,
    identity: Identity,
    has_secrets: bool,
    has_api_key: bool,
    has_secret_key: bool,
    has_public_key: bool,
    has_iframe: bool,
) -> Iterator[Advice]:
    """Its own look over the account. Whether keys are in force shows when they are used."""
    wrong = {
        "raseed.W301": not has_secrets,
        "raseed.E302": not has_api_key,
        "raseed.E303": has_secret_key and not has_public_key,
        "raseed.E307": not has_secret_key and not has_iframe,
        "raseed.E304": not identity.integrations,
        "raseed.W305": identity.livemode is None,
        "raseed.I306": identity.owner is None,
    }
    return (known for known in ADVICE if wrong[known.id])


def secret_advice(answer: Document, ours: Secrets) -> Iterator[Advice]:
    """Whether Paymob signs with a secret that is configured; nothing where it does not say."""
    theirs = Members(answer).text("hmac_secret")
    if theirs and not ours.holds(theirs):
        yield Advice(
            "raseed.E308",
            "HMAC_SECRETS does not hold the secret that Paymob signs with: every callback is refused.",
            "Copy the HMAC secret from the dashboard's settings; keep the old one beside it for a day.",
        )


def listed_advice(answer: Document, identity: Identity) -> Iterator[Advice]:
    """What Paymob's list says of the configured integrations; nothing of those that are not in it."""
    rows = answer.get("results")
    for row in map(Members, rows if isinstance(rows, list) else []):
        number, is_live = row.id("id"), row.flag("is_live")
        is_told = None not in (is_live, identity.livemode)
        if number in identity.integrations and is_told and is_live is not identity.livemode:
            mode, other = ("live", "test") if is_live else ("test", "live")
            yield Advice(
                "raseed.E309",
                f"integration {number} is one of {mode} mode, and this account is in {other} mode.",
                "List the integrations of the account's own mode in INTEGRATION_IDS.",
            )
