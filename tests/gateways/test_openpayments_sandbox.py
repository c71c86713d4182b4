"""The adapter against the imitated wallets, which share no code with it: whole journeys over HTTP.

Every exchange is held against the official files, in both directions.
"""

from __future__ import annotations

import pytest

from raseed.core.errors import (
    GatewayRefused,
    GatewayUnavailable,
    MalformedDelivery,
    WrongWallet,
)
from raseed.core.facts import Fact, FactKind, Weight
from raseed.core.money import Money
from tests.gateways.openpayments_wallets import Wallets, settle
from tests.openapi.open_payments import checked

SIGNATURE_MODES = ["strict", "rafiki"]


class TestAPurchase:
    def test_from_opening_to_paid(self, wallets: Wallets) -> None:
        opened = wallets.open()
        assert wallets.ask().kind is FactKind.PENDING
        (fact,) = wallets.pay()
        assert (fact.kind, fact.weight, fact.reference) == (FactKind.PENDING, Weight.PROOF, "shop-1")
        paid = settle(wallets)
        assert (paid.kind, paid.weight, paid.money) == (FactKind.PAID, Weight.PROOF, Money(2500, "USD"))
        assert (paid.gateway_ref, paid.charge_ref, paid.is_total) == (
            opened.gateway_ref,
            opened.gateway_ref,
            True,
        )
        assert wallets.sent() == [("completed", 2500)]
        balances = wallets.balances()
        assert (balances["alice"], balances["bob"]) == (500_000 - 2550, 2500)  # a fee of 2 %
        assert settle(wallets) == paid

    def test_nothing_but_the_official_calls_is_made(self, wallets: Wallets) -> None:
        wallets.open()
        wallets.pay()
        settle(wallets)
        assert checked(wallets.sandbox.log()) == {
            ("GET", "/", 200),
            ("POST", "/", 200),
            ("POST", "/incoming-payments", 201),
            ("GET", "/incoming-payments/{id}", 200),
            ("POST", "/quotes", 201),
            ("POST", "/continue/{id}", 200),
            ("POST", "/outgoing-payments", 201),
        }

    @pytest.mark.parametrize(
        ("payer", "payee", "price", "currency", "debit", "received"),
        [
            ("alice", "bob", "0.01", "USD", 2, 1),  # the fee is rounded up
            ("elena", "bob", "25.00", "USD", 2335, 2500),
            ("alice", "yuki", "3000", "JPY", 2048, 3000),
            ("alice", "mateo", "100.01", "MXN", 594, 1_000_100),  # four decimals at the wallet, two in money
            ("mateo", "elena", "10.00", "EUR", 1_869_566, 1000),
            ("yuki", "bob", "1.00", "USD", 150, 100),
        ],
    )
    def test_currencies_scales_and_fees(
        self, wallets: Wallets, payer: str, payee: str, price: str, currency: str, debit: int, received: int
    ) -> None:
        wallets.open(price, currency, payer, payee=payee)
        before = wallets.balances()
        wallets.pay()
        paid = settle(wallets)
        assert (paid.kind, paid.money) == (FactKind.PAID, Money.of(price, currency))
        after = wallets.balances()
        assert (before[payer] - after[payer], after[payee] - before[payee]) == (debit, received)

    @pytest.mark.parametrize("mode", SIGNATURE_MODES)
    @pytest.mark.parametrize("hash_url", ["as_is", "slash"])
    @pytest.mark.parametrize("encoding", ["base64", "base64url"])
    @pytest.mark.parametrize("tenant", ["", "9c1f7d1e-52f4"])
    def test_wallets_of_every_make(
        self, wallets: Wallets, mode: str, hash_url: str, encoding: str, tenant: str
    ) -> None:
        wallets.settings(signature_mode=mode, hash_url=hash_url, hash_encoding=encoding, tenant=tenant)
        wallets.open()
        wallets.pay()
        assert settle(wallets).kind is FactKind.PAID

    def test_the_account_itself_is_paid(self, wallets: Wallets) -> None:
        wallets.open(payee="market")
        wallets.pay()
        assert settle(wallets).kind is FactKind.PAID
        assert wallets.balances()["market"] == 2500

    def test_tokens_are_shared_by_the_purchases_of_an_account(self, wallets: Wallets) -> None:
        wallets.open()
        tokens = dict(wallets.memory.tokens)
        wallets.memory.steps.clear()
        wallets.open(reference="shop-2")
        assert wallets.memory.tokens == tokens
        assert wallets.calls("/auth") == 4  # one token to be paid, one for quotes, and each one's consent


