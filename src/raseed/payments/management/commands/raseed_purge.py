"""`manage.py raseed_purge`: lets go of what is finished and older than the settings keep it."""

from __future__ import annotations

import json
import time
from argparse import ArgumentParser, ArgumentTypeError
from typing import Any

from django.core.management.base import BaseCommand
from django.db.models import Min

from raseed.payments import conf, retention
from raseed.payments.flows.purge import Chaff, chaff, let_go

#: Seconds between two lines of progress.
_PROGRESS_SECONDS = 2.0


class Command(BaseCommand):
    """Safe while money moves, safe to run twice, safe to kill: each batch is a transaction of its own."""

    help = "Let go of bodies, deliveries, facts and notices that RETENTION_DAYS no longer keeps."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """How much at a time, and what."""
        parser.add_argument("--dry-run", action="store_true", help="count what would go, and change nothing")
        parser.add_argument(
            "--only", action="append", choices=list(retention.PERIODS), help="this kind only; may be repeated"
        )
        parser.add_argument(
            "--batch", type=_above_zero, default=1000, metavar="ROWS", help="rows at a time (default 1000)"
        )
        parser.add_argument(
            "--pause", type=float, default=0.0, metavar="SECONDS", help="pause between batches (default 0)"
        )
        parser.add_argument("--json", action="store_true", help="one JSON document on standard output")

    def handle(self, *args: Any, **options: Any) -> None:
        """One row for each kind, with what went or would go."""
        wanted = options["only"] or list(retention.PERIODS)
        kinds = [kind for kind in chaff(conf.now()) if kind.name.split()[0] in wanted]
        count = self._count if options["dry_run"] else self._let_go
        rows = [count(kind, options) for kind in kinds]
        if options["json"]:
            self.stdout.write(json.dumps({"dry_run": options["dry_run"], "kinds": rows}))
            return
        verb = "would go" if options["dry_run"] else "gone"
        self.stdout.write(f"{'kind':<18} {'kept for days':>13} {verb:>12}  oldest")
        for row in rows:
            self.stdout.write(f"{row['kind']:<18} {row['days']:>13} {row['rows']:>12}  {row['oldest']}")
        for name in wanted:
            if conf.current().retention_days[name] is None:
                self.stdout.write(f"{name:<18} {'for good':>13} {0:>12}")

    def _count(self, kind: Chaff, options: dict[str, Any]) -> dict[str, Any]:
        return _row(kind, kind.rows.count())

    def _let_go(self, kind: Chaff, options: dict[str, Any]) -> dict[str, Any]:
        row = _row(kind, 0)
        said = time.monotonic()
        for count in let_go(kind, options["batch"]):
            row["rows"] += count
            if options["verbosity"] and time.monotonic() - said >= _PROGRESS_SECONDS:
                said = time.monotonic()
                self.stderr.write(f"{kind.name}: {row['rows']} gone so far")
            time.sleep(options["pause"])
        return row


def _row(kind: Chaff, rows: int) -> dict[str, Any]:
    oldest = kind.rows.aggregate(oldest=Min(kind.column))["oldest"]
    return {
        "kind": kind.name,
        "days": kind.days,
        "rows": rows,
        "oldest": oldest.date().isoformat() if oldest else "",
    }


def _above_zero(text: str) -> int:
    if not text.isdigit() or not int(text):
        raise ArgumentTypeError(f"{text!r} is no number of rows above zero")
    return int(text)
