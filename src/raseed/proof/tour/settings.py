"""The example shops' settings, with purposes that can be made to fail. For the tour's processes only."""

from __future__ import annotations

import os

from raseed.proof.tour.engines import ENGINES
from raseed.proof.tour.engines.base import ENGINE_VARIABLE, QUEUE, QUEUE_VARIABLE, Engine
from raseed_shops.settings import *  # noqa: F403 a settings module is its names
from raseed_shops.settings import INSTALLED_APPS as _APPS
from raseed_shops.settings import MARKETPLACE as _MARKETPLACE
from raseed_shops.settings import RASEED as _SHOPS

_engine = ENGINES[os.environ.get(ENGINE_VARIABLE, Engine.name)](os.environ.get(QUEUE_VARIABLE, ""))
INSTALLED_APPS = [*_APPS, *_engine.apps()]
globals().update(_engine.settings())

#: No pause that Raseed chooses by itself is this long, so a row that is due in exactly this time is in a
#: worker's hands. The tour waits for those; see stage.py.
LEASE_SECONDS = 61.7

#: The clock stands still for many deliveries.
MARKETPLACE = {**_MARKETPLACE, "WEBHOOKS_PER_MINUTE": 10_000}

RASEED = {
    **_SHOPS,
    "LEASE_SECONDS": LEASE_SECONDS,
    "TASK_QUEUE": QUEUE if _engine.has_queue else "default",
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
