"""The tour's purposes, with what no shop does and a crash must not break. Loaded by the shop's processes."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import raseed
from raseed.proof.crash.receiver import SECRET, URL
from raseed.proof.tour import purposes
from raseed.proof.tour.trouble import VARIABLE, Plan


class SystemFee(purposes.SystemFee):
    """The errands shop's fee; where the plan says so, somebody is told of it by a signed webhook."""

    def fulfil(self, payable: Any, payment: Any) -> Any:
        made = super().fulfil(payable, payment)
        if Plan(Path(os.environ[VARIABLE])).of(f"{self.name}:{payable.pk}").get("tell"):
            document = {"type": "payment.paid", "reference": payment.reference}
            raseed.send_webhook(URL, SECRET, document, key=f"told:{payment.reference}", payment=payment)
        return made


class BillPayment(purposes.BillPayment):
    """The clinic's bills; what is paid twice goes back by itself."""

    double = "refund"
