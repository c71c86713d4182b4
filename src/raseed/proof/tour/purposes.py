"""The shops' purposes, each with trouble on purpose. Loaded by the shop and the worker of a tour only."""

from __future__ import annotations

from raseed.proof.tour.trouble import Troubled
from raseed_shops.clinic import payments as clinic
from raseed_shops.errands import payments as errands
from raseed_shops.marketplace import payments as marketplace
from raseed_shops.puja import payments as puja
from raseed_shops.services import payments as services


class SystemFee(Troubled, errands.SystemFee):
    """The errands shop's fee."""


class DoerPay(Troubled, errands.DoerPay):
    """The errands shop's other purpose."""


class BillPayment(Troubled, clinic.BillPayment):
    """The clinic's bills."""


class DepositPayment(Troubled, clinic.DepositPayment):
    """The clinic's deposits."""


class JobPayment(Troubled, marketplace.JobPayment):
    """The marketplace's jobs."""


class CartPayment(Troubled, puja.CartPayment):
    """The temple's carts."""


class BalanceDeposit(Troubled, services.DepositPayment):
    """Deposits into a balance."""
