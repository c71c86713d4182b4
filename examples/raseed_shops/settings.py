"""Settings of the example shops. They run on one machine, against the sandbox, with play money.

`raseed demo` sets the RASEED_DEMO_* variables; by hand, the defaults fit `raseed sandbox` on its usual
port. What a real shop would copy from here is RASEED, and the database options.
"""

from __future__ import annotations

import os
from datetime import timedelta
from ipaddress import ip_network
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import django
from corsheaders.defaults import default_headers

from raseed_shops.database import database


def _env(name: str, default: str) -> str:
    return os.environ.get(f"RASEED_DEMO_{name}", "") or default


def _networks(name: str) -> list[str]:
    """Addresses and networks such as `10.0.0.0/8`, with spaces between them. A wrong one ends the start."""
    return [
        str(ip_network(text, strict=False)) for text in os.environ.get(name, "").replace(",", " ").split()
    ]


BASE_DIR = Path(__file__).resolve().parent
DIRECTORY = Path(_env("DIRECTORY", "raseed-demo")).resolve()
SITE_URL = _env("SITE_URL", "http://127.0.0.1:8000")
SANDBOX_URL = _env("SANDBOX_URL", "http://127.0.0.1:8900")

#: Anyone who can reach the demo may log in as anyone: that is what the buttons are for.
DEMO_LOGINS = True
#: Known to all, so it protects nothing. `raseed demo` makes a random one for its directory.
SECRET_KEY = _env("SECRET_KEY", "known-to-everyone-and-fit-for-play-money-only-0123456789")
DEBUG = False
ALLOWED_HOSTS = [urlsplit(SITE_URL).hostname or "localhost", "127.0.0.1", "localhost"]
ROOT_URLCONF = "raseed_shops.urls"
WSGI_APPLICATION = "raseed_shops.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

INSTALLED_APPS = [
    "raseed.payments",
    "raseed_shops.front",
    "raseed_shops.errands",
    "raseed_shops.clinic",
    "raseed_shops.marketplace",
    "raseed_shops.puja",
    "raseed_shops.services",
    "corsheaders",
    "rest_framework",
    "rest_framework.authtoken",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
]

MIDDLEWARE = [
    "corsheaders.middleware.CorsMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "raseed_shops.front.apis.AppendSlash",
    "raseed_shops.front.apis.ErrorsAsJson",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "raseed_shops.marketplace.language.MarketLanguage",
    "raseed_shops.front.refusals.RefusalPages",
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        # First, so that raseed/base.html here replaces the one in raseed.payments.
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "raseed_shops.front.shops.unread_notifications",
            ],
        },
    }
]

DATABASES = {"default": database(_env("DATABASE_URL", f"sqlite:///{DIRECTORY / 'shop.sqlite3'}"))}
# Each thread keeps its connection: opening one for every request costs more than the request.
DATABASES["default"]["CONN_MAX_AGE"] = 60

STATIC_URL = "/static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
LANGUAGE_CODE = "en"
# What the marketplace is written in. It follows the browser; the other shops speak English.
LANGUAGES = [
    ("en", "English"),
    ("es", "Español"),
    ("fil", "Filipino"),
    ("ar", "العربية"),
    ("hi", "हिन्दी"),
]
LOCALE_PATHS = [BASE_DIR / "locale"]
TIME_ZONE = "Asia/Manila"
USE_TZ = True
LOGIN_URL = "front:login"
# Cookies are shared by all ports of a host; these names leave other sites on this machine alone.
SESSION_COOKIE_NAME = "raseed_demo_session"
CSRF_COOKIE_NAME = "raseed_demo_csrf"

# Letters go into a directory, and the front page shows them.
OUTBOX = DIRECTORY / "outbox"
if django.VERSION >= (6, 1):
    MAILERS = {"default": {"BACKEND": "raseed_shops.front.outbox.Outbox"}}
else:
    EMAIL_BACKEND = "raseed_shops.front.outbox.Outbox"
DEFAULT_FROM_EMAIL = "Raseed demo <shop@demo.example>"

# A front end of one's own may live anywhere: the APIs know their callers by a token and read no cookies.
# A real shop names the sites that may call it. Nothing but the APIs answers to other sites.
FRONT_ENDS = _env("FRONT_ENDS", "").split()
CORS_ALLOWED_ORIGINS = FRONT_ENDS
CORS_ALLOW_ALL_ORIGINS = not FRONT_ENDS
CORS_URLS_REGEX = r"^/api/"
CORS_ALLOW_HEADERS = (*default_headers, "idempotency-key")

# The temple's front end stays logged in for an hour, and renews that for a day.
SIMPLE_JWT = {"ACCESS_TOKEN_LIFETIME": timedelta(hours=1), "REFRESH_TOKEN_LIFETIME": timedelta(days=1)}

# Recorded examples name days that are over, and must keep working here. A real shop refuses such days.
PUJA_TAKES_PAST_DATES = True

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {name}: {message}", "style": "{"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": "WARNING"},
    "loggers": {"raseed": {"level": "INFO"}, "raseed_shops": {"level": "INFO"}},
}

