"""What every view of this API shares: who may call, and how it says no."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.core.exceptions import RequestDataTooBig
from rest_framework import serializers, status
from rest_framework.exceptions import NotFound
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView, exception_handler
from rest_framework_simplejwt.authentication import JWTAuthentication

from raseed.core.errors import GatewayError, RaseedError, RefusedStart
from raseed_shops.front.bodies import PARSERS
from raseed_shops.front.refusals import refusal_of
from raseed_shops.puja.bookings import NotBooked
from raseed_shops.puja.carts import Frozen, NotActive

_CART_FAILED = "Cart payment processing failed"
_PAYMENT_FAILED = "Payment processing failed"
#: What the shop itself refuses → what has failed.
_REFUSED: dict[type[Exception], str] = {
    NotActive: _CART_FAILED,
    Frozen: "Cart cannot be changed",
    NotBooked: "Booking cannot be rescheduled",
}


class PujaView(APIView):
    """For whoever has a JWT. No cookies are read, so pages of other sites can do nothing in one's name."""

    authentication_classes = (JWTAuthentication,)
    permission_classes = (IsAuthenticated,)
    parser_classes = PARSERS

    def get_exception_handler(self) -> Callable[[Exception, dict[str, Any]], Response | None]:
        return answer_to


def asked(kind: type[serializers.Serializer[Any]], request: Request) -> dict[str, Any]:
    """What the request says. Raises ValidationError."""
    said = kind(data=request.data)
    said.is_valid(raise_exception=True)
    return dict(said.validated_data)


def found(thing: Any, what: str) -> Any:
    """The thing. Raises NotFound where there is none, or where it is somebody else's."""
    if thing is None:
        raise NotFound(f"There is no such {what}.")
    return thing


def answer_to(error: Exception, context: dict[str, Any]) -> Response | None:
    """The answer to whatever a view raised; None where nobody foresaw it."""
    if type(error) in _REFUSED:
        return _failed(_REFUSED[type(error)], str(error), status.HTTP_400_BAD_REQUEST)
    if isinstance(error, RefusedStart):
        # Those that have no row of their own are the shop's, in words for the customer.
        words = str(error) if type(error) is RefusedStart else refusal_of(error).text
        return _failed(_CART_FAILED, words, status.HTTP_400_BAD_REQUEST)
    if isinstance(error, RaseedError):
        refusal = refusal_of(error)
        whose = "PhonePe payment failed: " if isinstance(error, GatewayError) else ""
        return _failed(_PAYMENT_FAILED, f"{whose}{refusal.text}", refusal.status)
    if isinstance(error, RequestDataTooBig):
        return Response({"error": "The request is too large."}, status.HTTP_413_REQUEST_ENTITY_TOO_LARGE)
    return exception_handler(error, context)


def _failed(error: str, details: str, code: int) -> Response:
    return Response({"error": error, "details": details}, code)
