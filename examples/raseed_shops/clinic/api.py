"""The API of a separate front end: token in, JSON out, every error as `{"error": "…"}`.

Amounts are pesos. A front end attaches the card itself, with `client_key`; then it asks `verify`.
"""

from collections.abc import Callable
from typing import Any

from django.core.exceptions import RequestDataTooBig
from django.http import Http404
from rest_framework import serializers, status
from rest_framework.authentication import TokenAuthentication
from rest_framework.authtoken.views import ObtainAuthToken
from rest_framework.exceptions import APIException, NotFound, PermissionDenied, ValidationError
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView, exception_handler

import raseed
from raseed.core.errors import RaseedError, RefusedRefund
from raseed_shops.clinic import payments
from raseed_shops.clinic.models import Bill
from raseed_shops.clinic.people import may_see, works_here
from raseed_shops.front.bodies import PARSERS, in_words
from raseed_shops.front.refusals import refusal_of

#: What may be said → PayMongo's own word for it.
REASONS = {
    "customer_request": "requested_by_customer",
    "requested_by_customer": "requested_by_customer",
    "duplicate": "duplicate",
    "fraudulent": "fraudulent",
    "others": "others",
}
_LARGEST_ID = 2**63 - 1


class OfBill(serializers.Serializer[Any]):
    """What every request names."""

    billing_id = serializers.IntegerField(min_value=1, max_value=_LARGEST_ID)


class Pesos(serializers.DecimalField):
    """An amount. An empty text is none: to DRF it is as if nothing was said, which would refund all."""

    def validate_empty_values(self, data: Any) -> tuple[bool, Any]:
        return serializers.Field.validate_empty_values(self, data)


class IntentAsked(OfBill):
    amount = Pesos(max_digits=12, decimal_places=2, required=False, allow_null=True)


class OfIntent(OfBill):
    payment_intent_id = serializers.CharField(max_length=255)


class RefundAsked(IntentAsked, OfIntent):
    reason = serializers.ChoiceField(
        list(REASONS), error_messages={"invalid_choice": f"one of {', '.join(REASONS)}."}
    )


class BillAnswer(serializers.ModelSerializer[Bill]):
    class Meta:
        model = Bill
        fields = (
            *("id", "title", "amount", "status", "issued_at", "paid_at"),
            *("payment_intent_id", "payment_method", "payment_status"),
        )


class ErrorsInWords:
    """Every refusal of a view, whatever raised it, as `{"error": "…"}` under the status it deserves."""

    parser_classes: Any = PARSERS

    def get_exception_handler(self) -> Callable[[Exception, dict[str, Any]], Response | None]:
        return answer_to


class ClinicView(ErrorsInWords, APIView):
    """For whoever has a token. No cookies are read, so pages of other sites can do nothing in one's name."""

    authentication_classes = (TokenAuthentication,)
    permission_classes = (IsAuthenticated,)

    def asked(self, kind: type[serializers.Serializer[Any]]) -> dict[str, Any]:
        """What the request says. Raises ValidationError."""
        said = kind(data=self.request.data)
        said.is_valid(raise_exception=True)
        return dict(said.validated_data)

    def bill(self, pk: int) -> Bill:
        """The bill as it stands, for somebody who may see it. Raises NotFound or PermissionDenied."""
        bill = Bill.objects.select_related("patient").filter(pk=pk).first()
        if bill is None:
            raise NotFound(f"There is no bill {pk}.")
        if not may_see(self.request.user, bill):
            raise PermissionDenied("This bill is another patient's.")
        payments.keep_up(bill)
        return bill

    def payment(self, bill: Bill, intent: str) -> Any:
        """The bill's payment through this intent. Raises ValidationError."""
        payment = payments.payment_of(bill, intent)
        if payment is None:
            raise ValidationError(f"Payment intent {intent} does not belong to bill {bill.pk}.")
        return payment


class Login(ErrorsInWords, ObtainAuthToken):
    """User name and password for a token: send it as `Authorization: Token …`."""


