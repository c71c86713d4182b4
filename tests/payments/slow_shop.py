"""A shop whose giving takes a while and leaves a mark when it begins."""

import os
import time
from pathlib import Path

from tests.bookshop.payments import BuyBook


class SlowBook(BuyBook):
    """Touches the file WORKER_MARK, then takes WORKER_SECONDS."""

    def fulfil(self, book, payment):
        given = super().fulfil(book, payment)
        Path(os.environ["WORKER_MARK"]).touch()
        time.sleep(float(os.environ.get("WORKER_SECONDS", "0")))
        return given
