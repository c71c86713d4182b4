"""Where everything is: the front page, the shops, and what a shop mounts for Raseed."""

from django.contrib import admin
from django.contrib.staticfiles.views import serve
from django.urls import include, path

from raseed_shops.front import webhooks

urlpatterns = [
    path("", include("raseed_shops.front.urls")),
    path("", include("raseed_shops.errands.urls")),
    path("", include("raseed_shops.clinic.urls")),
    path("", include("raseed_shops.marketplace.urls")),
    path("", include("raseed_shops.puja.urls")),
    path("", include("raseed_shops.services.urls")),
    # More than one shop promises this address to a gateway of its own.
    path("api/payments/webhook/", webhooks.by_signature),
    path("payments/", include("raseed.payments.urls")),
    path("admin/", admin.site.urls),
    # A web server's work elsewhere; the demo has none in front of it. The files are our own.
    path("static/<path:path>", serve, {"insecure": True}),
]
