"""Every scenario about wallets by name: one purchase, and what the shop saw of it."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx2
import pytest

from raseed.sandbox.front import ConnectionDropped
from raseed.sandbox.scenarios.catalogue import MAGIC_BASE_MINOR, shipped
from tests.sandbox.bench import Bench
from tests.sandbox.openpayments.merchant import Merchant, Purchase

#: scenario: failed, sent and received 60 seconds after the payment, and what was told
PAYMENTS: dict[str, tuple[bool, str, str, list[str]]] = {
    "sends-half": (True, "1250", "1250", ["agreed", "sending", "declined"]),
    "no-funds": (True, "0", "0", ["agreed", "sending", "declined"]),
    "wallet-fails": (True, "0", "0", ["agreed", "sending", "declined"]),
    "wallet-slow": (False, "0", "0", ["agreed", "sending"]),
    "wallet-stuck": (False, "0", "0", ["agreed", "sending"]),
    "receiver-closes-while-sending": (False, "0", "0", ["agreed", "sending", "paid"]),
    "declined-then-paid": (False, "2550", "2500", ["agreed", "sending", "paid"]),
}
#: scenarios with a test of their own
OTHERS = {
    "quote-expires",
    "receiver-closes-at-consent",
    "token-expired",
    "consent-withdrawn",
    "continue-too-fast",
    "continue-answer-lost",
    "charge-connection-dropped",
    "charge-hangs",
}


def test_every_scenario_about_wallets_is_here() -> None:
    wallets = {name for name, scenario in shipped().items() if scenario.group == "wallets"}
    assert wallets == (set(PAYMENTS) | OTHERS) - {"declined-then-paid"}


def news(bench: Bench) -> list[str]:
    return bench.control("GET", "checkouts")["checkouts"][-1]["news"]


@pytest.mark.parametrize("name", PAYMENTS)
def test_what_becomes_of_the_payment(bench: Bench, merchant: Merchant, name: str) -> None:
    bench.control("POST", f"scenarios/{name}")
    if name == "declined-then-paid":  # the payer comes back to the consent page of another grant
        incoming = merchant.incoming()
        grant = merchant.consent(incoming, merchant.quote(incoming))
        assert merchant.agree(grant) == {"pendingId": "7", "result": "grant_rejected"}
    purchase = merchant.purchase()
    bench.advance(60)
    outgoing, incoming = purchase.look()
    seen = outgoing["failed"], outgoing["sentAmount"]["value"], incoming["receivedAmount"]["value"]
    assert (*seen, news(bench)) == PAYMENTS[name]


def test_money_that_was_not_sent_is_given_back(bench: Bench, merchant: Merchant) -> None:
    bench.control("POST", "scenarios/sends-half")
    merchant.purchase()
    bench.advance(60)
    wallets = {row["id"]: row["amount"] for row in bench.control("GET", "openpayments/books")["wallets"]}
    assert (wallets["alice"], wallets["bob"]) == (500_000 - 1250, 1250)


def test_no_money_leaves_its_reason(bench: Bench, merchant: Merchant) -> None:
    bench.control("POST", "scenarios/no-funds")
    purchase = merchant.purchase()
    bench.advance(2)
    assert purchase.look()[0]["metadata"] == {"pendingId": "7", "cancellationReason": "insufficient funds"}


def test_a_slow_wallet_pays_in_the_end(bench: Bench, merchant: Merchant) -> None:
    bench.control("POST", "scenarios/wallet-slow")
    purchase = merchant.purchase()
    bench.advance(602)
    public = bench.run(bench.client.get(purchase.incoming["id"])).json()
    assert public["receivedAmount"]["value"] == "2500"


@pytest.mark.parametrize(
    ("action", "failed", "received"),
    [("complete", False, "2500"), ("cancel", True, "0"), ("fail", True, "0")],
)
def test_a_stuck_payment_waits_for_somebody(
    bench: Bench, merchant: Merchant, action: str, failed: bool, received: str
) -> None:
    bench.control("POST", "scenarios/wallet-stuck")
    purchase = merchant.purchase()
    bench.advance(300)
    payment = purchase.outgoing["id"].rpartition("/")[2]
    bench.control("POST", f"openpayments/outgoing-payments/{payment}/{action}")
    outgoing, incoming = purchase.look()
    assert (outgoing["failed"], incoming["receivedAmount"]["value"]) == (failed, received)
    bench.control("POST", f"openpayments/outgoing-payments/{payment}/{action}", status=409)


def prepared(bench: Bench, merchant: Merchant, name: str) -> tuple[Any, Any, Any]:
    bench.control("POST", f"scenarios/{name}")
    incoming = merchant.incoming()
    quote = merchant.quote(incoming)
    return incoming, quote, merchant.consent(incoming, quote)


def test_a_quote_that_ends_while_the_payer_hesitates(bench: Bench, merchant: Merchant) -> None:
    incoming, quote, grant = prepared(bench, merchant, "quote-expires")
    bench.advance(400)
    assert news(bench) == ["agreed"]
    token = merchant.proceed(grant, merchant.come_back(grant)["interact_ref"]).json()["access_token"]["value"]
    assert merchant.pay(quote, token).json()["error"]["description"] == "invalid quote"
    assert merchant.pay(merchant.quote(incoming), token).status_code == 201


def test_a_receiver_that_closes_at_consent(bench: Bench, merchant: Merchant) -> None:
    _, quote, grant = prepared(bench, merchant, "receiver-closes-at-consent")
    reference = merchant.agree(grant)["interact_ref"]
    token = merchant.proceed(grant, reference).json()["access_token"]["value"]
    assert merchant.pay(quote, token).json()["error"]["description"] == "invalid quote"


def test_a_token_that_has_expired_is_rotated(bench: Bench, merchant: Merchant) -> None:
    _, quote, grant = prepared(bench, merchant, "token-expired")
    token = merchant.proceed(grant, merchant.agree(grant)["interact_ref"]).json()["access_token"]
    assert merchant.pay(quote, token["value"]).json()["error"]["description"] == "Inactive Token"
    fresh = merchant.made("POST", token["manage"], token=token["value"])["access_token"]
    assert merchant.pay(quote, fresh["value"]).status_code == 201


def test_consent_that_is_taken_back(bench: Bench, merchant: Merchant) -> None:
    _, _, grant = prepared(bench, merchant, "consent-withdrawn")
    reference = merchant.agree(grant)["interact_ref"]
    bench.flush()
    response = merchant.proceed(grant, reference)
    assert (response.status_code, response.json()["error"]["code"]) == (401, "invalid_continuation")
    assert news(bench) == ["agreed", "declined"]


def test_a_wallet_that_wants_more_time_than_it_says(bench: Bench, merchant: Merchant) -> None:
    _, _, grant = prepared(bench, merchant, "continue-too-fast")
    reference = merchant.agree(grant)["interact_ref"]
    answers = [merchant.proceed(grant, reference, wait) for wait in (5, 15, 15)]
    assert [answer.status_code for answer in answers] == [400, 400, 200]


def test_a_continuation_whose_answer_is_lost(bench: Bench, merchant: Merchant) -> None:
    _, _, grant = prepared(bench, merchant, "continue-answer-lost")
    reference = merchant.agree(grant)["interact_ref"]
    answers = [merchant.proceed(grant, reference) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [502, 401]
    assert answers[1].json()["error"]["code"] == "request_denied"
    merchant.come_back(grant)  # the reference implementation lets the browser's way back repeat
    assert merchant.proceed(grant, reference).status_code == 200


@pytest.mark.parametrize("name", ["charge-connection-dropped", "charge-hangs", "charge-answer-lost"])
def test_a_payment_whose_answer_is_lost_can_be_found(bench: Bench, merchant: Merchant, name: str) -> None:
    incoming, quote, grant = prepared(bench, merchant, name)
    token = merchant.proceed(grant, merchant.agree(grant)["interact_ref"]).json()["access_token"]["value"]
    if name == "charge-answer-lost":
        assert merchant.pay(quote, token).status_code == 502
    else:
        with pytest.raises((ConnectionDropped, TimeoutError, asyncio.TimeoutError)):
            bench.run(asyncio.wait_for(_paid(merchant, quote, token), 0.3))
    listed = merchant.made(
        "GET", f"{merchant.op}/outgoing-payments?wallet-address={quote['walletAddress']}", token=token
    )
    assert [row["quoteId"] for row in listed["result"]] == [quote["id"]]
    assert merchant.pay(quote, token).json()["error"]["description"] == "invalid quote"
    bench.advance(10)
    assert Purchase(merchant, incoming, quote, {"value": token}, listed["result"][0]).look()[1]["completed"]


async def _paid(merchant: Merchant, quote: Any, token: str) -> httpx2.Response:
    url, body, headers = merchant.payment(quote, token)
    return await merchant.bench.client.post(url, content=body, headers=headers)


# -- scenarios that mean the same at every gateway --------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "statuses"),
    [
        ("answer-lost-after-work", [502, 200]),
        ("unavailable", [503, 503, 200]),
        ("rate-limited", [429, 429, 200]),
    ],
)
def test_opening_goes_wrong(bench: Bench, merchant: Merchant, name: str, statuses: list[int]) -> None:
    incoming = merchant.incoming(metadata={"note": f"sandbox:{name}"})
    quote = merchant.quote(incoming)
    assert [merchant.ask(incoming, quote).status_code for _ in statuses] == statuses


def test_declined_and_expired(bench: Bench, merchant: Merchant) -> None:
    _, _, grant = prepared(bench, merchant, "declined")
    assert merchant.agree(grant)["result"] == "grant_rejected"
    _, _, grant = prepared(bench, merchant, "expired")
    bench.advance(60)
    assert merchant.proceed(grant, "x").status_code == 404
    assert news(bench) == ["expired"]


def test_reads_fail(bench: Bench, merchant: Merchant) -> None:
    bench.control("POST", "scenarios/reads-fail")
    purchase = merchant.purchase()
    answers = [
        merchant.call("GET", purchase.incoming["id"], None, purchase.incoming["token"]) for _ in range(6)
    ]
    assert [answer.status_code for answer in answers] == [503] * 5 + [200]


def test_another_amount_is_reported(bench: Bench, merchant: Merchant) -> None:
    bench.control("POST", "scenarios/wrong-amount-low")
    purchase = merchant.purchase()
    bench.advance(10)
    outgoing, incoming = purchase.look()
    assert (incoming["receivedAmount"]["value"], outgoing["sentAmount"]["value"]) == ("1250", "1275")
    assert bench.control("GET", "openpayments/books")["incoming_payments"][0]["received"] == 2500


def test_another_currency_is_reported(bench: Bench, merchant: Merchant) -> None:
    bench.control(
        "POST", "faults", {"on": "request", "fault": "currency", "code": "EUR", "match": {"call": "read"}}
    )
    assert merchant.purchase().look()[1]["receivedAmount"]["assetCode"] == "EUR"


def test_by_the_amount_of_the_incoming_payment(bench: Bench, merchant: Merchant) -> None:
    bench.control("POST", "openpayments/wallets", {"name": "alice", "balance": 10**9})
    number = shipped()["no-funds"].number or 0
    merchant.purchase(str(MAGIC_BASE_MINOR + number))
    assert bench.control("GET", "checkouts")["checkouts"][0]["scenarios"] == ["no-funds"]


def test_what_wallets_know_nothing_of(bench: Bench, merchant: Merchant) -> None:
    _, _, grant = prepared(bench, merchant, "dashboard-refund")
    checkout = grant["continue"]["uri"].rpartition("/")[2]
    for verb in ("refund", "charge-again"):
        bench.control("POST", f"checkouts/{checkout}/{verb}", status=409)
    bench.control("POST", f"checkouts/{checkout}/pay")
    bench.control("POST", f"checkouts/{checkout}/pay", status=409)
