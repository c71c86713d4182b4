"""The app's entry: label, name, and the check of the settings at start."""

import inspect

from django.apps import AppConfig
from django.core import checks as django_checks
from django.core.management import ManagementUtility


class RaseedConfig(AppConfig):
    """Label `raseed`; installed as `"raseed.payments"`."""

    name = "raseed.payments"
    label = "raseed"
    verbose_name = "Payments"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register the system checks; a web server, which runs none, refuses to start on wrong settings."""
        from raseed.payments import checks, conf
        from raseed.payments.doctor import system_checks

        django_checks.register(checks.check_settings, "raseed")
        django_checks.register(checks.check_databases, "raseed", django_checks.Tags.database)
        django_checks.register(system_checks.check_deployment, "raseed", deploy=True)
        django_checks.register(
            system_checks.check_deployed_database, "raseed", django_checks.Tags.database, deploy=True
        )
        if not _is_command():
            conf.current()


def _is_command() -> bool:
    """Commands run the checks themselves, or need no accounts (collecting static files for an image)."""
    frame = inspect.currentframe()
    while frame is not None:
        if frame.f_code is ManagementUtility.execute.__code__:
            return True
        frame = frame.f_back
    return False
