"""The authorization server: grants, continuation, cancellation, tokens."""

from __future__ import annotations

from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from raseed.sandbox.openpayments.keys import public_jwk
from tests.sandbox.bench import Bench
from tests.sandbox.openpayments.merchant import BASE, FINISH, Doc, Merchant, Signer

BACK = {"method": "redirect", "uri": FINISH, "nonce": "n"}
QUOTE = {"type": "quote", "actions": ["create", "read"]}
OUTGOING = {"type": "outgoing-payment", "actions": ["create"], "identifier": f"{BASE}/alice"}
INTERACT = {"start": ["redirect"], "finish": BACK}
AMOUNT = {"value": "100", "assetCode": "USD", "assetScale": 2}


def asked(merchant: Merchant, *access: Doc, **more: Any) -> tuple[int, str, str]:
    """Status, code and description of a grant request."""
    doc = {"access_token": {"access": list(access)}, "client": merchant.client} | more
    response = merchant.call(
        "POST", merchant.auth, {key: part for key, part in doc.items() if part is not None}
    )
    error = response.json().get("error", {"code": "", "description": ""})
    return response.status_code, error["code"], error["description"]


def test_what_needs_no_consent_gets_its_token_at_once(merchant: Merchant) -> None:
    grant = merchant.grant(QUOTE, {"type": "incoming-payment", "actions": ["create"]})
    assert set(grant) == {"access_token", "continue"}
    assert "wait" not in grant["continue"]
    assert set(grant["access_token"]) == {"value", "manage", "expires_in", "access"}
    assert len(grant["access_token"]["value"]) == 20


def test_what_needs_consent_sends_the_payer_away(merchant: Merchant) -> None:
    grant = merchant.grant(OUTGOING, QUOTE, interact=INTERACT)
    assert set(grant) == {"interact", "continue"}
    assert grant["continue"]["wait"] == 5
    assert grant["interact"]["redirect"].startswith(f"{BASE}/auth/interact/")
    assert grant["interact"]["finish"] in grant["interact"]["redirect"]


@pytest.mark.parametrize("form", ["string", "walletAddress", "jwk"])
def test_a_client_states_itself_in_three_forms(bench: Bench, merchant: Merchant, form: str) -> None:
    jwk = bench.control("GET", "openpayments/client")["jwk"]
    forms = {
        "string": merchant.client,
        "walletAddress": {"walletAddress": merchant.client},
        "jwk": {"jwk": jwk},
    }
    grant = merchant.grant(QUOTE, client=forms[form])
    incoming = merchant.incoming()
    token = grant["access_token"]["value"]
    made = merchant.call(
        "POST",
        f"{merchant.op}/quotes",
        {"walletAddress": f"{BASE}/alice", "receiver": incoming["id"], "method": "ilp"},
        token,
    )
    assert made.status_code == 201


