"""The services shop with the sandbox's Paymob: every callback twice, in either order, counts once."""

from __future__ import annotations

from collections.abc import Iterator
from threading import Thread
from typing import Any
from urllib.parse import urlsplit

import httpx2
import pytest
from django.contrib.auth.models import User
from django.test import Client

import raseed
from raseed.payments.flows.save_card import token_of
from raseed.payments.ledger_check import check_ledger
from raseed.payments.models import Payment
from raseed.testing import work
from raseed.testing_sandbox import LocalSandbox
from raseed_shops import settings as shop
from tests.payments.paymob_shop import CARD, listening

pytestmark = pytest.mark.django_db(transaction=True)

ADDRESS = "/api/payments/webhook/"


class Services:
    """Amira at the dashboard and at Paymob's page; what Paymob sends is given to the shop's address."""

    def __init__(self, sandbox: LocalSandbox, came: list[Any], user: User) -> None:
        self.sandbox, self.came, self.user = sandbox, came, user
        self.page = Client()
        self.page.force_login(user)
        self.browser = httpx2.Client(trust_env=False, timeout=20)
        self.backwards = False

    def deposit(self, way: str = "new", amount: str = "100.00") -> str:
        """Where the new tab goes."""
        return str(self.page.post("/services/deposit/", {"amount": amount, "way": way})["Location"])

    def pay(self, url: str, **fields: str) -> Any:
        """The form of Paymob's page."""
        return self.browser.post(url, data={**CARD, **fields})

    def hear(self, seconds: float = 5) -> None:
        """Time passes; what came is told twice, in either order."""
        self.sandbox.advance(seconds)
        self.sandbox.deliveries()
        came, self.came[:] = list(self.came), []
        for target, body in reversed(came) if self.backwards else came:
            for _ in range(2):
                answer = Client().post(target, body, content_type="application/json")
                assert answer.status_code == 200, answer.content
        work()

    def settle(self) -> None:
        for _ in range(3):
            self.hear(30)

    @property
    def balance(self) -> int:
        return raseed.wallet_balance(self.user, "EGP").minor

    @property
    def cards(self) -> list[Any]:
        return raseed.saved_cards(self.user)


@pytest.fixture
def amira(people: dict[str, User], sandbox: LocalSandbox, settings: Any) -> Iterator[Services]:
    account = {**shop.RASEED["ACCOUNTS"]["paymob"], "BASE_URL": sandbox.url("paymob")}
    account.pop("NOTIFICATION_URL", None)
    settings.RASEED = {
        **shop.RASEED,
        "SITE_URL": "http://testserver",
        "CLOCK": "raseed.testing_sandbox.clock",
        "ACCOUNTS": {**shop.RASEED["ACCOUNTS"], "paymob": account},
    }
    listener, server = listening()
    thread = Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    sandbox.webhook(f"http://127.0.0.1:{server.server_port}{ADDRESS}", "paymob")
    services = Services(sandbox, listener.came, people["amira"])
    yield services
    services.browser.close()
    server.shutdown()
    thread.join()
    server.server_close()
    assert [str(line) for line in check_ledger() if not line.is_right] == []


@pytest.mark.parametrize("token_first", [True, False])
@pytest.mark.parametrize("backwards", [True, False])
def test_a_card_is_saved_with_a_deposit(amira: Services, *, token_first: bool, backwards: bool) -> None:
    amira.sandbox.control("POST", "paymob/settings", {"token_callback_first": token_first})
    amira.backwards = backwards
    amira.pay(amira.deposit(), save_card="tokenize")
    amira.settle()
    assert amira.balance == 10_000
    assert [card.last4 for card in amira.cards] == ["2346"]


def test_the_saved_card_pays_the_next_deposit_and_is_saved_once(amira: Services) -> None:
    for _ in range(2):
        amira.pay(amira.deposit(), save_card="tokenize")
        amira.settle()
    (card,) = amira.cards
    url = amira.deposit(str(card.pk), "50.00")
    amira.pay(url, method=f"card:{token_of(card)}", saved_cvn="123")
    amira.settle()
    assert amira.balance == 25_000


def test_declined_then_paid_on_one_order(amira: Services) -> None:
    url = amira.deposit()
    amira.pay(url, card_number="0000 0000 0000 1111", card_expiry_mm="12", card_expiry_yy="25")
    amira.settle()
    assert amira.balance == 0
    amira.pay(url, card_number="0000 0000 0000 0000", card_expiry_mm="12", card_expiry_yy="25")
    amira.settle()
    assert amira.balance == 10_000
    assert Payment.objects.count() == 1


def test_a_one_time_password(amira: Services) -> None:
    asks = {"card_number": "0000 0000 0000 2222", "card_expiry_mm": "12", "card_expiry_yy": "25"}
    page = amira.pay(amira.deposit(), **asks).headers["location"]
    amira.browser.post(page, data={"action": "confirm", "otp": "1234"})
    amira.settle()
    assert amira.balance == 10_000


def test_two_partial_refunds_from_the_dashboard(amira: Services) -> None:
    amira.pay(amira.deposit())
    amira.settle()
    for minor in (3000, 2000):
        amira.sandbox.refund(minor=minor)
        amira.settle()
    assert amira.balance == 5000
    assert Payment.objects.get().refunded() == raseed.Money(5000, "EGP")


def test_a_void(amira: Services) -> None:
    amira.pay(amira.deposit())
    amira.settle()
    amira.sandbox.act("void")
    amira.settle()
    assert amira.balance == 0
    assert Payment.objects.get().is_fully_refunded


def test_refunded_after_it_was_spent(amira: Services, people: dict[str, User]) -> None:
    amira.pay(amira.deposit())
    amira.settle()
    raseed.transfer(people["amira"], people["hassan"], raseed.Money(7000, "EGP"), key="job")
    amira.sandbox.refund()
    amira.settle()
    assert amira.balance == 0
    payment = Payment.objects.get()
    assert (payment.concern, "EGP 70.00" in payment.attention) == ("shortfall", True)


def test_a_kiosk_is_paid_three_days_later(amira: Services) -> None:
    shown = amira.page.get(urlsplit(amira.deposit("kiosk")).path)
    assert shown.status_code == 200
    amira.settle()
    assert amira.balance == 0
    amira.hear(3 * 24 * 3600 - 3600)
    amira.sandbox.pay()
    amira.settle()
    assert amira.balance == 10_000


def test_no_callback_comes_and_the_worker_finds_out(amira: Services) -> None:
    url = amira.deposit()
    amira.sandbox.fault("delivery", "lose", times=99)
    amira.pay(url)
    amira.settle()
    assert amira.balance == 10_000
    assert Payment.objects.get().first_channel == "poll"


def test_the_browser_is_first(amira: Services) -> None:
    url = amira.deposit()
    location = urlsplit(amira.pay(url).headers["location"])
    answer = amira.page.get(f"{location.path}?{location.query}")
    assert answer.status_code == 303
    assert amira.balance == 10_000
    amira.settle()
    assert amira.balance == 10_000
    assert Payment.objects.get().first_channel == "return"
