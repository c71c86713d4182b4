"""The clinic's pages: paying each way, receipts, letters, refunds at the desk, and who may see what."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core import mail
from django.test import Client

import raseed
from raseed import testing
from raseed_shops.clinic.models import Appointment, Bill, Owed, Receipt
from raseed_shops.clinic.views import TEST_CARDS
from tests.shops.front_end import SECURE_CARD, FrontEnd

SCRIPT = {"Accept": "application/json"}


@pytest.fixture
def bill(people: dict[str, User]) -> Bill:
    """Paula's, of 3200.00."""
    return Bill.objects.get(title="Two fillings")


@pytest.fixture
def paula(people: dict[str, User]) -> Client:
    return logged_in(people["paula"])


def logged_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def text(client: Client, path: str, status: int = 200) -> str:
    answer = client.get(path)
    assert answer.status_code == status, path
    return answer.content.decode()


def latest(owed: Owed) -> Any:
    payment = raseed.latest_payment(owed, purpose=owed.purpose)
    assert payment is not None
    return payment


def address(owed: Owed, page: str = "", reference: str = "") -> str:
    return owed.get_absolute_url() + (f"{reference}/" if reference else "") + (f"{page}/" if page else "")


def work_for_a_while(front_end: FrontEnd) -> None:
    for _ in range(3):
        testing.work()
        front_end.sandbox.advance(6)


def pay_with(paula: Client, front_end: FrontEnd, owed: Owed, method: str = "gcash") -> None:
    """Choose, agree at the gateway, come back."""
    answer = paula.post(address(owed, "pay"), {"method": method})
    assert answer.status_code == 302
    front_end.sandbox.pay()
    token = latest(owed).status_url().strip("/").rpartition("/")[2]
    assert paula.get("/payments/return/", {"payment": token})["Location"] == latest(owed).status_url()
    owed.refresh_from_db()


# -- paying -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["gcash", "paymaya", "grab_pay"])
def test_a_wallet_is_chosen_agreed_to_and_paid(
    paula: Client, front_end: FrontEnd, bill: Bill, method: str
) -> None:
    answer = paula.post(address(bill, "pay"), {"method": method})
    assert "/paymongo/sources?id=" in answer["Location"]
    front_end.sandbox.pay()
    work_for_a_while(front_end)  # nobody came back and no webhook arrived
    bill.refresh_from_db()
    assert (bill.status, bill.payment_method, bill.payment_status) == ("paid", method, "succeeded")


def test_a_script_gets_what_a_card_needs_and_the_shop_never_sees_the_card(
    paula: Client, front_end: FrontEnd, bill: Bill
) -> None:
    answer = paula.post(address(bill, "pay"), {"method": "card"}, headers=SCRIPT)
    client = answer.json()
    assert client["public_key"].startswith("pk_test_")
    assert client["client_key"].startswith(client["payment_intent_id"])
    assert set(client) == {"client_key", "public_key", "payment_intent_id", "api_url", "return_url"}
    form = text(paula, address(bill, "pay"))
    typed = re.findall(r"<input data-field[^>]*>", form)
    assert len(typed) == 3
    assert not any(" name=" in field for field in typed)


def test_a_card_without_a_script_is_typed_on_paymongos_own_page(
    paula: Client, front_end: FrontEnd, bill: Bill
) -> None:
    answer = paula.post(address(bill, "pay"), {"method": "card"})
    assert latest(bill).method == "checkout"
    assert answer["Location"] == latest(bill).checkout_url
    front_end.sandbox.pay()
    work_for_a_while(front_end)
    bill.refresh_from_db()
    assert (bill.status, bill.payment_method, bill.payment_intent_id[:3]) == ("paid", "card", "pi_")


def test_a_qr_code_is_shown_to_be_scanned(paula: Client, front_end: FrontEnd, bill: Bill) -> None:
    answer = paula.post(address(bill, "pay"), {"method": "qrph"})
    assert answer["Location"] == latest(bill).status_url()
    assert latest(bill).client["qr_image"] in text(paula, latest(bill).status_url())
    front_end.sandbox.advance(1801)  # its half hour is over
    work_for_a_while(front_end)
    assert latest(bill).state == "expired"
    assert "Pay now" in text(paula, bill.get_absolute_url())


def test_a_deposit_is_paid_like_a_bill(paula: Client, front_end: FrontEnd) -> None:
    visit = Appointment.objects.get(title="Braces, first fitting")
    pay_with(paula, front_end, visit)
    assert visit.status == "paid"
    assert Receipt.objects.get().title == "Deposit: Braces, first fitting"


