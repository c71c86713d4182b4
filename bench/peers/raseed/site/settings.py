"""Raseed as docs/howto/integrate.md sets it up: PayMongo, signed webhooks, one purpose.

Its views are exempt from ATOMIC_REQUESTS and open their own transaction.
"""

import os

from common_settings import *  # noqa: F403
from common_settings import INSTALLED_APPS

INSTALLED_APPS = [*INSTALLED_APPS, "raseed.payments", "shop"]
RASEED = {
    "SITE_URL": os.environ["PEER_SITE_URL"],
    "ACCOUNTS": {
        "paymongo": {
            "GATEWAY": "paymongo",
            "SECRET_KEY": "sk_test_peers",
            "WEBHOOK_SECRETS": [os.environ["PEER_PAYMONGO_SECRET"]],
            # The only departure: its API calls go to the sandbox on this machine.
            "BASE_URL": os.environ["PEER_PAYMONGO_API"],
        }
    },
    "PURPOSES": {"order": "shop.payments.OrderPayment"},
}
