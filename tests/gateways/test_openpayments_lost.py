"""Open Payments: answers are lost. What was made is looked up, or harmlessly made again.

The memory is the one that a process leaves when it dies: a step that was begun, and no answer.
"""

from __future__ import annotations

import pytest

from raseed.core.errors import GatewayUnavailable, MoneyUnderWay
from raseed.core.facts import FactKind, Weight
from tests.gateways.openpayments_wallets import Wallets

#: The work is done; then the connection is cut, or an error takes the answer's place.
FAULTS = ["drop_after", "error_after"]


def arrived(wallets: Wallets, seconds: float = 10) -> None:
    wallets.sandbox.advance(seconds)
    assert wallets.ask().kind is FactKind.PAID
    assert wallets.sent() == [("completed", 2500)]
    assert wallets.balances()["bob"] == 2500


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize(
    ("path", "made", "rows"),
    [
        ("/op/incoming-payments", "incoming_payments", 1),  # found in the list
        ("/op/quotes", "quotes", 2),  # costs nothing, and the first one is paid by nobody
        ("/auth", "grants", 3),  # likewise: its page was never shown
    ],
)
def test_while_opening(wallets: Wallets, path: str, made: str, rows: int, fault: str) -> None:
    if path == "/auth":  # the tokens for being paid and for quotes are there: it is the consent that is lost
        wallets.open(reference="earlier")
        wallets.memory.steps.clear()
    before = len(wallets.books(made))
    wallets.lose(path, fault=fault)
    with pytest.raises(GatewayUnavailable):
        wallets.open()
    wallets.open()
    assert len(wallets.books(made)) - before == (2 if path == "/auth" else rows)
    wallets.pay()
    arrived(wallets)


@pytest.mark.parametrize("fault", ["error_before", "drop_before"])
@pytest.mark.parametrize(
    "path", ["/op/incoming-payments", "/op/quotes", "/auth", "/alice", "/bob"], ids=lambda path: path[1:]
)
def test_a_call_that_did_nothing_is_made_again(wallets: Wallets, path: str, fault: str) -> None:
    method = "GET" if path in {"/alice", "/bob"} else "POST"
    wallets.lose(path, method, fault)
    with pytest.raises(GatewayUnavailable):
        wallets.open()
    wallets.open()
    assert len(wallets.books("incoming_payments")) == 1
    wallets.pay()
    arrived(wallets)


@pytest.mark.parametrize("fault", FAULTS)
def test_the_payment_is_made_and_its_answer_lost(wallets: Wallets, fault: str) -> None:
    wallets.open()
    fact = wallets.agree()
    wallets.lose("/op/outgoing-payments", fault=fault)
    with pytest.raises(GatewayUnavailable):
        wallets.pay(fact)
    assert len(wallets.sent()) == 1
    wallets.pay(fact)
    assert wallets.calls("/op/outgoing-payments") == 1
    arrived(wallets)


@pytest.mark.parametrize("fault", ["error_before", "drop_before"])
def test_the_payment_is_not_made(wallets: Wallets, fault: str) -> None:
    wallets.open()
    fact = wallets.agree()
    wallets.lose("/op/outgoing-payments", fault=fault)
    with pytest.raises(GatewayUnavailable):
        wallets.pay(fact)
    assert wallets.sent() == []
    wallets.pay(fact)
    assert wallets.calls("/op/outgoing-payments", "GET") == 1  # it looked before it paid
    arrived(wallets)


def test_the_list_does_not_answer_either(wallets: Wallets) -> None:
    """As long as it is not known, nothing is paid."""
    wallets.open()
    fact = wallets.agree()
    wallets.lose("/op/outgoing-payments")
    wallets.lose("/op/outgoing-payments", "GET", "error_before", times=3)
    for _ in range(4):
        with pytest.raises(GatewayUnavailable):
            wallets.pay(fact)
    wallets.pay(fact)
    assert wallets.calls("/op/outgoing-payments") == 1
    arrived(wallets)


def test_its_quote_is_over_when_it_is_looked_for(wallets: Wallets) -> None:
    wallets.open()
    fact = wallets.agree()
    wallets.lose("/op/outgoing-payments")
    with pytest.raises(GatewayUnavailable):
        wallets.pay(fact)
    wallets.sandbox.advance(400)
    wallets.pay(fact)
    assert wallets.calls("/op/outgoing-payments") == 1
    arrived(wallets)


