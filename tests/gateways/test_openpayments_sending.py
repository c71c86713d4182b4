"""The adapter against the imitated wallets: what becomes of the money, of the tokens, and the end."""

from __future__ import annotations

import pytest

from raseed.core.errors import GatewayRefused, GatewayUnavailable, MoneyUnderWay
from raseed.core.facts import FactKind, Weight
from raseed.core.money import Money
from tests.gateways.openpayments_wallets import Wallets, settle


class TestSending:
    def test_a_part_arrives(self, wallets: Wallets) -> None:
        wallets.sandbox.arm("sends-half")
        wallets.open()
        wallets.pay()
        part = settle(wallets)
        assert (part.kind, part.money, part.is_total) == (FactKind.PAID, Money(1250, "USD"), True)
        assert part.detail

    @pytest.mark.parametrize("scenario", ["no-funds", "wallet-fails"])
    def test_nothing_arrives(self, wallets: Wallets, scenario: str) -> None:
        wallets.sandbox.arm(scenario)
        wallets.open()
        wallets.pay()
        failed = settle(wallets)
        assert (failed.kind, failed.weight) == (FactKind.FAILED, Weight.PROOF)
        assert wallets.balances()["bob"] == 0
        assert wallets.balances()["alice"] == 500_000

    def test_a_slow_wallet(self, wallets: Wallets) -> None:
        wallets.sandbox.arm("wallet-slow")
        wallets.open()
        wallets.pay()
        assert settle(wallets).kind is FactKind.PENDING
        with pytest.raises(MoneyUnderWay):
            wallets.close()
        assert settle(wallets, 610).kind is FactKind.PAID

    def test_a_wallet_that_never_sends(self, wallets: Wallets) -> None:
        wallets.sandbox.arm("wallet-stuck")
        wallets.open()
        wallets.pay()
        assert settle(wallets, 601).kind is FactKind.PENDING
        assert wallets.close().kind is FactKind.CANCELLED
        (stuck,) = wallets.books("outgoing_payments")
        wallets.sandbox.control("POST", f"openpayments/outgoing-payments/{stuck['id']}/complete")
        assert wallets.ask().kind is FactKind.CANCELLED  # what is sent now arrives nowhere
        assert wallets.balances()["bob"] == 0

    @pytest.mark.parametrize("scenario", ["receiver-closes-at-consent", "receiver-closes-while-sending"])
    def test_the_receiver_closes(self, wallets: Wallets, scenario: str) -> None:
        wallets.sandbox.arm(scenario)
        wallets.open()
        fact = wallets.agree()
        try:
            wallets.pay(fact)
        except GatewayRefused as refused:
            assert "takes no more money" in str(refused)  # noqa: PT017 the other scenario raises nothing
        assert settle(wallets).kind is FactKind.CANCELLED
        assert wallets.balances()["bob"] == 0


