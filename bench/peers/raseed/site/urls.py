"""The package's own addresses, as documented."""

from django.urls import include, path
from health import health

import raseed

urlpatterns = [
    path("health/", health),
    path("payments/", include("raseed.payments.urls")),
    path("webhook/paymongo/", raseed.webhook(account="paymongo")),
]
