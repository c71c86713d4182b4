"""The clinic's API as a front end calls it: its shapes, its refusals, each role and nobody."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client

import raseed
from raseed import testing
from raseed_shops.clinic.models import Bill, Receipt
from tests.shops.front_end import POOR_CARD, SECURE_CARD, FrontEnd

CALLS = ("create-intent", "verify", "refund")


def said(answer: HttpResponse) -> dict[str, Any]:
    return dict(json.loads(answer.content))


def error_of(answer: HttpResponse) -> tuple[int, str]:
    """Status and words of a refusal; its body is `{"error": "…"}` and nothing else."""
    words = said(answer)
    assert list(words) == ["error"], words
    assert isinstance(words["error"], str)
    return answer.status_code, words["error"]


@pytest.fixture
def bill(people: dict[str, Any]) -> Bill:
    """Paula's, of 1500.00."""
    return Bill.objects.get(title="Cleaning and polish")


@pytest.fixture
def paula(front_end: FrontEnd) -> FrontEnd:
    return front_end.log_in("paula")


def everything(bill: Bill, intent: str = "pi_1") -> dict[str, Any]:
    """What all the calls together may be told."""
    return {"billing_id": bill.pk, "payment_intent_id": intent, "reason": "customer_request"}


def work_for_a_while(paula: FrontEnd) -> None:
    """What the worker does, then some seconds, in which the gateway works; three times."""
    for _ in range(3):
        testing.work()
        paula.sandbox.advance(6)


# -- paying -----------------------------------------------------------------------------------------------


def test_an_intent_is_opened_once_and_paid_by_card(paula: FrontEnd, bill: Bill) -> None:
    first = said(paula.post("create-intent", billing_id=bill.pk))
    assert first["success"] is True
    intent = first["payment_intent"]
    assert (intent["amount"], intent["currency"], intent["status"]) == (150_000, "PHP", "pending")
    assert first["client_key"].startswith(f"{intent['id']}_client_")
    assert said(paula.post("create-intent", billing_id=bill.pk, amount="1500.00")) == first

    bill.refresh_from_db()
    assert (bill.payment_intent_id, bill.payment_method) == (intent["id"], "card")
    assert paula.attach({**intent, **first})["status"] == "succeeded"

    answer = paula.post("verify", payment_intent_id=intent["id"], billing_id=bill.pk)
    assert answer.status_code == 200
    assert said(answer) == {
        "success": True,
        "message": "Payment successful",
        "billing": {"id": bill.pk, "status": "paid", "amount": "1500.00"},
    }
    bill.refresh_from_db()
    payment = raseed.latest_payment(bill, purpose="bill")
    assert payment is not None
    assert (bill.status, bill.payment_status, bill.paid_at) == ("paid", "succeeded", payment.paid_at)
    assert [r.payment_reference for r in Receipt.objects.all()] == [payment.reference]


@pytest.mark.parametrize("amount", [1500, 1500.0, "1500", "1500.00", None])
def test_the_amount_due_may_be_said_in_any_way_json_has(paula: FrontEnd, bill: Bill, amount: object) -> None:
    assert paula.post("create-intent", billing_id=bill.pk, amount=amount).status_code == 200


def test_verify_says_how_it_stands_before_and_after_a_declined_card(paula: FrontEnd, bill: Bill) -> None:
    opened = paula.open(bill)
    pending = {"success": False, "message": "Payment status: pending", "status": "pending"}
    ask = {"payment_intent_id": opened["id"], "billing_id": bill.pk}
    assert said(paula.post("verify", **ask)) == pending
    assert "errors" in paula.attach(opened, POOR_CARD)
    answer = paula.post("verify", **ask)
    assert (answer.status_code, said(answer)) == (200, pending)
    paula.attach(opened)
    assert said(paula.post("verify", **ask))["success"] is True


def test_three_d_secure_is_paid_only_after_the_bank_has_agreed(paula: FrontEnd, bill: Bill) -> None:
    opened = paula.open(bill)
    assert paula.attach(opened, SECURE_CARD)["status"] == "awaiting_next_action"
    ask = {"payment_intent_id": opened["id"], "billing_id": bill.pk}
    assert said(paula.post("verify", **ask))["success"] is False
    paula.sandbox.control("POST", f"paymongo/payment_intents/{opened['id']}/authorize")
    assert said(paula.post("verify", **ask))["success"] is True


