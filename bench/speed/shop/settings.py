"""Settings of the site that is measured. RASEED_BENCH_* variables come from the command."""

from __future__ import annotations

import os
from typing import Any

from raseed_shops.database import database

SITE_URL = os.environ.get("RASEED_BENCH_SITE_URL", "http://127.0.0.1:8000")
SANDBOX_URL = os.environ.get("RASEED_BENCH_SANDBOX_URL", "http://127.0.0.1:8900")
#: Signs the deliveries that the command makes; the sandbox has one of its own.
WEBHOOK_SECRET = os.environ.get("RASEED_BENCH_WEBHOOK_SECRET", "whsk_of_the_measurement")

SECRET_KEY = "of a site that lives for ten minutes and holds no secrets"  # noqa: S105
ALLOWED_HOSTS = ["127.0.0.1"]
USE_TZ = True
ROOT_URLCONF = "bench.speed.shop.urls"
INSTALLED_APPS = [
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "raseed.payments",
    "bench.speed.shop.apps.ShopConfig",
]
#: None, for all contestants: what a site puts in front of its views is not what is compared.
MIDDLEWARE: list[str] = []
TEMPLATES = [{"BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True}]

DATABASES = {"default": database(os.environ.get("RASEED_BENCH_DATABASE_URL", "postgresql:///raseed_bench"))}
DATABASES["default"]["CONN_MAX_AGE"] = None
# What docs/howto/integrate.md advises: values go beside the statement, and PostgreSQL reads it once.
DATABASES["default"]["OPTIONS"] |= {"server_side_binding": True, "prepare_threshold": 5}

RASEED: dict[str, Any] = {
    "SITE_URL": SITE_URL,
    "REFERENCE_PREFIX": "bench",
    "ACCOUNTS": {
        "paymongo": {
            "GATEWAY": "paymongo",
            "BASE_URL": f"{SANDBOX_URL}/paymongo",
            "SECRET_KEY": "sk_test_bench",
            "WEBHOOK_SECRETS": [WEBHOOK_SECRET],
            "MINIMUM": 100,
        },
        "still": {"GATEWAY": "bench.speed.shop.gateway.Still"},
    },
    "PURPOSES": {"order": "bench.speed.shop.payments.BuyOrder"},
}
