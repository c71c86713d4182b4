"""The example shops with the gateway that has no network."""

from __future__ import annotations

from raseed_shops.settings import *  # noqa: F403 a settings module is its names
from raseed_shops.settings import RASEED as _SHOPS

RASEED = {
    **_SHOPS,
    "CLOCK": "raseed.testing.clock",
    "ACCOUNTS": {**_SHOPS["ACCOUNTS"], "fake": {"GATEWAY": "raseed.testing.FakeGateway"}},
}
LOGGING = {"version": 1}
