"""Settings of the tests. RASEED_TEST_DATABASE=postgres://… runs them on PostgreSQL; default SQLite."""

import atexit
import os
import tempfile
import zlib
from pathlib import Path
from urllib.parse import unquote, urlsplit

import django

SECRET_KEY = "only for tests, and as long as signing a JSON Web Token asks for"
USE_TZ = True
TIME_ZONE = "UTC"
ALLOWED_HOSTS = ["*"]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
ROOT_URLCONF = "tests.urls"
STATIC_URL = "/static/"
INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
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
    "tests.bookshop",
]
MIDDLEWARE = [
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


#: Gone with the process, together with what SQLite keeps beside its file.
_FOLDER = tempfile.TemporaryDirectory(prefix="raseed-tests-", ignore_cleanup_errors=True)
atexit.register(_FOLDER.cleanup)

#: Two checkouts may test at once on one server, and tests may start a run of their own in this one.
_RUN = os.environ.get("RASEED_TEST_RUN", "")
_CHECKOUT = f"{zlib.crc32(f'{Path(__file__).resolve()}{_RUN}'.encode()):08x}"


def _database(url: str) -> dict:
    if not url:
        return {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": Path(__file__).parent / "test.sqlite3",
            # A file, so that threads and processes of one test share it.
            "TEST": {"NAME": Path(_FOLDER.name) / "test.sqlite3"},
            "OPTIONS": {
                "transaction_mode": "IMMEDIATE",
                "timeout": 20,
                "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
            },
        }
    parts = urlsplit(url)
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": parts.path.lstrip("/") or "postgres",
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": parts.hostname or "",
        "PORT": str(parts.port or ""),
        "TEST": {"NAME": f"test_raseed_{_CHECKOUT}_{parts.path.lstrip('/')}"},
    }


DATABASES = {"default": _database(os.environ.get("RASEED_TEST_DATABASE", ""))}

if django.VERSION >= (6, 1):
    MAILERS = {"default": {"BACKEND": "django.core.mail.backends.locmem.EmailBackend"}}

RASEED = {
    "SITE_URL": "https://shop.example",
    "ACCOUNTS": {
        "fake": {"GATEWAY": "raseed.testing.FakeGateway"},
        "other": {"GATEWAY": "raseed.testing.FakeGateway"},
        "wallets": {"GATEWAY": "tests.bookshop.gateways.FakeWallets"},
    },
    "PURPOSES": {
        "book": "tests.bookshop.payments.BuyBook",
        "gift": "tests.bookshop.payments.GiveBook",
        "deposit": "tests.bookshop.payments.FillBasket",
        "basket": "tests.bookshop.payments.BuyBasket",
        "book-egp": "tests.bookshop.payments.BuyBookInPounds",
        "book-omr": "tests.bookshop.payments.BuyBookInRials",
        "book-inr": "tests.bookshop.payments.BuyBookInRupees",
    },
    "CLOCK": "raseed.testing.clock",
}