@pytest.mark.parametrize(
    ("access", "more"),
    [
        ([], {}),
        ([QUOTE] * 2, {}),
        ([QUOTE, OUTGOING, {"type": "incoming-payment", "actions": []}, QUOTE], {}),
        ([{**QUOTE, "identifier": f"{BASE}/alice"}], {}),
        ([{**QUOTE, "actions": ["complete"]}], {}),
        ([{**QUOTE, "actions": ["read", "read"]}], {}),
        ([{**QUOTE, "actions": "read"}], {}),
        ([{"type": "money", "actions": []}], {}),
        ([{"actions": []}], {}),
        (["quote"], {}),
        ([{**OUTGOING, "identifier": "alice"}], {"interact": INTERACT}),
        ([{**OUTGOING, "identifier": None}], {"interact": INTERACT}),
        ([{"type": "outgoing-payment", "actions": ["create"]}], {"interact": INTERACT}),
        ([{**OUTGOING, "limits": {"debitAmount": AMOUNT, "receiveAmount": AMOUNT}}], {"interact": INTERACT}),
        ([{**OUTGOING, "limits": {"debitAmount": {**AMOUNT, "value": "-1"}}}], {"interact": INTERACT}),
        ([{**OUTGOING, "limits": {"debitAmount": {**AMOUNT, "value": str(2**64)}}}], {"interact": INTERACT}),
        ([{**OUTGOING, "limits": {"debitAmount": {**AMOUNT, "assetScale": 256}}}], {"interact": INTERACT}),
        ([{**OUTGOING, "limits": {"receiver": f"{BASE}/alice"}}], {"interact": INTERACT}),
        ([{**OUTGOING, "limits": {"interval": "monthly"}}], {"interact": INTERACT}),
        ([{**OUTGOING, "limits": []}], {"interact": INTERACT}),
        ([OUTGOING], {"interact": {"start": ["app"]}}),
        ([OUTGOING], {"interact": {"start": ["redirect"], "finish": {**BACK, "method": "push"}}}),
        ([OUTGOING], {"interact": {"start": ["redirect"], "finish": {**BACK, "uri": "shop"}}}),
        ([OUTGOING], {"interact": {"start": ["redirect"], "finish": {"method": "redirect", "uri": FINISH}}}),
        ([OUTGOING], {"interact": []}),
        ([QUOTE], {"client": None}),
        ([QUOTE], {"client": "market"}),
        ([QUOTE], {"client": {}}),
        ([QUOTE], {"client": {"jwk": {"kty": "RSA"}}}),
        ([QUOTE], {"access_token": []}),
        ([QUOTE], {"access_token": None}),
        ([QUOTE], {"subject": {"sub_ids": []}}),
        ([QUOTE], {"subject": {"sub_ids": [{"id": f"{BASE}/alice", "format": "email"}]}}),
        ([OUTGOING], {}),  # consent is needed, and no way to it is stated
        ([{**OUTGOING, "identifier": f"{BASE}/nobody"}], {"interact": INTERACT}),
        ([{"type": "incoming-payment", "actions": ["list-all"]}], {}),
    ],
)  # fmt: skip
def test_what_is_no_grant_request(merchant: Merchant, access: list[Any], more: Doc) -> None:
    status, code, description = asked(merchant, *access, **more)
    assert (status, code) == (400, "invalid_request"), description
    assert description


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'"x"', b"\xff"])
def test_bodies_that_are_none(merchant: Merchant, body: bytes) -> None:
    _, headers = merchant.signed("POST", merchant.auth, {"a": 1})
    response = merchant.send("POST", merchant.auth, body, {**headers, "Content-Length": str(len(body))})
    assert (response.status_code, response.json()["error"]["code"]) == (400, "invalid_request")


def test_who_is_not_known(bench: Bench, merchant: Merchant) -> None:
    assert asked(merchant, QUOTE, client=f"{BASE}/alice") == (
        400,
        "invalid_client",
        "could not determine client",
    )
    assert asked(merchant, QUOTE, client=f"{BASE}/nobody")[:2] == (400, "invalid_client")
    stranger = Ed25519PrivateKey.from_private_bytes(b"s" * 32)
    merchant.signer = Signer(stranger, merchant.signer.key_id)
    assert asked(merchant, QUOTE)[:2] == (401, "invalid_client")
    bare = merchant.send(
        "POST", merchant.auth, b'{"client":"https://w.test/x","access_token":{"access":[]}}', {}
    )
    assert bare.status_code == 400


def test_a_grant_request_without_a_signature(bench: Bench, merchant: Merchant) -> None:
    body, _ = merchant.signed(
        "POST", merchant.auth, {"access_token": {"access": [QUOTE]}, "client": merchant.client}
    )
    response = merchant.send("POST", merchant.auth, body, {})
    assert (response.status_code, response.json()["error"]["code"]) == (401, "invalid_client")


def test_a_client_without_a_name_cannot_ask_for_consent(bench: Bench, merchant: Merchant) -> None:
    bench.control("POST", "openpayments/wallets", {"name": "market", "public_name": ""})
    said = "missing required request field 'client'"
    assert asked(merchant, OUTGOING, interact=INTERACT) == (400, "invalid_client", said)
    assert asked(merchant, QUOTE)[0] == 200
    assert "publicName" not in bench.run(bench.client.get(f"{BASE}/market")).json()


