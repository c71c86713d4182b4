"""The API of a separate front end: deposits, how they stand, saved cards, the balance. Amounts are pounds."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers, status
from rest_framework.exceptions import NotFound, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

import raseed
from raseed_shops.services import payments
from raseed_shops.services.answers import ServicesView
from raseed_shops.services.models import CURRENCY, LARGEST, SMALLEST, Deposit
from raseed_shops.services.people import technicians

_LARGEST_ID = 2**63 - 1
_HISTORY = 50


def _pounds() -> serializers.DecimalField:
    return serializers.DecimalField(
        max_digits=8, decimal_places=2, min_value=SMALLEST, max_value=LARGEST, coerce_to_string=False
    )


class DepositAsked(serializers.Serializer[Any]):
    amount = _pounds()
    saved_card = serializers.IntegerField(min_value=1, max_value=_LARGEST_ID, required=False, allow_null=True)


class CardNamed(serializers.Serializer[Any]):
    id = serializers.IntegerField(min_value=1, max_value=_LARGEST_ID)


class CardChanged(serializers.Serializer[Any]):
    name = serializers.CharField(max_length=60, required=False, allow_blank=True)
    is_default = serializers.BooleanField(required=False)


class PaymentAsked(serializers.Serializer[Any]):
    technician = serializers.CharField(max_length=150)
    amount = serializers.DecimalField(max_digits=8, decimal_places=2)
    note = serializers.CharField(max_length=255, required=False, allow_blank=True)


def _asked(kind: type[serializers.Serializer[Any]], data: Any) -> dict[str, Any]:
    said = kind(data=data)
    said.is_valid(raise_exception=True)
    return dict(said.validated_data)


def find_card(user: Any, pk: int) -> Any:
    """One of the user's saved cards. Raises NotFound."""
    found = next((card for card in payments.cards_of(user) if card.pk == pk), None)
    if found is None:
        raise NotFound("You have no such saved card.")
    return found


class MakeDeposit(ServicesView):
    """Open Paymob's page for a deposit. The front end shows it in a new tab, and asks how it stands."""

    def post(self, request: Request) -> Response:
        asked = _asked(DepositAsked, request.data)
        card = find_card(request.user, asked["saved_card"]) if asked.get("saved_card") else None
        checkout = payments.start(request.user, asked["amount"], card=card)
        said = {"transaction_id": int(checkout.payment.payable_key), "iframe_url": checkout.url}
        return Response(said, status.HTTP_201_CREATED)


class OneTransaction(ServicesView):
    """How a deposit of mine stands, from the shop's own books."""

    def get(self, request: Request, pk: int) -> Response:
        deposit = Deposit.objects.filter(pk=pk, client=request.user.pk).first()
        if deposit is None:
            raise NotFound("You have no such transaction.")
        payment = payments.payment_of(deposit)
        return Response(
            {
                "id": deposit.pk,
                "amount": str(deposit.amount),
                "currency": CURRENCY,
                "status": payments.status_of(payment),
                "detail": payment.detail if payment else "",
                "created_at": deposit.asked_at,
                "balance": str(payments.balance(request.user).amount),
            }
        )


class SavedCards(ServicesView):
    """My saved cards, the first choice first. DELETE forgets one, named in body, query or path."""

    def get(self, request: Request, pk: int | None = None) -> Response:
        cards = [find_card(request.user, pk)] if pk else payments.cards_of(request.user)
        told = [_card(card, is_default=number == 0) for number, card in enumerate(cards)]
        return Response(told[0] if pk else told)

    def patch(self, request: Request, pk: int | None = None) -> Response:
        card = find_card(request.user, pk or 0)
        asked = _asked(CardChanged, request.data)
        if "name" in asked:
            raseed.rename_card(card, asked["name"])
        if asked.get("is_default"):
            raseed.choose_card(card)
        first = payments.cards_of(request.user)[0]
        return Response(_card(find_card(request.user, card.pk), is_default=first == card))

    def delete(self, request: Request, pk: int | None = None) -> Response:
        named = pk or _asked(CardNamed, request.data or request.query_params)["id"]
        raseed.delete_card(find_card(request.user, named))
        return Response(status=status.HTTP_204_NO_CONTENT)


def _card(card: Any, *, is_default: bool) -> dict[str, Any]:
    return {
        "id": card.pk,
        "name": str(card),
        "brand": card.brand,
        "masked": card.masked,
        "last4": card.last4,
        "expiry": card.expiry,
        "is_default": is_default,
    }


class MyBalance(ServicesView):
    """My balance, and what changed it, newest first."""

    def get(self, request: Request) -> Response:
        history = payments.history(request.user)[:_HISTORY]
        return Response(
            {
                "balance": str(payments.balance(request.user).amount),
                "currency": CURRENCY,
                "history": [_entry(posting) for posting in history],
            }
        )


def _entry(posting: Any) -> dict[str, Any]:
    change, after = (raseed.Money(minor, CURRENCY) for minor in (posting.change_minor, posting.balance_minor))
    return {
        "at": posting.created_at,
        "what": posting.memo,
        "note": posting.note,
        "amount": str(change.amount),
        "balance": str(after.amount),
    }


class PayTechnician(ServicesView):
    """Pay a technician from my balance. An `Idempotency-Key` header makes a repetition the same payment."""

    def post(self, request: Request) -> Response:
        asked = _asked(PaymentAsked, request.data)
        technician = technicians().filter(username=asked["technician"]).first()
        if technician is None:
            raise NotFound("There is no such technician.")
        key = request.headers.get("Idempotency-Key", "")
        if not 0 < len(key) <= 64:
            raise ValidationError("Send an Idempotency-Key header of 1 to 64 characters.")
        moved = payments.pay(request.user, technician, asked["amount"], key=key, note=asked.get("note", ""))
        said = {"amount": str(moved.money.amount), "balance": str(payments.balance(request.user).amount)}
        return Response(said, status.HTTP_201_CREATED)
