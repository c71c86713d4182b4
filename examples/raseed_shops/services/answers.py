"""Every error of this API as `{"detail": "…"}`, with the exact reason, as its front end shows it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.core.exceptions import RequestDataTooBig
from django.http import Http404
from rest_framework import status
from rest_framework.authentication import TokenAuthentication
from rest_framework.exceptions import APIException
from rest_framework.permissions import IsAuthenticated
from rest_framework.response import Response
from rest_framework.views import APIView, exception_handler

from raseed.core.errors import RaseedError, RefusedTransfer, UnusableCard
from raseed_shops.front.bodies import PARSERS, in_words
from raseed_shops.front.refusals import refusal_of

UNUSABLE = "This saved card does not have a valid token. Use another card, or enter it again."


class ServicesView(APIView):
    """For whoever has a token. No cookies are read, so pages of other sites can do nothing in one's name."""

    authentication_classes = (TokenAuthentication,)
    permission_classes = (IsAuthenticated,)
    parser_classes: Any = PARSERS

    def get_exception_handler(self) -> Callable[[Exception, dict[str, Any]], Response | None]:
        return answer_to


def answer_to(error: Exception, context: dict[str, Any]) -> Response | None:
    """The answer to whatever a view raised; None where nobody foresaw it."""
    if isinstance(error, UnusableCard):
        return Response({"detail": UNUSABLE}, status.HTTP_400_BAD_REQUEST)
    if isinstance(error, RefusedTransfer):
        return Response({"detail": sentence(error)}, status.HTTP_400_BAD_REQUEST)
    if isinstance(error, RaseedError):
        refusal = refusal_of(error)
        return Response({"detail": f"Failed to initiate deposit: {refusal.text}"}, refusal.status)
    if isinstance(error, RequestDataTooBig):
        return Response({"detail": "The request is too large."}, status.HTTP_413_REQUEST_ENTITY_TOO_LARGE)
    answer = exception_handler(error, context)
    if answer is not None:
        detail = error.detail if isinstance(error, APIException) else str(error)
        answer.data = {"detail": "Not found." if isinstance(error, Http404) else in_words(detail)}
    return answer


def sentence(error: Exception) -> str:
    """An error's own words, which are fit for the customer, as a sentence."""
    words = str(error)
    return f"{words[:1].upper()}{words[1:]}"
