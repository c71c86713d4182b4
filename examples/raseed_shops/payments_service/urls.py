"""The addresses of the payments service. Browsers come to the first; the others are the shop's."""

from django.urls import include, path

from raseed_shops.payments_service import views

urlpatterns = [
    path("payments/finish", views.finish),
    path("payments/<slug:pending_id>/status", views.status),
    path("payments/<slug:pending_id>", views.start),
    path("health", views.health),
    # Status pages of Raseed's own; nobody is led there, but their names are needed.
    path("raseed/", include("raseed.payments.urls")),
]
