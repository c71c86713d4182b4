"""Payment intents: opened in steps that survive a crash, asked about, captured, cancelled."""

from __future__ import annotations

import json
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
CANCEL = f"POST /v1/payment_intents/{pm.INTENT}/cancel"
CAPTURE = f"POST /v1/payment_intents/{pm.INTENT}/capture"
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


def kinds(facts: list[Fact]) -> list[FactKind]:
    return [fact.kind for fact in facts]


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


# --- asking -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("ref", "status", "changes", "expected"),
    [
        (pm.CARD_REF, "awaiting_payment_method", {}, [FactKind.PENDING]),
        (pm.CARD_REF, "awaiting_next_action", {}, [FactKind.PENDING]),
        (pm.CARD_REF, "processing", {}, [FactKind.PENDING]),
        (pm.CARD_REF, "awaiting_capture", {}, [FactKind.AUTHORIZED]),
        (pm.CARD_REF, "cancelled", {}, [FactKind.CANCELLED]),
        (pm.CARD_REF, "succeeded", {}, [FactKind.UNKNOWN]),
        (pm.CARD_REF, "sleeping", {}, [FactKind.UNKNOWN]),
        (
            pm.CARD_REF,
            "awaiting_payment_method",
            {"payments": [pm.payment("failed")]},
            [FactKind.ATTEMPT_FAILED, FactKind.PENDING],
        ),
        (
            pm.CARD_REF,
            "succeeded",
            {"payments": [pm.payment("failed", ref="pay_First"), pm.payment()]},
            [FactKind.ATTEMPT_FAILED, FactKind.PAID],
        ),
        (
            pm.CARD_REF,
            "succeeded",
            {"payments": [pm.payment(), pm.payment("failed", ref="pay_First")]},
            [FactKind.PAID, FactKind.ATTEMPT_FAILED],
        ),
        (pm.INTENT_REF, "awaiting_next_action", {}, [FactKind.PENDING]),
        (pm.INTENT_REF, "awaiting_payment_method", {}, [FactKind.PENDING]),
        (
            pm.INTENT_REF,
            "awaiting_payment_method",
            {"payments": [pm.payment("failed")]},
            [FactKind.ATTEMPT_FAILED, FactKind.FAILED],
        ),
        (
            pm.INTENT_REF,
            "awaiting_payment_method",
            {"last_payment_error": {"payment": "pay_Gone", "failed_code": "CLOSED"}},
            [FactKind.ATTEMPT_FAILED, FactKind.FAILED],
        ),
        (
            pm.INTENT_REF,
            "awaiting_payment_method",
            {"payments": [pm.payment("failed", ref="pay_First"), pm.payment("pending")]},
            [FactKind.ATTEMPT_FAILED, FactKind.PENDING, FactKind.PENDING],
        ),
        (
            pm.INTENT_REF,
            "awaiting_payment_method",
            {"payment_method_allowed": ["qrph"]},
            [FactKind.EXPIRED],
        ),
        (pm.INTENT_REF, "succeeded", {"payments": [pm.payment()]}, [FactKind.PAID]),
    ],
)
def test_where_an_intent_stands(
    ref: GatewayRef, status: str, changes: dict[str, Any], expected: list[FactKind]
) -> None:
    facts = query(pm.intent(status, **changes), ref)
    assert kinds(facts) == expected
    assert {fact.gateway_ref for fact in facts} == {pm.INTENT}
    assert {fact.reference for fact in facts} == {pm.REFERENCE}


def test_a_failure_that_is_not_listed_is_told_by_the_last_error() -> None:
    error = {"payment": "pay_Gone", "failed_code": "insufficient_funds", "failed_message": "their text"}
    failed, _ = query(pm.intent(last_payment_error=error), pm.CARD_REF)
    assert (failed.kind, failed.charge_ref) == (FactKind.ATTEMPT_FAILED, "pay_Gone")
    assert "There is not enough money on the card or wallet." in failed.detail
    assert "their text" not in failed.detail
    listed = pm.payment("failed", ref="pay_Gone", failed_code="insufficient_funds")
    facts = query(pm.intent(last_payment_error=error, payments=[listed]), pm.CARD_REF)
    assert kinds(facts) == [FactKind.ATTEMPT_FAILED, FactKind.PENDING]