def test_a_bill_paid_with_gcash_answers_here_too(paula: FrontEnd, bill: Bill) -> None:
    from raseed_shops.clinic import payments

    payments.start(bill, "gcash", bill.patient)
    assert (bill.payment_method, bill.payment_intent_id[:3]) == ("gcash", "pi_")
    ask = {"payment_intent_id": bill.payment_intent_id, "billing_id": bill.pk}
    assert said(paula.post("verify", **ask))["status"] == "pending"
    paula.sandbox.pay()
    assert said(paula.post("verify", **ask))["message"] == "Payment successful"
    paula.log_in("sofia")
    assert paula.post("refund", **everything(bill, bill.payment_intent_id)).status_code == 200


def test_a_wallet_that_declines_is_failed_and_can_be_tried_again(paula: FrontEnd, bill: Bill) -> None:
    from raseed_shops.clinic import payments

    payments.start(bill, "paymaya", bill.patient)
    failed = bill.payment_intent_id
    paula.sandbox.decline()
    answer = said(paula.post("verify", payment_intent_id=failed, billing_id=bill.pk))
    assert answer == {"success": False, "message": "Payment status: failed", "status": "failed"}
    bill.refresh_from_db()
    assert (bill.status, bill.payment_status) == ("due", "failed")
    assert paula.open(bill)["id"] != failed


def test_bills_say_how_their_payment_stands_without_anybody_having_looked(
    paula: FrontEnd, bill: Bill
) -> None:
    from raseed_shops.clinic import payments

    payments.start(bill, "paymaya", bill.patient)
    paula.sandbox.decline()
    work_for_a_while(paula)
    rows = {row["id"]: row for row in json.loads(paula.get("/api/bills/").content)}
    assert (rows[bill.pk]["status"], rows[bill.pk]["payment_status"]) == ("due", "failed")


# -- webhook ----------------------------------------------------------------------------------------------


def paid_event(paula: FrontEnd) -> bytes:
    paula.sandbox.webhook("http://127.0.0.1:9/", secret_key="whsk_nobody")
    paula.sandbox.pay()
    [told] = [d for d in paula.sandbox.deliveries() if d["event"] == "payment.paid"]
    return json.dumps(told["body"]).encode()


def test_the_webhook_confirms_once_and_believes_nobody_without_the_secret(
    paula: FrontEnd, bill: Bill
) -> None:
    paula.open(bill)
    body = paid_event(paula)
    assert error_of(paula.deliver(body, secret="guessed"))[0] == 401
    bill.refresh_from_db()
    assert bill.status == "due"
    assert [paula.deliver(body).status_code for _ in range(3)] == [200, 200, 200]
    bill.refresh_from_db()
    assert (bill.status, bill.payment_status, Receipt.objects.count()) == ("paid", "succeeded", 1)


def test_a_webhook_without_any_signature_is_nobodys(front_end: FrontEnd) -> None:
    answer = Client().post("/api/payments/webhook/", b"{}", content_type="application/json")
    assert error_of(answer)[0] == 401  # type: ignore[arg-type]


# -- refunds ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("person", ["sofia", "oscar"])
def test_a_full_refund_cancels_the_bill(paula: FrontEnd, bill: Bill, person: str) -> None:
    intent = paula.pay(bill)
    answer = paula.log_in(person).post("refund", **everything(bill, intent))
    assert answer.status_code == 200
    refund = said(answer)["refund"]
    assert said(answer)["success"] is True
    assert (refund["amount"], refund["status"], refund["payment_intent_id"]) == ("1500.00", "pending", intent)
    work_for_a_while(paula)
    bill.refresh_from_db()
    assert bill.status == "cancelled"
    assert Receipt.objects.get().voided_at is not None
    [sent] = paula.sandbox.books()["refunds"]
    assert (sent["reason"], sent["amount"], sent["notes"]) == ("requested_by_customer", 150_000, None)
    verified = said(paula.post("verify", payment_intent_id=intent, billing_id=bill.pk))
    assert verified["status"] == "refunded"
    status, words = error_of(paula.post("create-intent", billing_id=bill.pk))
    assert (status, words) == (400, f"Nothing is due: bill {bill.pk} is cancelled.")


def test_partial_refunds_do_not_cancel_until_nothing_is_left(paula: FrontEnd, bill: Bill) -> None:
    intent = paula.pay(bill)
    paula.log_in("sofia")
    asked = everything(bill, intent)
    once = {"Idempotency-Key": "one-tooth-less"}
    refunds = [said(paula.post("refund", once, **asked, amount="500.00"))["refund"] for _ in range(2)]
    assert refunds[0]["id"] == refunds[1]["id"]
    work_for_a_while(paula)
    bill.refresh_from_db()
    assert (bill.status, Receipt.objects.get().voided_at) == ("paid", None)
    status, words = error_of(paula.post("refund", **asked, amount="1000.01"))
    assert status == 400
    assert "1,000.00 is left" in words
    assert paula.post("refund", **asked).status_code == 200
    work_for_a_while(paula)
    bill.refresh_from_db()
    assert bill.status == "cancelled"


