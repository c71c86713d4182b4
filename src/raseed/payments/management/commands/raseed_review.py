"""`manage.py raseed_review`: a person accepts or rejects money that waits for a decision."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from raseed.core.errors import RefusedRuling
from raseed.payments import conf
from raseed.payments.flows.apply_facts import apply_ruling
from raseed.payments.models import Payment, Ruling

_RULINGS = {"accept": Ruling.ACCEPTED, "reject": Ruling.REJECTED}


class Command(BaseCommand):
    """Decides one payment that is in review or whose money is held; the reason stays in its history."""

    help = "Accept money that is held or in review (what was paid for is given), or reject it."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Which payment, what is decided, and why."""
        parser.add_argument("reference", help="the payment's reference, as its page shows it")
        parser.add_argument("decision", choices=sorted(_RULINGS), help="what you decided")
        parser.add_argument("--reason", required=True, help="why; kept in the payment's history")

    def handle(self, *args: Any, **options: Any) -> None:
        """Apply the decision, and say how the payment stands now."""
        payment = Payment.objects.filter(reference=options["reference"]).first()
        if payment is None:
            raise CommandError(f"There is no payment with reference {options['reference']!r}.")
        try:
            payment = apply_ruling(
                payment.pk, _RULINGS[options["decision"]], now=conf.now(), reason=options["reason"]
            )
        except RefusedRuling as refused:
            raise CommandError(str(refused)) from refused
        self.stdout.write(f"{payment.reference} is {payment.state}. {payment.attention}".strip())
