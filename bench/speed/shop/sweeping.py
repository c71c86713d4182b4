"""Run in the site's environment: sweeps with nothing due, then with so many payments due; prints JSON."""

from __future__ import annotations

import json
import sys
import time
from statistics import median

import django

django.setup()

from django.db import connection  # noqa: E402 after setup

from raseed.payments.flows.sweep import sweep  # noqa: E402

IDLE_SWEEPS = 30
MAKE_DUE = """
UPDATE raseed_payment SET next_check_at = now() - interval '1 second'
WHERE id IN (SELECT id FROM raseed_payment WHERE state = 'pending' AND account = 'still' LIMIT %s)
"""


def main(due: int) -> dict[str, float]:
    """How long a sweep takes that finds nothing, and how many checks a second one that finds much makes."""
    idle = []
    for _ in range(IDLE_SWEEPS):
        began = time.perf_counter()
        if sweep():
            raise SystemExit("something was due before anything was made due")
        idle.append(time.perf_counter() - began)
    with connection.cursor() as cursor:
        cursor.execute(MAKE_DUE, [due])
    began, checked = time.perf_counter(), 0
    while found := sweep():
        checked += found
    if checked != due:
        raise SystemExit(f"{due} payments were due and {checked} were checked")
    return {"idle_ms": 1000 * median(idle), "checks_per_second": checked / (time.perf_counter() - began)}


if __name__ == "__main__":
    sys.stdout.write(json.dumps(main(int(sys.argv[1]))))
