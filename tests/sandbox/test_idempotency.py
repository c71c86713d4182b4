"""`Idempotency-Key`: the first answer again, for a day, for the same call only."""

from __future__ import annotations

from typing import Any

from tests.sandbox.bench import Bench

SOURCE: dict[str, Any] = {
    "type": "gcash",
    "amount": 10000,
    "currency": "PHP",
    "redirect": {"success": "http://shop.test/ok", "failed": "http://shop.test/no"},
}


def post(
    bench: Bench, path: str, attributes: dict[str, Any], idempotency_key: str = "k-1", **more: Any
) -> Any:
    return bench.api("POST", path, attributes, headers={"Idempotency-Key": idempotency_key}, **more)


def test_the_first_answer_is_given_again(bench: Bench) -> None:
    first, second = post(bench, "/v1/sources", SOURCE), post(bench, "/v1/sources", SOURCE)
    assert first.status_code == 200
    assert first.content == second.content
    assert len(bench.control("GET", "paymongo/books")["sources"]) == 1


def test_after_a_day_the_key_is_new(bench: Bench) -> None:
    first = post(bench, "/v1/sources", SOURCE)
    bench.advance(24 * 3600)
    assert post(bench, "/v1/sources", SOURCE).json()["data"]["id"] != first.json()["data"]["id"]


def test_other_parameters_are_refused(bench: Bench) -> None:
    post(bench, "/v1/sources", SOURCE)
    answer = post(bench, "/v1/sources", SOURCE | {"amount": 20000})
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (400, "parameter_invalid")


def test_a_refusal_is_kept_but_an_invalid_request_is_not(bench: Bench) -> None:
    source = bench.source()
    charge = {"amount": 10000, "currency": "PHP", "source": {"id": source["id"], "type": "source"}}
    assert post(bench, "/v1/payments", charge).json()["errors"][0]["code"] == "resource_not_chargeable_state"
    bench.control("POST", f"paymongo/sources/{source['id']}/authorize")
    assert post(bench, "/v1/payments", charge).status_code == 400
    assert post(bench, "/v1/payments", charge, "k-2").status_code == 200
    assert post(bench, "/v1/sources", SOURCE | {"amount": 1}, "k-3").status_code == 400
    assert post(bench, "/v1/sources", SOURCE, "k-3").status_code == 200


def test_a_lost_answer_is_not_work_done_twice(bench: Bench) -> None:
    source = bench.source()
    bench.control("POST", f"paymongo/sources/{source['id']}/authorize")
    charge = {"amount": 10000, "currency": "PHP", "source": {"id": source["id"], "type": "source"}}
    bench.fault("request", "error_after", times=1)
    assert post(bench, "/v1/payments", charge).status_code == 500
    assert post(bench, "/v1/payments", charge).status_code == 200
    assert len(bench.control("GET", "paymongo/books")["payments"]) == 1


def test_keys_belong_to_one_api_key_and_path(bench: Bench) -> None:
    first = post(bench, "/v1/sources", SOURCE).json()["data"]["id"]
    assert post(bench, "/v1/sources", SOURCE, key="sk_test_other").json()["data"]["id"] != first
    answer = post(bench, "/v1/webhooks", {"url": "http://shop.test/hook", "events": ["payment.paid"]})
    assert answer.json()["data"]["type"] == "webhook"


def test_a_key_has_at_most_255_characters(bench: Bench) -> None:
    assert post(bench, "/v1/sources", SOURCE, "x" * 256).status_code == 400
    assert post(bench, "/v1/sources", SOURCE, "x" * 255).status_code == 200