#: Who may send the marketplace webhooks, and which proxies stand in front of it: addresses or networks.
MARKETPLACE: dict[str, Any] = {
    # Who pays from wallet to wallet: this process, or a payments service, where one is named.
    "ACCOUNT": "payments-service" if os.environ.get("PAYMENTS_SERVICE_URL") else "openpayments",
    # Shared with a payments service, newest first. None: whatever comes is a hint.
    "WEBHOOK_SECRETS": os.environ.get("PAYMENTS_WEBHOOK_SECRET", "").replace(",", " ").split(),
    "WEBHOOKS_PER_MINUTE": 60,
    "ALLOWED_IPS": _networks("ALLOWED_IPS"),
    "TRUSTED_PROXIES": _networks("TRUSTED_PROXIES"),
}

RASEED: dict[str, Any] = {
    "SITE_URL": SITE_URL,
    # Another process: uvicorn raseed.payments.events:application. Without it pages ask now and then.
    "EVENTS_URL": _env("EVENTS_URL", ""),
    "CLOCK": "raseed_shops.clock.now",
    # Fixed, because the demo's port, and with it SITE_URL, may change from one run to the next.
    "REFERENCE_PREFIX": "demo",
    "ACCOUNTS": {
        "paymongo": {
            "GATEWAY": "paymongo",
            "BASE_URL": f"{SANDBOX_URL}/paymongo",
            "SECRET_KEY": _env("PAYMONGO_SECRET_KEY", "sk_test_raseed_demo"),
            # With this one the browser hands a card to PayMongo. It is no secret and can do little else.
            "PUBLIC_KEY": _env("PAYMONGO_PUBLIC_KEY", "pk_test_raseed_demo"),
            "WEBHOOK_SECRETS": [_env("WEBHOOK_SECRET", "whsk_unknown_until_the_sandbox_says")],
            # PayMongo itself takes nothing below its documented minimum, far above this shop's fee of
            # ₱2.00. The demo's sandbox is told the same lower number. A live shop must leave this out
            # and charge more: see docs/howto/go-live-paymongo.md.
            "MINIMUM": int(_env("PAYMONGO_MINIMUM", "100")),
        },
        "paymob": {
            "GATEWAY": "paymob",
            "BASE_URL": f"{SANDBOX_URL}/paymob",
            "API_KEY": "known-to-everyone",
            "SECRET_KEY": _env("PAYMOB_SECRET_KEY", "egy_sk_test_raseeddemo"),
            "PUBLIC_KEY": _env("PAYMOB_PUBLIC_KEY", "egy_pk_test_raseeddemo"),
            "HMAC_SECRETS": [_env("PAYMOB_HMAC_SECRET", "sandbox-hmac-secret")],
            # The integrations that the sandbox's merchant has, one for each way to pay.
            "INTEGRATION_IDS": {
                "card": 4_000_111,
                "wallet": 4_000_222,
                "moto": 4_000_333,
                "kiosk": 4_000_444,
                "auth": 4_000_555,
                "cash": 4_000_666,
            },
            "IFRAME_ID": 77_001,
        },
        "openpayments": {
            "GATEWAY": "openpayments",
            "BASE_URL": f"{SANDBOX_URL}/openpayments",
            # The sandbox's own client. Its key is public, as test cards are; a real one stays secret.
            "WALLET_ADDRESS": f"{SANDBOX_URL}/openpayments/market",
            "KEY_ID": _env("OPENPAYMENTS_KEY_ID", "sandbox-market"),
            "PRIVATE_KEY": _env("OPENPAYMENTS_KEY", b"raseed sandbox market key 1.....".hex()),
        },
        "phonepe": {
            "GATEWAY": "phonepe",
            "BASE_URL": f"{SANDBOX_URL}/phonepe",
            "CLIENT_ID": "RASEEDDEMO",
            "CLIENT_SECRET": "known-to-everyone",
            # What is entered with the webhook's address in PhonePe's dashboard; the demo tells its sandbox.
            "WEBHOOK_USERNAME": _env("PHONEPE_WEBHOOK_USERNAME", "sandbox_hooks"),
            "WEBHOOK_PASSWORD": _env("PHONEPE_WEBHOOK_PASSWORD", "Sandbox123"),
        },
    },
    "PURPOSES": {
        "system-fee": "raseed_shops.errands.payments.SystemFee",
        "task-price": "raseed_shops.errands.payments.DoerPay",
        "bill": "raseed_shops.clinic.payments.BillPayment",
        "appointment-deposit": "raseed_shops.clinic.payments.DepositPayment",
        "job": "raseed_shops.marketplace.payments.JobPayment",
        "deposit": "raseed_shops.services.payments.DepositPayment",
        "puja-cart": "raseed_shops.puja.payments.CartPayment",
    },
}

if MARKETPLACE["ACCOUNT"] == "payments-service":
    RASEED["ACCOUNTS"]["payments-service"] = {
        "GATEWAY": "raseed.gateways.payments_service.PaymentsServiceClient",
        "BASE_URL": os.environ["PAYMENTS_SERVICE_URL"],
        "TOKEN": os.environ.get("PAYMENTS_SERVICE_TOKEN", ""),
        "WEBHOOK_SECRETS": MARKETPLACE["WEBHOOK_SECRETS"],
        "LIVEMODE": False,
        # The sandbox's clock is not the service's; a real shop leaves this out.
        "REPLAY_WINDOW_SECONDS": None,
    }
