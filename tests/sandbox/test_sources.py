"""Sources: made, agreed, declined, expired, charged once."""

from __future__ import annotations

import pytest

from tests.sandbox.bench import START, Bench

CAPTURED = {
    "amount", "billing", "currency", "description", "livemode", "redirect", "statement_descriptor",
    "status", "type", "metadata", "created_at", "updated_at",
}  # fmt: skip


def test_a_new_source_looks_like_the_captures(bench: Bench) -> None:
    source = bench.source(metadata={"ref": "r-1"}, billing={"name": "Ana", "address": {"city": "Cebu"}})
    attributes = source["attributes"]
    assert source["type"] == "source"
    assert source["id"].startswith("src_")
    assert len(source["id"]) == 28
    assert set(attributes) == CAPTURED
    assert (attributes["status"], attributes["type"], attributes["livemode"]) == ("pending", "gcash", False)
    assert attributes["created_at"] == START
    assert attributes["billing"]["address"]["city"] == "Cebu"
    assert attributes["redirect"] == {
        "checkout_url": f"http://127.0.0.1:8900/paymongo/sources?id={source['id']}",
        "failed": "http://shop.test/no",
        "success": "http://shop.test/ok",
    }
    assert bench.got(f"/v1/sources/{source['id']}") == source


def test_agreeing_makes_it_chargeable_and_says_so(bench: Bench) -> None:
    bench.hook()
    source = bench.source()
    bench.control("POST", f"paymongo/sources/{source['id']}/authorize")
    bench.flush()
    assert bench.shop.events == ["source.chargeable"]
    told = bench.shop.bodies[0]["attributes"]["data"]
    assert (told["id"], told["attributes"]["status"]) == (source["id"], "chargeable")


@pytest.mark.parametrize(("action", "status"), [("fail", "cancelled"), ("expire", "expired")])
def test_declining_and_expiring_have_no_event(bench: Bench, action: str, status: str) -> None:
    bench.hook()
    source = bench.source()
    bench.control("POST", f"paymongo/sources/{source['id']}/{action}")
    assert bench.flush() == []
    assert bench.got(f"/v1/sources/{source['id']}")["attributes"]["status"] == status
    bench.control("POST", f"paymongo/sources/{source['id']}/authorize", status=409)


def test_it_expires_by_itself_after_an_hour(bench: Bench) -> None:
    source = bench.source()
    bench.advance(3599)
    assert bench.got(f"/v1/sources/{source['id']}")["attributes"]["status"] == "pending"
    bench.advance(1)
    assert bench.got(f"/v1/sources/{source['id']}")["attributes"]["status"] == "expired"


def test_an_agreed_source_does_not_expire(bench: Bench) -> None:
    source = bench.source()
    bench.control("POST", f"paymongo/sources/{source['id']}/authorize")
    bench.advance(7200)
    assert bench.got(f"/v1/sources/{source['id']}")["attributes"]["status"] == "chargeable"


def test_gcash_refuses_more_than_its_limit(bench: Bench) -> None:
    source = bench.source(amount=10_000_001)
    bench.control("POST", f"paymongo/sources/{source['id']}/authorize", status=409)
    assert bench.got(f"/v1/sources/{source['id']}")["attributes"]["status"] == "cancelled"


def test_the_documented_minimum_and_how_to_lower_it(bench: Bench) -> None:
    attributes = {
        "type": "gcash",
        "amount": 9999,
        "currency": "PHP",
        "redirect": {"success": "http://s.test/1", "failed": "http://s.test/2"},
    }
    answer = bench.api("POST", "/v1/sources", attributes)
    assert answer.status_code == 400
    assert answer.json()["errors"] == [
        {
            "code": "parameter_below_minimum",
            "detail": "The minimum value for the amount is 10000.",
            "source": {"pointer": "amount", "attribute": "amount"},
        }
    ]
    bench.control("POST", "paymongo/settings", {"minimum": {"sources": 200}})
    assert bench.api("POST", "/v1/sources", attributes).status_code == 200


def test_a_public_key_may_make_and_read_sources(bench: Bench) -> None:
    source = bench.source()
    assert bench.api("GET", f"/v1/sources/{source['id']}", key="pk_test_x").status_code == 200
    assert bench.api("GET", "/v1/payments", key="pk_test_x").status_code == 403
