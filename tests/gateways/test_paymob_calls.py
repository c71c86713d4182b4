"""What is sent to Paymob and what its answers are read as: opening, asking, money back; and its settings."""

from __future__ import annotations

from typing import Any

import pytest

from raseed.core.errors import GatewayRefused, GatewayUnavailable, Unsupported
from raseed.core.facts import Fact, FactKind, Weight
from raseed.gateways.base import GatewayRef
from tests.gateways import paymob_account as pm
from tests.gateways.contract import SECRET
from tests.gateways.wire import Wire

CHARGE = str(pm.PAYMENT)


def told(facts: list[Fact]) -> list[tuple[str, str | None, int | None]]:
    assert all(fact.weight is Weight.PROOF for fact in facts)
    return [(fact.kind.value, fact.charge_ref, fact.money.minor if fact.money else None) for fact in facts]


# --- opening ----------------------------------------------------------------------------------------


def test_an_intention_states_all_that_paymob_wants() -> None:
    wire = Wire({pm.INTENTIONS: pm.intended()})
    order = pm.order(open_for_seconds=99_999_999, metadata={"basket": "7"})
    opened = pm.account(http=wire, notification_url="https://shop.example/hook").open(order, pm.memory())
    assert wire.sent[0].headers["Authorization"] == f"Token egy_sk_test_{SECRET}"
    body = wire.body()
    assert (body["amount"], body["currency"], body["special_reference"]) == (157_550, "EGP", pm.REFERENCE)
    assert body["payment_methods"] == [pm.CARD]
    assert sum(item["amount"] * item["quantity"] for item in body["items"]) == body["amount"]
    assert body["expiration"] == 3_110_400
    assert body["extras"] == {"basket": "7"}
    assert (body["notification_url"], body["redirection_url"]) == (
        "https://shop.example/hook",
        order.return_url,
    )
    billing = body["billing_data"]
    assert (billing["first_name"], billing["last_name"]) == ("Dev", "Ali Buyer")
    assert all(billing.values())
    assert (opened.gateway_ref, opened.ids) == (str(pm.ORDER), {"intention": pm.INTENTION})
    page = f"https://accept.paymob.com/unifiedcheckout/?publicKey=egy_pk_test_public&clientSecret={pm.CLIENT_SECRET}"
    assert opened.url == page


def test_what_is_not_known_of_the_payer_is_still_stated() -> None:
    wire = Wire({pm.INTENTIONS: pm.intended()})
    pm.account(http=wire).open(pm.order(customer={}), pm.memory())
    assert set(wire.body()["billing_data"].values()) == {"NA"}


@pytest.mark.parametrize(
    ("method", "ids"),
    [
        ("checkout", [pm.CARD, pm.WALLET, pm.KIOSK, pm.CASH]),
        ("card", [pm.CARD]),
        ("card_hold", [pm.AUTH]),
    ],
)
def test_each_page_offers_its_own_integrations(method: str, ids: list[int]) -> None:
    wire = Wire({pm.INTENTIONS: pm.intended()})
    pm.account(http=wire).open(pm.order(method), pm.memory())
    assert wire.body()["payment_methods"] == ids


def test_a_saved_card_is_offered_on_the_page() -> None:
    wire = Wire({pm.INTENTIONS: pm.intended()})
    pm.account(http=wire).open(pm.order(saved_card=pm.CARD_TOKEN), pm.memory())
    assert wire.body()["card_tokens"] == [pm.CARD_TOKEN]
    wire = Wire({pm.ORDERS: (201, {"id": pm.ORDER}), pm.PAYMENT_KEYS: (201, {"token": "key"})})
    pm.account(http=wire).open(pm.order("iframe", saved_card=pm.CARD_TOKEN), pm.memory())
    assert wire.body()["token"] == pm.CARD_TOKEN


def test_the_older_way_locks_the_order_and_carries_the_token_in_the_body() -> None:
    wire = Wire({pm.ORDERS: (201, {"id": pm.ORDER}), pm.PAYMENT_KEYS: (201, {"token": "key"})})
    opened = pm.older(http=wire).open(pm.order(open_for_seconds=36_000), pm.memory())
    first, second = wire.body(0), wire.body(1)
    assert first["auth_token"] == second["auth_token"] == SECRET
    assert (first["merchant_order_id"], first["amount_cents"]) == (pm.REFERENCE, 157_550)
    assert (second["order_id"], second["integration_id"], second["expiration"]) == (pm.ORDER, pm.CARD, 36_000)
    assert second["lock_order_when_paid"] is True
    assert opened.gateway_ref == str(pm.ORDER)


