"""The services shop with a fake gateway: deposits fill the balance once, and the balance pays technicians."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

import raseed
from raseed import testing
from raseed.core.errors import GatewayRefused, GatewayUnavailable
from raseed.payments import conf
from raseed.payments.doctor.addresses import webhook_paths
from raseed.payments.models import Payment
from raseed_shops import settings as shop
from raseed_shops.services.models import Deposit

pytestmark = pytest.mark.django_db


class Api:
    """A front end with Amira's token."""

    def __init__(self, name: str) -> None:
        self.client = Client()
        answer = self.client.post("/api/auth/token/", {"username": name, "password": name})
        self.headers = {"Authorization": f"Token {answer.json()['token']}"}

    def __call__(self, method: str, path: str, status: int = 200, headers: Any = None, **said: Any) -> Any:
        answer: Any = self.client.generic(
            method,
            f"/api/payments/{path}",
            json.dumps(said) if said else "",
            content_type="application/json",
            headers={**self.headers, **(headers or {})},
        )
        assert answer.status_code == status, answer.content
        return json.loads(answer.content) if answer.content else None


@pytest.fixture(autouse=True)
def _fake_paymob(shop_settings: None, settings: Any) -> None:
    accounts = settings.RASEED["ACCOUNTS"]
    fake = {"GATEWAY": "tests.shops.fakes.FakePaymob"}
    settings.RASEED = {**settings.RASEED, "ACCOUNTS": {**accounts, "paymob": fake}}


@pytest.fixture
def amira(people: dict[str, User]) -> User:
    return people["amira"]


@pytest.fixture
def api(amira: User) -> Api:
    return Api("amira")


@pytest.fixture
def visitor(amira: User) -> Client:
    client = Client()
    client.force_login(amira)
    return client


def newest() -> Payment:
    return Payment.objects.latest("pk")


def arrives(payment: Payment) -> None:
    testing.pay(payment)
    testing.deliver(payment)


def deposited(api: Api, amount: str = "100.00") -> Payment:
    api("POST", "deposit/", 201, amount=amount)
    arrives(newest())
    return newest()


class TestDepositing:
    def test_from_the_request_to_the_balance(self, api: Api) -> None:
        said = api("POST", "deposit/", 201, amount="100.00")
        assert set(said) == {"transaction_id", "iframe_url"}
        assert said["iframe_url"].startswith("https://fake.example/")
        path = f"transactions/{said['transaction_id']}/"
        before = api("GET", path)
        assert (before["status"], before["balance"], before["amount"]) == ("pending", "0.00", "100.00")
        arrives(newest())
        after = api("GET", path)
        assert (after["status"], after["balance"]) == ("success", "100.00")

    def test_told_many_times_it_counts_once(self, api: Api) -> None:
        payment = deposited(api)
        for salt in "abc":
            testing.deliver(payment, salt=salt)
        raseed.check_payment(payment)
        assert api("GET", "balance/")["balance"] == "100.00"

    def test_refunded(self, api: Api) -> None:
        payment = deposited(api)
        testing.deliver(payment, testing.refund_at_gateway(payment, raseed.Money(4000, "EGP")))
        assert api("GET", "balance/")["balance"] == "60.00"
        testing.deliver(payment, testing.refund_at_gateway(payment, raseed.Money(6000, "EGP")), salt="2")
        assert api("GET", f"transactions/{payment.payable_key}/")["status"] == "refunded"

    def test_declined(self, api: Api) -> None:
        api("POST", "deposit/", 201, amount="100.00")
        testing.deliver(newest(), testing.say(newest(), "failed", detail="not enough money"))
        said = api("GET", f"transactions/{newest().payable_key}/")
        assert (said["status"], said["detail"]) == ("failed", "not enough money")

    def test_another_amount_waits_for_a_person(self, api: Api) -> None:
        api("POST", "deposit/", 201, amount="100.00")
        testing.deliver(newest(), testing.pay(newest(), raseed.Money(100_000, "EGP")))
        assert api("GET", "balance/")["balance"] == "0.00"
        assert api("GET", f"transactions/{newest().payable_key}/")["status"] == "pending"

    def test_late_money_is_as_good(self, api: Api) -> None:
        api("POST", "deposit/", 201, amount="100.00")
        testing.travel(4 * 24 * 3600)
        testing.work()
        arrives(newest())
        assert api("GET", "balance/")["balance"] == "100.00"

    @pytest.mark.parametrize(
        ("amount", "why"),
        [
            ("9.99", "greater than or equal to 10"),
            ("50000.01", "less than or equal to 50000"),
            ("10.001", "2 decimal places"),
            ("much", "valid number"),
            (None, "null"),
        ],
    )
    def test_amounts_that_are_refused(self, api: Api, amount: Any, why: str) -> None:
        said = api("POST", "deposit/", 400, amount=amount)
        assert set(said) == {"detail"}
        assert why in said["detail"]
        assert not Deposit.objects.exists()

    @pytest.mark.parametrize(
        ("trouble", "status", "why"),
        [
            (GatewayRefused("no such integration"), 502, "It refused to open a payment page."),
            (GatewayUnavailable("time-out"), 503, "Please try again in a minute."),
        ],
    )
    def test_what_the_gateway_refuses(self, api: Api, trouble: Exception, status: int, why: str) -> None:
        fake: Any = conf.current().gateway("paymob")
        fake.trouble["open"] = [trouble]
        said = api("POST", "deposit/", status, amount="100.00")
        assert said["detail"].startswith("Failed to initiate deposit: ")
        assert why in said["detail"]

    def test_somebody_elses_is_nobodys(self, api: Api) -> None:
        payment = deposited(api)
        assert Api("karim")("GET", f"transactions/{payment.payable_key}/", 404)["detail"]
        assert Api("karim")("GET", "balance/")["balance"] == "0.00"

    def test_nobody(self, people: dict[str, User]) -> None:
        answer = Client().post("/api/payments/deposit/", {"amount": "100.00"})
        assert (answer.status_code, set(answer.json())) == (401, {"detail"})


