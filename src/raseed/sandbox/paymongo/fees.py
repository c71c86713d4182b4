"""Fees, net amounts and payout dates as seen in published payloads, so that numbers look believable.

Test captures: GCash 2.5 %, GrabPay 2.2 %, card 3.5 % + 15.00 and 1 % more for a foreign card; live GCash
2 %. Maya was never captured: 2.2 % is our choice. Taxes are left out.
"""

from __future__ import annotations

from raseed.sandbox.store import Doc

DAY_SECONDS = 86_400
BASIS_POINTS = {"gcash": 250, "grab_pay": 220, "paymaya": 220, "card": 350}
LIVE_BASIS_POINTS = {"gcash": 200}
CARD_FIXED_MINOR = 1500
FOREIGN_BASIS_POINTS = 100


def share(minor: int, basis_points: int) -> int:
    """That part of an amount, rounded half up, in whole centavos."""
    return (minor * basis_points + 5000) // 10_000


def fees(minor: int, method: str, *, livemode: bool, foreign: bool = False) -> Doc:
    """fee, net_amount and, for cards, foreign_fee."""
    rate = BASIS_POINTS.get(method, 250)
    if livemode:
        rate = LIVE_BASIS_POINTS.get(method, rate)
    fee = share(minor, rate)
    if method != "card":
        return {"fee": fee, "net_amount": minor - fee}
    fee += CARD_FIXED_MINOR
    foreign_fee = share(minor, FOREIGN_BASIS_POINTS) if foreign else 0
    return {"fee": fee, "foreign_fee": foreign_fee, "net_amount": minor - fee - foreign_fee}


def available_at(paid_at: int) -> int:
    """When the money can be paid out: 17:00 in Manila on the third day, without regard to holidays."""
    return paid_at - paid_at % DAY_SECONDS + 3 * DAY_SECONDS + 9 * 3600


def credited_at(paid_at: int) -> int:
    """When it is paid out: a week after it became available."""
    return available_at(paid_at) + 7 * DAY_SECONDS
