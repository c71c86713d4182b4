"""What happens by itself when its time has come."""

from __future__ import annotations

from raseed.sandbox.paymob import keys, refunds
from raseed.sandbox.world import Alarms

ACTIONS: Alarms = {
    "lapse": ("orders", keys.lapse),
    "finish_refund": ("transactions", refunds.finish),
    "release": ("transactions", refunds.release),
}
