"""Which signatures hold: the sandbox's own verification, with vectors that the official signer made."""

from __future__ import annotations

import base64
import hashlib
import json
from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from raseed.sandbox.openpayments.keys import public_jwk
from raseed.sandbox.openpayments.signatures import (
    SignatureRefused,
    Signed,
    as_javascript,
    key_id,
    verify_strictly,
    verify_tolerantly,
)
from tests.sandbox.bench import Bench
from tests.sandbox.openpayments.merchant import BASE, Merchant, Signer

CREATED = 1_767_225_600
KID = "market-2026-01"
KEY = Ed25519PrivateKey.from_private_bytes(b"OPenPayments-shared test seed 01")
JWK = public_jwk(KEY, KID)
TOKEN = "80D4E8FFC3F1A2B7D9E0"

GRANT_BODY = (
    b'{"access_token":{"access":[{"type":"outgoing-payment","actions":["create","read"],'
    b'"identifier":"https://wallet.example/alice","limits":{"debitAmount":{"value":"2600","assetCode":"USD",'
    b'"assetScale":2},"receiver":"https://wallet.example/op/incoming-payments/'
    b'5f3c6c1e-8f7b-4d0e-9a51-2f4f0c1f6a10"}}]},"client":"https://wallet.example/market","interact":'
    b'{"start":["redirect"],"finish":{"method":"redirect","uri":"https://market.example/payments/finish'
    b'?pendingId=7b0c9a52-3d0f-4b53-8a87-5d2f6d1f0c11","nonce":"6fb0c3d2a7e94c8b"}}}'
)
CONTINUE_BODY = b'{"interact_ref":"b1b7d4f3-5f0b-4e0c-9a4b-5d3c1f2e7a90"}'
WITH_BODY = '"content-digest" "content-length" "content-type"'


def vector(
    method: str, url: str, body: bytes, covered: str, signature: str, token: str = "", digest: str = ""
) -> Signed:
    headers = {
        "signature-input": f'sig1=({covered});keyid="{KID}";created={CREATED}',
        "signature": f"sig1=:{signature}:",
    }
    if token:
        headers["authorization"] = f"GNAP {token}"
    if body:
        headers |= {"content-digest": f"sha-512=:{digest}:", "content-length": str(len(body))}
        headers["content-type"] = "application/json"
    return Signed(method, url, headers, body)


#: Byte for byte what npm `@interledger/http-signature-utils` signs with this key.
GRANT = vector(
    "POST",
    "https://auth.wallet.example/",
    GRANT_BODY,
    f'"@method" "@target-uri" {WITH_BODY}',
    "3o3AyRRFvf0DvvcKeaPBri6mtHQwYKDkp98EMN5B73JGFQt6h3othBt9yiUfwk2Z/JzTZ1asoIaQ/oP6jTU8DA==",
    digest="5M5nWtNNi7SbUwm5huL4YjP1ouhQwPgRIo76LMsQ1jsTbtdy+YHXmU+CX4Wcky4PVm5h+LiO1QfKL+EWwUYy7Q==",
)
READ = vector(
    "GET",
    "https://wallet.example/op/outgoing-payments/c2a5b6e0-7c52-4b0e-8d7e-0d6e4f7a9b21",
    b"",
    '"@method" "@target-uri" "authorization"',
    "5bVMk8xdvw7OPl+Y4qLVZy0n+BoJkuNWzqvyhacb+6X9UbRFc7MMwj2O7daG5uUalfbSvwihEjmI9mPBo4a5Bw==",
    token=TOKEN,
)
CONTINUE = vector(
    "POST",
    "https://auth.wallet.example/continue/0c5a4e0b-6a43-4d8e-9d4e-5b0d6f3e7a55",
    CONTINUE_BODY,
    f'"@method" "@target-uri" "authorization" {WITH_BODY}',
    "nykfBKOeASAdFsww1WGCLQ58HfWUhplbmA8Gx6QZb2TA8QrKJq667Oa3DTaBIFzx16GVd3fgSpFc3MVzrjBoCQ==",
    token="33F1B0D6A8C27E94D5AA",
    digest="gkvryNB8Fvk1Sb9NQY5U0U7lO71RfQD0KBJHARpQtXhwBjuxar9EcAjxvnF74bvlrxtJtxzM2CZAdVFFEEp93Q==",
)
VECTORS = pytest.mark.parametrize("request_", [GRANT, READ, CONTINUE], ids=["grant", "read", "continue"])


