"""PayMongo's signature: the published vectors, and how attempts are signed."""

from __future__ import annotations

import hashlib
import hmac

import pytest

from raseed.sandbox.paymongo.signing import corrupted, signature_header
from tests.sandbox.bench import START, Bench, signature_parts

TEST_BODY = (
    b'{"data":{"id":"evt_SharedVector1","type":"event",'
    b'"attributes":{"type":"payment.paid","livemode":false}}}'
)
LIVE_BODY = (
    '{"data":{"id":"evt_SharedVector2","type":"event",'
    '"attributes":{"type":"payment.paid","livemode":true,"note":"₱20.00 / Niño"}}}'
).encode()


def test_vector_in_test_mode() -> None:
    header = signature_header("whsk_exampleSharedSecret01", TEST_BODY, 1700000000, livemode=False)
    assert header == "t=1700000000,te=825635d5834813f4581f81b62ae5dd5b05687fdf44a924b8310feb61fbe0fee6,li="


def test_vector_in_live_mode_with_text_beyond_ascii() -> None:
    assert len(LIVE_BODY) == 129
    header = signature_header("whsk_exampleSharedSecret02", LIVE_BODY, 1700000600, livemode=True)
    assert header == "t=1700000600,te=,li=8b79021c35f21ef7fb79e090fa15366c077aad749c2fb800943a4b0c2fbcb36f"


def test_the_body_alone_is_not_what_is_signed() -> None:
    header = signature_header("whsk_exampleSharedSecret01", TEST_BODY, 1700000000, livemode=False)
    assert "8af1ef46829f8c97f665523efa6ca3efd6c60ba8a6210652083a4a97fff2afec" not in header


@pytest.mark.parametrize("livemode", [True, False])
def test_a_corrupted_signature_differs_in_one_digit(livemode: bool) -> None:
    header = signature_header("whsk_x", b"{}", 5, livemode=livemode)
    spoilt = corrupted(header)
    assert len(spoilt) == len(header)
    assert sum(a != b for a, b in zip(header, spoilt, strict=True)) == 1
    assert spoilt.startswith("t=5,")


@pytest.mark.parametrize(("mode", "signed", "empty"), [("test", "te", "li"), ("live", "li", "te")])
def test_each_mode_signs_with_its_own_part(bench: Bench, mode: str, signed: str, empty: str) -> None:
    secret = bench.hook(mode=mode)["secret_key"]
    bench.control("POST", "paymongo/settings", {"minimum": {"sources": 1}})
    source = bench.made(
        "/v1/sources",
        {
            "type": "gcash",
            "amount": 200,
            "currency": "PHP",
            "redirect": {"success": "http://s.test/1", "failed": "http://s.test/2"},
        },
        key=f"sk_{mode}_x",
    )
    bench.control("POST", f"paymongo/sources/{source['id']}/authorize")
    bench.flush()
    request = bench.shop.seen[0]
    parts = signature_parts(request)
    digest = hmac.new(secret.encode(), f"{START}.".encode() + request.content, hashlib.sha256).hexdigest()
    assert parts == {"t": str(START), signed: digest, empty: ""}
    assert bench.shop.bodies[0]["attributes"]["livemode"] is (mode == "live")
