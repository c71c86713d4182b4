"""What the clock does by itself: payers take too long, refunds end, holds are released."""

from __future__ import annotations

from raseed.sandbox.paymongo import attempts, capturing, refunds, sources
from raseed.sandbox.world import Alarms

ACTIONS: Alarms = {
    "expire_source": ("sources", sources.expire),
    "finish_refund": ("refunds", refunds.finish),
    "close_attempt": ("wallets", attempts.expire),
    "finish_attempt": ("wallets", attempts.finish_processing),
    "release_hold": ("intents", capturing.release),
}
