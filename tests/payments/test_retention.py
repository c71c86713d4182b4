"""RETENTION_DAYS and TASK_QUEUE: what is taken, and what a site's owner is told."""

import pytest

from tests.payments.test_conf import mistake, parse


class TestRetention:
    def test_what_is_not_named_is_kept_as_by_default(self):
        days = parse(RETENTION_DAYS={"bodies": 7, "notices": None}).retention_days
        assert days == {"bodies": 7, "deliveries": 400, "facts": None, "rejected": 30, "notices": None}

    @pytest.mark.parametrize("value", [0, -1, 1.5, "90", True, 36_501])
    def test_days_are_whole_and_above_zero(self, value):
        said = mistake(RETENTION_DAYS={"bodies": value})
        assert said == (
            f"RASEED['RETENTION_DAYS']['bodies'] is {value!r}. Give whole days from 1 on, or None: for good."
        )

    def test_a_misspelt_kind_gets_a_suggestion(self):
        assert mistake(RETENTION_DAYS={"delivery": 9}).endswith("Did you mean deliveries?")

    def test_it_maps_names_to_days(self):
        assert mistake(RETENTION_DAYS=90).startswith("RASEED['RETENTION_DAYS'] is 90. Map names to days")


@pytest.mark.parametrize("value", ["", None, 3])
def test_a_queue_has_a_name(value):
    assert mistake(TASK_QUEUE=value).startswith(f"RASEED['TASK_QUEUE'] is {value!r}. Name a queue of TASKS")
