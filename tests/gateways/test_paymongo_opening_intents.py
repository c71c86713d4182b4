"""Opening payment intents: left to the browser, or attached by us in steps that survive a crash."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx2
import pytest

from raseed.core.errors import GatewayRefused, GatewayUnavailable, Unsupported
from raseed.core.facts import Fact, FactKind
from raseed.core.money import Money
from raseed.gateways.base import GatewayRef, Opened
from raseed.gateways.paymongo.methods import METHODS, Flow
from tests.gateways import paymongo_account as pm
from tests.gateways.contract import SECRET
from tests.gateways.memory import DictMemory
from tests.gateways.wire import Wire

CREATE, MAKE = "POST /v1/payment_intents", "POST /v1/payment_methods"
ATTACH = f"POST /v1/payment_intents/{pm.INTENT}/attach"
READ = f"GET /v1/payment_intents/{pm.INTENT}"
ATTACHED = sorted(name for name, method in METHODS.items() if method.flow is Flow.ATTACHED)
WAITING, AGREED = pm.answer(pm.intent()), pm.answer(pm.intent("awaiting_next_action"))
IMAGE = "data:image/png;base64,iVBORw0KGgoAAAANSUhEUg=="


def wire(attached: Any = AGREED, **more: Any) -> Wire:
    script = {CREATE: WAITING, MAKE: pm.answer(pm.payment_method()), ATTACH: attached}
    return Wire({**script, **more})


def open_(method: str, http: Wire, memory: DictMemory | None = None, **changes: Any) -> Opened:
    return pm.account(http=http).open(pm.order(method, **changes), memory or DictMemory())


def query(intent: Any, ref: GatewayRef = pm.INTENT_REF, memory: DictMemory | None = None) -> list[Fact]:
    return pm.account(http=Wire({READ: pm.answer(intent)})).query(ref, memory or DictMemory())


# --- cards: the browser attaches -----------------------------------------------------------------------


def test_a_card_is_left_to_the_browser() -> None:
    http = wire()
    opened = open_("card", http)
    assert http.calls == [CREATE]
    assert http.body()["data"]["attributes"] == {
        "amount": 25_000,
        "currency": "PHP",
        "payment_method_allowed": ["card"],
        "payment_method_options": {"card": {"request_three_d_secure": "any"}},
        "description": "Order 77",
        "metadata": {"task": "77", "reference": pm.REFERENCE},
    }
    assert http.sent[0].headers["Idempotency-Key"] == f"open:{pm.REFERENCE}"
    assert (opened.gateway_ref, opened.url) == (pm.INTENT, None)
    assert opened.client == {
        "client_key": pm.CLIENT_KEY,
        "public_key": f"pk_test_{SECRET}",
        "payment_intent_id": pm.INTENT,
        "return_url": "https://shop.example/ok",
        "api_url": "https://api.paymongo.com/v1",
    }


def test_a_published_answer_opens() -> None:
    http = Wire({CREATE: (200, pm.golden("payment_intent-create-response-test"))})
    assert open_("card", http).client["client_key"].startswith("pi_sHYTVVRaPeAU9L3s7gNj15Go_client_")


def test_a_held_card_asks_for_manual_capture() -> None:
    http = wire()
    open_("card_hold", http)
    assert http.body()["data"]["attributes"]["capture_type"] == "manual"


def test_a_card_can_be_kept_for_a_customer() -> None:
    http = wire()
    open_("card", http, customer={"id": pm.CUSTOMER})
    usage = http.body()["data"]["attributes"]["setup_future_usage"]
    assert usage == {"session_type": "on_session", "customer_id": pm.CUSTOMER}


def test_three_d_secure_can_be_left_to_the_bank() -> None:
    http = wire()
    pm.account(http=http, three_d_secure="automatic").open(pm.order("card"), DictMemory())
    options = http.body()["data"]["attributes"]["payment_method_options"]
    assert options == {"card": {"request_three_d_secure": "automatic"}}


def test_a_card_without_a_public_key_is_refused_before_calling() -> None:
    with pytest.raises(GatewayRefused, match="PUBLIC_KEY"):
        pm.account(http=Wire(), public_key="").open(pm.order("card"), DictMemory())


def test_dollars_are_taken_by_card_only() -> None:
    http = wire()
    gateway = pm.account(http=http, currencies=["PHP", "USD"])
    assert gateway.open(pm.order("card", money=Money(5_000, "USD")), DictMemory())
    assert http.body()["data"]["attributes"]["currency"] == "USD"
    for method in ("gcash", "gcash_intent", "checkout"):
        with pytest.raises(Unsupported):
            gateway.open(pm.order(method, money=Money(5_000, "USD")), DictMemory())


# --- what we attach ourselves ---------------------------------------------------------------------------


@pytest.mark.parametrize("name", ATTACHED)
def test_everything_else_is_made_attached_and_led_on(name: str) -> None:
    http = wire()
    opened = open_(name, http)
    assert http.calls == [CREATE, MAKE, ATTACH]
    created, made, attached = (http.body(number)["data"]["attributes"] for number in range(3))
    word = METHODS[name].word
    assert created["payment_method_allowed"] == [word]
    assert created["metadata"]["raseed_flow"] == "attached"
    assert made["type"] == word
    assert made["billing"] == {"name": "Sample Payer", "email": "payer@example.com"}
    assert attached == {"payment_method": pm.METHOD, "return_url": "https://shop.example/ok"}
    keys = [request.headers["Idempotency-Key"] for request in http.sent]
    assert keys == [f"{step}:{pm.REFERENCE}" for step in ("open", "method", "attach")]
    assert (opened.gateway_ref, opened.client) == (pm.INTENT, {})
    assert opened.url == f"https://test-sources.paymongo.com/sources?id={pm.SOURCE}"


@pytest.mark.parametrize(
    ("name", "seconds"),
    [("gcash_intent", 4 * 3600), ("paymaya", 1800), ("grab_pay_intent", 900), ("shopee_pay", None)],
)
def test_the_window_runs_from_the_attach(name: str, seconds: int | None) -> None:
    ends_at = open_(name, wire()).expires_at
    attached_at = datetime.fromtimestamp(pm.CREATED + 5, UTC)
    assert ends_at == (attached_at + timedelta(seconds=seconds) if seconds else None)


@pytest.mark.parametrize(
    ("live", "name", "code"),
    [
        (False, "dob_bpi", "test_bank_one"),
        (False, "dob_ubp", "test_bank_two"),
        (True, "dob_bpi", "bpi"),
        (True, "dob_ubp", "ubp"),
    ],
)
def test_online_banking_names_the_bank(live: bool, name: str, code: str) -> None:
    http = wire()
    pm.account(http=http, live=live).open(pm.order(name), DictMemory())
    assert http.body(1)["data"]["attributes"]["details"] == {"bank_code": code}


@pytest.mark.parametrize("beside", ["code", "action"])
def test_a_qr_code_is_shown_instead(beside: str) -> None:
    code: dict[str, Any] = {"image_url": IMAGE, "expires_at": "2025-10-09T17:23:20+08:00"}
    action: dict[str, Any] = {"type": "consume_qr", "code": code}
    (code if beside == "code" else action)["test_url"] = "https://test-sources.paymongo.com/qr?id=1"
    http = wire(pm.answer(pm.intent("awaiting_next_action", next_action=action)))
    opened = pm.account(http=http, qr_seconds=600).open(pm.order("qrph"), DictMemory())
    assert http.body(1)["data"]["attributes"]["expiry_seconds"] == 600
    assert opened.url is None
    assert opened.client == {
        "payment_intent_id": pm.INTENT,
        "qr_image": IMAGE,
        "expires_at": "2025-10-09T17:23:20+08:00",
        "test_url": "https://test-sources.paymongo.com/qr?id=1",
    }
    assert opened.expires_at == datetime(2025, 10, 9, 9, 23, 20, tzinfo=UTC)


def test_a_qr_code_that_says_no_end_ends_when_it_was_asked_to() -> None:
    action = {"type": "consume_qr", "code": {"image_url": IMAGE}}
    http = wire(pm.answer(pm.intent("awaiting_next_action", next_action=action)))
    opened = open_("qrph", http)
    assert opened.expires_at == datetime.fromtimestamp(pm.CREATED + 5 + 1800, UTC)
    assert opened.client == {"payment_intent_id": pm.INTENT, "qr_image": IMAGE}


@pytest.mark.parametrize(
    "action",
    [
        {"type": "dance"},
        {"type": "redirect", "redirect": {"url": "javascript:alert(1)"}},
        {"type": "redirect", "redirect": {}},
        {"type": "consume_qr", "code": {"image_url": "javascript:alert(1)"}},
        {"type": "consume_qr", "code": {}},
        {"type": "consume_qr", "code": {"image_url": "data:image/png;base64," + "A" * 600_000}},
    ],
)
def test_a_next_action_that_cannot_be_shown_is_no_opening(action: dict[str, Any]) -> None:
    http = wire(pm.answer(pm.intent("awaiting_next_action", next_action=action)))
    with pytest.raises(GatewayUnavailable):
        open_("gcash_intent", http)


def test_a_new_word_with_an_address_still_leads_on() -> None:
    action = {"type": "redirect_to_app", "redirect": pm.REDIRECT["redirect"]}
    opened = open_("gcash_intent", wire(pm.answer(pm.intent("awaiting_next_action", next_action=action))))
    assert opened.url == f"https://test-sources.paymongo.com/sources?id={pm.SOURCE}"


@pytest.mark.parametrize("status", ["succeeded", "processing", "awaiting_payment_method"])
def test_what_asks_nothing_of_the_customer_comes_straight_back(status: str) -> None:
    opened = open_("gcash_intent", wire(pm.answer(pm.intent(status))))
    assert opened.url == "https://shop.example/ok"  # where the return makes us ask


def test_a_published_redirect_opens() -> None:
    golden = pm.golden("payment_intent-attach-3ds-awaiting_next_action-test")
    opened = open_("gcash_intent", wire((200, golden)))
    assert opened.url == "https://test-sources.paymongo.com/sources?id=src_QpqBxJjtgXsqxRzxr7w6Zjef"


def test_a_declined_attach_is_told_in_plain_words() -> None:
    error = {"code": "resource_failed_state", "sub_code": "insufficient_funds", "detail": "their text"}
    with pytest.raises(GatewayRefused) as caught:
        open_("gcash_intent", wire((400, {"errors": [error]})))
    assert str(caught.value) == "There is not enough money on the card or wallet."


# --- crashes and lost answers -------------------------------------------------------------------------


@pytest.mark.parametrize("lost", [CREATE, MAKE, ATTACH])
def test_opening_goes_on_where_it_stopped(lost: str) -> None:
    memory = DictMemory()
    http = wire()
    whole = http.script[lost]
    http.script[lost] = [httpx2.ReadTimeout("lost")]
    http.script[READ] = [WAITING]
    with pytest.raises(GatewayUnavailable):
        open_("gcash_intent", http, memory)
    http.script[lost] = whole
    assert open_("gcash_intent", http, memory).url
    keys = {
        (call, request.headers.get("Idempotency-Key"))
        for call, request in zip(http.calls, http.sent, strict=True)
    }
    assert len([key for key in keys if key[1]]) == 3  # each step under one key of its own
    assert [http.count(call) for call in (CREATE, MAKE, ATTACH)] == [
        2 if call == lost else 1 for call in (CREATE, MAKE, ATTACH)
    ]


@pytest.mark.parametrize(
    "found",
    [
        pm.intent("awaiting_next_action"),
        pm.intent("awaiting_payment_method", last_payment_error={"failed_code": "CLOSED"}),
        pm.intent("awaiting_payment_method", payments=[pm.payment("failed")]),
        pm.intent("succeeded", payments=[pm.payment()]),
    ],
)
def test_an_attach_that_was_carried_out_is_not_repeated(found: Any) -> None:
    memory = DictMemory()
    http = wire(httpx2.ReadTimeout("lost"))
    with pytest.raises(GatewayUnavailable):
        open_("gcash_intent", http, memory)
    http.script[READ] = [pm.answer(found)]
    assert open_("gcash_intent", http, memory).url
    assert http.count(ATTACH) == 1


def test_an_intent_whose_opening_was_cut_short_is_asked_about() -> None:
    memory = DictMemory()
    http = wire(httpx2.ReadTimeout("lost"))
    with pytest.raises(GatewayUnavailable):
        open_("gcash_intent", http, memory)
    nowhere = GatewayRef(pm.REFERENCE, "", method="gcash_intent", money=pm.MONEY)
    (fact,) = query(pm.intent(), nowhere, memory)
    assert (fact.kind, fact.gateway_ref) == (FactKind.PENDING, pm.INTENT)  # perhaps never attached
    paid = pm.intent("succeeded", payments=[pm.payment(payment_intent_id=pm.INTENT)])
    (fact,) = query(paid, nowhere, memory)
    assert (fact.kind, fact.gateway_ref) == (FactKind.PAID, pm.INTENT)