def test_both_generations_of_a_paid_intent_are_read() -> None:
    old = pm.golden("payment_intent-attach-card-succeeded-test")["data"]
    (fact,) = _read_as(old)
    assert (fact.kind, fact.charge_ref) == (FactKind.PAID, "pay_eVMZ4LLX15WwAhF7XqRd5vc5")
    assert (fact.money, fact.fee) == (Money(10_000, "PHP"), Money(1_950, "PHP"))
    new = pm.intent("succeeded", original_amount=25_000, payments=[pm.payment()], promotion=None)
    assert kinds(query(new)) == [FactKind.PAID]


def test_a_published_intent_that_contradicts_itself_pays_nothing() -> None:
    """It waits for a payment method, and lists a paid payment that names another intent."""
    facts = _read_as(pm.golden("payment_intent-last_payment_error-authentication_error")["data"])
    assert kinds(facts) == [FactKind.UNKNOWN, FactKind.ATTEMPT_FAILED, FactKind.PENDING]
    assert "was not authenticated" in facts[1].detail


def _read_as(intent: Any) -> list[Fact]:
    wire = Wire({f"GET /v1/payment_intents/{intent['id']}": pm.answer(intent)})
    return pm.account(http=wire).query(GatewayRef(pm.REFERENCE, intent["id"], method="card"), DictMemory())


# --- held money ---------------------------------------------------------------------------------------


def test_held_money_is_authorized_and_not_paid() -> None:
    held = pm.intent("awaiting_capture", capture_type="manual", payments=[pm.payment("pending")])
    facts = query(held, pm.CARD_REF)
    assert kinds(facts) == [FactKind.PENDING, FactKind.AUTHORIZED]
    assert (facts[-1].money, facts[-1].charge_ref) == (pm.MONEY, pm.PAYMENT)
    odd = pm.intent("awaiting_capture", payments=[pm.payment("paid")])
    assert kinds(query(odd, pm.CARD_REF)) == [FactKind.UNKNOWN, FactKind.AUTHORIZED]


def capture(http: Wire, minor: int = 25_000) -> list[Fact]:
    money = Money(minor, "PHP")
    return pm.account(http=http).capture(pm.CARD_REF, pm.PAYMENT, money, DictMemory())


def test_capturing_takes_the_amount_asked_for() -> None:
    part = pm.payment(amount=10_000, payment_intent_id=pm.INTENT)
    http = Wire({CAPTURE: pm.answer(pm.intent("succeeded", payments=[part]))})
    (fact,) = capture(http, 10_000)
    assert http.body() == {"data": {"attributes": {"amount": 10_000}}}
    assert (fact.kind, fact.money) == (FactKind.PAID, Money(10_000, "PHP"))


def test_capturing_twice_tells_what_was_taken() -> None:
    paid = pm.answer(pm.intent("succeeded", payments=[pm.payment()]))
    http = Wire({CAPTURE: pm.refusal("resource_succeeded_state"), READ: paid})
    assert kinds(capture(http)) == [FactKind.PAID]


def test_capturing_too_much_is_refused() -> None:
    http = Wire(
        {CAPTURE: pm.refusal("allowed_amount_exceeded"), READ: pm.answer(pm.intent("awaiting_capture"))}
    )
    with pytest.raises(GatewayRefused, match="More cannot be captured"):
        capture(http)


def test_a_lost_capture_is_not_repeated_blindly() -> None:
    http = Wire({CAPTURE: (500, "")})
    with pytest.raises(GatewayUnavailable):
        capture(http)
    assert http.calls == [CAPTURE]


def test_voiding_releases_what_is_held() -> None:
    http = Wire({CANCEL: (200, {"data": pm.intent("cancelled")})})
    (fact,) = pm.account(http=http).void(pm.CARD_REF, pm.PAYMENT, DictMemory())
    assert (fact.kind, fact.gateway_ref) == (FactKind.VOIDED, pm.INTENT)
    assert "Idempotency-Key" not in http.sent[0].headers


