"""`prepare_demo`: tables, people, and what each shop starts with. Repeating it adds only what is missing."""

from __future__ import annotations

from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand

from raseed_shops.front.demo_data import (
    seed_clinic,
    seed_errands,
    seed_marketplace,
    seed_people,
    seed_puja,
)


class Command(BaseCommand):
    """Make the database of the demo ready."""

    help = "Create the tables, the people and what the demo starts with; safe to repeat."

    def handle(self, *args: Any, **options: Any) -> None:
        call_command("migrate", interactive=False, verbosity=0)
        people = seed_people()
        seed_errands(people)
        seed_clinic(people)
        seed_marketplace(people)
        seed_puja()
        self.stdout.write("The demo's database is ready.")
