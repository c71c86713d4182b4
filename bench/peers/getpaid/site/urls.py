"""The package's own addresses, as documented."""

from django.urls import include, path
from health import health

urlpatterns = [path("health/", health), path("payments/", include("getpaid.urls"))]
