"""Signatures that were computed by other programs, and samples of what Paymob really sent."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from raseed.core.errors import BadSignature, DeliveryError
from raseed.core.facts import FactKind, Weight
from raseed.core.money import Money
from raseed.gateways import registry
from raseed.gateways.base import Gateway, RawDelivery
from raseed.gateways.paymob import signed
from raseed.gateways.paymob.vocabulary import TOKEN_SIGNED, TRANSACTION_SIGNED
from tests.gateways import paymob_account as pm
from tests.gateways.contract import AT
from tests.gateways.wire import Wire

SECRET = "dev-hmac-4E1C7A90B2D85F36"


def account(*secrets: str, **settings: Any) -> Gateway:
    return registry.load("paymob", hmac_secrets=secrets or [SECRET], **settings)


def posted(body: Any, digest: str) -> RawDelivery:
    return RawDelivery("POST", "/hook/", {"hmac": digest}, {}, json.dumps(body).encode(), AT)


#: Changes to the sample, what is signed of it, and its signature.
POSTS = {
    "Egypt, a card": (
        {},
        "1575502026-03-02T14:05:09.120034EGPfalsefalse3100001014000111truefalsefalsefalsetruefalse330000201410001"
        "false2346MasterCardcardtrue",
        "f1adb9f0054cacdb31122ddd2ec87c5a7483b6d3ab210dda33a18d8ce3d9ce740ffad2fd59e38daa43c267ef0bf4b23ae71bf41a"
        "e5a80d50a889164edeaa1150",
    ),
    "Saudi Arabia, held": (
        {
            "amount_cents": 4995,
            "created_at": "2026-03-02T15:41:30.000871+03:00",
            "currency": "SAR",
            "id": 770002,
            "integration_id": 22001,
            "is_auth": True,
            "order": {"id": 880003},
            "owner": 13001,
            "source_data": {"pan": "1111", "sub_type": "Visa", "type": "card"},
        },
        "49952026-03-02T15:41:30.000871+03:00SARfalsefalse77000222001truetruefalsefalsetruefalse88000313001"
        "false1111Visacardtrue",
        "894061b1b5dd9135a2d23b00c63a96c0064447ffce921389d9ffca2648990f34dcb2870f3ae80f419a11596232f5eff5a8dda1e9"
        "3031ff361ff9df0c50bc7e6d",
    ),
}

RETURN_URL = (
    "https://shop.example/return?id=990044&pending=false&amount_cents=1000&success=false&is_auth=false"
    "&is_capture=false&is_standalone_payment=true&is_voided=false&is_refunded=false&is_3d_secure=true"
    "&integration_id=55044&profile_id=55001&has_parent_transaction=false&order=990077"
    "&created_at=2026-03-02T19%3A02%3A11.735853%2B04%3A00&currency=AED&merchant_commission=0&accept_fees=0"
    "&discount_details=%5B%5D&is_void=false&is_refund=false&error_occured=false&refunded_amount_cents=0"
    "&captured_amount=0&updated_at=2026-03-02T19%3A02%3A59.125489%2B04%3A00&is_settled=false&bill_balanced=false"
    "&is_bill=false&owner=56001&data.message=Do+not+honour&source_data.type=card&source_data.pan=0008"
    "&source_data.sub_type=MasterCard&txn_response_code=DECLINED&acq_response_code=05"
    "&hmac=d5efb99b3328450a7e0c1b5072cc44080426ab4cd9475702a46761a6a6d99a64d46f2ff5622532d024503aecf0e07e6c9529"
    "584a581c61fb4570ea04cbc4e0a1"
)

CARDS = {
    "in groups": (
        {},
        "d1e2e3486bf46d18469a3bba1d1c39edd7d9857eecc6bea449cb25de9ef344552a93adf59d843fb39f799e18bbe0328a876f3652"
        "f0655d5df4e56e5cbc15a66d",
    ),
    "four digits, no fraction, no address": (
        {
            "card_subtype": "Visa",
            "created_at": "2026-03-02T16:00:00",
            "email": "NA",
            "id": 9100002,
            "masked_pan": "1111",
            "order_id": "330000999",
            "token": "77c0de5a1e9b40c2b6f3d8417ac95e02fd3164b8a0c27e9135d46f0b",
        },
        "5bd2e61c1e408b17b0b3522454bf17be575ca48113ba9d46a6534a1a18761a8e4f31dc4fe349e607850db331f320007cee0a61d4"
        "4fd2a671f7c791626ecfbb0e",
    ),
}

DELIVERIES = {
    "by the one description": (
        {"order_id": 330000201, "order_delivery_status": "Scheduled", "merchant_id": 900001}
        | {"merchant_name": "Dev Shop", "updated_at": "2026-03-03T09:00:00"},
        "994310f0ccfbe92d87e74a2bcdb88b084642c97c52f83efdfa8b57c5430eb9322d728652b672e0d6a0ee3b21333bfe7b7a6c938e"
        "d34cb370ab40458b4b2785b6",
    ),
    "by the other": (
        {
            "created_at": "2026-03-03T11:30:00",
            "extra_description": "leave at desk",
            "gps_lat": "",
            "gps_long": "",
        }
        | {"id": 5502, "merchant": 900001, "order": {"id": 330000201}, "status": "Delivered"},
        "8fd121e4f0775d5daeb6dd8469413200024d91201464f6e386a250b25092f77d4eb57cb0ea833a69754312ecfda72e3615575acb"
        "ed2ef0903d5f2a89a7b943da",
    ),
}

SUBSCRIPTIONS = {
    (
        "suspended",
        70123,
    ): "b64faaee0d1f16816a52f1ade14f13f75e2c6f08bac5d302a19fba69ad50d71f9763951e3910f0c2eb6e1ed0f5ef"
    "6bf5d881b9ff228c47baf2dde44a1c0d07ad",
    (
        "Subscription Created",
        70124,
    ): "dcc585bd9a65bef4a2eddec9f1305b1afa2f64fe896673bbd770c743a2657ea14353f3a15850d41a"
    "e5c32ef9e01f8f43ec998e079b138fa81e760fc21ccc665d",
}


@pytest.mark.parametrize("name", POSTS)
def test_a_posted_transaction(name: str) -> None:
    changes, text, digest = POSTS[name]
    document = pm.told(**changes)
    assert signed.joined(document, TRANSACTION_SIGNED) == text
    gateway = account()
    fact = gateway.read(gateway.verify(posted(pm.callback(document), digest)))[0]
    assert fact.weight is Weight.PROOF
    assert fact.kind is (FactKind.AUTHORIZED if changes else FactKind.PAID)
    with pytest.raises(BadSignature):
        gateway.verify(posted(pm.callback({**document, "amount_cents": 1}), digest))


def test_a_wallets_transaction() -> None:
    document = pm.told(
        id=310000222,
        amount_cents=20000,
        integration_id=4000222,
        is_3d_secure=False,
        order={"id": 330000333},
        created_at="2026-03-02T18:20:00.500001",
        source_data={"pan": "01010101010", "type": "wallet", "sub_type": "wallet"},
    )
    digest = (
        "5aef3eb3aa893863156a45662948f6bbb87b2145bee41a2501f7e90d1d170e18a5d96bb4c56a76298c604e38fe61563053c73e02"
        "c726ee74520c10e8a44bc07b"
    )
    query = {**pm.flat(document), "hmac": digest}
    facts = account().read_return(RawDelivery("GET", "/", query, {}, b"", AT))
    assert (facts[0].kind, facts[0].weight) == (FactKind.PAID, Weight.PROOF)
    assert "01010101010" not in json.dumps([dict(fact.raw) for fact in facts])


@pytest.mark.parametrize("as_bytes", [True, False])
def test_a_browsers_return_from_the_emirates(as_bytes: bool) -> None:
    """The + of its time zone is decoded once; without the bytes, the framework has decoded it."""
    raw = urlsplit(RETURN_URL).query.encode()
    decoded = dict(parse_qsl(raw.decode(), keep_blank_values=True))
    delivery = RawDelivery("GET", "/return", decoded, {}, b"", AT, raw if as_bytes else b"")
    (fact,) = account().read_return(delivery)
    assert (fact.kind, fact.weight) == (FactKind.ATTEMPT_FAILED, Weight.PROOF)
    assert (fact.gateway_ref, fact.charge_ref) == ("990077", "990044")
    assert fact.detail == "The bank declined the payment."
    assert fact.occurred_at is not None


@pytest.mark.parametrize("name", CARDS)
def test_a_card_that_was_kept(name: str) -> None:
    changes, digest = CARDS[name]
    body = pm.card_callback(**changes)
    gateway = account()
    (fact,) = gateway.read(gateway.verify(posted(body, digest)))
    assert (fact.kind, fact.weight, fact.gateway_ref) == (
        FactKind.CARD_SAVED,
        Weight.PROOF,
        body["obj"]["order_id"],
    )
    assert fact.card is not None
    assert (fact.card.token, fact.card.masked) == (body["obj"]["token"], body["obj"]["masked_pan"])
    assert fact.card.order_ids == {body["obj"]["order_id"]}
    for member in TOKEN_SIGNED:
        changed = pm.card_callback(**{**changes, member[0]: "7"})
        with pytest.raises(DeliveryError):
            gateway.verify(posted(changed, digest))


@pytest.mark.parametrize("name", DELIVERIES)
def test_the_status_of_a_delivery_is_acknowledged_and_says_nothing(name: str) -> None:
    document, digest = DELIVERIES[name]
    gateway = account()
    body = {"type": "DELIVERY_STATUS", "obj": document}
    assert gateway.read(gateway.verify(posted(body, digest))) == []
    with pytest.raises(BadSignature):
        gateway.verify(posted(body, digest.replace("9", "8")))


@pytest.mark.parametrize("named", SUBSCRIPTIONS)
def test_a_subscriptions_callback_carries_its_signature_inside(named: tuple[str, int]) -> None:
    trigger, number = named
    body = {"subscription_data": {"id": number}, "trigger_type": trigger, "hmac": SUBSCRIPTIONS[named]}
    gateway = account()
    assert gateway.read(gateway.verify(posted(body, ""))) == []
    with pytest.raises(BadSignature):
        gateway.verify(posted({**body, "trigger_type": "canceled"}, ""))


# --- what was recorded ------------------------------------------------------------------------------

KINDS = {"paid": FactKind.PAID, "failed": FactKind.ATTEMPT_FAILED, "pending": FactKind.PENDING}
CALLBACKS = [
    "docs2020-transaction-post",
    "sdk-attif-transaction-post-wallet",
    "sdk-xdot-transaction-post-minimal",
]


@pytest.mark.parametrize("name", CALLBACKS)
def test_a_recorded_callback(name: str) -> None:
    sample = pm.golden(name)
    document, expected = sample["request"]["body"]["obj"], sample["expect"]
    gateway = account(sample["hmac_secret"], integration_ids=[document["integration_id"]])
    assert signed.joined(document, TRANSACTION_SIGNED) == sample["concatenated"]
    facts = gateway.read(
        gateway.verify(posted(sample["request"]["body"], sample["request"]["query"]["hmac"]))
    )
    assert facts[0].kind is KINDS[expected["state"]]
    assert facts[0].weight is Weight.PROOF
    assert facts[0].money == Money(expected["amount_minor"], expected["currency"])
    assert (facts[0].charge_ref, facts[0].gateway_ref) == (expected["transaction_id"], expected["order_id"])
    hints = [fact.reference for fact in facts if fact.weight is Weight.HINT]
    assert hints == [ref for ref in [expected.get("merchant_order_id")] if ref]


def test_the_other_emulators_callbacks() -> None:
    sample = pm.golden("emulator-farapi-golden")
    gateway = account(sample["hmac_secret"])
    for case in sample["cases"]:
        names = TOKEN_SIGNED if case["name"] == "token" else TRANSACTION_SIGNED
        assert signed.joined(case["body"]["obj"], names) == case["concatenated"]
        facts = gateway.read(gateway.verify(posted(case["body"], case["hmac"])))
        expected = KINDS.get(case["expect"].get("state"), FactKind.CARD_SAVED)
        assert (facts[0].kind, facts[0].weight) == (expected, Weight.PROOF)


def test_the_recorded_card() -> None:
    sample = pm.golden("sdk-xdot-token-post")
    gateway = account(sample["hmac_secret"])
    body, digest = sample["request"]["body"], sample["request"]["query"]["hmac"]
    (fact,) = gateway.read(gateway.verify(posted(body, digest)))
    assert fact.card is not None
    assert (fact.gateway_ref, fact.card.masked) == ("11111231", "xxxx-xxxx-xxxx-1234")


def test_the_recorded_inquiry() -> None:
    """Where nothing was refunded, the total is null: that is nothing."""
    document = pm.golden("postman-inquiry-200")["response"]["body"]
    wire = Wire({pm.LISTED: (404, {"detail": "Not found."}), pm.INQUIRY: (200, document)})
    ref = pm.GatewayRef("phe4sjw11q-11212-221", "690898")
    (fact,) = pm.account(http=wire).query(ref, pm.memory())
    assert (fact.kind, fact.weight, fact.charge_ref) == (FactKind.PAID, Weight.PROOF, "574588")
    assert fact.money == Money(2_000, "EGP")
    assert fact.reference == "phe4sjw11q-11212-221"
    assert fact.occurred_at is not None


def test_the_recorded_intention_opens() -> None:
    sample = pm.golden("postman-intention-201")
    wire = Wire({pm.INTENTIONS: (201, sample["response"]["body"])})
    opened = pm.account(http=wire).open(pm.order(), pm.memory())
    assert opened.gateway_ref == sample["expect"]["order_id"]
    assert opened.ids == {"intention": sample["expect"]["intention_id"]}
    assert opened.url is not None
    assert opened.url.endswith("clientSecret=egy_csk_test_6734a1fc392bc179dec8f4c2495842d6")


@pytest.mark.parametrize("year", ["2020", "2023"])
def test_the_recorded_order_opens_the_older_way(year: str) -> None:
    sample = pm.golden(f"api-order-201-{year}")
    wire = Wire({pm.ORDERS: (201, sample["response"]["body"]), pm.PAYMENT_KEYS: (201, {"token": "ZXlK"})})
    opened = pm.older(http=wire).open(pm.order("iframe"), pm.memory())
    assert opened.gateway_ref == sample["expect"]["order_id"]
    assert opened.url == "https://accept.paymob.com/api/acceptance/iframes/77001?payment_token=ZXlK"
    assert wire.body()["order_id"] == int(sample["expect"]["order_id"])


def test_the_recorded_wallet_answers_with_an_address_and_nothing_else() -> None:
    answer = pm.golden("api-pay-wallet-200-redirect-only")["response"]["body"]
    wire = Wire({pm.INTENTIONS: pm.intended(pm.WALLET), pm.PAY: (200, answer)})
    opened = pm.account(http=wire).open(pm.order("wallet"), pm.memory())
    assert opened.url == answer["redirect_url"]


def test_the_recorded_refusal_of_the_key() -> None:
    answer = pm.golden("api-auth-403")["response"]
    gateway = pm.account(http=Wire({pm.AUTH_TOKENS: (answer["status"], answer["body"])}))
    with pytest.raises(Exception, match="does not accept the account's credentials"):
        gateway.query(pm.REF, pm.DictMemory())


def test_the_recorded_token_lets_in() -> None:
    answer = pm.golden("api-auth-201")["response"]["body"]
    wire = Wire({pm.AUTH_TOKENS: (201, answer), pm.LISTED: pm.listed(), pm.INQUIRY: pm.nobody_tried()})
    assert pm.account(http=wire).query(pm.REF, pm.DictMemory()) == []
    assert wire.sent[-1].headers["Authorization"] == f"Bearer {answer['token']}"
