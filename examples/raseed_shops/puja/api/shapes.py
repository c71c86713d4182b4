"""The shapes of this API: what may be asked, and what is answered."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.utils import timezone
from rest_framework import serializers

from raseed_shops import clock
from raseed_shops.puja.models import Booking, Cart, Package, Puja
from raseed_shops.puja.payments import METHODS

#: 10:30, 10:30:00, 10:00 AM, 10:00AM
TIMES = ["%H:%M", "%H:%M:%S", "%I:%M %p", "%I:%M%p"]


class Day(serializers.DateField):
    """A day that can be booked."""

    def to_internal_value(self, value: Any) -> Any:
        """Raises ValidationError for a day that is over, where the shop's settings do not take those."""
        day = super().to_internal_value(value)
        if not settings.PUJA_TAKES_PAST_DATES and day < timezone.localdate(clock.now()):
            raise serializers.ValidationError("This day is over. Choose one that is still to come.")
        return day


class Time(serializers.TimeField):
    """A time of day, in any of the ways that people write one."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(input_formats=TIMES, **kwargs)

    def to_internal_value(self, value: Any) -> Any:
        """Raises ValidationError."""
        return super().to_internal_value(value.strip().upper() if isinstance(value, str) else value)


class CartAsked(serializers.Serializer[Any]):
    service_type = serializers.ChoiceField(Cart.Kind.choices, default=Cart.Kind.PUJA)
    puja_service: serializers.RelatedField[Any, Any, Any] = serializers.PrimaryKeyRelatedField(
        queryset=Puja.objects.all()
    )
    package_id: serializers.RelatedField[Any, Any, Any] = serializers.PrimaryKeyRelatedField(
        queryset=Package.objects.select_related("puja")
    )
    selected_date = Day()
    selected_time = Time()

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Raises ValidationError for a package of another puja."""
        if attrs["package_id"].puja_id != attrs["puja_service"].pk:
            words = f"Package {attrs['package_id'].pk} is not one of this puja's."
            raise serializers.ValidationError({"package_id": [words]})
        return attrs


class PromoAsked(serializers.Serializer[Any]):
    promo_code = serializers.CharField(max_length=40)


class PaymentAsked(serializers.Serializer[Any]):
    """`cart_id`: a cart's `id` or its `cart_id`."""

    cart_id = serializers.CharField(max_length=36)
    method = serializers.ChoiceField(list(METHODS), default="PHONEPE")
    amount = serializers.DecimalField(max_digits=12, decimal_places=2, required=False, allow_null=True)


class MomentAsked(serializers.Serializer[Any]):
    """Another day and time for a booking."""

    selected_date = Day()
    selected_time = Time()
    reason = serializers.CharField(max_length=500, required=False, allow_blank=True, default="")


class PackageAnswer(serializers.ModelSerializer[Package]):
    class Meta:
        model = Package
        fields = ("id", "name", "description", "price")


class PujaAnswer(serializers.ModelSerializer[Puja]):
    class Meta:
        model = Puja
        fields = ("id", "name", "description", "address")


class PujaWithPackages(PujaAnswer):
    packages = PackageAnswer(many=True)

    class Meta(PujaAnswer.Meta):
        fields = (*PujaAnswer.Meta.fields, "packages")  # type: ignore[assignment]


class CartAnswer(serializers.ModelSerializer[Cart]):
    """A frozen cart shows as active: what it is being paid with is nobody's business but the shop's."""

    puja_service = PujaAnswer(source="package.puja")
    package = PackageAnswer()
    selected_time = serializers.TimeField(format="%H:%M")
    promo_code = serializers.CharField(source="promo.code", default=None)
    status = serializers.SerializerMethodField()
    total_price = serializers.DecimalField(max_digits=12, decimal_places=2)

    class Meta:
        model = Cart
        fields = (
            *("id", "cart_id", "user", "service_type", "puja_service", "package"),
            *("selected_date", "selected_time", "promo_code", "status", "total_price", "created_at"),
        )

    def get_status(self, cart: Cart) -> str:
        """`ACTIVE` or `CONVERTED`."""
        return str(Cart.Status.ACTIVE if cart.status == Cart.Status.FROZEN else cart.status)


class BookedCart(serializers.ModelSerializer[Cart]):
    total_price = serializers.DecimalField(max_digits=12, decimal_places=2)

    class Meta:
        model = Cart
        fields = ("id", "cart_id", "total_price")


class BookedBy(serializers.ModelSerializer[User]):
    class Meta:
        model = User
        fields = ("id", "username", "email")


class BookingAnswer(serializers.ModelSerializer[Booking]):
    user = BookedBy()
    cart = BookedCart()
    selected_time = serializers.TimeField(format="%H:%M:%S")

    class Meta:
        model = Booking
        fields = (
            *("id", "book_id", "user", "cart", "selected_date", "selected_time"),
            *("status", "total_amount", "created_at", "address"),
        )
