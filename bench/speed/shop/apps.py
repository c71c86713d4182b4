"""The app."""

from django.apps import AppConfig


class ShopConfig(AppConfig):
    """Of the site that is measured."""

    name = "bench.speed.shop"
    label = "benchshop"
    default_auto_field = "django.db.models.BigAutoField"