def test_a_kept_card_is_charged_with_the_key_and_not_the_client_secret() -> None:
    flat = {**pm.flat(pm.told()), "use_redirection": False, "redirection_url": "https://paymob.example/x"}
    wire = Wire({pm.INTENTIONS: pm.intended(pm.MOTO), pm.PAY: (200, flat)})
    memory = pm.memory()
    opened = pm.account(http=wire).charge_saved(pm.CARD_TOKEN, pm.order(), memory)
    assert wire.body(0)["payment_methods"] == [pm.MOTO]
    assert wire.body(1) == {
        "source": {"identifier": pm.CARD_TOKEN, "subtype": "TOKEN"},
        "payment_token": f"key-of-{pm.MOTO}",
    }
    assert "Authorization" not in wire.sent[1].headers
    assert (opened.gateway_ref, opened.url) == (str(pm.ORDER), None)
    with pytest.raises(Unsupported, match="MOTO"):
        pm.account(integration_ids=[pm.CARD]).charge_saved(pm.CARD_TOKEN, pm.order(), pm.memory())


def test_a_kept_cards_bank_may_want_its_owner() -> None:
    answer = {"id": 1, "success": "false", "pending": "true", "use_redirection": True}
    answer |= {"redirection_url": "https://bank.example/3ds"}
    wire = Wire({pm.INTENTIONS: pm.intended(pm.MOTO), pm.PAY: (200, answer)})
    opened = pm.account(http=wire).charge_saved(pm.CARD_TOKEN, pm.order(), pm.memory())
    assert opened.url == "https://bank.example/3ds"


@pytest.mark.parametrize(
    ("given", "sent"), [("+20 101 010-1010", "01010101010"), ("01010101010", "01010101010")]
)
def test_a_wallets_number_as_egypt_writes_it(given: str, sent: str) -> None:
    wire = Wire(
        {pm.INTENTIONS: pm.intended(pm.WALLET), pm.PAY: (200, {"redirect_url": "https://w.example/"})}
    )
    pm.account(http=wire).open(pm.order("wallet", customer={"phone": given}), pm.memory())
    assert wire.body()["source"] == {"identifier": sent, "subtype": "WALLET"}


def test_a_wallet_without_a_number_is_refused_before_anything_is_made() -> None:
    wire = Wire()
    with pytest.raises(GatewayRefused, match="phone number"):
        pm.account(http=wire).open(pm.order("wallet", customer={}), pm.memory())
    assert wire.sent == []


def test_an_order_that_was_cut_short_is_asked_about_by_its_own_id() -> None:
    """The wallet was called and did not answer: its owner may pay all the same."""
    wire = Wire({pm.INTENTIONS: pm.intended(pm.WALLET), pm.PAY: (502, ""), pm.LISTED: pm.listed(pm.told())})
    gateway, memory = pm.account(http=wire), pm.memory()
    with pytest.raises(GatewayUnavailable):
        gateway.open(pm.order("wallet"), memory)
    facts = gateway.query(GatewayRef(pm.REFERENCE, "", method="wallet"), memory)
    assert facts[0].gateway_ref == str(pm.ORDER)
    assert dict(wire.sent[-1].url.params)["order_id"] == str(pm.ORDER)


# --- asking -----------------------------------------------------------------------------------------


def query(answers: dict[str, Any], ref: GatewayRef = pm.REF) -> list[Fact]:
    return pm.account(http=Wire(answers)).query(ref, pm.memory())


def test_every_attempt_of_an_order_is_told_oldest_first() -> None:
    attempts = (pm.declined(id=310000100), pm.told(), pm.declined(id=310000102))
    assert told(query({pm.LISTED: pm.listed(*attempts)})) == [
        ("attempt_failed", "310000100", None),
        ("paid", CHARGE, 157_550),
        ("attempt_failed", "310000102", None),
    ]


def test_refunds_are_counted_by_the_running_total() -> None:
    facts = query({pm.LISTED: pm.listed(pm.refunded(9_900), pm.child("is_refund", 6_900))})
    assert told(facts) == [("paid", CHARGE, 157_550), ("refunded", CHARGE, 9_900)]
    assert facts[1].is_total


def test_what_was_voided_is_told_as_paid_and_voided() -> None:
    facts = query({pm.LISTED: pm.listed(pm.told(is_voided=True), pm.child("is_void"))})
    assert told(facts) == [("paid", CHARGE, 157_550), ("voided", CHARGE, 157_550)]
    held = query({pm.LISTED: pm.listed(pm.held(is_voided=True))})
    assert [fact.kind for fact in held] == [FactKind.VOIDED]


def test_what_was_captured_is_the_charge() -> None:
    taken = pm.child("is_capture", 100_000, number=310000303, integration_id=pm.AUTH)
    facts = query({pm.LISTED: pm.listed(pm.held(is_captured=True, refunded_amount_cents=500), taken)})
    assert told(facts) == [
        ("opened", CHARGE, None),
        ("refunded", "310000303", 500),
        ("captured", "310000303", 100_000),
    ]


@pytest.mark.parametrize(
    "listing", [(404, {"detail": "Not found."}), (405, ""), (200, {"count": 0})], ids=str
)
def test_where_the_list_is_not_given_the_newest_and_its_parents_are_asked(listing: tuple[int, Any]) -> None:
    """After a refund the newest is the refund: what it is made of is asked for."""
    refund = pm.child("is_refund", 2_000)
    answers = {pm.LISTED: listing, pm.INQUIRY: (200, refund), pm.one(pm.PAYMENT): (200, pm.refunded(2_000))}
    assert told(query(answers)) == [("paid", CHARGE, 157_550), ("refunded", CHARGE, 2_000)]