def test_voiding_twice_tells_that_it_is_voided() -> None:
    http = Wire(
        {
            CANCEL: (400, pm.golden("error-400-resource_cancelled_state")),
            READ: pm.answer(pm.intent("cancelled")),
        }
    )
    assert kinds(pm.account(http=http).void(pm.CARD_REF, pm.PAYMENT, DictMemory())) == [FactKind.VOIDED]


@pytest.mark.parametrize("code", ["resource_succeeded_state", "resource_failed_state"])
def test_what_cannot_be_voided_says_so(code: str) -> None:
    with pytest.raises(GatewayRefused) as caught:
        pm.account(http=Wire({CANCEL: pm.refusal(code)})).void(pm.CARD_REF, pm.PAYMENT, DictMemory())
    assert caught.value.code == code


# --- closing ------------------------------------------------------------------------------------------


def test_closing_cancels_the_intent() -> None:
    http = Wire({CANCEL: (200, pm.golden("payment_intent-cancelled-response-test"))})
    (fact,) = pm.account(http=http).close(pm.CARD_REF, DictMemory())
    assert fact.kind is FactKind.CANCELLED


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (pm.intent("succeeded", payments=[pm.payment()]), FactKind.PAID),
        (pm.intent("awaiting_next_action"), FactKind.PENDING),
        (pm.intent("cancelled"), FactKind.CANCELLED),
    ],
)
def test_an_intent_that_cannot_be_cancelled_is_read(found: Any, expected: FactKind) -> None:
    http = Wire({CANCEL: pm.refusal("resource_failed_state"), READ: pm.answer(found)})
    assert pm.account(http=http).close(pm.CARD_REF, DictMemory())[-1].kind is expected


# --- events -------------------------------------------------------------------------------------------


def read(name: str, carried: Any) -> list[Fact]:
    gateway = pm.account()
    return gateway.read(gateway.verify(pm.signed(json.dumps(pm.event(name, carried)).encode())))


def test_an_attempt_on_what_we_attached_ends_the_checkout() -> None:
    """Nobody can attach another method to it, so the customer must be able to start again at once."""
    ours = {"reference": pm.REFERENCE, "raseed_flow": "attached"}
    failed = pm.payment("failed", failed_code="CLOSED", payment_intent_id=pm.INTENT, metadata=ours)
    (fact,) = read("payment.failed", failed)
    assert (fact.kind, fact.gateway_ref) == (FactKind.FAILED, pm.INTENT)
    (fact,) = read("payment.failed", {**failed, "attributes": {**failed["attributes"], "metadata": {}}})
    assert fact.kind is FactKind.ATTEMPT_FAILED


@pytest.mark.parametrize("member", ["payment_intent_id", "payment_intent"])
def test_an_expired_code_makes_us_ask_about_its_intent(member: str) -> None:
    code = pm.resource("qrph_1", "qrph", created_at="2025-11-29T12:00:00+08:00", **{member: pm.INTENT})
    (fact,) = read("qrph.expired", code)
    assert (fact.kind, fact.gateway_ref) == (FactKind.UNKNOWN, pm.INTENT)


@pytest.mark.parametrize(
    ("name", "carried", "expected"),
    [
        ("payment_intent.succeeded", pm.intent("succeeded", payments=[pm.payment()]), [FactKind.PAID]),
        ("payment_intent.succeeded", pm.intent("succeeded"), [FactKind.UNKNOWN]),
        ("payment_intent.awaiting_payment_method", pm.intent(), [FactKind.PENDING]),
        ("payment_intent.awaiting_payment_method", pm.intent("succeeded"), [FactKind.UNKNOWN]),
        ("refund.succeeded", pm.refund(), [FactKind.REFUNDED]),
    ],
)
def test_the_event_names_of_2026(name: str, carried: Any, expected: list[FactKind]) -> None:
    assert kinds(read(name, carried)) == expected
