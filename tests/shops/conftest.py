"""The example shops as they are, but with a fake gateway and a clock that tests move."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.auth.models import User

from raseed import testing
from raseed.testing_sandbox import LocalSandbox, sandbox, sandbox_server  # noqa: F401
from raseed_shops import settings as shop
from raseed_shops.errands.models import Task
from raseed_shops.front.demo_data import (
    seed_clinic,
    seed_errands,
    seed_marketplace,
    seed_people,
    seed_puja,
)
from tests.shops.devotee import Devotee
from tests.shops.front_end import SECRET, FrontEnd
from tests.shops.market import Market

AS_THE_SHOPS = (
    "ALLOWED_HOSTS",
    "CORS_ALLOWED_ORIGINS",
    "CORS_ALLOW_ALL_ORIGINS",
    "CORS_ALLOW_HEADERS",
    "CORS_URLS_REGEX",
    "DEMO_LOGINS",
    "LANGUAGES",
    "LANGUAGE_CODE",
    "LOCALE_PATHS",
    "LOGIN_URL",
    "MARKETPLACE",
    "MIDDLEWARE",
    "PUJA_TAKES_PAST_DATES",
    "ROOT_URLCONF",
    "SANDBOX_URL",
    "STATIC_URL",
    "STATICFILES_DIRS",
    "TEMPLATES",
)


@pytest.fixture(autouse=True)
def shop_settings(settings: Any) -> Iterator[None]:
    for name in AS_THE_SHOPS:
        setattr(settings, name, getattr(shop, name))
    settings.ALLOWED_HOSTS = ["testserver"]
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # fast is enough here
    settings.RASEED = {
        **shop.RASEED,
        "SITE_URL": "http://testserver",
        "CLOCK": "raseed.testing.clock",
        "ACCOUNTS": {
            "paymongo": {"GATEWAY": "tests.shops.fakes.FakePayMongo"},
            "openpayments": shop.RASEED["ACCOUNTS"]["openpayments"],
            "phonepe": {"GATEWAY": "tests.shops.fakes.FakePhonePe"},
            "paymob": shop.RASEED["ACCOUNTS"]["paymob"],
        },
    }
    yield
    testing.reset()


@pytest.fixture
def people(db: None) -> dict[str, User]:
    users = seed_people()
    seed_errands(users)
    seed_clinic(users)
    seed_puja()
    return users


@pytest.fixture
def task(people: dict[str, User]) -> Task:
    """Ana's parcel, accepted by Ben; its chat waits for the fee."""
    return Task.objects.get(title="Pick up a parcel")


@pytest.fixture
def front_end(people: dict[str, User], sandbox: LocalSandbox, settings: Any) -> FrontEnd:  # noqa: F811
    """The clinic with its real account, in the sandbox's time, and a front end of its API."""
    account = {**shop.RASEED["ACCOUNTS"]["paymongo"], "BASE_URL": sandbox.url("paymongo")}
    account["WEBHOOK_SECRETS"] = [SECRET]
    settings.RASEED = {
        **shop.RASEED,
        "SITE_URL": "http://testserver",
        "CLOCK": "raseed.testing_sandbox.clock",
        "ACCOUNTS": {**shop.RASEED["ACCOUNTS"], "paymongo": account},
    }
    return FrontEnd(sandbox)


@pytest.fixture
def market(people: dict[str, User], sandbox: LocalSandbox, settings: Any) -> Market:  # noqa: F811
    """The marketplace with the sandbox's wallets, in the sandbox's time."""
    wallets = sandbox.url("openpayments")
    account = {
        **shop.RASEED["ACCOUNTS"]["openpayments"],
        "BASE_URL": wallets,
        "WALLET_ADDRESS": f"{wallets}/market",
    }
    settings.SANDBOX_URL = sandbox.base_url
    settings.RASEED = {
        **shop.RASEED,
        "SITE_URL": "http://testserver",
        "CLOCK": "raseed.testing_sandbox.clock",
        "ACCOUNTS": {**shop.RASEED["ACCOUNTS"], "openpayments": account},
    }
    seed_marketplace(people)
    return Market(sandbox)


@pytest.fixture
def devotee(people: dict[str, User], sandbox: LocalSandbox, settings: Any) -> Devotee:  # noqa: F811
    """The temple with its real account, in the sandbox's time, and Meera's front end."""
    accounts = shop.RASEED["ACCOUNTS"]
    phonepe = {**accounts["phonepe"], "BASE_URL": sandbox.url("phonepe")}
    settings.RASEED = {
        **shop.RASEED,
        "SITE_URL": "http://testserver",
        "CLOCK": "raseed.testing_sandbox.clock",
        "ACCOUNTS": {**accounts, "phonepe": phonepe},
    }
    return Devotee(sandbox).log_in("meera")
