"""`raseed tour --engine`: the same situations behind each queue, killed and emptied in the middle."""

from __future__ import annotations

import json

import pytest

from tests.acceptance.test_tour import tour

#: A sample for every run. The whole: `raseed tour --engine NAME --database URL`, as docs/howto/tour.md says.
SAMPLE = ("poll only", "whole queue lost", "one of three workers", "fulfilment raising twice")


def sample(engine: str) -> None:
    """Play it in one shop; everything must end as it must."""
    names = [argument for name in SAMPLE for argument in ("--situation", name)]
    ran = tour("--json", "--engine", engine, "--shop", "errands", *names)
    assert ran.stdout, ran.stderr
    whole = json.loads(ran.stdout)
    assert {result["situation"]: result["detail"] for result in whole["results"] if not result["ok"]} == {}
    assert (whole["passed"], ran.returncode) == (len(SAMPLE), 0)


@pytest.mark.slow
@pytest.mark.postgres
@pytest.mark.xdist_group("engines")
class TestSample:
    def test_database(self) -> None:
        sample("database")

    @pytest.mark.redis
    def test_rq(self) -> None:
        sample("rq")

    @pytest.mark.rabbitmq
    def test_celery(self) -> None:
        sample("celery")


@pytest.mark.slow
class TestRefusals:
    """What is missing is said in one line, before anything is started."""

    def test_several_machines_cannot_share_sqlite(self) -> None:
        ran = tour("--engine", "database", database="")
        assert (ran.returncode, ran.stdout) == (1, "")
        assert "those cannot share SQLite. Add --database postgresql://" in ran.stderr

    @pytest.mark.parametrize(
        ("engine", "queue", "says"),
        [
            ("rq", "redis://127.0.0.1:1/0", "no Redis answers at redis://127.0.0.1:1/0"),
            ("celery", "amqp://guest@127.0.0.1:1//", "no RabbitMQ answers at amqp://guest@127.0.0.1:1//"),
        ],
    )
    def test_a_queue_that_is_away(self, engine: str, queue: str, says: str) -> None:
        ran = tour("--engine", engine, "--queue", queue, database="postgresql:///nowhere")
        assert (ran.returncode, ran.stdout) == (1, "")
        assert says in ran.stderr
        assert "apt-get install" in ran.stderr
        assert "Traceback" not in ran.stderr

    @pytest.mark.redis
    def test_a_redis_database_with_something_in_it_is_not_emptied(self) -> None:
        from redis import Redis

        url = "redis://127.0.0.1:6379/14"
        with Redis.from_url(url) as redis:
            redis.set("somebody-elses", 1)
            try:
                ran = tour("--engine", "rq", "--queue", url, database="postgresql:///nowhere")
                assert (ran.returncode, "is not empty" in ran.stderr) == (1, True)
                assert redis.get("somebody-elses") == b"1"
            finally:
                redis.delete("somebody-elses")
