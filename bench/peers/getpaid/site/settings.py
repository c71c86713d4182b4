"""django-getpaid as its documentation sets it up, with its own PayU backend.

Its callback view opens its own transaction and locks the payment, so ATOMIC_REQUESTS would change nothing.
"""

import os

from common_settings import *  # noqa: F403
from common_settings import INSTALLED_APPS

INSTALLED_APPS = [*INSTALLED_APPS, "getpaid", "getpaid_payu", "shop"]
GETPAID_ORDER_MODEL = "shop.Order"
GETPAID_BACKEND_SETTINGS = {
    "getpaid_payu.processor.PayUProcessor": {
        "pos_id": 12345,
        "second_key": os.environ["PEER_PAYU_KEY"],
        "oauth_id": 12345,
        "oauth_secret": "of nobody",
        "sandbox": True,
    },
}
