"""What the browser brings back from Paymob: the same twenty values as a callback, signed alike."""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import parse_qsl, urlencode

import pytest

from raseed.core.errors import BadSignature, DeliveryError, MalformedDelivery
from raseed.core.facts import Fact, FactKind, Weight
from raseed.gateways.base import RawDelivery
from tests.gateways import paymob_account as pm
from tests.gateways.contract import AT, SECRET


def kinds(facts: list[Fact]) -> list[FactKind]:
    """What is proven."""
    return [fact.kind for fact in facts if fact.weight is Weight.PROOF]


def test_a_signed_return_is_a_proof() -> None:
    facts = pm.account().read_return(pm.returned(pm.told(), extra="payment=our.token&next=%2Fbasket"))
    assert kinds(facts) == [FactKind.PAID]
    assert facts[0].money == pm.MONEY


def test_what_a_return_says_is_text() -> None:
    assert kinds(pm.account().read_return(pm.returned(pm.declined()))) == [FactKind.ATTEMPT_FAILED]
    assert kinds(pm.account().read_return(pm.returned(pm.waiting()))) == [FactKind.PENDING]


def test_a_return_that_was_changed_says_nothing() -> None:
    for changes in ({"success": "true"}, {"amount_cents": "1"}, {"order": "330000202"}, {"pending": "true"}):
        with pytest.raises(BadSignature):
            pm.account().read_return(pm.returned(pm.declined(), **changes))


def test_the_plus_of_a_time_zone_is_decoded_once() -> None:
    document = pm.told(created_at="2026-03-02T14:05:09.120034+04:00")
    delivery = pm.returned(document)
    assert b"%2B04" in delivery.query_string
    assert kinds(pm.account().read_return(delivery)) == [FactKind.PAID]
    unquoted = delivery.query_string.replace(b"%2B", b"+")
    with pytest.raises(BadSignature):
        pm.account().read_return(replace(delivery, query_string=unquoted))


@pytest.mark.parametrize("style", ["dots", "underscores", "order_id"])
def test_names_as_programs_pass_them_on(style: str) -> None:
    parameters = dict(parse_qsl(pm.returned(pm.told()).query_string.decode(), keep_blank_values=True))
    if style == "underscores":
        parameters = {name.replace(".", "_"): value for name, value in parameters.items()}
    if style == "order_id":
        parameters["order_id"] = parameters.pop("order")
    delivery = RawDelivery("GET", "/", parameters, {}, b"", AT, urlencode(parameters).encode())
    facts = pm.account().read_return(delivery)
    assert (facts[0].kind, facts[0].gateway_ref) == (FactKind.PAID, str(pm.ORDER))


def test_a_return_with_a_parameter_twice_says_nothing() -> None:
    delivery = pm.returned(pm.told())
    for more in (b"&success=false", b"&order=330000202", b"&hmac=" + delivery.query["hmac"].encode()):
        with pytest.raises(MalformedDelivery):
            pm.account().read_return(replace(delivery, query_string=delivery.query_string + more))


def test_a_visit_without_anything_says_nothing() -> None:
    with pytest.raises(DeliveryError):
        pm.account().read_return(RawDelivery("GET", "/", {"payment": "x"}, {}, b"", AT, b"payment=x"))


def test_integer_twins_of_2026_are_ignored() -> None:
    delivery = pm.returned(pm.told(), amount_cents_bigint="1", refunded_amount_cents_int="157550")
    assert kinds(pm.account().read_return(delivery)) == [FactKind.PAID]


def test_several_secrets_while_one_is_changed() -> None:
    gateway = pm.account(hmac_secrets=["coming", SECRET])
    for secret in ("coming", SECRET):
        assert gateway.read_return(pm.returned(pm.told(), secret=secret))
        split = pm.split(pm.held(), secret=secret)
        assert gateway.verify(replace(pm.posted(split), query={}, query_string=b""))
    with pytest.raises(BadSignature):
        gateway.read_return(pm.returned(pm.told(), secret="gone"))
