"""Connects the hook, where Django's documentation says."""

from django.apps import AppConfig


class ShopConfig(AppConfig):
    """The shop."""

    name = "shop"

    def ready(self):
        """Receivers are connected once."""
        from shop import receivers  # noqa: F401
