"""Load before the first fork what any request may load, so that no fork does it again."""

from __future__ import annotations

import gc
import pkgutil
from importlib import import_module
from pathlib import Path

from django.db import connections
from django.template import TemplateDoesNotExist, TemplateSyntaxError
from django.template.loader import get_template
from django.template.utils import get_app_template_dirs
from django.test import Client

import raseed.gateways
import raseed.payments
import raseed_shops
from raseed.gateways.http import tls
from raseed.payments import conf

#: What no request loads: commands, changes of tables, and the settings of other processes.
NEVER = ("management", "migrations", "settings", "payments_service", "asgi", "events", "watcher")


def load_everything(host: str) -> None:
    """For the rest of this process's life, and in all its forks."""
    for package in (raseed.gateways, raseed.payments, raseed_shops):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if not any(word in module.name for word in NEVER):
                import_module(module.name)
    _compile_templates()
    Client(HTTP_HOST=host).get("/login/")
    conf.current()
    for from_environment in (True, False):
        tls(from_environment=from_environment)
    connections.close_all()
    gc.freeze()  # what is there now is not looked through, and so not copied, in any fork


def _compile_templates() -> None:
    """The loaders keep what they have compiled. What cannot stand alone is compiled when it is asked for."""
    places = [Path(place) for place in get_app_template_dirs("templates")]
    for place in [*places, Path(raseed_shops.__path__[0]) / "templates"]:
        for file in place.rglob("*.html"):
            try:
                get_template(str(file.relative_to(place)))
            except (TemplateDoesNotExist, TemplateSyntaxError):
                continue
