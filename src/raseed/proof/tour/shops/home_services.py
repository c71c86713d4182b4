"""Home services: a client puts money into a balance, at Paymob's page or at a kiosk."""

from __future__ import annotations

from decimal import Decimal
from random import Random
from typing import Any

import raseed
from raseed.payments.amounts import amount_text
from raseed.payments.ledger_check import check_ledger
from raseed.payments.models import Payment, Posting
from raseed.proof.tour.browser import Browser, Page
from raseed.proof.tour.shops.base import Given, Offer
from raseed.proof.tour.stage import Stage
from raseed.proof.tour.tills.paymob import PaymobTill
from raseed_shops.services.models import CURRENCY, Deposit

PURPOSE = "deposit"
AMOUNTS = ("10.00", "100.00", "250.50", "1999.95")


class HomeServices:
    """Implements `shops.base.Shop`, with a till of its own kind. Amira deposits."""

    name = "services"

    def __init__(self, stage: Stage) -> None:
        self._url = stage.local.shop_url
        self.customer = stage.browser("amira")
        self._log_in(self.customer, "Amira")
        self.till = PaymobTill(stage.control)
        self._pages: dict[str, str] = {}

    def _log_in(self, browser: Browser, first_name: str) -> None:
        browser.press(browser.get(f"{self._url}/login/"), first_name)

    def publish(self, random: Random) -> Offer:
        return self.deposit(random.choice(AMOUNTS))

    def deposit(self, amount: str, way: str = "new") -> Offer:
        """Press Deposit. The new tab stays where the shop sends it until somebody looks."""
        page = self.customer.get(f"{self._url}/services/")
        sent = {"amount": amount, "way": way}
        tab = self.customer.send(
            page, f"{self._url}/services/deposit/", {**page.token(), **sent}, follow=False
        )
        made = Deposit.objects.filter(client__username="amira").latest("pk")
        self._pages[str(made.pk)] = tab.leads_to
        return Offer(PURPOSE, str(made.pk), str(made))

    def press_pay(self, offer: Offer) -> Page:
        """The tab that the deposit opened."""
        return self.customer.get(self._pages[offer.key])

    def offer_again(self, offer: Offer) -> None:
        """Another deposit is another one."""

    def given(self, offer: Offer, payment: Payment | None) -> Given:
        """What the deposit did to the balance, and whether the books are right."""
        client = Deposit.objects.get(pk=offer.key).client
        mine: Any = raseed.wallet_history(client, CURRENCY).filter(payment__payable_key=offer.key)
        changes = list(mine.values_list("memo", "change_minor"))
        came = [minor for memo, minor in changes if memo == "charge"]
        left = sum(minor for _, minor in changes)
        odd = [f"the ledger: {line}" for line in check_ledger() if not line.is_right]
        short = Posting.objects.filter(payment__payable_key=offer.key, debit="receivable")
        odd += [f"{posting.money} is owed" for posting in short]
        return Given(left > 0, len(came), int(bool(came) and left == 0), tuple(odd))

    def try_to_use(self, offer: Offer) -> bool:
        """Whether the dashboard shows the balance that has this deposit in it."""
        client = Deposit.objects.get(pk=offer.key).client
        shown = " ".join(self.customer.get(f"{self._url}/services/").text.split())
        balance = " ".join(amount_text(raseed.wallet_balance(client, CURRENCY)).split())
        return balance in shown and self.given(offer, None).now

    def spend(self, money: raseed.Money, key: str) -> Page:
        """Pay Hassan from the balance."""
        page = self.customer.get(f"{self._url}/services/")
        amount = str(Decimal(money.amount))
        sent = {"technician": "hassan", "amount": amount, "note": "Leaking tap", "key": key}
        return self.customer.send(page, f"{self._url}/services/pay/", {**page.token(), **sent})
