"""Links: known by PayMongo's id and number, because they carry nothing of ours."""

from __future__ import annotations

import json
from typing import Any

import httpx2
import pytest

from raseed.core.errors import GatewayUnavailable
from raseed.core.facts import Fact, FactKind
from raseed.gateways.base import GatewayRef
from tests.gateways import paymongo_account as pm
from tests.gateways.memory import DictMemory
from tests.gateways.wire import Wire

OPEN, READ = "POST /v1/links", f"GET /v1/links/{pm.LINK}"
ARCHIVE = f"POST /v1/links/{pm.LINK}/archive"


def query(link: Any) -> list[Fact]:
    return pm.account(http=Wire({READ: pm.answer(link)})).query(pm.LINK_REF, DictMemory())


def read(name: str, carried: Any) -> list[Fact]:
    gateway = pm.account()
    return gateway.read(gateway.verify(pm.signed(json.dumps(pm.event(name, carried)).encode())))


def kinds(facts: list[Fact]) -> list[FactKind]:
    return [fact.kind for fact in facts]


def test_opening_gives_an_address_and_a_number() -> None:
    http = Wire({OPEN: pm.answer(pm.link())})
    opened = pm.account(http=http).open(pm.order("link"), DictMemory())
    assert http.body()["data"]["attributes"] == {
        "amount": 25_000,
        "description": "Order 77",
        "remarks": pm.REFERENCE,
    }
    assert opened.gateway_ref == pm.LINK
    assert opened.ids == {"reference_number": pm.LINK_NUMBER}
    assert opened.url == f"https://pm.link/example/test/{pm.LINK_NUMBER}"


def test_a_flat_payment_link_opens_as_well() -> None:
    flat = {
        "id": pm.LINK,
        "amount": 25_000,
        "currency": "PHP",
        "status": "active",
        "url": "https://pm.link/example/x",
        "created_at": "2026-01-02T03:04:05Z",
    }
    opened = pm.account(http=Wire({OPEN: (200, {"data": flat})})).open(pm.order("link"), DictMemory())
    assert (opened.gateway_ref, opened.ids, opened.url) == (pm.LINK, {}, "https://pm.link/example/x")
    (fact,) = query(flat)
    assert (fact.kind, fact.gateway_ref) == (FactKind.PENDING, pm.LINK)
    assert fact.occurred_at
    assert fact.occurred_at.year == 2026


def test_a_link_whose_opening_was_cut_short_is_asked_about() -> None:
    memory = DictMemory()
    pm.account(http=Wire({OPEN: pm.answer(pm.link())})).open(pm.order("link"), memory)
    http = Wire({READ: pm.answer(pm.link())})
    (fact,) = pm.account(http=http).query(GatewayRef(pm.REFERENCE, "", method="link"), memory)
    assert (fact.kind, fact.gateway_ref) == (FactKind.PENDING, pm.LINK)


def test_a_lost_opening_is_made_again_under_its_key() -> None:
    http, memory = Wire({OPEN: httpx2.ReadTimeout("lost")}), DictMemory()
    with pytest.raises(GatewayUnavailable):
        pm.account(http=http).open(pm.order("link"), memory)
    http.script[OPEN] = [pm.answer(pm.link())]
    assert pm.account(http=http).open(pm.order("link"), memory).url
    keys = {request.headers["Idempotency-Key"] for request in http.sent}
    assert keys == {f"open:{pm.REFERENCE}"}


