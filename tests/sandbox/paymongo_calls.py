"""The calls of a shop that uses payment intents, in short."""

from __future__ import annotations

from typing import Any

import httpx2

from tests.sandbox.bench import Bench

RETURN = "http://shop.test/return?order=77"
GOOD = "4343434343434345"
SECURE = "4120000000000007"
BAD = "4400000000000016"


def intent(bench: Bench, **changes: Any) -> dict[str, Any]:
    attributes = {"amount": 10000, "currency": "PHP", "payment_method_allowed": ["card", "gcash", "paymaya"]}
    return bench.made("/v1/payment_intents", attributes | changes)


def card(bench: Bench, number: str = GOOD, **changes: Any) -> dict[str, Any]:
    details = {"card_number": number, "exp_month": 12, "exp_year": 2030, "cvc": "123"} | changes
    return bench.made("/v1/payment_methods", {"type": "card", "details": details})


def method(bench: Bench, kind: str = "gcash", **changes: Any) -> dict[str, Any]:
    return bench.made("/v1/payment_methods", {"type": kind} | changes)


def attach(bench: Bench, made: dict[str, Any], with_method: dict[str, Any], **more: Any) -> httpx2.Response:
    key = {"key": more.pop("key")} if "key" in more else {}
    attributes = {"payment_method": with_method["id"], "return_url": RETURN} | more
    return bench.api("POST", f"/v1/payment_intents/{made['id']}/attach", attributes, **key)


def attached(bench: Bench, kind: str, **changes: Any) -> dict[str, Any]:
    """An intent that waits for its payer, who pays by `kind`."""
    made = intent(bench, payment_method_allowed=[kind], **changes)
    answer = attach(bench, made, method(bench, kind))
    assert answer.status_code == 200, answer.text
    return answer.json()["data"]


def seen(bench: Bench, made: dict[str, Any]) -> dict[str, Any]:
    """The intent's attributes as they are now."""
    return bench.got(f"/v1/payment_intents/{made['id']}")["attributes"]


def page_of(made: dict[str, Any]) -> str:
    """Where the payer of an attached intent decides."""
    action = made["attributes"]["next_action"]
    return action["redirect"]["url"] if "redirect" in action else action["code"]["test_url"]


def refusal(answer: httpx2.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["errors"][0]["code"]