class TestCards:
    @pytest.fixture
    def card(self, api: Api) -> dict[str, Any]:
        payment = deposited(api)
        testing.deliver(payment, testing.save_card(payment))
        (card,) = api("GET", "methods/")
        return dict(card)

    def test_listed_without_a_token(self, api: Api, card: dict[str, Any]) -> None:
        assert (card["name"], card["last4"], card["is_default"]) == ("Visa •••• 2346", "2346", True)
        assert testing.CARD_TOKEN not in json.dumps(card)

    def test_paid_with_next_time(self, api: Api, card: dict[str, Any]) -> None:
        said = api("POST", "deposit/", 201, amount="50.00", saved_card=card["id"])
        assert said["iframe_url"]
        saved = newest().saved_card
        assert saved is not None
        assert saved.pk == card["id"]
        arrives(newest())
        assert api("GET", "balance/")["balance"] == "150.00"

    def test_renamed_and_chosen(self, api: Api, card: dict[str, Any]) -> None:
        testing.deliver(newest(), testing.save_card(newest(), token="t2", masked="9999"), salt="2")
        second = api("GET", "methods/")[1]["id"]
        said = api("PATCH", f"methods/{second}/", name="Work", is_default=True)
        assert (said["name"], said["is_default"]) == ("Work", True)
        assert [c["id"] for c in api("GET", "methods/")] == [second, card["id"]]

    @pytest.mark.parametrize("where", ["path", "query", "body"])
    def test_deleted(self, api: Api, card: dict[str, Any], where: str) -> None:
        named = {"path": f"methods/{card['id']}/", "query": f"methods/?id={card['id']}", "body": "methods/"}
        api("DELETE", named[where], 204, **({"id": card["id"]} if where == "body" else {}))
        assert api("GET", "methods/") == []

    def test_without_a_usable_token(self, api: Api) -> None:
        payment = deposited(api)
        testing.deliver(payment, testing.save_card(payment, token=""))
        (card,) = api("GET", "methods/")
        said = api("POST", "deposit/", 400, amount="50.00", saved_card=card["id"])
        assert said["detail"].startswith("This saved card does not have a valid token.")
        assert Deposit.objects.count() == 1

    def test_somebody_elses(self, api: Api, card: dict[str, Any]) -> None:
        other = Api("karim")
        assert other("GET", "methods/") == []
        other("DELETE", f"methods/{card['id']}/", 404)
        assert other("POST", "deposit/", 404, amount="50.00", saved_card=card["id"]) == {
            "detail": "You have no such saved card."
        }

    def test_delete_without_saying_which(self, api: Api, card: dict[str, Any]) -> None:
        assert "id" in api("DELETE", "methods/", 400)["detail"]