@pytest.mark.parametrize(
    ("link", "expected"),
    [
        (pm.link(), [FactKind.PENDING]),
        (pm.link(archived=True), [FactKind.CANCELLED]),
        (pm.link("paid"), [FactKind.UNKNOWN]),
        (pm.link("refunded"), [FactKind.UNKNOWN]),
        (pm.link("disputed"), [FactKind.UNKNOWN]),
        (pm.link("sleeping"), [FactKind.UNKNOWN]),
        (pm.link("paid", payments=[{"data": pm.link_payment()}]), [FactKind.PAID]),
        (pm.link("paid", archived=True, payments=[pm.link_payment()]), [FactKind.PAID]),
        (pm.link("refunded", payments=[{"data": pm.link_payment()}]), [FactKind.PAID]),
        (
            pm.link(archived=True, payments=[{"data": pm.link_payment(status="pending")}]),
            [FactKind.PENDING, FactKind.PENDING],
        ),
        (
            pm.link(archived=True, payments=[{"data": pm.link_payment(status="failed")}]),
            [FactKind.ATTEMPT_FAILED, FactKind.CANCELLED],
        ),
    ],
)
def test_where_a_link_stands(link: Any, expected: list[FactKind]) -> None:
    facts = query(link)
    assert kinds(facts) == expected
    assert {(fact.gateway_ref, fact.reference) for fact in facts} == {(pm.LINK, pm.REFERENCE)}


def test_closing_archives_the_link() -> None:
    http = Wire({ARCHIVE: pm.answer(pm.link(archived=True))})
    assert kinds(pm.account(http=http).close(pm.LINK_REF, DictMemory())) == [FactKind.CANCELLED]
    paid = pm.link("paid", payments=[{"data": pm.link_payment()}])
    http = Wire({ARCHIVE: pm.refusal("resource_succeeded_state"), READ: pm.answer(paid)})
    assert kinds(pm.account(http=http).close(pm.LINK_REF, DictMemory())) == [FactKind.PAID]


# --- the three events of one purchase: they name link or session, none a reference that is not ours ------

SESSION_OF_A_LINK = pm.session(
    metadata=None,
    reference_number=pm.LINK_NUMBER,
    payments=[pm.link_payment(payment_intent_id="pi_Unseen")],
)


@pytest.mark.parametrize(
    ("name", "carried", "gateway_ref"),
    [
        ("payment.paid", pm.link_payment(), pm.LINK_NUMBER),
        ("payment.paid", pm.link_payment(payment_intent_id="pi_Unseen"), pm.LINK_NUMBER),
        ("payment.paid", pm.link_payment(metadata=None), pm.LINK_NUMBER),
        ("payment.paid", pm.link_payment(external_reference_number=None), pm.LINK_NUMBER),
        ("link.payment.paid", pm.link("paid", payments=[{"data": pm.link_payment()}]), pm.LINK),
        ("checkout_session.payment.paid", SESSION_OF_A_LINK, pm.SESSION),
    ],
)
def test_no_event_takes_their_number_for_our_reference(name: str, carried: Any, gateway_ref: str) -> None:
    (fact,) = read(name, carried)
    assert (fact.kind, fact.charge_ref) == (FactKind.PAID, pm.PAYMENT)
    assert (fact.gateway_ref, fact.reference) == (gateway_ref, None)


def test_what_carries_our_reference_is_no_link() -> None:
    """Sessions are published with `origin: links` too; their number is ours."""
    ours = pm.payment(origin="links", external_reference_number=pm.REFERENCE, payment_intent_id=pm.INTENT)
    (fact,) = read("payment.paid", ours)
    assert (fact.gateway_ref, fact.reference) == (pm.INTENT, pm.REFERENCE)
    bare = pm.payment(
        origin="links", external_reference_number=pm.REFERENCE, payment_intent_id=pm.INTENT, metadata=None
    )
    (fact,) = read("payment.paid", bare)
    assert (fact.gateway_ref, fact.reference) == (pm.INTENT, pm.REFERENCE)
    (fact,) = read("checkout_session.payment.paid", pm.session(payments=[bare]))
    assert (fact.gateway_ref, fact.reference) == (pm.SESSION, pm.REFERENCE)


def test_the_published_event_of_a_dashboard_link_claims_nothing_of_ours() -> None:
    document = pm.golden("event-link.payment.paid-gcash-test")
    gateway = pm.account()
    (fact,) = gateway.read(gateway.verify(pm.signed(json.dumps(document).encode())))
    assert (fact.kind, fact.reference) == (FactKind.PAID, None)
