"""What happens by itself when its time has come."""

from __future__ import annotations

from raseed.sandbox.phonepe import attempts, refunds
from raseed.sandbox.world import Alarms

ACTIONS: Alarms = {
    "expire": ("orders", attempts.expire),
    "confirm_refund": ("refunds", refunds.confirm),
    "finish_refund": ("refunds", refunds.finish),
}
