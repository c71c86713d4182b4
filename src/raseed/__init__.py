"""Raseed: every payment confirmed by whichever channel speaks first, and fulfilled exactly once.

The names below are the public ones. They are loaded on first use, so that importing Raseed (or its
gateways, or its sandbox) loads no Django.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from raseed.core.money import Money
    from raseed.payments.flows.capture import capture, void
    from raseed.payments.flows.check_payment import check_payment
    from raseed.payments.flows.pay_with_card import pay_with_card
    from raseed.payments.flows.queue_notice import send_email, send_webhook
    from raseed.payments.flows.refund import request_refund
    from raseed.payments.flows.save_card import choose_card, delete_card, rename_card
    from raseed.payments.flows.start_payment import Checkout, start_payment
    from raseed.payments.flows.transfer import allow_overdraft, pay_in, pay_out, transfer
    from raseed.payments.flows.visits import Visit
    from raseed.payments.models import SavedCard
    from raseed.payments.purposes import Purpose
    from raseed.payments.queries import (
        find_payment,
        latest_payment,
        payments_for,
        payments_of,
        saved_cards,
        wallet_balance,
        wallet_history,
    )
    from raseed.payments.views import jwks, returned, take_return, webhook

__version__ = "0.1.0"

_WHERE = {
    "Checkout": "raseed.payments.flows.start_payment",
    "Money": "raseed.core.money",
    "Purpose": "raseed.payments.purposes",
    "SavedCard": "raseed.payments.models",
    "Visit": "raseed.payments.flows.visits",
    "allow_overdraft": "raseed.payments.flows.transfer",
    "capture": "raseed.payments.flows.capture",
    "check_payment": "raseed.payments.flows.check_payment",
    "choose_card": "raseed.payments.flows.save_card",
    "delete_card": "raseed.payments.flows.save_card",
    "find_payment": "raseed.payments.queries",
    "jwks": "raseed.payments.views",
    "latest_payment": "raseed.payments.queries",
    "pay_in": "raseed.payments.flows.transfer",
    "pay_out": "raseed.payments.flows.transfer",
    "pay_with_card": "raseed.payments.flows.pay_with_card",
    "payments_for": "raseed.payments.queries",
    "payments_of": "raseed.payments.queries",
    "rename_card": "raseed.payments.flows.save_card",
    "request_refund": "raseed.payments.flows.refund",
    "returned": "raseed.payments.views",
    "saved_cards": "raseed.payments.queries",
    "send_email": "raseed.payments.flows.queue_notice",
    "send_webhook": "raseed.payments.flows.queue_notice",
    "start_payment": "raseed.payments.flows.start_payment",
    "take_return": "raseed.payments.views",
    "transfer": "raseed.payments.flows.transfer",
    "void": "raseed.payments.flows.capture",
    "wallet_balance": "raseed.payments.queries",
    "wallet_history": "raseed.payments.queries",
    "webhook": "raseed.payments.views",
}

__all__ = [
    "Checkout",
    "Money",
    "Purpose",
    "SavedCard",
    "Visit",
    "allow_overdraft",
    "capture",
    "check_payment",
    "choose_card",
    "delete_card",
    "find_payment",
    "jwks",
    "latest_payment",
    "pay_in",
    "pay_out",
    "pay_with_card",
    "payments_for",
    "payments_of",
    "rename_card",
    "request_refund",
    "returned",
    "saved_cards",
    "send_email",
    "send_webhook",
    "start_payment",
    "take_return",
    "transfer",
    "void",
    "wallet_balance",
    "wallet_history",
    "webhook",
]


def __getattr__(name: str) -> Any:
    if name not in _WHERE:
        raise AttributeError(f"raseed has no {name!r}. Public names: {', '.join(__all__)}.")
    return getattr(import_module(_WHERE[name]), name)
