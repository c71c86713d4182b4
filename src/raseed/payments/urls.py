"""Raseed's own addresses. The webhook and return views can be mounted anywhere else as well."""

from django.urls import path

from raseed.payments import views

app_name = "raseed"

urlpatterns = [
    path("return/", views.returned, name="returned"),
    path("<str:token>/", views.status, name="status"),
]