def test_a_key_instead_of_a_wallet_cannot_ask_for_consent(merchant: Merchant) -> None:
    key = Ed25519PrivateKey.from_private_bytes(b"k" * 32)
    merchant.signer = Signer(key, "mine")
    client = {"jwk": public_jwk(key, "mine")}
    assert asked(merchant, QUOTE, client=client)[0] == 200
    assert asked(merchant, OUTGOING, client=client, interact=INTERACT)[:2] == (400, "invalid_client")
    merchant.signer = Signer(key, "another")
    assert asked(merchant, QUOTE, client=client)[:2] == (401, "invalid_client")


def test_who_the_payer_is(merchant: Merchant) -> None:
    subject = {"sub_ids": [{"id": f"{BASE}/alice", "format": "uri"}]}
    doc = {"client": merchant.client, "subject": subject, "interact": INTERACT}
    grant = merchant.made("POST", merchant.auth, doc)
    answer = merchant.proceed(grant, merchant.agree(grant)["interact_ref"]).json()
    assert answer["subject"] == subject
    assert "access_token" not in answer


# -- going on ------------------------------------------------------------------------------------------------


@pytest.fixture
def grant(merchant: Merchant) -> Doc:
    return merchant.grant(OUTGOING, interact=INTERACT)


def refused(response: Any) -> tuple[int, str]:
    return response.status_code, response.json()["error"]["code"]


def test_too_fast_and_in_time(merchant: Merchant, grant: Doc) -> None:
    reference = merchant.agree(grant)["interact_ref"]
    assert refused(merchant.proceed(grant, reference, 4)) == (400, "too_fast")
    answer = merchant.proceed(grant, reference, 1).json()
    assert answer["access_token"]["access"] == [OUTGOING]
    assert answer["continue"]["access_token"] == grant["continue"]["access_token"]


def test_a_reference_works_once(merchant: Merchant, grant: Doc) -> None:
    reference = merchant.agree(grant)["interact_ref"]
    assert merchant.proceed(grant, reference).status_code == 200
    assert refused(merchant.proceed(grant, reference)) == (401, "request_denied")


def test_without_consent_there_is_nothing(merchant: Merchant, grant: Doc) -> None:
    assert refused(merchant.proceed(grant, "wrong")) == (404, "invalid_continuation")
    assert merchant.agree(grant, "wait") == {"pendingId": "7", "result": "grant_invalid"}
    assert refused(merchant.proceed(grant, None)) == (401, "request_denied")  # it has a finish
    assert merchant.agree(grant, "reject") == {"pendingId": "7", "result": "grant_rejected"}
    assert refused(merchant.proceed(grant, "wrong")) == (404, "invalid_continuation")


def test_polling(bench: Bench, merchant: Merchant) -> None:
    grant = merchant.grant(OUTGOING, interact={"start": ["redirect"]})
    assert refused(merchant.proceed(grant, None, 1)) == (400, "too_fast")
    undecided = merchant.proceed(grant, None, 4).json()
    assert (set(undecided), undecided["continue"]["wait"]) == ({"continue"}, 5)
    assert refused(merchant.proceed(grant, None, 4)) == (400, "too_fast")
    started = bench.page(grant["interact"]["redirect"])
    decided = bench.submit(started.headers["location"], action="accept")
    assert "You agreed." in bench.page(decided.headers["location"]).text
    assert "access_token" in merchant.proceed(grant, None, 1).json()


@pytest.mark.parametrize(
    ("doc", "status"), [({"interact_ref": 7}, 400), (["x"], 400), ({}, 401), ({"interact_ref": ""}, 404)]
)
def test_bodies_of_a_continuation(merchant: Merchant, grant: Doc, doc: Any, status: int) -> None:
    token = grant["continue"]["access_token"]["value"]
    assert merchant.call("POST", grant["continue"]["uri"], doc, token).status_code == status


