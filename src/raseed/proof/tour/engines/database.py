"""Tasks wait in a table of the same database: django-tasks-db."""

from __future__ import annotations

from typing import Any

from raseed.proof.tour.engines.base import QUEUE, SLOWER_PAUSE_SECONDS, Engine, manage


class Database(Engine):
    """One service less to run: the queue is a table in PostgreSQL."""

    name = "database"
    extra = "database"
    packages = ("django_tasks_db",)
    has_queue = True

    def settings(self) -> dict[str, Any]:
        return {
            "TASKS": {"default": {"BACKEND": "django_tasks_db.DatabaseBackend", "QUEUES": ["default", QUEUE]}}
        }

    def apps(self) -> list[str]:
        return ["django_tasks_db"]

    def hand(self, name: str) -> list[str]:
        return manage(
            *["db_worker", "--queue-name", QUEUE, "--interval", SLOWER_PAUSE_SECONDS],
            *["--no-startup-delay", "--worker-id", name, "--verbosity", "0"],
        )

    def waiting(self) -> int:
        from django_tasks_db.models import DBTaskResult

        return int(DBTaskResult.objects.ready().count())

    def lose(self) -> None:
        from django.db import connection
        from django_tasks_db.models import DBTaskResult

        with connection.cursor() as cursor:
            cursor.execute(f"TRUNCATE {connection.ops.quote_name(DBTaskResult._meta.db_table)}")
