"""The temple's API as a front end calls it: its shapes, its refusals, other people's things, and nobody."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from raseed import testing
from raseed_shops.puja.models import Booking, Cart, Package, Promo
from tests.shops.devotee import CART, Devotee, said

CART_FAILED = "Cart payment processing failed"


def completed(opened: dict[str, Any], **more: Any) -> dict[str, Any]:
    """PhonePe's webhook about an order that was paid."""
    payload = {
        "merchantId": "RASEEDUAT",
        "merchantOrderId": opened["merchant_transaction_id"],
        "orderId": opened["transaction_id"],
        "state": "COMPLETED",
        "amount": 99_900,
        **more,
    }
    return {"event": "checkout.order.completed", "payload": payload}


# -- logging in -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/api/auth/login/", "/api/token/"])
@pytest.mark.parametrize(
    "who", [{"username": "meera"}, {"email": "meera@example.com"}, {"username": "MEERA@example.com"}]
)
def test_name_or_address_and_password_give_a_pair_of_tokens(
    people: dict[str, User], path: str, who: dict[str, str]
) -> None:
    tokens = said(Client().post(path, {**who, "password": "meera"}))
    assert tokens["user"] == {"id": people["meera"].pk, "username": "meera", "email": "meera@example.com"}
    bearer = {"Authorization": f"Bearer {tokens['access']}"}
    assert said(Client().get("/api/booking/bookings/", headers=bearer)) == []
    assert "access" in said(Client().post("/api/token/refresh/", {"refresh": tokens["refresh"]}))


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"username": "meera", "password": "wrong"}, 401),
        ({"email": "nobody@example.com", "password": "meera"}, 401),
        ({"password": "meera"}, 400),
        ({"username": "meera"}, 400),
        ({"username": ["meera"], "password": {}}, 400),
    ],
)
def test_others_get_no_token(people: dict[str, User], body: dict[str, Any], status: int) -> None:
    answer = Client().post("/api/auth/login/", body, content_type="application/json")
    assert answer.status_code == status


@pytest.mark.parametrize(
    "path",
    [
        *("cart/carts/", "cart/carts/active/", "cart/carts/1/", "payments/payments/1/"),
        *("payments/1/check-booking/", "payments/payments/1/check-booking/"),
        *("booking/bookings/", "booking/bookings/1/"),
    ],
)
def test_nothing_is_answered_without_a_token(people: dict[str, User], path: str) -> None:
    assert Client().get(f"/api/{path}").status_code == 401
    wrong = {"Authorization": "Bearer a.b.c"}
    assert Client().get(f"/api/{path}", headers=wrong).status_code == 401


# -- carts ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sent", "answered"),
    [("10:30", "10:30"), ("10:00 AM", "10:00"), ("4:15 pm", "16:15"), ("09:05:00", "09:05")],
)
def test_a_cart_in_both_ways_to_write_a_time(devotee: Devotee, sent: str, answered: str) -> None:
    cart = devotee.cart(selected_time=sent)
    package = Package.objects.get(price="999.00")
    assert cart == {
        "id": cart["id"],
        "cart_id": str(Cart.objects.get().cart_id),
        "user": User.objects.get(username="meera").pk,
        "service_type": "PUJA",
        "puja_service": {
            "id": package.puja_id,
            "name": "Satyanarayan Puja",
            "description": package.puja.description,
            "address": package.puja.address,
        },
        "package": {
            "id": package.pk,
            "name": "Complete",
            "description": "Two priests, with havan",
            "price": "999.00",
        },
        "selected_date": "2024-06-20",
        "selected_time": answered,
        "promo_code": None,
        "status": "ACTIVE",
        "total_price": "999.00",
        "created_at": cart["created_at"],
    }
    assert said(devotee.get("cart/carts/active/")) == cart
    assert said(devotee.get(f"cart/carts/{cart['cart_id']}/")) == cart
    assert said(devotee.get("cart/carts/")) == [cart]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        *(("service_type", "FLIGHT"), ("puja_service", 999_999), ("puja_service", None), ("package_id", "x")),
        *(("selected_date", "20/06/2024"), ("selected_date", ""), ("selected_time", "25:00")),
        *(("selected_time", 10), ("selected_time", "half past ten"), ("package_id", 2**70)),
    ],
)
def test_what_makes_no_sense_is_told_by_field(devotee: Devotee, field: str, value: Any) -> None:
    package = Package.objects.get(price="999.00")
    asked = {**CART, "puja_service": package.puja_id, "package_id": package.pk, field: value}
    assert list(said(devotee.post("cart/carts/", **asked), 400)) == [field]