def test_whose_continuation_it_is(bench: Bench, merchant: Merchant, grant: Doc) -> None:
    uri, token = grant["continue"]["uri"], grant["continue"]["access_token"]["value"]
    other = f"{uri[:-4]}0000"
    assert refused(merchant.call("POST", uri)) == (401, "invalid_client")
    assert refused(merchant.call("POST", uri, None, "OTHER")) == (401, "invalid_continuation")
    assert refused(merchant.call("POST", other, None, token)) == (401, "invalid_continuation")
    merchant.signer = Signer(Ed25519PrivateKey.from_private_bytes(b"s" * 32), merchant.signer.key_id)
    assert refused(merchant.call("POST", uri, None, token)) == (401, "invalid_client")


def test_cancelled(merchant: Merchant, grant: Doc) -> None:
    reference = merchant.agree(grant)["interact_ref"]
    token = merchant.proceed(grant, reference).json()["access_token"]
    uri, going_on = grant["continue"]["uri"], grant["continue"]["access_token"]["value"]
    response = merchant.call("DELETE", uri, None, going_on)
    assert (response.status_code, response.content) == (204, b"")
    assert refused(merchant.call("DELETE", uri, None, going_on)) == (401, "invalid_continuation")
    assert refused(merchant.proceed(grant, reference)) == (401, "invalid_continuation")
    assert refused(merchant.call("POST", token["manage"], None, token["value"])) == (401, "invalid_client")
    assert merchant.come_back(grant) == {
        "pendingId": "7",
        "result": "unknown_interaction",
        "message": "unknown interaction",
    }


def test_a_late_payer(bench: Bench, merchant: Merchant, grant: Doc) -> None:
    bench.advance(600)
    back = bench.page(grant["interact"]["redirect"]).headers["location"]
    assert "result=invalid_interaction" in back
    assert refused(merchant.proceed(grant, "x")) == (404, "invalid_continuation")
    assert bench.control("GET", "checkouts")["checkouts"][0]["news"] == ["expired"]


# -- tokens --------------------------------------------------------------------------------------------------


def test_a_token_is_rotated(bench: Bench, merchant: Merchant) -> None:
    token = merchant.grant(QUOTE)["access_token"]
    bench.advance(601)  # also where it has expired
    fresh = merchant.made("POST", token["manage"], token=token["value"])["access_token"]
    assert fresh["value"] != token["value"]
    assert fresh["manage"] != token["manage"]
    assert fresh["access"] == token["access"]
    assert refused(merchant.call("POST", token["manage"], None, token["value"])) == (401, "invalid_client")
    assert refused(merchant.call("POST", token["manage"], None, fresh["value"])) == (404, "invalid_rotation")


def test_a_token_is_revoked(merchant: Merchant) -> None:
    token = merchant.grant(QUOTE)["access_token"]
    assert merchant.call("DELETE", token["manage"], None, token["value"]).status_code == 204
    assert refused(merchant.call("DELETE", token["manage"], None, token["value"])) == (401, "invalid_client")
    assert refused(merchant.call("POST", token["manage"], None, None)) == (401, "invalid_client")


def test_elsewhere_there_is_nothing(bench: Bench) -> None:
    for path in (
        "auth",
        "auth/continue/x",
        "auth/other",
        "op",
        "op/nothing",
        "op/5f/quotes/x/y",
        "alice/jwks",
    ):
        assert bench.run(bench.client.get(f"{BASE}/{path}")).status_code == 404
    assert bench.run(bench.client.post(f"{BASE}/alice")).status_code == 404


def test_bearer_is_no_scheme(merchant: Merchant) -> None:
    incoming = merchant.incoming()
    raw, headers = merchant.signed("GET", incoming["id"], None, incoming["token"])
    response = merchant.send(
        "GET", incoming["id"], raw, headers | {"Authorization": f"Bearer {incoming['token']}"}
    )
    assert response.status_code == 401
    assert response.json()["error"]["description"] == "Missing or invalid authorization header value"