class Bills(ClinicView):
    """One's own bills; all of them for those who work here."""

    def get(self, request: Request) -> Response:
        bills = Bill.objects.order_by("-pk")
        mine = bills if works_here(request.user) else bills.filter(patient=request.user.pk)
        for bill in mine:
            payments.keep_up(bill)
        return Response(BillAnswer(mine, many=True).data)


class OneBill(ClinicView):
    """One bill as it stands."""

    def get(self, request: Request, pk: int) -> Response:
        return Response(BillAnswer(self.bill(pk)).data)


class CreateIntent(ClinicView):
    """Open a card payment for what is due; asked again, the same one while it is open."""

    def post(self, request: Request) -> Response:
        asked = self.asked(IntentAsked)
        bill = self.bill(asked["billing_id"])
        if not bill.is_due:
            raise ValidationError(f"Nothing is due: bill {bill.pk} is {bill.status}.")
        if asked.get("amount") not in (None, bill.amount):
            raise ValidationError(f"The amount due is {bill.amount}, not {asked['amount']}.")
        checkout = payments.start(bill, "card", request.user)
        client, money = checkout.client, checkout.payment.money
        intent = {
            "id": client["payment_intent_id"],
            "amount": money.minor,  # centavos, as in PayMongo's own intents
            "currency": money.currency,
            "status": bill.payment_status,
            "public_key": client["public_key"],
            "api_url": client["api_url"],
            "return_url": client["return_url"],
        }
        return Response({"success": True, "payment_intent": intent, "client_key": client["client_key"]})


class Verify(ClinicView):
    """Ask PayMongo how the payment stands, and answer from the shop's own books."""

    def post(self, request: Request) -> Response:
        asked = self.asked(OfIntent)
        bill = self.bill(asked["billing_id"])
        payment = self.payment(bill, asked["payment_intent_id"])
        if not payment.is_paid:
            payment = raseed.check_payment(payment).payment
        bill.refresh_from_db()
        payments.keep_up(bill)
        if payment.is_paid:
            billing = {"id": bill.pk, "status": bill.status, "amount": str(bill.amount)}
            return Response({"success": True, "message": "Payment successful", "billing": billing})
        word = "refunded" if payment.is_fully_refunded else payments.status_of(payment)
        return Response({"success": False, "message": f"Payment status: {word}", "status": word})


class RefundBill(ClinicView):
    """Send money back. An `Idempotency-Key` header makes a repetition the same refund."""

    def post(self, request: Request) -> Response:
        if not works_here(request.user):
            raise PermissionDenied("Only the clinic's staff and its owner refund.")
        asked = self.asked(RefundAsked)
        bill = self.bill(asked["billing_id"])
        payment = self.payment(bill, asked["payment_intent_id"])
        amount = asked.get("amount")
        refund = raseed.request_refund(
            payment,
            None if amount is None else raseed.Money.of(amount, "PHP"),
            reason=REASONS[asked["reason"]],
            key=request.headers.get("Idempotency-Key", ""),
            user=request.user,
        )
        said = {"id": refund.pk, "payment_intent_id": asked["payment_intent_id"], "billing_id": bill.pk}
        said |= {"amount": str(refund.money.amount), "status": _status_of(refund), "reason": refund.reason}
        return Response({"success": True, "refund": said})


def _status_of(refund: Any) -> str:
    """PayMongo's words: what is not final is pending."""
    return str(refund.state) if refund.state in {"succeeded", "failed"} else "pending"


def answer_to(error: Exception, context: dict[str, Any]) -> Response | None:
    """The answer to whatever a view raised; None where nobody foresaw it."""
    if isinstance(error, RefusedRefund):
        return Response({"error": str(error)}, status.HTTP_400_BAD_REQUEST)
    if isinstance(error, RaseedError):
        refusal = refusal_of(error)
        return Response({"error": refusal.text}, refusal.status)
    if isinstance(error, RequestDataTooBig):
        return Response({"error": "The request is too large."}, status.HTTP_413_REQUEST_ENTITY_TOO_LARGE)
    answer = exception_handler(error, context)
    if answer is not None:
        detail = error.detail if isinstance(error, APIException) else str(error)
        answer.data = {"error": "Not found." if isinstance(error, Http404) else in_words(detail)}
    return answer