def test_a_package_of_another_puja_is_refused(devotee: Devotee) -> None:
    other = Package.objects.get(price="2100.00")
    service = Package.objects.get(price="999.00").puja_id
    refused = said(
        devotee.post("cart/carts/", **{**CART, "puja_service": service, "package_id": other.pk}), 400
    )
    assert list(refused) == ["package_id"]


def test_days_that_are_over_are_refused_where_the_settings_say_so(devotee: Devotee, settings: Any) -> None:
    settings.PUJA_TAKES_PAST_DATES = False
    package = Package.objects.get(price="999.00")
    asked = {**CART, "puja_service": package.puja_id, "package_id": package.pk}
    assert list(said(devotee.post("cart/carts/", **asked), 400)) == ["selected_date"]
    assert devotee.post("cart/carts/", **{**asked, "selected_date": "2140-01-02"}).status_code == 201


def test_there_may_be_no_active_cart(devotee: Devotee) -> None:
    assert devotee.get("cart/carts/active/").status_code == 404


def test_a_promo_code_changes_the_total(devotee: Devotee) -> None:
    cart = devotee.cart()
    cheaper = said(devotee.post(f"cart/carts/{cart['id']}/apply_promo/", promo_code="discount10"))
    assert cheaper == {**cart, "promo_code": "DISCOUNT10", "total_price": "899.10"}
    assert devotee.process(cheaper, amount="899.10")["amount"] == "899.10"


def test_codes_that_do_not_hold_are_refused(devotee: Devotee) -> None:
    cart = devotee.cart()
    Promo.objects.create(code="GONE", percent=50, limit=1, used=1)
    for code in ("NOTHING", "GONE", "", None, "x" * 41, "\0"):
        refused = said(devotee.post(f"cart/carts/{cart['id']}/apply_promo/", promo_code=code), 400)
        assert list(refused) == ["promo_code"], code
    assert said(devotee.get("cart/carts/active/")) == cart


# -- paying -----------------------------------------------------------------------------------------------


def test_a_cart_is_paid_for_and_becomes_a_booking(devotee: Devotee) -> None:
    cart = devotee.cart()
    opened = said(devotee.post("payments/process-cart/", cart_id=cart["id"]), 201)
    assert opened == {
        "success": True,
        "payment_id": opened["payment_id"],
        "transaction_id": opened["transaction_id"],
        "merchant_transaction_id": opened["merchant_transaction_id"],
        "amount": "999.00",
        "currency": "INR",
        "method": "PHONEPE",
        "payment_url": opened["payment_url"],
        "status": "PENDING",
        "cart_id": cart["id"],
    }
    assert opened["payment_url"].startswith(devotee.sandbox.url("phonepe"))
    pending = {"success": False, "payment_status": "PENDING", "booking_created": False}
    assert devotee.check(opened) == {**pending, "message": "Payment status: Pending"}
    assert said(devotee.get("cart/carts/active/")) == cart  # a frozen one shows as active

    devotee.sandbox.pay(opened["transaction_id"])
    found = devotee.check(opened)
    booking = found.pop("booking")
    assert found == {"success": True, "payment_status": "SUCCESS", "booking_created": True}
    assert re.fullmatch(r"BK-[0-9A-F]{8}", booking["book_id"])
    assert booking == {
        "id": booking["id"],
        "book_id": booking["book_id"],
        "user": {"id": cart["user"], "username": "meera", "email": "meera@example.com"},
        "cart": {"id": cart["id"], "cart_id": cart["cart_id"], "total_price": "999.00"},
        "selected_date": "2024-06-20",
        "selected_time": "10:30:00",
        "status": "CONFIRMED",
        "total_amount": "999.00",
        "created_at": booking["created_at"],
        "address": "Main hall, Riverside Temple, Varanasi",
    }
    assert said(devotee.get("booking/bookings/")) == [booking]
    assert said(devotee.get(f"booking/bookings/{booking['id']}/")) == booking
    assert said(devotee.get(f"booking/bookings/{booking['book_id']}/")) == booking
    assert said(devotee.get(f"cart/carts/{cart['id']}/"))["status"] == "CONVERTED"
    shown = said(devotee.get(f"payments/payments/{opened['payment_id']}/"))
    assert (shown["status"], shown["booking"], shown["cart"]) == ("SUCCESS", booking["book_id"], cart["id"])


