"""The example shops' settings, with the sandbox in the same process. For the simulation only."""

from __future__ import annotations

from raseed.proof.simulate.wire import WIRE
from raseed_shops.settings import *  # noqa: F403 a settings module is its names
from raseed_shops.settings import DATABASES as _DATABASES
from raseed_shops.settings import RASEED as _SHOPS

# Nobody cuts the power here; a disk that is waited for a million times would only make it slow.
_DATABASES["default"]["CONN_MAX_AGE"] = None
if _DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    _DATABASES["default"]["OPTIONS"]["init_command"] += "; PRAGMA synchronous=OFF"
else:
    _DATABASES["default"]["OPTIONS"]["options"] = "-c synchronous_commit=off"

#: Letters are kept in memory, and forgotten with their world.
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
MAILERS = {"default": {"BACKEND": EMAIL_BACKEND}}

#: Nobody logs in.
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]

RASEED = {
    **_SHOPS,
    "PURPOSES": {
        **_SHOPS["PURPOSES"],
        "system-fee": "raseed.proof.simulate.trouble.SystemFee",
        "bill": "raseed.proof.simulate.trouble.BillPayment",
        "puja-cart": "raseed.proof.simulate.trouble.CartPayment",
        "job": "raseed.proof.simulate.trouble.JobPayment",
    },
    "ACCOUNTS": {name: {**account, "HTTP": WIRE} for name, account in _SHOPS["ACCOUNTS"].items()},
}

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "handlers": {"none": {"class": "logging.NullHandler"}},
    "root": {"handlers": ["none"], "level": "ERROR"},
}
