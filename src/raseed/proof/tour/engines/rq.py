"""Tasks wait in Redis: django-tasks-rq on RQ."""

from __future__ import annotations

import contextlib
from typing import Any

from raseed.proof.tour.engines.base import QUEUE, Engine, EngineMissing, manage

#: Says whose database this is, so that nobody else's is ever emptied.
_OURS = "raseed-tour"


class Rq(Engine):
    """The whole database that the URL names is emptied, so it must be empty to begin with."""

    name = "rq"
    extra = "rq"
    packages = ("django_tasks_rq", "django_rq")
    default_url = "redis://127.0.0.1:6379/15"
    has_queue = True

    def require(self, database: str) -> None:
        super().require(database)
        from redis.exceptions import RedisError

        try:
            if self._redis().dbsize():
                raise EngineMissing(
                    f"the database at {self.url} is not empty, and the tour would flush it. Name an empty "
                    "one: --queue redis://host:6379/NUMBER"
                )
            self._redis().set(_OURS, 1)
        except RedisError as error:
            raise EngineMissing(
                f"no Redis answers at {self.url} ({error}). Start one (apt-get install redis-server), "
                "or name yours: --queue redis://host:6379/NUMBER"
            ) from error

    def settings(self) -> dict[str, Any]:
        return {
            "TASKS": {"default": {"BACKEND": "django_tasks_rq.RQBackend", "QUEUES": ["default", QUEUE]}},
            "RQ_QUEUES": {name: {"URL": self.url} for name in ("default", QUEUE)},
        }

    def apps(self) -> list[str]:
        return ["django_rq"]

    def hand(self, name: str) -> list[str]:
        # It runs tasks in its own process: killing it kills the task too, as a power cut would.
        simple = ["--worker-class", "rq.worker.SimpleWorker"]
        return manage("rqworker", QUEUE, *simple, "--job-class", "django_tasks_rq.Job", "--verbosity", "0")

    def waiting(self) -> int:
        return int(self._redis().llen(f"rq:queue:{QUEUE}"))

    def lose(self) -> None:
        self._redis().flushdb()
        self._redis().set(_OURS, 1)

    def close(self) -> None:
        from redis.exceptions import RedisError

        with contextlib.suppress(RedisError):
            self._redis().flushdb()

    def _redis(self) -> Any:
        from redis import Redis

        return Redis.from_url(self.url)
