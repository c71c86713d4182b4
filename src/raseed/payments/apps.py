"""The app's entry: label, name, and the check of the settings at start."""

import sys

from django.apps import AppConfig
from django.core import checks as django_checks


class RaseedConfig(AppConfig):
    """Label `raseed`; installed as `"raseed.payments"`."""

    name = "raseed.payments"
    label = "raseed"
    verbose_name = "Payments"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register the system checks; a web server, which runs none, refuses to start on wrong settings."""
        from raseed.payments import checks, conf

        django_checks.register(checks.check_settings, "raseed")
        django_checks.register(checks.check_databases, "raseed", django_checks.Tags.database)
        if "django.core.management" not in sys.modules:
            conf.current()