@VECTORS
def test_what_the_official_signer_signs_holds_in_both_modes(request_: Signed) -> None:
    assert key_id(request_) == KID
    verify_strictly(request_, JWK, (CREATED,), 300)
    verify_tolerantly(request_, JWK)


@VECTORS
@pytest.mark.parametrize(
    "verify", [lambda r: verify_strictly(r, JWK, (CREATED,), 300), lambda r: verify_tolerantly(r, JWK)]
)
def test_any_change_breaks_it(request_: Signed, verify: object) -> None:
    changed = [
        replace(request_, method="PUT"),
        replace(request_, url=request_.url + "?a=1"),
        replace(request_, url=request_.url.replace("https", "http")),
        _with(request_, "signature", other(request_.headers["signature"])),
        _with(request_, "signature-input", request_.headers["signature-input"].replace("600", "601")),
    ]
    if request_.body:
        changed.append(replace(request_, body=request_.body.replace(b"a", b"b")))
    if "authorization" in request_.headers:
        changed.append(_with(request_, "authorization", "GNAP other"))
    for request in changed:
        with pytest.raises(SignatureRefused):
            verify(request)  # type: ignore[operator]


def other(signature: str) -> str:
    """The same signature but for one digit."""
    return signature[:10] + ("A" if signature[10] != "A" else "B") + signature[11:]


def _with(request: Signed, name: str, value: str | None) -> Signed:
    headers = {key: kept for key, kept in request.headers.items() if key != name}
    return replace(request, headers=headers if value is None else {**headers, name: value})


def signed(
    parameters: str = f';keyid="{KID}";created={CREATED}', covered: tuple[str, ...] = (), **headers: str
) -> Signed:
    """A GET of our own, signed over what a test wants covered."""
    names = covered or ("@method", "@target-uri", "authorization")
    values = {
        "@method": "GET",
        "@target-uri": READ.url,
        "authorization": f"GNAP {TOKEN}",
        **DERIVED,
        **headers,
    }
    inner = "(" + " ".join(f'"{name}"' for name in names) + ")"
    lines = [*(f'"{name}": {values[name]}' for name in names), f'"@signature-params": {inner}{parameters}']
    signature = base64.b64encode(KEY.sign("\n".join(lines).encode())).decode()
    given = {"authorization": f"GNAP {TOKEN}", "signature": f"sig1=:{signature}:", **headers}
    return Signed("GET", READ.url, {**given, "signature-input": f"sig1={inner}{parameters}"}, b"")


DERIVED = {
    "@authority": "wallet.example",
    "@scheme": "https",
    "@path": "/op/outgoing-payments/c2a5b6e0-7c52-4b0e-8d7e-0d6e4f7a9b21",
    "@query": "?",
    "@request-target": "/op/outgoing-payments/c2a5b6e0-7c52-4b0e-8d7e-0d6e4f7a9b21",
}
NEEDED = ("@method", "@target-uri", "authorization")


@pytest.mark.parametrize(
    "request_",
    [
        signed(f';created={CREATED};keyid="{KID}"'),
        signed(f';keyid="{KID}";created={CREATED};alg="ed25519";nonce="n";tag="gnap"'),
        signed(f';keyid="{KID}";created={CREATED};expires={CREATED + 60}'),
        signed(covered=("authorization", "@target-uri", "@method")),
        signed(covered=(*NEEDED, *DERIVED)),
        signed(covered=(*NEEDED, "x-note"), **{"x-note": "a note"}),
        signed(f';keyid="{KID}";created={CREATED - 300}'),
        signed(f';keyid="{KID}";created={CREATED + 5}'),
    ],
)
def test_what_else_is_strict(request_: Signed) -> None:
    verify_strictly(request_, JWK, (CREATED,), 300)


