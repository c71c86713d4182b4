"""One address per contestant."""

from django.urls import include, path

import raseed
from bench.speed.shop import by_hand, floor, views

urlpatterns = [
    path("raseed/webhook/", raseed.webhook(account="paymongo")),
    path("floor/webhook/", floor.webhook),
    path("function/webhook/", floor.webhook_by_function),
    path("raseed/buy/<int:order_id>/", views.buy),
    path("floor/buy/<int:order_id>/", by_hand.buy),
    path("empty/", views.empty),
    path("pay/", include("raseed.payments.urls")),
]
