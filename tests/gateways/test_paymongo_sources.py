"""GCash and GrabPay: a source is opened, agreed to, and charged exactly once, whatever gets lost."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import httpx2
import pytest

from raseed.core.errors import GatewayRefused, GatewayUnavailable, Unsupported
from raseed.core.facts import Fact, FactKind, Weight
from raseed.core.money import Money
from raseed.gateways.base import GatewayRef
from tests.gateways import paymongo_account as pm
from tests.gateways.memory import DictMemory
from tests.gateways.wire import Wire

OPEN, CHARGE, LIST = "POST /v1/sources", "POST /v1/payments", "GET /v1/payments"
READ, READ_PAYMENT = f"GET /v1/sources/{pm.SOURCE}", f"GET /v1/payments/{pm.PAYMENT}"
CHARGEABLE = Fact(FactKind.CHARGEABLE, Weight.PROOF, gateway_ref=pm.SOURCE)


def advance(wire: Wire, memory: DictMemory | None = None, ref: GatewayRef = pm.SOURCE_REF) -> list[Fact]:
    return pm.account(http=wire).advance(ref, CHARGEABLE, memory or DictMemory())


def query(wire: Wire, memory: DictMemory | None = None) -> list[Fact]:
    return pm.account(http=wire).query(pm.SOURCE_REF, memory or DictMemory())


# --- opening ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["gcash", "grab_pay"])
def test_opening_sends_amount_addresses_and_reference(method: str) -> None:
    wire = Wire({OPEN: pm.answer(pm.source("pending"))})
    opened = pm.account(http=wire).open(pm.order(method), DictMemory())
    assert wire.body() == {
        "data": {
            "attributes": {
                "type": method,
                "amount": 25_000,
                "currency": "PHP",
                "redirect": {"success": "https://shop.example/ok", "failed": "https://shop.example/no"},
                "description": "Order 77",
                "metadata": {"task": "77", "reference": pm.REFERENCE},
                "billing": {"name": "Sample Payer", "email": "payer@example.com"},
            }
        }
    }
    assert wire.sent[0].headers["Idempotency-Key"] == f"open:{pm.REFERENCE}"
    assert wire.sent[0].headers["Authorization"].startswith("Basic ")
    assert opened.gateway_ref == pm.SOURCE
    assert opened.url == f"https://test-sources.paymongo.com/sources?id={pm.SOURCE}"
    assert opened.expires_at == datetime.fromtimestamp(pm.CREATED + 3600, UTC)


def test_a_published_answer_opens() -> None:
    wire = Wire({OPEN: (200, pm.golden("source-gcash-retrieve-pending-test"))})
    opened = pm.account(http=wire).open(pm.order(), DictMemory())
    assert opened.gateway_ref == "src_AmKhe8cFaer2SRWLz44xBmsD"


def test_nobody_overwrites_our_reference() -> None:
    wire = Wire({OPEN: pm.answer(pm.source("pending"))})
    order = pm.order(metadata={"reference": "other", "n": 7}, cancel_url="")
    pm.account(http=wire).open(order, DictMemory())
    sent = wire.body()["data"]["attributes"]
    assert sent["metadata"] == {"reference": pm.REFERENCE, "n": "7"}
    assert sent["redirect"]["failed"] == "https://shop.example/ok"


@pytest.mark.parametrize("url", [None, "", "javascript:alert(1)", 7, "https://x\n.example"])
def test_an_answer_without_an_address_is_no_opening(url: Any) -> None:
    wire = Wire({OPEN: pm.answer(pm.source("pending", redirect={"checkout_url": url}))})
    with pytest.raises(GatewayUnavailable):
        pm.account(http=wire).open(pm.order(), DictMemory())


def test_what_is_not_taken_is_refused_before_calling() -> None:
    gateway = pm.account(http=Wire())
    for order in (pm.order("paypal"), pm.order(money=Money(500, "USD"))):
        with pytest.raises(Unsupported):
            gateway.open(order, DictMemory())


# --- asking -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        ("pending", FactKind.PENDING),
        ("processing", FactKind.PENDING),
        ("chargeable", FactKind.CHARGEABLE),
        ("cancelled", FactKind.CANCELLED),
        ("expired", FactKind.EXPIRED),
        ("sleeping", FactKind.UNKNOWN),
    ],
)
def test_a_source_that_is_not_paid_is_told_by_its_status(status: str, kind: FactKind) -> None:
    wire = Wire({READ: pm.answer(pm.source(status))})
    (fact,) = query(wire)
    assert (fact.kind, fact.gateway_ref, fact.reference) == (kind, pm.SOURCE, pm.REFERENCE)
    assert wire.calls == [READ]


def test_where_opening_lost_its_answer_there_is_nothing_to_ask() -> None:
    assert pm.account(http=Wire()).query(GatewayRef(pm.REFERENCE, ""), DictMemory()) == []


def test_what_is_no_checkout_cannot_be_asked_about() -> None:
    with pytest.raises(Unsupported):
        pm.account(http=Wire()).query(GatewayRef(pm.REFERENCE, "po_1"), DictMemory())


def test_a_strange_id_is_never_put_into_an_address() -> None:
    wire = Wire()
    with pytest.raises(GatewayRefused):
        pm.account(http=wire).query(GatewayRef(pm.REFERENCE, "src_../../payments?x=1"), DictMemory())
    assert wire.sent == []


def test_the_payment_of_a_paid_source_is_found_and_remembered() -> None:
    other = pm.payment(ref="pay_Other", source={"id": "src_Other", "type": "gcash"})
    paid = pm.payment(refunds=[pm.refund()])
    wire = Wire(
        {
            READ: pm.answer(pm.source("paid")),
            LIST: pm.listed(other, paid, more=True),
            READ_PAYMENT: pm.answer(paid),
        }
    )
    memory = DictMemory()
    facts = query(wire, memory)
    assert [fact.kind for fact in facts] == [FactKind.PAID, FactKind.REFUNDED]
    assert [fact.gateway_ref for fact in facts] == [pm.SOURCE] * 2
    assert facts[0].charge_ref == pm.PAYMENT
    assert query(wire, memory) == facts
    assert wire.count(LIST) == 1


def test_the_search_pages_until_payments_are_older_than_the_source() -> None:
    def page(request: httpx2.Request) -> Any:
        number = int(request.url.params.get("after", "pay_0")[4:])
        made = [
            pm.payment(
                ref=f"pay_{n}",
                created_at=pm.CREATED + 250 - n,
                source={"id": f"src_{n}", "type": "gcash"},
            )
            for n in range(number + 1, number + 101)
        ]
        return pm.listed(*made, more=True)

    wire = Wire({READ: pm.answer(pm.source("paid")), LIST: page})
    (fact,) = query(wire)
    assert fact.kind is FactKind.UNKNOWN
    assert "not listed yet" in fact.detail
    assert wire.count(LIST) == 3
    assert wire.sent[1].url.params["limit"] == "100"


def test_the_search_is_bounded() -> None:
    def page(request: httpx2.Request) -> Any:
        number = int(request.url.params.get("after", "pay_0")[4:])
        return pm.listed(pm.payment(ref=f"pay_{number + 1}", source=None), more=True)

    wire = Wire({READ: pm.answer(pm.source("paid")), LIST: page})
    with pytest.raises(GatewayUnavailable):
        query(wire)
    assert wire.count(LIST) == 20


# --- charging -----------------------------------------------------------------------------------------


def test_a_chargeable_source_is_charged_for_its_amount() -> None:
    wire = Wire({READ: pm.answer(pm.source()), CHARGE: pm.answer(pm.payment())})
    (fact,) = advance(wire)
    assert wire.body()["data"]["attributes"] == {
        "amount": 25_000,
        "currency": "PHP",
        "source": {"id": pm.SOURCE, "type": "source"},
        "metadata": {"reference": pm.REFERENCE},
    }
    assert wire.sent[-1].headers["Idempotency-Key"] == f"charge:{pm.SOURCE}"
    assert (fact.kind, fact.charge_ref, fact.gateway_ref) == (FactKind.PAID, pm.PAYMENT, pm.SOURCE)
    assert (fact.money, fact.fee) == (pm.MONEY, Money(625, "PHP"))


def test_a_second_advance_charges_no_second_time() -> None:
    wire = Wire(
        {READ: pm.answer(pm.source()), CHARGE: pm.answer(pm.payment()), READ_PAYMENT: pm.answer(pm.payment())}
    )
    memory = DictMemory()
    assert advance(wire, memory) == advance(wire, memory)
    assert wire.count(CHARGE) == 1


@pytest.mark.parametrize("status", ["pending", "cancelled", "expired", "sleeping"])
def test_only_a_chargeable_source_is_charged(status: str) -> None:
    wire = Wire({READ: pm.answer(pm.source(status))})
    (fact,) = advance(wire)
    assert fact.kind is not FactKind.CHARGEABLE
    assert wire.calls == [READ]


@pytest.mark.parametrize(("status", "kind"), [("failed", FactKind.FAILED), ("pending", FactKind.PENDING)])
def test_a_charge_that_does_not_bring_money(status: str, kind: FactKind) -> None:
    wire = Wire({READ: pm.answer(pm.source()), CHARGE: pm.answer(pm.payment(status, failed_code="CLOSED"))})
    (fact,) = advance(wire)
    assert fact.kind is kind


def test_a_lost_answer_is_looked_up_before_anything_is_repeated() -> None:
    wire = Wire(
        {
            READ: [pm.answer(pm.source()), pm.answer(pm.source("paid"))],
            CHARGE: httpx2.ReadTimeout("lost"),
            LIST: pm.listed(pm.payment()),
            READ_PAYMENT: pm.answer(pm.payment()),
        }
    )
    memory = DictMemory()
    with pytest.raises(GatewayUnavailable):
        advance(wire, memory)
    (fact,) = advance(wire, memory)
    assert (fact.kind, fact.charge_ref) == (FactKind.PAID, pm.PAYMENT)
    assert wire.count(CHARGE) == 1


def test_a_lost_answer_may_have_been_a_failure() -> None:
    failed = pm.payment("failed")
    wire = Wire(
        {
            READ: pm.answer(pm.source()),
            CHARGE: httpx2.ReadTimeout("lost"),
            LIST: pm.listed(failed),
            READ_PAYMENT: pm.answer(failed),
        }
    )
    memory = DictMemory()
    with pytest.raises(GatewayUnavailable):
        advance(wire, memory)
    assert [fact.kind for fact in advance(wire, memory)] == [FactKind.FAILED]
    assert wire.count(CHARGE) == 1


def test_a_failed_attempt_is_never_taken_for_the_payment_of_a_paid_source() -> None:
    failed, paid = pm.payment("failed", ref="pay_Failed"), pm.payment()
    wire = Wire(
        {
            READ: pm.answer(pm.source("paid")),
            LIST: [pm.listed(failed), pm.listed(failed, paid)],
            READ_PAYMENT: pm.answer(paid),
        }
    )
    memory = DictMemory()
    assert [fact.kind for fact in query(wire, memory)] == [FactKind.UNKNOWN]
    (fact,) = query(wire, memory)
    assert (fact.kind, fact.charge_ref) == (FactKind.PAID, pm.PAYMENT)


def test_a_charge_that_was_never_made_is_made_under_the_same_key() -> None:
    wire = Wire(
        {
            READ: pm.answer(pm.source()),
            CHARGE: [httpx2.ReadTimeout("lost"), pm.answer(pm.payment())],
            LIST: pm.listed(),
        }
    )
    memory = DictMemory()
    with pytest.raises(GatewayUnavailable):
        advance(wire, memory)
    (fact,) = advance(wire, memory)
    assert fact.kind is FactKind.PAID
    keys = {request.headers.get("Idempotency-Key") for request in wire.sent if request.method == "POST"}
    assert keys == {f"charge:{pm.SOURCE}"}


def test_a_cut_connection_is_repeated_at_once_under_the_same_key() -> None:
    broken = httpx2.RemoteProtocolError("cut")
    wire = Wire({READ: pm.answer(pm.source()), CHARGE: [broken, (502, ""), pm.answer(pm.payment())]})
    (fact,) = advance(wire)
    assert fact.kind is FactKind.PAID
    assert wire.count(CHARGE) == 3


def test_somebody_was_faster() -> None:
    """The source was charged between our reading and our charge: the refusal is no failure."""
    wire = Wire(
        {
            READ: pm.answer(pm.source()),
            CHARGE: pm.refusal("parameter_invalid"),
            LIST: pm.listed(pm.payment()),
        }
    )
    (fact,) = advance(wire)
    assert (fact.kind, fact.charge_ref) == (FactKind.PAID, pm.PAYMENT)


def test_a_refused_charge_may_be_tried_again() -> None:
    refused = (400, pm.golden("error-400-parameter_invalid-amount-vs-source"))
    wire = Wire({READ: pm.answer(pm.source()), CHARGE: [refused, pm.answer(pm.payment())], LIST: pm.listed()})
    memory = DictMemory()
    with pytest.raises(GatewayRefused) as caught:
        advance(wire, memory)
    assert caught.value.code == "parameter_invalid"
    assert "(amount)" in str(caught.value)
    assert advance(wire, memory)[0].kind is FactKind.PAID


def test_a_source_of_another_amount_is_not_charged() -> None:
    wire = Wire({READ: pm.answer(pm.source(amount=24_900))})
    (fact,) = advance(wire)
    assert fact.kind is FactKind.UNKNOWN
    assert "not charged" in fact.detail
    assert wire.count(CHARGE) == 0


def test_where_opening_lost_its_answer_the_event_names_the_source() -> None:
    unknown = GatewayRef(pm.REFERENCE, "", method="gcash", money=pm.MONEY)
    wire = Wire({READ: pm.answer(pm.source()), CHARGE: pm.answer(pm.payment())})
    assert advance(wire, ref=unknown)[0].kind is FactKind.PAID
    foreign = Wire({READ: pm.answer(pm.source(metadata={"reference": "rsd_9999"}))})
    (fact,) = advance(foreign, ref=unknown)
    assert fact.kind is FactKind.UNKNOWN
    assert foreign.calls == [READ]


def test_only_sources_are_charged_and_none_can_be_closed() -> None:
    gateway = pm.account(http=Wire())
    session = Fact(FactKind.CHARGEABLE, Weight.PROOF, gateway_ref=pm.SESSION)
    with pytest.raises(Unsupported):
        gateway.advance(pm.SESSION_REF, session, DictMemory())
    with pytest.raises(Unsupported):
        gateway.close(pm.SOURCE_REF, DictMemory())