class TestOpening:
    @pytest.mark.parametrize(
        ("payer", "payee", "which"), [("nobody", "bob", "payer_wallet"), ("alice", "nobody", "payee")]
    )
    def test_nobody_answers_there(self, wallets: Wallets, payer: str, payee: str, which: str) -> None:
        with pytest.raises(WrongWallet) as caught:
            wallets.open(payer=payer, payee=payee)
        assert caught.value.which == which
        assert wallets.books("incoming_payments") == []

    def test_one_cannot_pay_oneself(self, wallets: Wallets) -> None:
        with pytest.raises(WrongWallet):
            wallets.open(payer="bob", payee="bob")
        assert wallets.books("incoming_payments") == []

    @pytest.mark.parametrize(
        ("price", "currency", "payee"), [("25.00", "EUR", "bob"), ("25.00", "USD", "yuki")]
    )
    def test_a_price_in_another_currency_is_refused(
        self, wallets: Wallets, price: str, currency: str, payee: str
    ) -> None:
        with pytest.raises(GatewayRefused, match=f"price is in {currency}"):
            wallets.open(price, currency, payee=payee)
        assert wallets.books("incoming_payments") == []

    def test_a_price_the_wallet_cannot_express_is_refused(self, wallets: Wallets) -> None:
        wallets.sandbox.control(
            "POST", "openpayments/wallets", {"name": "coarse", "asset_code": "USD", "asset_scale": 0}
        )
        with pytest.raises(GatewayRefused, match="does not fit"):
            wallets.open("25.50", payee="coarse")
        wallets.open("25.00", payee="coarse")
        assert [row["amount"] for row in wallets.books("incoming_payments")] == [25]

    def test_the_consent_is_for_this_payment_and_no_more(self, wallets: Wallets) -> None:
        opened = wallets.open()
        (access,) = next(row["access"] for row in wallets.books("grants") if row["is_interactive"])
        assert access["actions"] == ["create", "read", "list"]
        assert access["identifier"] == wallets.wallet("alice")
        assert access["limits"] == {
            "receiver": opened.gateway_ref,
            "debitAmount": {"value": "2550", "assetCode": "USD", "assetScale": 2},
        }
        (incoming,) = wallets.books("incoming_payments")
        assert incoming["metadata"] == {"reference": "shop-1", "description": "Café – 1€"}

    def test_what_was_opened_is_opened_once(self, wallets: Wallets) -> None:
        first = wallets.open()
        assert wallets.open() == first
        assert (len(wallets.books("incoming_payments")), len(wallets.books("quotes"))) == (1, 1)