class TestTokens:
    def test_the_consents_token_is_over_at_once(self, wallets: Wallets) -> None:
        wallets.sandbox.arm("token-expired")
        wallets.open()
        wallets.pay()
        assert settle(wallets).kind is FactKind.PAID
        assert wallets.calls("/auth/token") == 1
        assert wallets.memory.recall("rotation:1") is not None

    def test_it_is_over_while_the_money_is_on_its_way(self, wallets: Wallets) -> None:
        wallets.sandbox.arm("wallet-stuck")
        wallets.settings(token_seconds=60)
        wallets.open()
        wallets.pay()
        tokens = [wallets.token()]
        for _ in range(3):
            assert settle(wallets, 61).kind is FactKind.PENDING
            tokens.append(wallets.token())
        assert len(set(tokens)) == 4

    def test_a_wallet_that_says_no_lifetime(self, wallets: Wallets) -> None:
        """Then the refusal tells, and one rotation helps."""
        wallets.sandbox.arm("wallet-stuck")
        wallets.open()
        wallets.pay()
        (grant,) = [row for row in wallets.books("grants") if row["is_interactive"]]
        wallets.sandbox.control("POST", f"openpayments/grants/{grant['id']}/expire-tokens")
        assert settle(wallets).kind is FactKind.PENDING
        assert wallets.calls("/auth/token") == 1

    def test_it_is_revoked_before_the_payment_is_made(self, wallets: Wallets) -> None:
        wallets.open()
        wallets.lose("/op/outgoing-payments", fault="error_before")
        fact = wallets.agree()
        with pytest.raises(GatewayUnavailable):
            wallets.pay(fact)
        (grant,) = [row for row in wallets.books("grants") if row["is_interactive"]]
        wallets.sandbox.control("POST", f"openpayments/grants/{grant['id']}/revoke-tokens")
        (ended,) = wallets.pay(fact)
        assert (ended.kind, ended.weight) == (FactKind.FAILED, Weight.PROOF)
        assert wallets.sent() == []

    def test_it_is_revoked_while_the_money_is_on_its_way(self, wallets: Wallets) -> None:
        """The payer's wallet tells us no more; the seller's does."""
        wallets.sandbox.arm("wallet-slow")
        wallets.open()
        wallets.pay()
        (grant,) = [row for row in wallets.books("grants") if row["is_interactive"]]
        wallets.sandbox.control("POST", f"openpayments/grants/{grant['id']}/revoke-tokens")
        assert settle(wallets).kind is FactKind.PENDING
        assert settle(wallets, 610).kind is FactKind.PAID

    def test_an_accounts_token_that_is_refused_is_replaced(self, wallets: Wallets) -> None:
        wallets.open()
        for grant in wallets.books("grants"):
            if not grant["is_interactive"]:
                wallets.sandbox.control("POST", f"openpayments/grants/{grant['id']}/revoke-tokens")
        wallets.pay()
        assert settle(wallets).kind is FactKind.PAID


class TestTheEnd:
    def test_the_consent_is_given_back_so_that_a_late_finish_cannot_pay(self, wallets: Wallets) -> None:
        wallets.open()
        fact = wallets.agree()
        assert wallets.close().kind is FactKind.CANCELLED
        assert wallets.pay(fact) == []
        (grant,) = [row for row in wallets.books("grants") if row["is_interactive"]]
        (incoming,) = wallets.books("incoming_payments")
        assert (grant["status"], incoming["status"]) == ("revoked", "completed")
        (said,) = wallets.read(wallets.browser.reload(wallets.page))
        assert said.raw["result"] == "unknown_interaction"
        assert wallets.sent() == []

    def test_closing_twice_calls_nobody_again(self, wallets: Wallets) -> None:
        wallets.open()
        wallets.close()
        assert wallets.close().kind is FactKind.CANCELLED
        assert (wallets.calls("/auth/continue", "DELETE"), wallets.calls("/op/incoming-payments")) == (1, 2)

    def test_a_consent_the_wallet_has_forgotten(self, wallets: Wallets) -> None:
        wallets.open()
        wallets.agree()
        (grant,) = [row for row in wallets.books("grants") if row["is_interactive"]]
        wallets.sandbox.control("POST", f"openpayments/grants/{grant['id']}/revoke")
        assert wallets.close().kind is FactKind.CANCELLED

    def test_what_is_paid_cannot_be_closed(self, wallets: Wallets) -> None:
        wallets.open()
        wallets.pay()
        wallets.sandbox.advance(10)
        with pytest.raises(MoneyUnderWay):
            wallets.close()
        assert settle(wallets, 610).kind is FactKind.PAID
        assert wallets.close().kind is FactKind.PAID

    def test_an_incoming_payment_that_vanished_after_its_time(self, wallets: Wallets) -> None:
        """The reference implementation forgets those that received nothing."""
        wallets.open()
        wallets.sandbox.advance(3600)
        with pytest.raises(GatewayRefused):
            wallets.ask()  # gone, and by our clock its time is only just over
        assert settle(wallets, 61).kind is FactKind.EXPIRED
