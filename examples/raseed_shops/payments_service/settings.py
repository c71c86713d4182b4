"""Settings of the payments service: one program that pays from wallet to wallet for a shop elsewhere.

`raseed payments-service` sets the variables. It has a database of its own, and no pages: browsers come
here from their wallet and are sent on to the shop.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from raseed_shops.database import database

DIRECTORY = Path(os.environ.get("PAYMENTS_SERVICE_DIRECTORY", "") or "raseed-payments-service").resolve()
#: Where browsers and the shop reach this service, and where this service reaches the shop.
BASE_URL = os.environ.get("BASE_URL", "") or "http://127.0.0.1:8700"
DJANGO_BASE_URL = (os.environ.get("DJANGO_BASE_URL", "") or "http://127.0.0.1:8000").rstrip("/")
SANDBOX_URL = os.environ.get("RASEED_DEMO_SANDBOX_URL", "") or "http://127.0.0.1:8900"
#: What the shop shows when it calls, and what the webhooks to it are signed with.
TOKEN = os.environ.get("PAYMENTS_SERVICE_TOKEN", "")
WEBHOOK_SECRET = os.environ.get("PAYMENTS_WEBHOOK_SECRET", "")

SECRET_KEY = os.environ.get("PAYMENTS_SERVICE_SECRET_KEY", "") or "only-for-import; the command makes its own"
DEBUG = False
ALLOWED_HOSTS = [urlsplit(BASE_URL).hostname or "localhost", "127.0.0.1", "localhost"]
ROOT_URLCONF = "raseed_shops.payments_service.urls"
WSGI_APPLICATION = "raseed_shops.payments_service.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
USE_TZ = True
INSTALLED_APPS = [
    "raseed.payments",
    "raseed_shops.payments_service",
    "django.contrib.auth",
    "django.contrib.contenttypes",
]
MIDDLEWARE = ["django.middleware.security.SecurityMiddleware", "django.middleware.common.CommonMiddleware"]
TEMPLATES = [{"BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True}]
DATABASES = {
    "default": database(
        os.environ.get("PAYMENTS_SERVICE_DATABASE_URL", "") or f"sqlite:///{DIRECTORY / 'service.sqlite3'}"
    )
}
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {name}: {message}", "style": "{"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": "WARNING"},
    "loggers": {"raseed": {"level": "INFO"}, "raseed_shops": {"level": "INFO"}},
}


def _account() -> dict[str, Any]:
    """The client that pays: yours by OPENPAYMENTS_…, else the sandbox's own, whose key is public."""
    wallet = os.environ.get("OPENPAYMENTS_WALLET_ADDRESS", "")
    if wallet:
        keys = os.environ["OPENPAYMENTS_KEYS_FILE"]
        return {"GATEWAY": "openpayments", "WALLET_ADDRESS": wallet, "KEYS_FILE": keys}
    return {
        "GATEWAY": "openpayments",
        "BASE_URL": f"{SANDBOX_URL}/openpayments",
        "WALLET_ADDRESS": f"{SANDBOX_URL}/openpayments/market",
        "KEY_ID": "sandbox-market",
        "PRIVATE_KEY": b"raseed sandbox market key 1.....".hex(),
    }


RASEED: dict[str, Any] = {
    "SITE_URL": BASE_URL,
    "CLOCK": "raseed_shops.clock.now",
    "REFERENCE_PREFIX": "service",
    "ACCOUNTS": {"openpayments": _account()},
    "PURPOSES": {"order": "raseed_shops.payments_service.payments.OrderPayment"},
}
