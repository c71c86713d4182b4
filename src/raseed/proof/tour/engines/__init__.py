"""The engines that a tour can run on: how owed work gets from `raseed_work` to the process that does it."""

from __future__ import annotations

from raseed.proof.tour.engines.base import Engine
from raseed.proof.tour.engines.celery import Celery
from raseed.proof.tour.engines.database import Database
from raseed.proof.tour.engines.rq import Rq

#: By the name that `--engine` takes.
ENGINES: dict[str, type[Engine]] = {engine.name: engine for engine in (Engine, Database, Rq, Celery)}