class TestPaying:
    def test_a_technician(self, api: Api, people: dict[str, User]) -> None:
        deposited(api)
        key = {"Idempotency-Key": "visit-7"}
        for _ in range(2):
            said = api("POST", "technician/", 201, key, technician="hassan", amount="30.00", note="Tap")
            assert said == {"amount": "30.00", "balance": "70.00"}
        told = Api("hassan")("GET", "balance/")
        assert told["balance"] == "30.00"
        assert [(e["what"], e["note"], e["amount"], e["balance"]) for e in told["history"]] == [
            ("transfer", "Tap", "30.00", "30.00")
        ]

    @pytest.mark.parametrize(
        ("said", "status", "why"),
        [
            ({"technician": "hassan", "amount": "100.01"}, 400, "There is too little: EGP 100.00 is left"),
            ({"technician": "karim", "amount": "1.00"}, 404, "no such technician"),
            ({"technician": "hassan", "amount": "-1.00"}, 400, "above zero"),
        ],
    )
    def test_refused(self, api: Api, said: dict[str, Any], status: int, why: str) -> None:
        deposited(api)
        assert why in api("POST", "technician/", status, {"Idempotency-Key": "k"}, **said)["detail"]
        assert api("GET", "balance/")["balance"] == "100.00"

    def test_without_a_key(self, api: Api) -> None:
        said = api("POST", "technician/", 400, technician="hassan", amount="1.00")
        assert "Idempotency-Key" in said["detail"]


class TestWebhookAddress:
    def post(self, body: Any, query: str = "") -> Any:
        return Client().post(
            f"/api/payments/webhook/{query}", json.dumps(body), content_type="application/json"
        )

    def test_a_wrong_signature(self, people: dict[str, User], settings: Any) -> None:
        settings.RASEED = {**settings.RASEED, "ACCOUNTS": shop.RASEED["ACCOUNTS"]}
        for query in ("?hmac=" + "0" * 128, ""):
            answer = self.post({"type": "TRANSACTION", "obj": {"id": 1}}, query)
            assert (answer.status_code, set(answer.json())) in ((401, {"detail"}), (400, {"detail"}))

    def test_the_doctor_finds_an_address_of_its_own(self, people: dict[str, User]) -> None:
        assert webhook_paths()["paymob"] == ["/webhook/paymob/"]
        answer = Client().head("/webhook/paymob/")
        assert (answer.status_code, answer["Allow"]) == (405, "POST")

    def test_news_of_a_parcel(self, people: dict[str, User]) -> None:
        answer = self.post({"type": "DELIVERY_STATUS", "obj": {"order_id": 1, "status": "Delivered"}})
        assert (answer.status_code, answer.json()) == (200, {})
        assert not Payment.objects.exists()

    @pytest.mark.parametrize("body", [[], "text", {"type": ["TOKEN"]}, {"type": {}}])
    def test_odd_bodies_are_no_error_of_ours(self, people: dict[str, User], body: Any) -> None:
        assert self.post(body).status_code in (400, 401)


