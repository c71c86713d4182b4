"""One purchase with a scenario, told as a test can compare it. Time stands still but for us."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import hmac
from dataclasses import dataclass, field
from typing import Any

import httpx2

from raseed.sandbox.exchange import ControlError
from raseed.sandbox.front import ConnectionDropped
from tests.sandbox.bench import SECRET_KEY, START, Bench, signature_parts

SECRET = "whsk_of_the_shop"
WORDS = {
    "payment.paid": "paid",
    "checkout_session.payment.paid": "session",
    "payment.failed": "failed",
    "payment.refunded": "refunded",
}
SESSION = {
    "line_items": [{"name": "Bill", "amount": 5000, "currency": "PHP", "quantity": 2}],
    "payment_method_types": ["gcash", "card"],
    "success_url": "http://shop.test/ok",
    "cancel_url": "http://shop.test/back",
}
MINUTE, DAY = 60, 86_400


@dataclass
class Story:
    """One purchase: how opening went, what arrived and when (seconds after opening), what the books say."""

    opened: list[int | str] = field(default_factory=list)
    told: list[str] = field(default_factory=list)
    told_after: list[int] = field(default_factory=list)
    amounts: set[tuple[int, str]] = field(default_factory=set)
    payments: list[str] = field(default_factory=list)
    refunds: list[int] = field(default_factory=list)
    read: list[int] = field(default_factory=list)
    session: dict[str, Any] = field(default_factory=dict)


def purchase(scenario: str, attempts: int = 1, **session: Any) -> Story:
    """Open a checkout with a scenario, try to pay it so often, and let three days pass."""
    bench, story = Bench(), Story()
    try:
        bench.shop.on_delivery = _notes(bench, story)
        bench.hook(secret_key=SECRET, events=list(WORDS))
        story.session = _open(bench, story, scenario, session)
        bench.flush()
        for _ in range(attempts):
            with contextlib.suppress(ControlError):
                bench.sandbox.director.act(story.session["id"], "pay")
            bench.flush()
        for _ in range(6):
            answer = bench.api("GET", f"/v1/checkout_sessions/{story.session['id']}")
            story.read.append(answer.status_code)
        if answer.status_code == 200:
            story.session = answer.json()["data"]
        bench.advance(3 * DAY)
        books = bench.control("GET", "paymongo/books")
        story.payments = [f"{p['status']} {p['amount']} {p['currency']}" for p in books["payments"]]
        story.refunds = [refund["amount"] for refund in books["refunds"]]
    finally:
        bench.close()
    return story


def _open(bench: Bench, story: Story, scenario: str, changes: dict[str, Any]) -> dict[str, Any]:
    """As a client that gives up after a moment and tries again."""
    envelope = {"data": {"attributes": SESSION | changes}}
    for _ in range(5):
        call = bench.client.post(
            "/paymongo/v1/checkout_sessions",
            json=envelope,
            auth=(SECRET_KEY, ""),
            headers={"X-Sandbox-Scenario": scenario},
        )
        try:
            answer = bench.run(asyncio.wait_for(call, 0.25))
        except (ConnectionDropped, TimeoutError) as error:
            story.opened.append("dropped" if isinstance(error, ConnectionDropped) else "hung")
            continue
        story.opened.append(answer.status_code)
        if answer.status_code == 200:
            return answer.json()["data"]
    raise AssertionError(f"no checkout was opened: {story.opened}")


def _notes(bench: Bench, story: Story) -> Any:
    """A shop that verifies: it refuses what is not signed with its secret."""

    async def note(body: dict[str, Any]) -> None:
        request = bench.shop.seen[-1]
        signed = f"{signature_parts(request)['t']}.".encode() + request.content
        genuine = (
            hmac.new(SECRET.encode(), signed, hashlib.sha256).hexdigest() == signature_parts(request)["te"]
        )
        event = body["data"]["attributes"]
        story.told.append(WORDS[event["type"]] + ("" if genuine else "!"))
        story.told_after.append(int(bench.sandbox.clock.now()) - START)
        if event["type"] == "payment.paid":
            paid = event["data"]["attributes"]
            story.amounts.add((paid["amount"], paid["currency"]))
        bench.shop.answers = [] if genuine else [httpx2.Response(401, json={})]

    return note


def chosen(bench: Bench, scenario: str, **changes: Any) -> dict[str, Any]:
    """A session that asks for its scenario by header."""
    return bench.made("/v1/checkout_sessions", SESSION | changes, headers={"X-Sandbox-Scenario": scenario})
