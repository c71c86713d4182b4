"""Money back at Paymob: refunds that are lost, told apart and made once; captures and voids."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from raseed.core.errors import GatewayRefused, GatewayUnavailable
from raseed.core.facts import FactKind
from raseed.core.money import Money
from tests.gateways import paymob_account as pm
from tests.gateways.memory import BEGUN
from tests.gateways.test_paymob_calls import CHARGE, told
from tests.gateways.wire import Wire

AT = datetime(2026, 3, 2, tzinfo=UTC)


class Clock:
    now = AT

    def __call__(self) -> datetime:
        return self.now


def test_a_refund_is_final_when_it_is_answered() -> None:
    wire = Wire({pm.one(pm.PAYMENT): (200, pm.told()), pm.REFUNDS: (200, pm.child("is_refund", 2_000))})
    (fact,) = pm.account(http=wire).refund(pm.REF, CHARGE, Money(2_000, "EGP"), "", "k", pm.memory())
    assert wire.body() == {"transaction_id": pm.PAYMENT, "amount_cents": 2_000}
    assert (fact.kind, fact.charge_ref, fact.refund_ref) == (FactKind.REFUNDED, CHARGE, str(pm.REFUND))
    assert (fact.money, fact.is_total) == (Money(2_000, "EGP"), False)


def test_a_refund_that_is_answered_and_did_not_succeed_is_a_refusal() -> None:
    made = pm.child("is_refund", 2_000, success=False)
    wire = Wire({pm.one(pm.PAYMENT): (200, pm.told()), pm.REFUNDS: (200, made)})
    with pytest.raises(GatewayRefused, match="did not do it"):
        pm.account(http=wire).refund(pm.REF, CHARGE, Money(2_000, "EGP"), "", "k", pm.memory())


def test_a_refund_that_is_too_large() -> None:
    said = "Requested Refund Amount is greater than the maximum refund amount permissible."
    wire = Wire({pm.one(pm.PAYMENT): (200, pm.told()), pm.REFUNDS: (400, {"message": said})})
    with pytest.raises(GatewayRefused, match="more than Paymob has left") as caught:
        pm.account(http=wire).refund(pm.REF, CHARGE, Money(2_000, "EGP"), "", "k", pm.memory())
    assert not caught.value.is_temporary
    assert said in caught.value.detail


def lost(memory: pm.DictMemory, clock: Clock, after: dict[str, Any], total: int = 0) -> Any:
    """A refund of 20.00 whose answer was lost; `after` is the payment as it is asked about then."""
    before = pm.refunded(total) if total else pm.told()
    wire = Wire({pm.one(pm.PAYMENT): [(200, before), (200, after)], pm.REFUNDS: (502, "")})
    gateway = pm.account(http=wire, clock=clock)
    with pytest.raises(GatewayUnavailable):
        gateway.refund(pm.REF, CHARGE, Money(2_000, "EGP"), "", "k", memory)
    return gateway


def test_a_lost_refund_is_told_by_the_total() -> None:
    memory = pm.memory()
    gateway = lost(memory, Clock(), pm.refunded(5_000), total=3_000)
    (fact,) = gateway.query_refund(pm.REF, CHARGE, "k", None, memory)
    assert (fact.kind, fact.money, fact.is_total) == (FactKind.REFUNDED, Money(2_000, "EGP"), False)


def test_a_total_that_has_not_grown_is_certain_only_later() -> None:
    memory, clock = pm.memory(), Clock()
    gateway = lost(memory, clock, pm.told())
    with pytest.raises(GatewayUnavailable) as caught:
        gateway.query_refund(pm.REF, CHARGE, "k", None, memory)
    assert caught.value.retry_after_seconds == 180
    clock.now = AT + timedelta(seconds=180)
    assert gateway.query_refund(pm.REF, CHARGE, "k", None, memory) == []


#: A refund of 10.00 from before, one of 20.00 and one of 30.00 that were made since; a void; one that failed.
BEFORE = pm.child("is_refund", 1_000, 310000210)
SENT, DASHBOARD = pm.child("is_refund", 2_000, 310000211), pm.child("is_refund", 3_000, 310000212)
VOID = pm.child("is_void", 5_000, 310000213)
FAILED = pm.child("is_refund", 2_000, 310000214, success=False)


def grown(listing: Any, total: int, clock: Clock) -> tuple[Any, Any]:
    """A refund of 20.00 was sent after 10.00 had gone back, and its answer lost; the total is this by now."""
    memory, before = pm.memory(), pm.refunded(1_000)
    asked = [(200, before), (200, pm.refunded(total))]
    wire = Wire(
        {pm.one(pm.PAYMENT): asked, pm.REFUNDS: (502, ""), pm.LISTED: listing, pm.INQUIRY: (200, SENT)}
    )
    gateway = pm.account(http=wire, clock=clock)
    with pytest.raises(GatewayUnavailable):
        gateway.refund(pm.REF, CHARGE, Money(2_000, "EGP"), "", "k", memory)
    return gateway, memory


def test_another_refund_at_the_same_time_is_told_apart_by_the_orders_transactions() -> None:
    listing = pm.listed(pm.refunded(6_000), BEFORE, DASHBOARD, FAILED, VOID, SENT)
    gateway, memory = grown(listing, 6_000, Clock())
    (fact,) = gateway.query_refund(pm.REF, CHARGE, "k", None, memory)
    assert (fact.kind, fact.charge_ref, fact.refund_ref) == (FactKind.REFUNDED, CHARGE, "310000211")
    assert fact.money == Money(2_000, "EGP")


def test_where_only_the_other_refund_was_made_ours_is_certainly_not_there_later() -> None:
    clock = Clock()
    gateway, memory = grown(pm.listed(pm.refunded(4_000), BEFORE, DASHBOARD, FAILED), 4_000, clock)
    with pytest.raises(GatewayUnavailable, match="asked again before anything is sent"):
        gateway.query_refund(pm.REF, CHARGE, "k", None, memory)
    gateway, memory = grown(pm.listed(pm.refunded(4_000), BEFORE, DASHBOARD, FAILED), 4_000, clock)
    clock.now = AT + timedelta(seconds=180)
    assert gateway.query_refund(pm.REF, CHARGE, "k", None, memory) == []


@pytest.mark.parametrize(
    "listing",
    [
        pm.listed(pm.refunded(6_000), BEFORE, SENT),  # the dashboard's is not listed
        pm.listed(pm.refunded(6_000), SENT, DASHBOARD),  # what had gone back before is not
        pm.listed(pm.refunded(6_000)),
        (403, ""),
        (404, ""),
    ],
)
def test_a_total_that_nothing_explains_is_left_to_a_person(listing: Any) -> None:
    gateway, memory = grown(listing, 6_000, Clock())
    with pytest.raises((GatewayUnavailable, GatewayRefused)):
        gateway.query_refund(pm.REF, CHARGE, "k", None, memory)


def test_a_refund_that_was_never_sent_is_certainly_not_there() -> None:
    assert pm.account(http=Wire()).query_refund(pm.REF, CHARGE, "k", None, pm.memory()) == []


def test_a_refund_by_its_id() -> None:
    wire = Wire({pm.one(pm.REFUND): (200, pm.child("is_refund", 2_000, pending=True, success=False))})
    (fact,) = pm.account(http=wire).query_refund(pm.REF, CHARGE, "k", str(pm.REFUND), pm.memory())
    assert (fact.kind, fact.refund_ref) == (FactKind.REFUND_PENDING, str(pm.REFUND))
    other = pm.child("is_refund", 2_000, order={"id": 330000999})
    wire = Wire({pm.one(pm.REFUND): (200, other)})
    assert pm.account(http=wire).query_refund(pm.REF, CHARGE, "k", str(pm.REFUND), pm.memory()) == []


def test_capture_and_void_name_the_held_transaction() -> None:
    taken = pm.child("is_capture", 100_000, number=310000303)
    wire = Wire({pm.CAPTURES: (200, taken), pm.VOIDS: (200, pm.child("is_void"))})
    gateway = pm.account(http=wire)
    (fact,) = gateway.capture(pm.REF, CHARGE, Money(100_000, "EGP"), pm.memory())
    assert told([fact]) == [("captured", "310000303", 100_000)]
    assert wire.body() == {"transaction_id": pm.PAYMENT, "amount_cents": 100_000}
    (fact,) = gateway.void(pm.REF, CHARGE, pm.memory())
    assert (fact.kind, fact.charge_ref) == (FactKind.VOIDED, CHARGE)
    wire = Wire({pm.CAPTURES: (400, {"detail": "Capture amount cannot exceed auth amount"})})
    with pytest.raises(GatewayRefused, match="more than is held"):
        pm.account(http=wire).capture(pm.REF, CHARGE, Money(999_999, "EGP"), pm.memory())


@pytest.mark.parametrize("ref", ["", "1/../2", "0", "-1", "abc", "1" * 20])
def test_what_is_no_id_is_never_part_of_an_address(ref: str) -> None:
    gateway = pm.account(http=Wire())
    with pytest.raises(GatewayRefused, match="no id of Paymob's"):
        gateway.void(pm.REF, ref, pm.memory())
    with pytest.raises(GatewayRefused, match="no id of Paymob's"):
        gateway.refund(pm.REF, ref, Money(1, "EGP"), "", "k", pm.memory())


def test_a_process_that_died_while_it_kept_the_total_leaves_a_refund_that_can_be_made() -> None:
    """Nothing had been sent yet, so nobody need look anything up."""
    memory, wire = pm.memory(), Wire({pm.one(pm.PAYMENT): (200, pm.refunded(3_000)), pm.REFUNDS: (502, "")})
    memory.steps["refund:k:1"] = BEGUN
    gateway = pm.account(http=wire, clock=Clock())
    assert gateway.query_refund(pm.REF, CHARGE, "k", None, memory) == []
    with pytest.raises(GatewayUnavailable):
        gateway.refund(pm.REF, CHARGE, Money(2_000, "EGP"), "", "k", memory)
    assert memory.recall("refund:k:1")["total"] == 3_000
