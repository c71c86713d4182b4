"""Migrations are complete, can be undone, and have one end."""

import pytest
from django.apps import apps
from django.core.management import call_command
from django.db import connection
from django.db.migrations.loader import MigrationLoader


@pytest.mark.django_db
def test_models_and_migrations_agree(capsys):
    call_command("makemigrations", "raseed", check=True, dry_run=True)
    assert "No changes detected" in capsys.readouterr().out


@pytest.mark.django_db(transaction=True)
def test_all_migrations_can_be_undone_and_done_again():
    before = _raseed_tables()
    call_command("migrate", "raseed", "zero", verbosity=0)
    try:
        assert _raseed_tables() == set()
    finally:
        call_command("migrate", "raseed", verbosity=0)
    assert _raseed_tables() == before
    assert before >= {
        model._meta.db_table for model in apps.get_app_config("raseed").get_models() if model._meta.managed
    }


def test_there_is_one_newest_migration():
    leaves = MigrationLoader(None, ignore_no_migrations=True).graph.leaf_nodes("raseed")
    assert len(leaves) == 1


def _raseed_tables():
    return {name for name in connection.introspection.table_names() if name.startswith("raseed_")}
