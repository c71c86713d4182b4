"""URLs of the tests: a site that mounts Raseed's views where it likes."""

from django.contrib import admin
from django.urls import include, path

import raseed

urlpatterns = [
    path("admin/", admin.site.urls),
    path("payments/", include("raseed.payments.urls")),
    path("hooks/fake/", raseed.webhook(account="fake")),
    path("back/", raseed.returned),
]
