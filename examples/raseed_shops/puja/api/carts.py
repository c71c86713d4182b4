"""Pujas to choose from, and carts."""

from __future__ import annotations

from typing import Any

from rest_framework import status
from rest_framework.exceptions import NotFound, ValidationError
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from raseed_shops.puja import carts
from raseed_shops.puja.api.shapes import CartAnswer, CartAsked, PromoAsked, PujaWithPackages
from raseed_shops.puja.api.views import PujaView, asked, found
from raseed_shops.puja.models import Cart, Puja


class Pujas(PujaView):
    """What can be booked, and for how much."""

    permission_classes = (AllowAny,)  # type: ignore[assignment]

    def get(self, request: Request) -> Response:
        pujas = Puja.objects.prefetch_related("packages").order_by("pk")
        return Response(PujaWithPackages(pujas, many=True).data)


class Carts(PujaView):
    """One's carts; a new one."""

    def get(self, request: Request) -> Response:
        return Response(CartAnswer(carts.carts_of(request.user), many=True).data)

    def post(self, request: Request) -> Response:
        user: Any = request.user
        said = asked(CartAsked, request)
        cart = Cart.objects.create(
            user=user,
            service_type=said["service_type"],
            package=said["package_id"],
            selected_date=said["selected_date"],
            selected_time=said["selected_time"],
        )
        return Response(CartAnswer(cart).data, status.HTTP_201_CREATED)


class OneCart(PujaView):
    """A cart, by its number or its UUID."""

    def get(self, request: Request, name: str) -> Response:
        return Response(CartAnswer(found(carts.cart_of(request.user, name), "cart")).data)

    def delete(self, request: Request, name: str) -> Response:
        carts.remove(found(carts.cart_of(request.user, name), "cart"))
        return Response(status=status.HTTP_204_NO_CONTENT)


class ActiveCart(PujaView):
    """The newest cart that is not a booking yet."""

    def get(self, request: Request) -> Response:
        cart = carts.active_of(request.user)
        if cart is None:
            raise NotFound("No active cart found")
        return Response(CartAnswer(cart).data)


class ApplyPromo(PujaView):
    """A code that changes the total. It counts as used when the cart is being paid for."""

    def post(self, request: Request, name: str) -> Response:
        cart = found(carts.cart_of(request.user, name), "cart")
        code = asked(PromoAsked, request)["promo_code"]
        try:
            return Response(CartAnswer(carts.apply_promo(cart, code)).data)
        except carts.NoSuchPromo as refused:
            raise ValidationError({"promo_code": [str(refused)]}) from refused
