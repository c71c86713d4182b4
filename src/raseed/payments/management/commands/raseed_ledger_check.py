"""`manage.py raseed_ledger_check`: proves the books, account by account; ends with 1 where they differ."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from raseed.payments.ledger_check import check_ledger


class Command(BaseCommand):
    """Changes nothing. Safe while money moves: it reads one snapshot."""

    help = "Compare the ledger with the charges, refunds, fees and wallets it is about."

    def handle(self, *args: Any, **options: Any) -> None:
        """One line for each account and currency; at verbosity 0 only those that differ."""
        lines = check_ledger()
        wrong = [line for line in lines if not line.is_right]
        for line in lines if options["verbosity"] else wrong:
            self.stdout.write(f"{'ok' if line.is_right else 'WRONG':6}{line}")
        if wrong:
            raise CommandError(
                f"{len(wrong)} of {len(lines)} accounts differ from what moved. Postings are never changed "
                "by hand: look for whoever wrote to the tables, and restore what they changed."
            )
        if options["verbosity"]:
            self.stdout.write(f"The books are right: {len(lines)} accounts.")