def test_an_appointment_without_a_deposit_asks_for_nothing(paula: Client, front_end: FrontEnd) -> None:
    visit = Appointment.objects.get(title="Check-up")
    assert "Pay now" not in text(paula, visit.get_absolute_url())
    assert "nothing to pay" in text(paula, address(visit, "pay"))
    assert paula.post(address(visit, "pay"), {"method": "gcash"}).status_code == 403


def test_a_card_that_the_bank_declines_may_be_followed_by_another(
    paula: Client, front_end: FrontEnd, bill: Bill
) -> None:
    client = paula.post(address(bill, "pay"), {"method": "card"}, headers=SCRIPT).json()
    front_end.attach({**client, "id": client["payment_intent_id"]}, SECURE_CARD)
    front_end.sandbox.control("POST", f"paymongo/payment_intents/{client['payment_intent_id']}/fail")
    page = paula.get(client["return_url"].removeprefix("http://testserver"), follow=True).content.decode()
    assert bill.get_absolute_url() in page
    assert "Pay now" in text(paula, bill.get_absolute_url())
    again = paula.post(address(bill, "pay"), {"method": "card"}, headers=SCRIPT).json()
    assert again["payment_intent_id"] == client["payment_intent_id"]


def test_what_cannot_be_paid_is_refused_in_words(paula: Client, front_end: FrontEnd, bill: Bill) -> None:
    pay_with(paula, front_end, bill)
    assert paula.post(address(bill, "pay"), {"method": "gcash"}).status_code == 403
    answer = paula.post(address(bill, "pay"), {"method": "card"}, headers=SCRIPT)
    assert answer.status_code == 403
    assert answer.json()["error"].endswith(".")
    assert paula.post(address(bill, "pay"), {"method": "cash"}).status_code == 404


def test_the_test_cards_are_those_of_the_gateway() -> None:
    from raseed.sandbox.paymongo.cards import CARDS

    outcomes = {number.replace(" ", ""): words for number, words in TEST_CARDS}
    assert set(outcomes) <= set(CARDS)
    assert CARDS["4571736000000075"].outcome == "paid"
    assert outcomes["4571736000000075"].startswith("pays, although older guides say otherwise")


# -- afterwards -------------------------------------------------------------------------------------------


def test_a_payment_gives_a_receipt_and_one_letter(paula: Client, front_end: FrontEnd, bill: Bill) -> None:
    pay_with(paula, front_end, bill)
    receipt = Receipt.objects.get()
    page = text(paula, bill.get_absolute_url())
    assert receipt.get_absolute_url() in page
    printed = text(paula, receipt.get_absolute_url())
    assert "₱3,200.00" in printed
    assert latest(bill).reference in printed
    work_for_a_while(front_end)
    [letter] = mail.outbox
    assert (letter.to, letter.subject) == (["paula@example.com"], "Paid: Two fillings")
    assert f"http://testserver{receipt.get_absolute_url()}" in letter.body


def test_staff_refund_a_part_and_then_the_rest(
    paula: Client, front_end: FrontEnd, bill: Bill, people: dict[str, User]
) -> None:
    pay_with(paula, front_end, bill)
    desk, refund = logged_in(people["sofia"]), address(bill, "refund", latest(bill).reference)
    [key] = re.findall(r'name="key" value="(\w+)"', text(desk, bill.get_absolute_url()))
    for _ in range(2):  # pressed twice
        desk.post(refund, {"amount": "1000", "reason": "others", "key": key})
    work_for_a_while(front_end)
    bill.refresh_from_db()
    assert (bill.status, latest(bill).refunded()) == ("paid", raseed.Money.of("1000", "PHP"))

    printed = text(paula, Receipt.objects.get().get_absolute_url())
    assert "₱3,200.00" in printed
    assert "₱1,000.00" in printed
    assert "Void" not in printed

    page = desk.post(refund, {"amount": "5000", "key": "k2"}, follow=True).content.decode()
    assert "Nothing was sent back" in page
    page = desk.post(refund, {"amount": "much", "key": "k3"}, follow=True).content.decode()
    assert "is no amount" in page

    desk.post(refund, {"amount": "", "reason": "requested_by_customer", "key": "k4"})
    work_for_a_while(front_end)
    bill.refresh_from_db()
    assert (bill.status, latest(bill).is_fully_refunded) == ("cancelled", True)
    assert "Void" in text(paula, Receipt.objects.get().get_absolute_url())
    subjects = [letter.subject for letter in mail.outbox]
    assert subjects == ["Paid: Two fillings", "Refunded: Two fillings", "Refunded: Two fillings"]
    assert "It is cancelled" in mail.outbox[-1].body
    assert "It is cancelled" not in mail.outbox[-2].body

    desk.post(address(bill, "reopen"))
    assert "Pay now" in text(paula, bill.get_absolute_url()), "looking at it does not cancel it again"
    bill.refresh_from_db()
    assert bill.is_due
    pay_with(paula, front_end, bill, "paymaya")
    assert (bill.status, Receipt.objects.filter(voided_at=None).count()) == ("paid", 1)


