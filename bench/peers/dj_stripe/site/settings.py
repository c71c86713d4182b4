"""dj-stripe as its documentation sets it up: one endpoint with its signature checked.

Its webhook view is exempt from ATOMIC_REQUESTS and opens its own transaction.
"""

import os

from common_settings import *  # noqa: F403
from common_settings import INSTALLED_APPS

INSTALLED_APPS = [*INSTALLED_APPS, "djstripe", "shop"]
STRIPE_LIVE_MODE = False
STRIPE_TEST_SECRET_KEY = "sk_test_of00the00measurement00only"  # noqa: S105
DJSTRIPE_FOREIGN_KEY_TO_FIELD = "id"
# Its documented setting for another host; here the imitation on this machine.
STRIPE_API_HOST = os.environ["PEER_STRIPE_API"]
# Replaying its migrations takes minutes; its models make the same tables, constraints and indexes.
MIGRATION_MODULES = dict.fromkeys(("auth", "contenttypes", "djstripe"))
