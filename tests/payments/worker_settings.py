"""Settings of a worker that runs as a process of its own beside the tests, on their database."""

import os

from tests.settings import *  # noqa: F403
from tests.settings import DATABASES, RASEED

DATABASES["default"]["NAME"] = os.environ["WORKER_DATABASE"]
RASEED = RASEED | {"PURPOSES": {"book": "tests.payments.slow_shop.SlowBook"}, "LEASE_SECONDS": 2}
