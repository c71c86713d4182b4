"""What the clock does by itself: consents and incoming payments run out, money moves on."""

from __future__ import annotations

from raseed.sandbox.openpayments import grants, incoming, sending
from raseed.sandbox.world import Alarms

ACTIONS: Alarms = {
    "expire_grant": ("grants", grants.expire),
    "expire_incoming": ("incoming", incoming.expire),
    "fund": ("outgoing", sending.fund),
    "send": ("outgoing", sending.send),
    "settle_fee": ("outgoing", sending.settle_fee),
}