@pytest.mark.parametrize("amount", [999, 999.0, "999", "999.00", None])
def test_the_total_may_be_said_in_any_way_json_has(devotee: Devotee, amount: Any) -> None:
    assert devotee.process(devotee.cart(), amount=amount)["success"] is True


@pytest.mark.parametrize("amount", [1, 998.99, "999.01", "99900", 0, -999])
def test_another_amount_is_refused_with_the_exact_one(devotee: Devotee, amount: Any) -> None:
    cart = devotee.cart()
    refused = said(devotee.post("payments/process-cart/", cart_id=cart["id"], amount=amount), 400)
    assert refused == {"amount": ["Payment amount must be exactly 999.00"]}
    assert devotee.sandbox.checkouts() == []


def test_json_that_comes_as_plain_text_is_json_all_the_same(devotee: Devotee) -> None:
    """Postman sends a raw body so, unless it is told what it is."""
    body = json.dumps({"cart_id": devotee.cart()["id"], "amount": 999.0})
    asked = {"data": body, "content_type": "text/plain", "headers": devotee._headers}
    assert said(Client().post("/api/payments/process-cart/", **asked), 201)["amount"] == "999.00"


def test_the_same_cart_again_is_the_same_payment(devotee: Devotee) -> None:
    cart = devotee.cart()
    first = devotee.process(cart, method="PHONEPE")
    assert said(devotee.post("payments/process-cart/", cart_id=cart["cart_id"]), 200) == {
        **first,
        "cart_id": cart["cart_id"],
    }


def test_what_is_no_active_cart_is_refused_in_one_way(devotee: Devotee) -> None:
    theirs = Devotee(devotee.sandbox).log_in("arjun").cart()
    booked = devotee.booked()
    for name in (theirs["id"], theirs["cart_id"], booked["cart"]["id"], 999_999, "none", 2**70, "²"):
        refused = said(devotee.post("payments/process-cart/", cart_id=name), 400)
        assert refused == {"error": CART_FAILED, "details": "Active cart not found"}, name


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "cart_id"),
        ({"cart_id": None}, "cart_id"),
        ({"cart_id": [1]}, "cart_id"),
        ({"cart_id": 1, "method": "CASH"}, "method"),
        ({"cart_id": 1, "amount": "much"}, "amount"),
        ({"cart_id": 1, "amount": {}}, "amount"),
    ],
)
def test_a_request_that_makes_no_sense_is_told_by_field(
    devotee: Devotee, body: dict[str, Any], field: str
) -> None:
    assert list(said(devotee.post("payments/process-cart/", **body), 400)) == [field]


def test_a_frozen_cart_cannot_be_changed(devotee: Devotee) -> None:
    cart = devotee.cart()
    devotee.process(cart)
    refused = said(devotee.post(f"cart/carts/{cart['id']}/apply_promo/", promo_code="DISCOUNT10"), 400)
    assert refused["error"] == "Cart cannot be changed"
    removed = devotee.client.delete(f"/api/cart/carts/{cart['id']}/", headers=devotee._headers)
    assert removed.status_code == 400
    assert said(devotee.get("cart/carts/active/")) == cart


@pytest.mark.parametrize(("status", "expected"), [(400, 502), (500, 503)])
def test_a_gateway_that_says_no_or_nothing(devotee: Devotee, status: int, expected: int) -> None:
    devotee.sandbox.fault(
        "request", "error_before", status=status, match={"path": "/checkout/v2/pay"}, gateway="phonepe"
    )
    cart = devotee.cart()
    refused = said(devotee.post("payments/process-cart/", cart_id=cart["id"]), expected)
    assert refused["error"] == "Payment processing failed"
    assert refused["details"].startswith("PhonePe payment failed: ")


def test_a_payment_that_failed_and_the_next_one(devotee: Devotee) -> None:
    cart = devotee.cart()
    opened = devotee.process(cart)
    devotee.sandbox.control("POST", f"phonepe/orders/{opened['transaction_id']}/decline", {"last": True})
    assert devotee.check(opened) == {
        "success": False,
        "payment_status": "FAILED",
        "booking_created": False,
        "message": "Payment status: Failed",
    }
    again = devotee.process(cart)
    assert again["payment_id"] != opened["payment_id"]
    devotee.sandbox.pay(again["transaction_id"])
    assert devotee.check(again)["booking_created"] is True