class TestDashboard:
    def test_a_deposit_leads_to_the_gateway(self, visitor: Client, monkeypatch: Any) -> None:
        monkeypatch.setattr("raseed_shops.clock.now", testing.clock)
        answer = visitor.post("/services/deposit/", {"amount": "100.00", "way": "new"})
        assert (answer.status_code, answer["Location"][:20]) == (302, "https://fake.example")
        shown = visitor.get("/services/").content.decode()
        assert "data-raseed-status" in shown
        arrives(newest())
        now = visitor.get("/services/now/").content.decode()
        assert "EGP\u00a0100.00</bdi> arrived" in now
        testing.travel(200)
        assert "arrived" not in visitor.get("/services/now/").content.decode()

    def test_which_deposit_is_known(self, visitor: Client) -> None:
        assert visitor.get("/services/known/").json() == {"newest": None}
        visitor.post("/services/deposit/", {"amount": "100.00", "way": "new"})
        assert visitor.get("/services/known/").json() == {"newest": Deposit.objects.get().pk}

    def test_cash_at_a_kiosk_shows_the_payments_page(self, visitor: Client) -> None:
        visitor.post("/services/deposit/", {"amount": "100.00", "way": "kiosk"})
        assert newest().method == "kiosk"

    def test_the_card_is_offered_next_time(self, visitor: Client, amira: User) -> None:
        visitor.post("/services/deposit/", {"amount": "100.00", "way": "new"})
        testing.deliver(newest(), testing.save_card(newest()))
        (card,) = raseed.saved_cards(amira)
        assert "Visa •••• 2346" in visitor.get("/services/").content.decode()
        visitor.post(f"/services/cards/{card.pk}/", {"do": "rename", "name": "Mine"})
        visitor.post("/services/deposit/", {"amount": "20.00", "way": str(card.pk)})
        assert newest().saved_card == card
        visitor.post(f"/services/cards/{card.pk}/", {"do": "delete"})
        assert raseed.saved_cards(amira) == []

    def test_pay_a_technician_twice_by_mistake(self, visitor: Client, people: dict[str, User]) -> None:
        raseed.pay_in(people["amira"], raseed.Money(10_000, "EGP"), key="start")
        form = {"technician": "nour", "amount": "25.00", "note": "Lamp", "key": "from the page"}
        for _ in range(2):
            shown = visitor.post("/services/pay/", form, follow=True).content.decode()
            assert "EGP 25.00 went to Nour." in shown
        assert raseed.wallet_balance(people["nour"], "EGP") == raseed.Money(2500, "EGP")

    def test_words_for_what_cannot_be(self, visitor: Client) -> None:
        form = {"technician": "nour", "amount": "25.00", "key": "k"}
        assert "There is too little" in visitor.post("/services/pay/", form, follow=True).content.decode()
        answer = visitor.post("/services/deposit/", {"amount": "1", "way": "new"}, follow=True)
        assert "Amount in pounds" in answer.content.decode()

    def test_cards_of_others_are_not_there(self, visitor: Client) -> None:
        assert visitor.post("/services/cards/1/", {"do": "delete"}).status_code == 404

    def test_strangers_and_technicians(self, people: dict[str, User]) -> None:
        client = Client()
        assert "Log in" in client.get("/services/").content.decode()
        assert client.get("/services/now/").status_code == 302
        client.force_login(people["hassan"])
        assert "data-deposit" not in client.get("/services/").content.decode()


class TestAgain:
    def press(self, visitor: Client, payment: Payment) -> Any:
        return visitor.post(f"/services/deposit/{payment.payable_key}/")

    def test_an_open_deposit_leads_back_to_its_page(self, api: Api, visitor: Client) -> None:
        url = api("POST", "deposit/", 201, amount="100.00")["iframe_url"]
        assert self.press(visitor, newest())["Location"] == url
        assert Payment.objects.count() == 1

    def test_what_failed_is_tried_again_and_counts_once(self, api: Api, visitor: Client) -> None:
        api("POST", "deposit/", 201, amount="100.00")
        first = newest()
        testing.deliver(first, testing.say(first, "failed"))
        assert b"Try this deposit again" in visitor.get("/services/").content
        self.press(visitor, first)
        assert newest() != first
        arrives(newest())
        assert api("GET", "balance/")["balance"] == "100.00"
        assert b"Try this deposit again" not in visitor.get("/services/").content

    def test_what_came_is_not_paid_twice(self, api: Api, visitor: Client) -> None:
        answer = self.press(visitor, deposited(api))
        assert (answer.status_code, Payment.objects.count()) == (409, 1)

    def test_anothers_deposit_is_not_found(self, api: Api, people: dict[str, User]) -> None:
        payment = deposited(api)
        karim = Client()
        karim.force_login(people["karim"])
        assert self.press(karim, payment).status_code == 404