def test_staff_ask_paymongo_when_a_payment_hangs(
    paula: Client, front_end: FrontEnd, bill: Bill, people: dict[str, User]
) -> None:
    paula.post(address(bill, "pay"), {"method": "gcash"})
    desk, ask = logged_in(people["oscar"]), address(bill, "ask", latest(bill).reference)
    assert "Two fillings" in text(desk, "/clinic/desk/")
    assert "The payment is: not paid yet." in desk.post(ask, follow=True).content.decode()
    front_end.sandbox.pay()
    assert "The payment is: paid." in desk.post(ask, follow=True).content.decode()
    bill.refresh_from_db()
    assert bill.status == "paid"


def test_staff_send_a_bill(people: dict[str, User]) -> None:
    desk = logged_in(people["sofia"])
    asked = {"patient": people["pedro"].pk, "title": "Night guard", "amount": "4200.50"}
    answer = desk.post("/clinic/desk/", asked)
    bill = Bill.objects.get(title="Night guard")
    assert answer["Location"] == bill.get_absolute_url()
    assert (bill.patient, str(bill.amount), bill.is_due) == (people["pedro"], "4200.50", True)
    for wrong in ({"amount": "19.99"}, {"patient": people["ana"].pk}, {"title": ""}):
        assert desk.post("/clinic/desk/", {**asked, **wrong}).status_code == 200
    assert Bill.objects.filter(title="Night guard").count() == 1


# -- who may see what -------------------------------------------------------------------------------------


def test_another_patient_sees_and_does_nothing(
    paula: Client, front_end: FrontEnd, bill: Bill, people: dict[str, User]
) -> None:
    pay_with(paula, front_end, bill)
    pedro, reference = logged_in(people["pedro"]), latest(bill).reference
    assert "Two fillings" not in text(pedro, "/clinic/")
    for path in (bill.get_absolute_url(), address(bill, "pay"), Receipt.objects.get().get_absolute_url()):
        assert "Two fillings" not in text(pedro, path, 403)
    for client in (pedro, paula):
        assert client.get("/clinic/desk/").status_code == 403
        for path in (address(bill, "refund", reference), address(bill, "ask", reference)):
            assert client.post(path).status_code == 403
        assert client.post(address(bill, "reopen")).status_code == 403
    assert not latest(bill).refunds.exists()


def test_nobody_is_asked_to_log_in(front_end: FrontEnd, bill: Bill) -> None:
    nobody = Client()
    assert "Two fillings" not in text(nobody, "/clinic/")
    for path in (bill.get_absolute_url(), address(bill, "pay"), "/clinic/desk/"):
        assert nobody.get(path)["Location"].startswith("/login/?next=")


def test_every_page_has_one_heading_and_nothing_from_elsewhere(
    paula: Client, front_end: FrontEnd, bill: Bill, people: dict[str, User]
) -> None:
    pay_with(paula, front_end, bill)
    desk = logged_in(people["sofia"])
    pages = [
        "/clinic/",
        bill.get_absolute_url(),
        address(bill, "pay"),
        Receipt.objects.get().get_absolute_url(),
    ]
    for client, path in [*((paula, path) for path in pages), (desk, "/clinic/"), (desk, "/clinic/desk/")]:
        page = text(client, path)
        assert page.count("<h1") == 1, path
        assert 'src="http' not in page
        assert "<title>" in page
        assert "Dental clinic" in page
        identifiers = re.findall(r' id="([^"]+)"', page)
        assert len(identifiers) == len(set(identifiers)), path


def test_the_status_page_of_a_bill_is_the_clinics(paula: Client, front_end: FrontEnd, bill: Bill) -> None:
    pay_with(paula, front_end, bill)
    assert "Dental clinic" in text(paula, latest(bill).status_url())