class TestConsent:
    def test_a_rejection_proves_nothing(self, wallets: Wallets) -> None:
        wallets.open()
        fact = wallets.agree("reject")
        assert (fact.kind, fact.weight) == (FactKind.ATTEMPT_FAILED, Weight.HINT)
        assert wallets.ask().kind is FactKind.PENDING
        assert wallets.close().kind is FactKind.CANCELLED

    def test_a_rejection_that_somebody_wrote_stops_nobody(self, wallets: Wallets) -> None:
        wallets.open()
        (fact,) = wallets.read("https://market.example/?payment=token&result=grant_rejected")
        assert wallets.pay(fact) == []
        wallets.pay()
        assert settle(wallets).kind is FactKind.PAID

    def test_deciding_later_and_then_agreeing(self, wallets: Wallets) -> None:
        wallets.open()
        fact = wallets.agree("wait")
        assert (fact.kind, fact.weight) == (FactKind.PENDING, Weight.HINT)
        assert wallets.pay(fact) == []
        wallets.pay()
        assert settle(wallets).kind is FactKind.PAID

    def test_agreeing_without_enough_money(self, wallets: Wallets) -> None:
        wallets.open()
        wallets.pay(wallets.agree("empty"))
        failed = settle(wallets)
        assert (failed.kind, failed.weight) == (FactKind.FAILED, Weight.PROOF)
        assert "insufficient funds" in failed.detail
        assert wallets.balances()["bob"] == 0

    def test_a_wallet_that_is_empty(self, wallets: Wallets) -> None:
        wallets.open(payer="pat")
        wallets.pay()
        assert settle(wallets).kind is FactKind.FAILED

    def test_the_consent_page_is_over(self, wallets: Wallets) -> None:
        wallets.open()
        wallets.sandbox.advance(601)
        (fact,) = wallets.read(wallets.browser.decide(wallets.page))
        assert (fact.kind, fact.weight) == (FactKind.ATTEMPT_FAILED, Weight.HINT)
        assert wallets.close().kind is FactKind.CANCELLED

    def test_the_finish_is_opened_twice(self, wallets: Wallets) -> None:
        wallets.open()
        fact = wallets.agree()
        wallets.pay(fact)
        assert wallets.pay(fact) == []
        (again,) = wallets.read(wallets.browser.reload(wallets.page))
        assert wallets.pay(again) == []  # the wallet has set its grant to approved once more
        settle(wallets)
        assert wallets.sent() == [("completed", 2500)]
        assert wallets.calls("/auth/continue") == 1

    @pytest.mark.parametrize("name", ["hash", "interact_ref"])
    def test_a_forged_return_calls_nobody(self, wallets: Wallets, name: str) -> None:
        wallets.open()
        fact = wallets.agree()
        forged = {**fact.raw, name: fact.raw[name][::-1]}
        before = len(wallets.sandbox.log())
        (said,) = wallets.pay(Fact(FactKind.CHARGEABLE, Weight.HINT, raw=forged))
        assert (said.kind, said.weight) == (FactKind.ATTEMPT_FAILED, Weight.HINT)
        assert len(wallets.sandbox.log()) == before
        wallets.pay(fact)
        assert settle(wallets).kind is FactKind.PAID

    def test_the_return_of_another_payment_is_no_good(self, wallets: Wallets) -> None:
        wallets.open()
        other = wallets.agree()
        wallets.memory.steps.clear()
        wallets.open(reference="shop-2")
        (said,) = wallets.pay(other)
        assert (said.kind, said.weight) == (FactKind.ATTEMPT_FAILED, Weight.HINT)
        assert wallets.sent() == []

    def test_a_return_that_no_wallet_makes_is_not_read(self, wallets: Wallets) -> None:
        wallets.open()
        url = wallets.browser.decide(wallets.page)
        for spoilt in (f"{url}&hash=x", f"{url}&interact_ref=x", f"{url}&result=grant_rejected"):
            with pytest.raises(MalformedDelivery):
                wallets.read(spoilt)

    def test_the_wait_of_the_wallet_is_respected(self, wallets: Wallets) -> None:
        wallets.open()
        fact = wallets.agree(wait=3)
        with pytest.raises(GatewayUnavailable) as caught:
            wallets.pay(fact)
        assert caught.value.retry_after_seconds == pytest.approx(2)
        assert wallets.calls("/auth/continue") == 0
        wallets.sandbox.advance(2)
        wallets.pay(fact)
        assert settle(wallets).kind is FactKind.PAID

    def test_a_wallet_that_wants_more_time_than_it_said(self, wallets: Wallets) -> None:
        wallets.sandbox.arm("continue-too-fast")
        wallets.open()
        fact = wallets.agree()
        with pytest.raises(GatewayUnavailable) as caught:
            wallets.pay(fact)
        assert caught.value.retry_after_seconds == 5
        wallets.sandbox.advance(30)
        wallets.pay(fact)
        assert settle(wallets).kind is FactKind.PAID

    def test_consent_is_taken_back_before_it_is_used(self, wallets: Wallets) -> None:
        wallets.sandbox.arm("consent-withdrawn")
        wallets.open()
        (fact,) = wallets.pay()
        assert (fact.kind, fact.weight) == (FactKind.FAILED, Weight.PROOF)
        assert wallets.sent() == []


class TestQuotes:
    def test_one_that_ends_while_the_payer_hesitates(self, wallets: Wallets) -> None:
        wallets.open()
        wallets.sandbox.advance(400)
        wallets.pay()
        assert settle(wallets).kind is FactKind.PAID
        assert wallets.sent() == [("completed", 2500)]
        assert [row["used"] for row in wallets.books("quotes")] == [False, True]

    def test_a_newer_one_that_costs_less_is_taken(self, wallets: Wallets) -> None:
        wallets.open(payer="elena")
        wallets.settings(rates={"EUR": "0.80"})
        wallets.sandbox.advance(400)
        wallets.pay()
        assert settle(wallets).kind is FactKind.PAID

    def test_a_newer_one_that_costs_more_needs_new_consent(self, wallets: Wallets) -> None:
        wallets.open(payer="elena")
        wallets.settings(rates={"EUR": "1.10"})
        wallets.sandbox.advance(400)
        (fact,) = wallets.pay()
        assert (fact.kind, fact.weight) == (FactKind.FAILED, Weight.PROOF)
        assert "agreed to EUR 23.35" in fact.detail
        assert wallets.sent() == []
        assert wallets.balances()["elena"] == 500_000
        assert {row["status"] for row in wallets.books("grants") if row["is_interactive"]} == {"revoked"}

    def test_one_that_ends_on_its_way(self, wallets: Wallets) -> None:
        """Between our look at the clock and the wallet's: refused, and paid with another one."""
        wallets.settings(quote_seconds=6)
        wallets.open()
        kept = wallets.memory.recall("quote")
        assert kept is not None
        del wallets.memory.steps["quote"]
        wallets.memory.once("quote", lambda: {**kept, "expires_at": None})  # a wallet that does not say when
        wallets.pay(wallets.agree(wait=7))
        assert settle(wallets).kind is FactKind.PAID
        assert wallets.sent() == [("completed", 2500)]
        assert wallets.memory.recall("void:1") is True