@pytest.mark.parametrize(
    ("request_", "said"),
    [
        (signed(covered=("@method", "@target-uri")), "does not cover authorization"),
        (signed(covered=("@method", "authorization")), "does not cover @target-uri"),
        (signed(covered=("@target-uri", "authorization")), "does not cover @method"),
        (signed(covered=(*NEEDED, "@method")), "covered twice"),
        (signed(f';keyid="{KID}"'), "created is missing"),
        (signed(f';keyid="{KID}";created="{CREATED}"'), "created is missing"),
        (signed(f';keyid="{KID}";created={CREATED - 301}'), "within the last 300 seconds"),
        (signed(f';keyid="{KID}";created={CREATED + 6}'), "within the last 300 seconds"),
        (signed(f';keyid="{KID}";created={CREATED};expires={CREATED - 1}'), "has expired"),
        (signed(f';keyid="{KID}";created={CREATED};alg="rsa-pss-sha512"'), "alg is not ed25519"),
        (signed(f';keyid="{KID}";created={CREATED};colour="red"'), "unknown parameter colour"),
        (_with(READ, "signature", "sig2=:AAAA:"), "no signature with the label sig1"),
        (_with(READ, "signature", None), "header signature is missing"),
        (_with(READ, "signature-input", None), "header signature-input is missing"),
        (_with(READ, "signature", "sig1=AAAA"), "must hold a list, and Signature bytes"),
        (_with(READ, "signature", "nonsense ="), "not a structured field"),
        (_with(READ, "signature-input", f'sig1=("@method";req);keyid="{KID}"'), "no component"),
        (_with(READ, "signature-input", f'sig1=("@METHOD");keyid="{KID}"'), "no component"),
        (_with(GRANT, "content-digest", "sha-512=AAAA"), "Content-Digest sha-512 is not the body's"),
        (_with(GRANT, "content-digest", "md5=:AAAA:"), "must be sha-512 or sha-256"),
        (_with(GRANT, "content-digest", None), "content-digest is missing"),
        (_with(GRANT, "content-digest", ";"), "Content-Digest is not a structured field"),
        (_with(GRANT, "content-length", "7"), "Content-Length is not the body's"),
    ],
)  # fmt: skip
def test_what_is_not_strict(request_: Signed, said: str) -> None:
    with pytest.raises(SignatureRefused, match=said):
        verify_strictly(request_, JWK, (CREATED,), 300)


def test_any_clock_may_vouch_and_age_can_be_left_aside() -> None:
    verify_strictly(READ, JWK, (0, CREATED), 300)
    verify_strictly(READ, JWK, (0,), None)
    with pytest.raises(SignatureRefused):
        verify_strictly(READ, JWK, (0, CREATED + 10**6), 300)


def test_a_component_that_cannot_be_verified_here() -> None:
    request = signed(covered=(*NEEDED, "@status"), **{"@status": "200"})
    with pytest.raises(SignatureRefused, match="@status cannot be verified"):
        verify_strictly(request, JWK, (CREATED,), 300)


def test_a_digest_in_sha_256() -> None:
    digest = base64.b64encode(hashlib.sha256(CONTINUE_BODY).digest()).decode()
    signer = Signer(KEY, KID)
    headers = {
        k.lower(): v for k, v in signer.headers("POST", CONTINUE.url, CONTINUE_BODY, None, CREATED).items()
    }
    both = f"{headers['content-digest']}, sha-256=:{digest}:"
    request = Signed("POST", CONTINUE.url, {**headers, "content-digest": both}, CONTINUE_BODY)
    with pytest.raises(
        SignatureRefused, match="does not match"
    ):  # the digests are right, the base is another
        verify_strictly(request, JWK, (CREATED,), 300)


# -- what the reference implementation lets through --------------------------------------------------------


def loose(base_names: str, input_names: str, signature: str = "sig1=:{}:") -> Signed:
    """A request in another library's dialect: `input_names` as written into Signature-Input."""
    values = {"@method": "GET", "@target-uri": READ.url, "authorization": f"GNAP {TOKEN}"}
    lines = [f'"{name}": {values[name]}' for name in base_names.split()]
    parameters = f'({input_names});keyid="{KID}"'
    text = base64.b64encode(
        KEY.sign("\n".join([*lines, f'"@signature-params": {parameters}']).encode())
    ).decode()
    headers = {"authorization": f"GNAP {TOKEN}", "signature-input": f"sig1={parameters}"}
    return Signed("GET", READ.url, {**headers, "signature": signature.format(text)}, b"")


