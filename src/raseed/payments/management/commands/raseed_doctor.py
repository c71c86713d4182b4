"""`manage.py raseed_doctor`: looks over the installation; `raseed doctor` does the same in colour."""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from raseed.payments.doctor.examination import Outcome, examine
from raseed.payments.doctor.report import document, exit_code, lines, summary


class Command(BaseCommand):
    """Examines and reports. Changes nothing."""

    help = "Look over settings, secrets, database, worker, gateways and addresses, and say what to do."
    requires_system_checks: list[str] = []  # it runs them itself, and tells more

    def add_arguments(self, parser: ArgumentParser) -> None:
        """What to look at, and how to report."""
        parser.add_argument("--json", action="store_true", help="one JSON document on standard output")
        parser.add_argument("--offline", action="store_true", help="ask nobody over the network")
        parser.add_argument("--strict", action="store_true", help="end with 1 for warnings too")

    def handle(self, *args: Any, **options: Any) -> None:
        """Report each subject as it comes; ends with 1 where an error was found."""
        outcomes: list[Outcome] = []
        for outcome in examine(network=not options["offline"]):
            outcomes.append(outcome)
            if not options["json"]:
                self.stdout.write("\n".join(lines(outcome)))
        if options["json"]:
            self.stdout.write(json.dumps(document(outcomes), indent=2, ensure_ascii=False))
        else:
            self.stdout.write(summary(outcomes))
        if code := exit_code(outcomes, strict=options["strict"]):
            sys.exit(code)
