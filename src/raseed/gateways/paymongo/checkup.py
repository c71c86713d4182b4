"""What a PayMongo account's settings show before the first payment goes wrong."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from raseed.gateways.base import Advice
from raseed.gateways.paymongo.account import minimum_of


def advice(
    *,
    livemode: bool,
    has_secrets: bool,
    has_public_key: bool,
    window_seconds: float | None,
    minimum: Mapping[tuple[str, str], int],
) -> Iterator[Advice]:
    """Its own look over the account. Whether the keys are in force shows when the webhooks are listed."""
    if not has_secrets:
        yield Advice(
            "raseed.W101",
            "WEBHOOK_SECRETS is empty: every webhook is refused, and payments are confirmed late, by asking.",
            "Register the webhook (manage.py raseed_webhooks) and put its whsk_… there.",
        )
    if not has_public_key:
        yield Advice(
            "raseed.I102",
            "PUBLIC_KEY is not set: cards, whose details the browser sends by itself, cannot be started.",
            "Set it (pk_…) if the shop takes them.",
        )
    if livemode and window_seconds is None:
        yield Advice(
            "raseed.W103",
            "REPLAY_WINDOW_SECONDS is off: an old webhook that somebody kept is taken again at any time.",
            "Leave it out.",
        )
    documented = minimum_of(None)
    lower = sorted(
        method or "all others"
        for (method, currency), minor in minimum.items()
        if minor < documented.get((method, currency), documented.get(("", currency), 0))
    )
    if livemode and lower:
        yield Advice(
            "raseed.W104",
            f"MINIMUM is below what PayMongo documents for {', '.join(lower)}: it refuses such payments when "
            "the customer has chosen to pay.",
            "Leave MINIMUM out, unless PayMongo agreed to less with you.",
        )