@pytest.mark.parametrize(
    "request_",
    [
        loose("@method @target-uri authorization", '"@method" "@target-uri" "authorization"'),  # no created
        loose("@method @target-uri authorization", "@method @target-uri authorization"),  # Rust SDK
        loose(
            "@method @target-uri authorization", '"@method" "@target-uri" "authorization"', "{}"
        ),  # as the Go SDK
        loose(
            "@method @method @target-uri authorization", '"@method" "@method" "@target-uri" "authorization"'
        ),
        signed(f';keyid="{KID}";created=1'),
        signed(f';keyid="{KID}";created={CREATED};alg="rsa"'),
    ],
)
def test_dialects_pass_tolerantly_and_not_strictly(request_: Signed) -> None:
    verify_tolerantly(request_, JWK)
    assert key_id(request_) == KID
    with pytest.raises(SignatureRefused):
        verify_strictly(request_, JWK, (CREATED,), 300)


@pytest.mark.parametrize(
    "request_",
    [
        loose("@method @target-uri", '"@method" "@target-uri"'),
        loose("@method authorization", '"@method" "authorization"'),
        _with(READ, "signature", "sig1=:not base64:"),
        _with(GRANT, "content-length", None),
        _with(GRANT, "content-type", None),
        _with(READ, "signature-input", f'sig1=("@METHOD" "@target-uri" "authorization");keyid="{KID}"'),
    ],
)
def test_even_tolerance_has_its_limits(request_: Signed) -> None:
    with pytest.raises(SignatureRefused):
        verify_tolerantly(request_, JWK)


def test_the_reference_digest_is_made_over_compact_json() -> None:
    spaced = json.dumps(json.loads(CONTINUE_BODY)).encode()
    assert as_javascript(spaced) == CONTINUE_BODY
    assert as_javascript(b'{"a": "\\u00e9"}') == '{"a":"é"}'.encode()
    assert as_javascript(b"no json") == b"no json"
    signer = Signer(KEY, KID)
    headers = {k.lower(): v for k, v in signer.headers("POST", CONTINUE.url, spaced, None, CREATED).items()}
    headers["content-type"] = "application/json"
    with pytest.raises(SignatureRefused, match="Content-Digest"):
        verify_tolerantly(Signed("POST", CONTINUE.url, headers, spaced), JWK)
    verify_strictly(Signed("POST", CONTINUE.url, headers, spaced), JWK, (CREATED,), 300)


@pytest.mark.parametrize("value", ["sig1=()", "sig1=", "", "sig9=();keyid=x", 'sig1=("a")'])
def test_a_request_that_names_no_key(value: str) -> None:
    with pytest.raises(SignatureRefused):
        key_id(_with(READ, "signature-input", value))


# -- over HTTP ----------------------------------------------------------------------------------------------


def test_the_servers_verify(bench: Bench, merchant: Merchant) -> None:
    body = {"access_token": {"access": [{"type": "quote", "actions": ["read"]}]}, "client": merchant.client}
    raw, headers = merchant.signed("POST", merchant.auth, body)
    spoilt = {**headers, "Signature": other(headers["Signature"])}
    refused = merchant.send("POST", merchant.auth, raw, spoilt)
    assert (refused.status_code, refused.json()["error"]["code"]) == (401, "invalid_client")
    assert merchant.send("POST", merchant.auth, raw, headers).status_code == 200


def test_a_resource_needs_a_signature_too(bench: Bench, merchant: Merchant) -> None:
    incoming = merchant.incoming()
    raw, headers = merchant.signed("GET", incoming["id"], None, incoming["token"])
    spoilt = {**headers, "Signature-Input": headers["Signature-Input"].replace("created=", "created=1")}
    refused = merchant.send("GET", incoming["id"], raw, spoilt)
    assert refused.status_code == 401
    assert refused.json()["error"]["description"].startswith(
        "Signature validation error: created is not within"
    )
    assert refused.headers["www-authenticate"] == f"GNAP as_uri={BASE}/auth"


def test_a_signature_grows_old_unless_the_settings_say_otherwise(bench: Bench, merchant: Merchant) -> None:
    incoming = merchant.incoming()
    raw, headers = merchant.signed("GET", incoming["id"], None, incoming["token"])
    bench.advance(301)
    assert merchant.send("GET", incoming["id"], raw, headers).status_code == 401
    bench.control("POST", "openpayments/settings", {"signature_age_seconds": None})
    assert merchant.send("GET", incoming["id"], raw, headers).status_code == 200
    bench.control("POST", "openpayments/settings", {"signature_age_seconds": 1, "signature_mode": "rafiki"})
    assert merchant.send("GET", incoming["id"], raw, headers).status_code == 200