def test_money_that_went_back_before_the_receipt_could_be_made_cancels_the_bill(
    paula: FrontEnd, bill: Bill, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*given: Any) -> None:
        raise RuntimeError("the printer burns")

    monkeypatch.setattr("raseed_shops.clinic.letters.paid", broken)
    intent = paula.pay(bill)
    row = said(paula.get(f"/api/bills/{bill.pk}/"))
    assert (row["status"], row["payment_status"]) == ("due", "succeeded")
    assert paula.log_in("sofia").post("refund", **everything(bill, intent)).status_code == 200
    work_for_a_while(paula)
    assert said(paula.get(f"/api/bills/{bill.pk}/"))["status"] == "cancelled"
    assert error_of(paula.post("create-intent", billing_id=bill.pk))[0] == 400


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"reason": "I feel like it"}, "reason: one of customer_request"),
        ({"reason": None}, "reason"),
        ({"amount": "0"}, "above zero"),
        ({"amount": "-5"}, "above zero"),
        ({"amount": "12.345"}, "amount:"),
        ({"amount": "all"}, "amount:"),
        ({"amount": ""}, "amount:"),
    ],
)
def test_refunds_that_make_no_sense_are_refused(
    paula: FrontEnd, bill: Bill, wrong: dict[str, Any], words: str
) -> None:
    intent = paula.pay(bill)
    status, why = error_of(paula.log_in("sofia").post("refund", **{**everything(bill, intent), **wrong}))
    assert status == 400
    assert words in why


def test_what_is_not_paid_cannot_be_refunded(paula: FrontEnd, bill: Bill) -> None:
    opened = paula.open(bill)
    status, why = error_of(paula.log_in("sofia").post("refund", **everything(bill, opened["id"])))
    assert status == 400
    assert "nothing left to refund" in why


# -- who may what -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("call", CALLS)
def test_nobody_may_nothing(front_end: FrontEnd, bill: Bill, call: str) -> None:
    answer = front_end.post(call, **everything(bill))
    assert error_of(answer)[0] == 401
    assert answer["WWW-Authenticate"] == "Token"
    wrong = front_end.post(call, {"Authorization": "Token 0123456789"}, **everything(bill))
    assert error_of(wrong)[0] == 401


@pytest.mark.parametrize("call", CALLS)
def test_a_patient_can_neither_pay_nor_see_nor_refund_anothers_bill(
    paula: FrontEnd, bill: Bill, call: str
) -> None:
    intent = paula.pay(bill)
    pedro = paula.log_in("pedro")
    assert error_of(pedro.post(call, **everything(bill, intent)))[0] == 403
    assert error_of(pedro.get(f"/api/bills/{bill.pk}/"))[0] == 403
    assert bill.pk not in [row["id"] for row in json.loads(pedro.get("/api/bills/").content)]


def test_a_patient_cannot_refund_an_own_bill(paula: FrontEnd, bill: Bill) -> None:
    intent = paula.pay(bill)
    assert error_of(paula.post("refund", **everything(bill, intent)))[0] == 403


@pytest.mark.parametrize("person", ["paula", "sofia", "oscar", "staff"])
def test_a_bill_that_is_not_there_is_not_found(front_end: FrontEnd, bill: Bill, person: str) -> None:
    front_end.log_in(person)
    for call in CALLS if person != "paula" else CALLS[:2]:
        asked = {**everything(bill), "billing_id": 987_654}
        assert error_of(front_end.post(call, **asked)) == (404, "There is no bill 987654.")
    assert error_of(front_end.get("/api/bills/987654/"))[0] == 404


@pytest.mark.parametrize("person", ["sofia", "oscar"])
def test_those_who_work_here_see_every_bill_and_take_payments(
    front_end: FrontEnd, bill: Bill, person: str
) -> None:
    front_end.log_in(person)
    assert len(json.loads(front_end.get("/api/bills/").content)) == Bill.objects.count()
    assert said(front_end.get(f"/api/bills/{bill.pk}/"))["payment_status"] == "pending"
    assert front_end.pay(bill).startswith("pi_")


# -- what is asked wrongly ---------------------------------------------------------------------------------