def test_its_token_is_over_when_it_is_looked_for(wallets: Wallets) -> None:
    wallets.settings(token_seconds=60)
    wallets.open()
    fact = wallets.agree()
    wallets.lose("/op/outgoing-payments")
    with pytest.raises(GatewayUnavailable):
        wallets.pay(fact)
    wallets.sandbox.advance(100)
    wallets.pay(fact)
    assert wallets.calls("/auth/token") == 1
    arrived(wallets)


def test_it_reaches_the_wallet_twice(wallets: Wallets) -> None:
    """The second one is refused, and that is the answer we get: the first one is looked for."""
    wallets.open()
    fact = wallets.agree()
    wallets.lose("/op/outgoing-payments", fault="twice")
    wallets.pay(fact)
    arrived(wallets)


def test_it_arrived_before_anybody_looked(wallets: Wallets) -> None:
    wallets.open()
    fact = wallets.agree()
    wallets.lose("/op/outgoing-payments")
    with pytest.raises(GatewayUnavailable):
        wallets.pay(fact)
    arrived(wallets)


def test_it_is_on_its_way_when_the_time_is_over(wallets: Wallets) -> None:
    """Closing looks for it as well: nobody is told to pay again while money may arrive."""
    wallets.sandbox.arm("wallet-slow")
    wallets.open()
    fact = wallets.agree()
    wallets.lose("/op/outgoing-payments")
    with pytest.raises(GatewayUnavailable):
        wallets.pay(fact)
    with pytest.raises(MoneyUnderWay):
        wallets.close()
    arrived(wallets, 610)


def test_it_never_moves_and_is_given_up_in_time(wallets: Wallets) -> None:
    """Its age is the wallet's to tell: it does not begin anew whenever somebody looks."""
    wallets.sandbox.arm("wallet-stuck")
    wallets.open()
    fact = wallets.agree()
    wallets.lose("/op/outgoing-payments")
    with pytest.raises(GatewayUnavailable):
        wallets.pay(fact)
    wallets.sandbox.advance(500)
    with pytest.raises(MoneyUnderWay):
        wallets.close()
    wallets.sandbox.advance(101)
    assert wallets.close().kind is FactKind.CANCELLED


@pytest.mark.parametrize("fault", FAULTS)
def test_the_consents_token_is_lost(wallets: Wallets, fault: str) -> None:
    """The wallet gives it out once. So the consent is given back, and nothing can be paid with it."""
    wallets.open()
    fact = wallets.agree()
    wallets.lose("/auth/continue/*", fault=fault)
    with pytest.raises(GatewayUnavailable):
        wallets.pay(fact)
    (ended,) = wallets.pay(fact)
    assert (ended.kind, ended.weight) == (FactKind.FAILED, Weight.PROOF)
    assert wallets.sent() == []
    (grant,) = [row for row in wallets.books("grants") if row["is_interactive"]]
    assert grant["status"] == "revoked"


@pytest.mark.parametrize("fault", ["error_before", "drop_before"])
def test_the_consent_is_taken_up_at_the_second_attempt(wallets: Wallets, fault: str) -> None:
    wallets.open()
    fact = wallets.agree()
    wallets.lose("/auth/continue/*", fault=fault)
    with pytest.raises(GatewayUnavailable):
        wallets.pay(fact)
    wallets.pay(fact)
    arrived(wallets)


@pytest.mark.parametrize("fault", FAULTS)
def test_a_rotated_token_is_lost_before_the_payment(wallets: Wallets, fault: str) -> None:
    wallets.sandbox.arm("token-expired")
    wallets.open()
    fact = wallets.agree()
    wallets.lose("/auth/token/*", fault=fault)
    with pytest.raises(GatewayUnavailable):
        wallets.pay(fact)
    (ended,) = wallets.pay(fact)
    assert (ended.kind, ended.weight) == (FactKind.FAILED, Weight.PROOF)
    assert wallets.sent() == []


def test_a_rotated_token_is_lost_after_the_payment(wallets: Wallets) -> None:
    """The seller's wallet tells of the money all the same."""
    wallets.sandbox.arm("wallet-slow")
    wallets.settings(token_seconds=60)
    wallets.open()
    wallets.pay()
    wallets.sandbox.advance(61)
    wallets.lose("/auth/token/*")
    with pytest.raises(GatewayUnavailable):
        wallets.ask()
    assert wallets.ask().kind is FactKind.PENDING
    arrived(wallets, 610)


def test_answers_about_the_end_are_lost(wallets: Wallets) -> None:
    wallets.open()
    wallets.lose("/auth/continue/*", "DELETE")
    wallets.lose("/op/incoming-payments/*/complete")
    for _ in range(2):
        with pytest.raises(GatewayUnavailable):
            wallets.close()
    assert wallets.close().kind is FactKind.CANCELLED
