"""Tasks wait in RabbitMQ: django-tasks-fennel on Celery."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator
from typing import Any

from raseed.proof.tour.engines.base import QUEUE, Engine, EngineMissing


class Celery(Engine):
    """Celery's workers take tasks from one queue at the server that the URL names."""

    name = "celery"
    extra = "celery"
    packages = ("django_tasks_fennel", "celery")
    default_url = "amqp://guest:guest@127.0.0.1:5672//"
    has_queue = True

    def require(self, database: str) -> None:
        super().require(database)
        from kombu.exceptions import OperationalError

        try:
            with self._queue() as queue:
                found = queue.queue_declare()
        except (OSError, OperationalError) as error:
            raise EngineMissing(
                f"no RabbitMQ answers at {self.url} ({error}). Start one (apt-get install rabbitmq-server), "
                "or name yours: --queue amqp://user:password@host:5672/vhost"
            ) from error
        if found.consumer_count:
            raise EngineMissing(f"another tour uses the queue {QUEUE!r} at {self.url}. Wait until it ends.")

    def settings(self) -> dict[str, Any]:
        return {
            "TASKS": {
                "default": {"BACKEND": "django_tasks_fennel.CeleryBackend", "QUEUES": ["default", QUEUE]}
            },
            "CELERY_BROKER_URL": self.url,
            "CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP": True,
            "CELERY_TASK_DEFAULT_QUEUE": QUEUE,
        }

    def apps(self) -> list[str]:
        return ["django_tasks_fennel"]

    def hand(self, name: str) -> list[str]:
        quick = ["--without-gossip", "--without-mingle", "--without-heartbeat"]
        return [
            *[sys.executable, "-m", "celery", "-A", "django_tasks_fennel.app", "worker", "--pool", "solo"],
            *["--queues", QUEUE, "--hostname", f"{name}@%h", "--loglevel", "WARNING", *quick],
        ]

    def waiting(self) -> int:
        with self._queue() as queue:
            return int(queue.queue_declare().message_count)

    def lose(self) -> None:
        with self._queue() as queue:
            queue.purge()

    def close(self) -> None:
        with contextlib.suppress(OSError), self._queue() as queue:
            queue.delete()

    @contextlib.contextmanager
    def _queue(self) -> Iterator[Any]:
        """The queue as Celery declares it."""
        from kombu import Connection, Exchange, Queue

        with Connection(self.url, connect_timeout=5) as connection:
            yield Queue(QUEUE, Exchange(QUEUE, type="direct"), routing_key=QUEUE)(connection)