@pytest.mark.parametrize("amount", ["1499.99", "0.01", 15, "150000", "-1500", "1500.001", "much", [], {}])
def test_another_amount_than_what_is_due_is_refused(paula: FrontEnd, bill: Bill, amount: object) -> None:
    assert error_of(paula.post("create-intent", billing_id=bill.pk, amount=amount))[0] == 400
    assert raseed.latest_payment(bill, purpose="bill") is None


@pytest.mark.parametrize("call", ["verify", "refund"])
def test_an_intent_of_another_bill_is_refused(paula: FrontEnd, bill: Bill, call: str) -> None:
    intent = paula.pay(bill)
    other = Bill.objects.create(patient=bill.patient, title="Another", amount=Decimal(20))
    paula.log_in("sofia")
    for wrong in (intent, "pi_that_nobody_has"):
        status, why = error_of(paula.post(call, **everything(other, wrong)))
        assert (status, why) == (400, f"Payment intent {wrong} does not belong to bill {other.pk}.")


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("billing_id", [None, "", "x", 0, -1, 1.5, 2**70, [1], {"a": 1}, "1 OR 1=1"])
def test_what_names_no_bill_is_refused(
    front_end: FrontEnd, bill: Bill, call: str, billing_id: object
) -> None:
    front_end.log_in("sofia")
    asked = {**everything(bill), "billing_id": billing_id}
    assert error_of(front_end.post(call, **asked))[0] == 400


@pytest.mark.parametrize("body", ["{", "[]", "null", '"text"', '{"billing_id": NaN}', "[" * 100_000])
def test_bodies_of_another_shape_are_refused(paula: FrontEnd, bill: Bill, body: str) -> None:
    for call in CALLS[:2]:
        path, headers = f"/api/payments/{call}/", paula._headers
        answer = paula.client.post(path, body, content_type="application/json", headers=headers)
        assert error_of(answer)[0] == 400  # type: ignore[arg-type]


def test_a_body_that_is_too_large_is_refused_in_words(paula: FrontEnd, bill: Bill) -> None:
    assert error_of(paula.post("create-intent", billing_id=bill.pk, note="x" * 3_000_000))[0] == 413


def test_an_address_that_is_not_there_is_refused_in_words(paula: FrontEnd) -> None:
    for path in ("/api/", "/api/payments/", "/api/payments/nothing/", "/api/bills/x/"):
        assert error_of(paula.get(path))[0] == 404, path


def test_an_address_without_its_last_slash_is_found_with_the_same_method(paula: FrontEnd, bill: Bill) -> None:
    answer = paula.client.post("/api/payments/create-intent")
    assert (answer.status_code, answer["Location"]) == (308, "/api/payments/create-intent/")
    assert paula.client.get("/clinic")["Location"] == "/clinic/"


@pytest.mark.parametrize("call", CALLS)
def test_other_methods_are_refused_in_words(paula: FrontEnd, bill: Bill, call: str) -> None:
    assert error_of(paula.get(f"/api/payments/{call}/"))[0] == 405


def test_a_paid_bill_opens_nothing(paula: FrontEnd, bill: Bill) -> None:
    paula.pay(bill)
    status, why = error_of(paula.post("create-intent", billing_id=bill.pk))
    assert (status, why) == (400, f"Nothing is due: bill {bill.pk} is paid.")


def test_a_gateway_that_does_not_answer_is_told_in_words(paula: FrontEnd, bill: Bill) -> None:
    paula.sandbox.fault("request", "error_before", match={"path": "/v1/payment_intents"}, gateway="paymongo")
    status, why = error_of(paula.post("create-intent", billing_id=bill.pk))
    assert status == 503
    assert "Please try again" in why


def test_wrong_passwords_are_refused_in_words(front_end: FrontEnd) -> None:
    answer = front_end.client.post("/api/auth/token/", {"username": "paula", "password": "guess"})
    assert error_of(answer)[0] == 400  # type: ignore[arg-type]
    assert error_of(front_end.client.post("/api/auth/token/", {}))[0] == 400  # type: ignore[arg-type]


def test_a_front_end_of_another_site_may_call_the_api_and_nothing_else(front_end: FrontEnd) -> None:
    asks = {
        "Origin": "https://front.example",
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "authorization,content-type",
    }
    allowed = Client().options("/api/payments/create-intent/", headers=asks)
    assert allowed["Access-Control-Allow-Origin"] in {"*", "https://front.example"}
    assert "authorization" in allowed["Access-Control-Allow-Headers"]
    assert "Access-Control-Allow-Credentials" not in allowed
    assert "Access-Control-Allow-Origin" not in Client().get("/errands/", headers=asks)
