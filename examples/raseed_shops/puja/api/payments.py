"""Paying for a cart, and whether it has become a booking."""

from __future__ import annotations

from typing import Any

from rest_framework import status
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

import raseed
from raseed_shops.puja import carts, payments
from raseed_shops.puja.api.shapes import BookingAnswer, PaymentAsked
from raseed_shops.puja.api.views import PujaView, asked, found
from raseed_shops.puja.models import Booking, Cart


class ProcessCart(PujaView):
    """Open a payment for a cart; asked again, the same one while it is open."""

    def post(self, request: Request) -> Response:
        said = asked(PaymentAsked, request)
        cart = carts.cart_of(request.user, said["cart_id"])
        if cart is None or cart.status == Cart.Status.CONVERTED:
            raise carts.NotActive("Active cart not found")
        total = cart.total_price
        if said.get("amount") not in (None, total):
            raise ValidationError({"amount": [f"Payment amount must be exactly {total}"]})
        checkout = payments.start(cart, request.user, said["method"])
        named_by_number = said["cart_id"].isdecimal()
        answer = {
            "success": True,
            **payment_answer(checkout.payment),
            "payment_url": checkout.url,
            "cart_id": cart.pk if named_by_number else str(cart.cart_id),
        }
        return Response(answer, status.HTTP_200_OK if checkout.reused else status.HTTP_201_CREATED)


class OnePayment(PujaView):
    """How one of one's payments stands, as far as the shop knows."""

    def get(self, request: Request, pk: int) -> Response:
        payment = _payment(request, pk)
        booking = booking_of(payment)
        more = {
            "id": payment.pk,
            "cart": int(payment.payable_key),
            "booking": None if booking is None else booking.book_id,
            "created_at": payment.created_at,
            "paid_at": payment.paid_at,
        }
        return Response({**payment_answer(payment), **more})


class CheckBooking(PujaView):
    """Whether it is paid, and whether the booking is made. While it is not paid, PhonePe is asked."""

    def get(self, request: Request, pk: int) -> Response:
        payment = _payment(request, pk)
        if payments.status_of(payment) in {"PENDING", "EXPIRED"}:
            payment = payments.ask(payment)
        word, booking = payments.status_of(payment), booking_of(payment)
        if word == "SUCCESS" and booking is not None:
            made = {"success": True, "payment_status": word, "booking_created": True}
            return Response({**made, "booking": BookingAnswer(booking).data})
        message = f"Payment status: {word.capitalize()}"
        if word == "SUCCESS":
            message = "Payment successful but booking creation pending"
        said = {"success": word == "SUCCESS", "payment_status": word, "booking_created": False}
        return Response({**said, "message": message})


def payment_answer(payment: Any) -> dict[str, Any]:
    """What every answer about a payment says of it."""
    return {
        "payment_id": payment.pk,
        "transaction_id": payment.gateway_ref,
        "merchant_transaction_id": payment.reference,
        "amount": str(payment.money.amount),
        "currency": payment.money.currency,
        "method": next(word for word, method in payments.METHODS.items() if method == payment.method),
        "status": payments.status_of(payment),
    }


def booking_of(payment: Any) -> Booking | None:
    """What the payment's cart became, unless its money went back."""
    bookings = Booking.objects.filter(cart=payment.payable_key, status=Booking.Status.CONFIRMED)
    return bookings.select_related("cart__package__puja", "cart__promo", "user").first()


def _payment(request: Request, pk: int) -> Any:
    mine = raseed.payments_for(payments.PURPOSE).filter(pk=pk, user=request.user.pk)
    return found(mine.first(), "payment")
