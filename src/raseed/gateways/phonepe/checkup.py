"""What a PhonePe account's settings show before the first payment goes wrong."""

from __future__ import annotations

from collections.abc import Iterator

from raseed.gateways.base import Advice
from raseed.gateways.phonepe.account import Hooks
from raseed.gateways.phonepe.vocabulary import V2


def advice(version: str, *, can_call: bool, hooks: Hooks) -> Iterator[Advice]:
    """Its own look over the account, without asking PhonePe."""
    if not can_call:
        needed = "CLIENT_ID and CLIENT_SECRET" if version == V2 else "MERCHANT_ID, SALT_KEY and SALT_INDEX"
        yield Advice(
            "raseed.E201",
            f"{needed} are not all set: nothing can be paid, and PhonePe cannot be asked.",
            "Copy them from PhonePe's dashboard, or from its mail about live credentials.",
        )
    if version != V2:
        return  # callbacks of version 1 are signed with the salt key
    if not len(hooks):
        yield Advice(
            "raseed.W202",
            "WEBHOOK_USERNAME and WEBHOOK_PASSWORD are empty: every webhook is refused, and payments are "
            "confirmed late, by asking.",
            "Choose both, and enter them with the webhook's address in PhonePe's dashboard.",
        )
    elif not hooks.fit_dashboard:
        yield Advice(
            "raseed.W203",
            "the dashboard takes no such user name or password, so PhonePe sends others, which are refused.",
            "User name: 5 to 20 letters, digits, underscores. Password: 8 to 20 letters and digits.",
        )