def test_a_list_that_is_not_restricted_is_not_the_whole_truth() -> None:
    stranger = pm.told(id=310000900, order={"id": 330000999, "merchant_order_id": "another"})
    answers = {pm.LISTED: pm.listed(stranger), pm.INQUIRY: (200, pm.told())}
    assert told(query(answers)) == [("paid", CHARGE, 157_550)]
    answers = {pm.LISTED: pm.listed(stranger), pm.INQUIRY: (200, stranger)}
    assert query(answers) == []


def test_pages_are_followed_to_their_end() -> None:
    first, second = pm.listed(pm.told(), following="page=2"), pm.listed(pm.declined(id=310000100))
    facts = query({pm.LISTED: [first, second]})
    assert [fact.kind for fact in facts] == [FactKind.ATTEMPT_FAILED, FactKind.PAID]


CARDS = "POST /api/acceptance/order_card_tokens"


def opened(answers: dict[str, Any], *, save_card: bool) -> tuple[Any, Any, Wire]:
    """An account and a memory in which an order was opened."""
    wire = Wire({pm.INTENTIONS: pm.intended(pm.CARD), pm.LISTED: pm.listed(pm.told()), **answers})
    gateway, memory = pm.account(http=wire), pm.memory()
    gateway.open(pm.order(save_card=save_card), memory)
    return gateway, memory, wire


def test_a_card_whose_callback_was_lost_is_asked_for_until_it_is_told() -> None:
    none = (404, {"message": "No card tokens found for this order"})
    listed = (200, [pm.card_callback(), pm.card_callback()])
    gateway, memory, wire = opened({CARDS: [none, (502, ""), listed]}, save_card=True)
    kinds = [[fact.kind for fact in gateway.query(pm.REF, memory)] for _ in range(4)]
    paid, saved = FactKind.PAID, FactKind.CARD_SAVED
    assert kinds == [[paid], [paid], [paid, saved, saved], [paid]]
    assert sum(request.url.path.endswith("order_card_tokens") for request in wire.sent) == 3


def test_no_card_is_asked_for_where_none_can_be_saved() -> None:
    gateway, memory, wire = opened({}, save_card=False)
    gateway.query(pm.REF, memory)
    assert not any(request.url.path.endswith("order_card_tokens") for request in wire.sent)


def test_cards_that_are_told_for_another_order_are_nobodys() -> None:
    """As in the sample of Paymob's collection, which answers about another order than the one asked about."""
    document = pm.golden("postman-order-card-tokens-200")
    gateway, memory, _ = opened({CARDS: (200, document["response"]["body"])}, save_card=True)
    assert [fact.kind for fact in gateway.query(pm.REF, memory)] == [FactKind.PAID]


@pytest.mark.parametrize("answer", [[], [None], [{"obj": {}}], {"results": []}, [{"obj": {"token": 5}}]])
def test_an_odd_list_of_cards_is_no_card(answer: Any) -> None:
    gateway, memory, _ = opened({CARDS: (200, answer)}, save_card=True)
    assert [fact.kind for fact in gateway.query(pm.REF, memory)] == [FactKind.PAID]


def test_nobody_has_tried_is_nothing_and_no_failure() -> None:
    assert query({pm.LISTED: pm.listed(), pm.INQUIRY: pm.nobody_tried()}) == []
    assert query({pm.LISTED: pm.listed(), pm.INQUIRY: (404, {"message": "order_id not_found"})}) == []
    with pytest.raises(GatewayRefused):
        query({pm.LISTED: pm.listed(), pm.INQUIRY: (404, {"detail": "no such account"})})


def test_by_our_reference_only_what_bears_it_counts() -> None:
    """The answer is authenticated, so here the reference may name it; and it tells the lost id."""
    ref = GatewayRef(pm.REFERENCE, "")
    other = pm.told(id=310000900, order={"id": 330000999, "merchant_order_id": "inv-20411"})
    (fact,) = query({pm.LISTED: pm.listed(pm.told(), other), pm.INQUIRY: (200, pm.told())}, ref)
    assert (fact.gateway_ref, fact.charge_ref, fact.reference) == (str(pm.ORDER), CHARGE, pm.REFERENCE)


def test_a_token_that_is_refused_early_is_renewed_once() -> None:
    wire = Wire(
        {
            pm.LISTED: [(401, {"detail": "incorrect credentials"}), pm.listed(pm.told())],
            pm.AUTH_TOKENS: (201, {"token": "fresh"}),
        }
    )
    memory = pm.memory("stale")
    assert pm.account(http=wire).query(pm.REF, memory)
    assert wire.sent[-1].headers["Authorization"] == "Bearer fresh"
    assert wire.count(pm.AUTH_TOKENS) == 1