def test_a_paid_cart_whose_booking_cannot_be_made_yet(
    devotee: Devotee, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = devotee.process(devotee.cart())
    with monkeypatch.context() as broken:
        broken.setattr("raseed_shops.puja.letters.booked", lambda *_: 1 / 0)
        devotee.sandbox.pay(opened["transaction_id"])
        assert devotee.check(opened) == {
            "success": True,
            "payment_status": "SUCCESS",
            "booking_created": False,
            "message": "Payment successful but booking creation pending",
        }
    assert Booking.objects.count() == 0
    devotee.sandbox.advance(11)
    testing.work()
    assert devotee.check(opened)["booking_created"] is True


# -- webhook ----------------------------------------------------------------------------------------------


def test_a_webhook_is_asked_about_and_then_the_booking_is_there(devotee: Devotee) -> None:
    opened = devotee.process(devotee.cart())
    assert devotee.deliver(completed(opened, metaInfo={"udf1": "made up"})).status_code == 200
    testing.work()
    assert Booking.objects.count() == 0  # PhonePe itself says that nobody has paid
    devotee.sandbox.pay(opened["transaction_id"])
    devotee.sandbox.advance(6)
    for _ in range(3):
        assert devotee.deliver(completed(opened)).status_code == 200
    testing.work()
    assert Booking.objects.count() == 1


def test_nobody_else_is_heard(devotee: Devotee) -> None:
    opened = devotee.process(devotee.cart())
    assert devotee.deliver(completed(opened), authorization="0" * 64).status_code == 401
    assert (
        Client().post("/api/payments/webhook/phonepe/", {}, content_type="application/json").status_code
        == 401
    )
    assert Client().get("/api/payments/webhook/phonepe/").status_code == 405


# -- bookings ---------------------------------------------------------------------------------------------


def test_another_day_for_a_booking(devotee: Devotee) -> None:
    booking = devotee.booked()
    asked = {"selected_date": "2024-07-01", "selected_time": "5:45 PM", "reason": "We travel"}
    moved = said(devotee.post(f"booking/bookings/{booking['id']}/reschedule/", **asked))
    assert moved == {**booking, "selected_date": "2024-07-01", "selected_time": "17:45:00"}
    assert said(devotee.get(f"booking/bookings/{booking['id']}/")) == moved
    changes = Booking.objects.get().changes.order_by("pk").values_list("kind", "reason")
    assert list(changes) == [("confirmed", ""), ("rescheduled", "We travel")]


@pytest.mark.parametrize("field", ["selected_date", "selected_time"])
def test_a_day_that_makes_no_sense(devotee: Devotee, field: str) -> None:
    booking = devotee.booked()
    asked = {"selected_date": "2024-07-01", "selected_time": "10:30", field: "soon"}
    refused = said(devotee.post(f"booking/bookings/{booking['id']}/reschedule/", **asked), 400)
    assert list(refused) == [field]


def test_a_cancelled_booking_stays_where_it_is(devotee: Devotee) -> None:
    booking = devotee.booked()
    Booking.objects.update(status=Booking.Status.CANCELLED)
    asked = {"selected_date": "2024-07-01", "selected_time": "10:30"}
    refused = said(devotee.post(f"booking/bookings/{booking['id']}/reschedule/", **asked), 400)
    assert refused["error"] == "Booking cannot be rescheduled"


def test_other_peoples_things_are_not_there(devotee: Devotee) -> None:
    opened = devotee.process(devotee.cart())
    devotee.sandbox.pay(opened["transaction_id"])
    booking = devotee.check(opened)["booking"]
    arjun = Devotee(devotee.sandbox).log_in("arjun")
    for path in (
        f"cart/carts/{booking['cart']}/",
        f"payments/payments/{opened['payment_id']}/",
        f"payments/{opened['payment_id']}/check-booking/",
        f"booking/bookings/{booking['id']}/",
        f"booking/bookings/{booking['book_id']}/",
    ):
        assert arjun.get(path).status_code == 404, path
    asked = {"selected_date": "2024-07-01", "selected_time": "10:30"}
    assert arjun.post(f"booking/bookings/{booking['id']}/reschedule/", **asked).status_code == 404
    assert arjun.post(f"cart/carts/{booking['cart']}/apply_promo/", promo_code="x").status_code == 404
    assert said(arjun.get("booking/bookings/")) == said(arjun.get("cart/carts/")) == []
