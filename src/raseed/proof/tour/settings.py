"""The example shops' settings, with purposes that can be made to fail. For the tour's processes only."""

from __future__ import annotations

from raseed_shops.settings import *  # noqa: F403 a settings module is its names
from raseed_shops.settings import MARKETPLACE as _MARKETPLACE
from raseed_shops.settings import RASEED as _SHOPS

#: No pause that Raseed chooses by itself is this long, so a row that is due in exactly this time is in a
#: worker's hands. The tour waits for those; see stage.py.
LEASE_SECONDS = 61.7

#: The clock stands still for many deliveries.
MARKETPLACE = {**_MARKETPLACE, "WEBHOOKS_PER_MINUTE": 10_000}

RASEED = {
    **_SHOPS,
    "LEASE_SECONDS": LEASE_SECONDS,
    "PURPOSES": {
        "system-fee": "raseed.proof.tour.purposes.SystemFee",
        "task-price": "raseed.proof.tour.purposes.DoerPay",
        "bill": "raseed.proof.tour.purposes.BillPayment",
        "appointment-deposit": "raseed.proof.tour.purposes.DepositPayment",
        "job": "raseed.proof.tour.purposes.JobPayment",
        "deposit": "raseed.proof.tour.purposes.BalanceDeposit",
        "puja-cart": "raseed.proof.tour.purposes.CartPayment",
    },
}
