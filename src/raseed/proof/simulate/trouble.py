"""The shops' own code fails sometimes: their purposes, with a `fulfil` that raises as often as the seed says.

Deposits give nothing but money, and have no code that could fail.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

import raseed
from raseed_shops.clinic import payments as clinic
from raseed_shops.errands import payments as errands
from raseed_shops.marketplace import payments as marketplace
from raseed_shops.puja import payments as puja

#: By purpose and payable: how many further attempts to give it raise.
ahead: Counter[tuple[str, str]] = Counter()


class Trouble(Exception):
    """The shop's own mistake."""


class _Troubled(raseed.Purpose):
    def fulfil(self, payable: Any, payment: Any) -> Any:
        if ahead[self.name, str(payable.pk)] > 0:
            ahead[self.name, str(payable.pk)] -= 1
            raise Trouble("the shop's own mistake")
        return super().fulfil(payable, payment)


class SystemFee(_Troubled, errands.SystemFee):
    """The errands shop's fee."""


class BillPayment(_Troubled, clinic.BillPayment):
    """The clinic's bills."""


class CartPayment(_Troubled, puja.CartPayment):
    """The temple's carts."""


class JobPayment(_Troubled, marketplace.JobPayment):
    """The marketplace's jobs."""
