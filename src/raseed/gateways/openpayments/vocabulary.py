"""Open Payments' words and what they mean here. Sources: the OpenAPI files 1.3.0, and Rafiki where said.

Rafiki is the reference implementation that most wallets run.
"""

from __future__ import annotations

from collections.abc import Mapping

from raseed.core.facts import FactKind

#: The one method: from wallet to wallet.
METHOD = "wallet"

# --- times --------------------------------------------------------------------------------------------

#: How long a customer may take at their wallet before the checkout is closed there. Rafiki gives ten
#: minutes from opening the consent page.
CONSENT_SECONDS = 15 * 60

#: How long the seller's wallet takes the money: well past the consent, and the wallet's own attempts.
RECEIVE_SECONDS = 60 * 60

#: Rafiki tries up to five times to send, with pauses of up to a minute: until then money may be on its way.
SENDING_SECONDS = 10 * 60

#: A quote that ends sooner than this might end on its way.
QUOTE_MARGIN_SECONDS = 5

#: Where a wallet says "too fast" without saying how long to wait (Rafiki's pause).
WAIT_SECONDS = 5

#: Nothing more arrives this long after an incoming payment's time is over, whatever our clocks say.
CLOCK_MARGIN_SECONDS = 60

#: Asked about every few seconds while a customer may be at it, then ever more slowly.
POLL_SECONDS = ((120, 5), (900, 15))

# --- what the browser's return says (RFC 9635 and Rafiki's interaction routes) ------------------------

RESULTS: Mapping[str, tuple[FactKind, str]] = {
    "grant_rejected": (FactKind.ATTEMPT_FAILED, "the wallet says that its owner did not agree"),
    "grant_invalid": (FactKind.PENDING, "the wallet says that its owner has not decided yet"),
    "invalid_interaction": (FactKind.ATTEMPT_FAILED, "the wallet's consent page is over"),
    "unknown_interaction": (FactKind.ATTEMPT_FAILED, "the wallet does not know this consent any more"),
    "request_denied": (FactKind.ATTEMPT_FAILED, "the wallet could not ask for consent"),
}

# --- refusals -----------------------------------------------------------------------------------------

#: The authorization server's code → one sentence for a shopkeeper. Source: auth-server.yaml.
AUTH_REFUSALS: Mapping[str, str] = {
    "invalid_request": "The wallet did not understand the request for consent.",
    "invalid_client": "The wallet does not accept our key. Is it published, with a public name?",
    "request_denied": "The wallet refused: the consent was used already, or cannot be used.",
    "too_fast": "The wallet wants us to wait before going on.",
    "invalid_continuation": "The wallet does not know this consent (any more).",
    "invalid_rotation": "The wallet does not renew this token any more.",
}

#: A part of the resource server's description → one sentence for a shopkeeper. Rafiki's texts.
RESOURCE_REFUSALS: tuple[tuple[str, str], ...] = (
    ("signature validation", "The wallet does not accept our signature. Is the key published?"),
    ("inactive token", "The consent's token is not valid (any more)."),
    ("invalid token", "The consent's token is not valid (any more)."),
    ("insufficient grant", "The consent does not cover this."),
    ("invalid receiver", "The wallet to be paid takes no more money for this."),
    ("invalid quote", "The wallet's offer is over or was used."),
    ("unknown quote", "The wallet does not know its own offer any more."),
    ("invalid amount", "The wallet cannot send this amount."),
    ("non-positive receive amount", "The amount is too small to arrive after the wallet's fee."),
    ("unauthorized", "The consent does not cover this payment."),
)

#: Codes by which a grant is over for good: the customer must agree anew.
CONSENT_OVER = frozenset({"request_denied", "invalid_continuation"})

#: Parts of descriptions by which a quote cannot be paid with (any more).
QUOTE_OVER = ("invalid quote", "unknown quote")
