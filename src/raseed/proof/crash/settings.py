"""The tour's settings, with purposes that tell of a payment by webhook and pay back what was paid twice."""

from __future__ import annotations

from raseed.proof.tour.settings import *  # noqa: F403 a settings module is its names
from raseed.proof.tour.settings import RASEED as _TOUR

RASEED = {
    **_TOUR,
    "PURPOSES": {
        **_TOUR["PURPOSES"],
        "system-fee": "raseed.proof.crash.purposes.SystemFee",
        "bill": "raseed.proof.crash.purposes.BillPayment",
    },
}
