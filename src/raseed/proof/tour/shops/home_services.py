"""Home services: a client puts money into a balance, at Paymob's page or at a kiosk."""

from __future__ import annotations

from decimal import Decimal
from random import Random
from typing import Any

from django.conf import settings

import raseed
from raseed.payments.amounts import amount_text
from raseed.payments.ledger_check import check_ledger
from raseed.payments.models import Payment, Posting
from raseed.proof.tour.browser import Browser, Page
from raseed.proof.tour.shops.base import Given, Offer
from raseed.proof.tour.stage import Stage
from raseed.proof.tour.tills.paymob import GATEWAY, PaymobTill
from raseed.proof.tour.tills.paymob_callbacks import Callbacks
from raseed_shops.services.models import CURRENCY, Deposit

PURPOSE = "deposit"
AMOUNTS = ("10.00", "100.00", "250.50", "1999.95")
#: How money comes into a balance: at once, or after a person has decided.
CAME = ("charge", "release")


class HomeServices:
    """Implements `shops.base.Shop`. Amira deposits; pressing the button is what makes the deposit."""

    name = "services"
    gives_with_money = True

    def __init__(self, stage: Stage) -> None:
        self._url = stage.local.shop_url
        self.customer = stage.browser("amira")
        self._log_in(self.customer, "Amira")
        self.till = PaymobTill(stage.control, _callbacks(stage, f"{self._url}/api/payments/webhook/"))
        self._tabs: dict[str, str] = {}

    def _log_in(self, browser: Browser, first_name: str) -> None:
        browser.press(browser.get(f"{self._url}/login/"), first_name)

    def publish(self, random: Random) -> Offer:
        return self.deposit(random.choice(AMOUNTS))

    def deposit(self, amount: str, way: str = "new") -> Offer:
        """Press Deposit. The new tab stays where the shop sends it until somebody looks."""
        sent = {"amount": amount, "way": way}
        tab = self._send("deposit/", sent, follow=False)
        made = Deposit.objects.filter(client__username="amira").latest("pk")
        self._tabs[str(made.pk)] = tab.leads_to
        return Offer(PURPOSE, str(made.pk), str(made))

    def press_pay(self, offer: Offer) -> Page:
        """First the tab that the deposit opened; then the button that leads back to Paymob's page."""
        tab = self._tabs.pop(offer.key, "")
        return self.customer.get(tab) if tab else self._send(f"deposit/{offer.key}/", {})

    def _send(self, where: str, fields: dict[str, str], *, follow: bool = True) -> Page:
        """As a form of the dashboard would."""
        page = self.customer.get(f"{self._url}/services/")
        sent = {**page.token(), **fields}
        return self.customer.send(page, f"{self._url}/services/{where}", sent, follow=follow)

    def offer_again(self, offer: Offer) -> None:
        """A deposit that went back may be made again by itself."""

    def given(self, offer: Offer, payment: Payment | None) -> Given:
        """What the deposit did to the balance, and whether the books are right."""
        client = Deposit.objects.get(pk=offer.key).client
        mine: Any = raseed.wallet_history(client, CURRENCY).filter(payment__payable_key=offer.key)
        times, withdrawn, left = 0, 0, 0
        for memo, minor in mine.order_by("pk").values_list("memo", "change_minor"):
            left += minor
            times += memo in CAME
            withdrawn += left == 0
        odd = [f"the ledger: {line}" for line in check_ledger() if not line.is_right]
        short = Posting.objects.filter(payment__payable_key=offer.key, debit="receivable")
        odd += [f"{posting.money} is owed" for posting in short]
        return Given(left > 0, times, withdrawn, tuple(odd))

    def try_to_use(self, offer: Offer) -> bool:
        """Whether the dashboard shows the balance that has this deposit in it."""
        client = Deposit.objects.get(pk=offer.key).client
        shown = " ".join(self.customer.get(f"{self._url}/services/").text.split())
        balance = " ".join(amount_text(raseed.wallet_balance(client, CURRENCY)).split())
        return balance in shown and self.given(offer, None).now

    def charge_saved(self, card: raseed.SavedCard, amount: str) -> tuple[Offer, Payment]:
        """A deposit that the client agreed to beforehand; nobody is there. Raises what Raseed raises."""
        made = Deposit.objects.create(client=card.owner, amount=Decimal(amount))
        paid = raseed.pay_with_card(card, made, purpose=PURPOSE, off_session=True)
        return Offer(PURPOSE, str(made.pk), str(made)), paid.payment

    def spend(self, money: raseed.Money, key: str) -> Page:
        """Pay Hassan from the balance."""
        amount = str(Decimal(money.amount))
        return self._send(
            "pay/", {"technician": "hassan", "amount": amount, "note": "Leaking tap", "key": key}
        )


def _callbacks(stage: Stage, url: str) -> Callbacks:
    """What somebody knows who has the shop's settings and has seen a callback."""
    account: Any = settings.RASEED["ACCOUNTS"][GATEWAY]
    owner = stage.control.settings(GATEWAY)["owner"]
    return Callbacks(url, account["HMAC_SECRETS"][0], account["INTEGRATION_IDS"]["card"], owner)
