"""Open Payments: signatures byte for byte as the official client makes them, digests, and the return's hash.

The vectors were computed with `cryptography` and agree with npm `@interledger/http-signature-utils`; the
published one is that of RFC 9635, section 4.2.3.
"""

from __future__ import annotations

import base64
import hashlib
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from raseed.core.errors import BadSignature, MalformedDelivery
from raseed.gateways.openpayments.interaction import (
    Finish,
    Rejected,
    interaction_hash,
    read_finish,
    verify_finish,
)
from raseed.gateways.openpayments.signatures import compact, content_digest, sign, target_uri
from tests.gateways.openpayments_account import AT, KID, SEED

KEY = Ed25519PrivateKey.from_private_bytes(SEED)
GRANT = {
    "access_token": {
        "access": [
            {
                "type": "outgoing-payment",
                "actions": ["create", "read"],
                "identifier": "https://wallet.example/alice",
                "limits": {
                    "debitAmount": {"value": "2600", "assetCode": "USD", "assetScale": 2},
                    "receiver": "https://wallet.example/op/incoming-payments/5f3c6c1e-8f7b-4d0e-9a51-2f4f0c1f6a10",
                },
            }
        ]
    },
    "client": "https://wallet.example/market",
    "interact": {
        "start": ["redirect"],
        "finish": {
            "method": "redirect",
            "uri": "https://market.example/payments/finish?pendingId=7b0c9a52-3d0f-4b53-8a87-5d2f6d1f0c11",
            "nonce": "6fb0c3d2a7e94c8b",
        },
    },
}


def _signed(method: str, url: str, **more: Any) -> Any:
    return sign(method, url, key_id=KID, private_key=KEY, created_at=AT, **more)


class TestSignatures:
    def test_a_grant_request(self) -> None:
        body = compact(GRANT)
        assert len(body) == 525
        fields = _signed("POST", "https://auth.wallet.example", body=body)
        assert fields["Content-Length"] == "525"
        assert fields["Content-Digest"] == (
            "sha-512=:5M5nWtNNi7SbUwm5huL4YjP1ouhQwPgRIo76LMsQ1jsTbtdy+YHXmU+CX4Wcky4PVm5h+LiO1QfKL+EWwUYy7Q==:"
        )
        assert fields["Signature-Input"] == (
            'sig1=("@method" "@target-uri" "content-digest" "content-length" "content-type")'
            ';keyid="market-2026-01";created=1767225600'
        )
        assert fields["Signature"] == (
            "sig1=:3o3AyRRFvf0DvvcKeaPBri6mtHQwYKDkp98EMN5B73JGFQt6h3othBt9yiUfwk2Z/JzTZ1asoIaQ/oP6jTU8DA==:"
        )

    def test_a_look_at_a_payment(self) -> None:
        url = "https://wallet.example/op/outgoing-payments/c2a5b6e0-7c52-4b0e-8d7e-0d6e4f7a9b21"
        fields = _signed("GET", url, token="80D4E8FFC3F1A2B7D9E0")
        assert set(fields) == {"authorization", "signature-input", "signature"}
        assert fields["Authorization"] == "GNAP 80D4E8FFC3F1A2B7D9E0"
        assert fields["Signature"] == (
            "sig1=:5bVMk8xdvw7OPl+Y4qLVZy0n+BoJkuNWzqvyhacb+6X9UbRFc7MMwj2O7daG5uUalfbSvwihEjmI9mPBo4a5Bw==:"
        )

    def test_a_continuation(self) -> None:
        body = compact({"interact_ref": "b1b7d4f3-5f0b-4e0c-9a4b-5d3c1f2e7a90"})
        url = "https://auth.wallet.example/continue/0c5a4e0b-6a43-4d8e-9d4e-5b0d6f3e7a55"
        fields = _signed("POST", url, token="33F1B0D6A8C27E94D5AA", body=body)
        assert fields["Signature-Input"] == (
            'sig1=("@method" "@target-uri" "authorization" "content-digest" "content-length" "content-type")'
            ';keyid="market-2026-01";created=1767225600'
        )
        assert fields["Signature"] == (
            "sig1=:nykfBKOeASAdFsww1WGCLQ58HfWUhplbmA8Gx6QZb2TA8QrKJq667Oa3DTaBIFzx16GVd3fgSpFc3MVzrjBoCQ==:"
        )

    def test_any_byte_of_the_body_changes_digest_and_signature(self) -> None:
        one, other = (_signed("POST", "https://a.example/", body=body) for body in (b'{"a":1}', b'{"a":2}'))
        assert one["Content-Digest"] != other["Content-Digest"]
        assert one["Signature"] != other["Signature"]

    def test_the_query_is_signed(self) -> None:
        signatures = {_signed("GET", f"https://a.example/l?c={n}", token="t")["Signature"] for n in range(3)}
        assert len(signatures) == 3

    def test_bodies_are_written_as_javascript_writes_them(self) -> None:
        assert compact({"note": "Café – 1€", "list": [1, True, None]}) == (
            '{"note":"Café – 1€","list":[1,true,null]}'.encode()
        )

    def test_a_digest_is_of_the_bytes(self) -> None:
        expected = base64.b64encode(hashlib.sha512("é".encode()).digest()).decode()
        assert content_digest("é".encode()) == f"sha-512=:{expected}:"

    @pytest.mark.parametrize(
        ("url", "sent"),
        [
            ("https://auth.wallet.example", "https://auth.wallet.example/"),
            ("https://auth.wallet.example/", "https://auth.wallet.example/"),
            ("https://auth.wallet.example/tenant", "https://auth.wallet.example/tenant"),
            ("https://a.example?first=1/2", "https://a.example/?first=1/2"),
            (
                "https://a.example/l?x=https%3A%2F%2Fb.example",
                "https://a.example/l?x=https%3A%2F%2Fb.example",
            ),
        ],
    )
    def test_an_address_without_a_path_gets_a_slash(self, url: str, sent: str) -> None:
        assert target_uri(url) == sent

    def test_headers_show_no_token(self) -> None:
        assert "80D4" not in repr(_signed("GET", "https://a.example/", token="80D4E8FF"))


#: client nonce, server nonce, interact_ref, grant endpoint, hash
HASH_A = (
    "6fb0c3d2a7e94c8b",
    "EC18EAC8D758B1EB",
    "b1b7d4f3-5f0b-4e0c-9a4b-5d3c1f2e7a90",
    "https://auth.wallet.example",
    "udjS2UHrm/mVo7Ok4g/UXZCLMST5b0rSzojfw9+5fyE=",  # made over the address with a slash
)
HASH_A_EXACT = (*HASH_A[:4], "x+VRVBV+8SH2Db+gBq8YuFOfkzs9L5KdWXaRhYKBUlA=")
HASH_B = (
    "0b2f7c61-6d55-4a35-9b2e-8a4e2a3f9d07",
    "7F7EF9C9A88FD0A9",
    "e4f0a1c7-2b6d-4f38-9c05-7d1a8b3e6f92",
    "https://auth.tenant.example/9c1f7d1e-52f4-4e2c-8d0b-7a5e0f3b6c44",
    "+zNMV7v5+Yvbx6JrQ2rcGXu2v9LSv98BqGTWYVAf/qg=",
)
PUBLISHED = (
    "VJLO6A4CATR0KRO",
    "MBDOFXG4Y5CVJCX821LH",
    "4IFWWIKYB2PQ6U56NL1",
    "https://server.example.com/tx",
    "x-gguKWTj8rQf7d7i3w3UhzvuJ5bpOlKyAlVpLxBffY",
)
VECTORS = {"with a slash": HASH_A, "as is": HASH_A_EXACT, "tenant": HASH_B, "published": PUBLISHED}


def _verify(vector: tuple[str, ...], given: str = "", interact_ref: str = "", endpoint: str = "") -> None:
    client, server, ref, grant_endpoint, expected = vector
    verify_finish(
        Finish(interact_ref or ref, given or expected),
        client_nonce=client,
        server_nonce=server,
        grant_endpoint=endpoint or grant_endpoint,
    )


class TestHash:
    @pytest.mark.parametrize("vector", VECTORS.values(), ids=VECTORS)
    def test_a_vector_in_every_encoding(self, vector: tuple[str, ...]) -> None:
        _verify(vector)
        bare = vector[4].rstrip("=")
        for given in (bare, f"{bare}=", bare.replace("+", "-").replace("/", "_"), bare.replace("+", " ")):
            _verify(vector, given)

    def test_the_pure_hash(self) -> None:
        assert base64.b64encode(interaction_hash(*HASH_B[:4])).decode() == HASH_B[4]
        assert base64.urlsafe_b64encode(interaction_hash(*PUBLISHED[:4])).decode().rstrip("=") == PUBLISHED[4]

    @pytest.mark.parametrize("vector", VECTORS.values(), ids=VECTORS)
    def test_the_document_may_name_the_endpoint_with_or_without_a_slash(
        self, vector: tuple[str, ...]
    ) -> None:
        _verify(vector, endpoint=vector[3].rstrip("/"))
        _verify(vector, endpoint=vector[3].rstrip("/") + "/")

    @pytest.mark.parametrize(
        "endpoint",
        [
            "https://auth.wallet.example/tenant",
            "http://auth.wallet.example",
            "https://evil.example",
            "https://AUTH.wallet.example",
        ],
    )
    def test_no_other_address_is_tried(self, endpoint: str) -> None:
        with pytest.raises(BadSignature):
            _verify(HASH_A, endpoint=endpoint)

    def test_every_value_counts(self) -> None:
        for place in range(4):
            changed = list(HASH_B)
            changed[place] += "x"
            with pytest.raises(BadSignature):
                _verify(tuple(changed))

    def test_every_bit_counts(self) -> None:
        digest = base64.b64decode(HASH_B[4])
        for position in range(len(digest)):
            for bit in range(8):
                changed = bytearray(digest)
                changed[position] ^= 1 << bit
                with pytest.raises(BadSignature):
                    _verify(HASH_B, base64.b64encode(changed).decode())

    @pytest.mark.parametrize(
        "given", ["", "=", "x", "€", HASH_B[4][:-2], HASH_B[4] + "AAAA", HASH_B[4] * 2, "!" * 44, HASH_A[4]]
    )
    def test_what_is_no_such_hash_is_refused(self, given: str) -> None:
        with pytest.raises(BadSignature):
            verify_finish(
                Finish(HASH_B[2], given),
                client_nonce=HASH_B[0],
                server_nonce=HASH_B[1],
                grant_endpoint=HASH_B[3],
            )


class TestReturn:
    def test_the_return_of_a_wallet(self) -> None:
        said = read_finish(
            b"pendingId=7b0c9a52-3d0f-4b53-8a87-5d2f6d1f0c11"
            b"&hash=udjS2UHrm%2FmVo7Ok4g%2FUXZCLMST5b0rSzojfw9%2B5fyE%3D"
            b"&interact_ref=b1b7d4f3-5f0b-4e0c-9a4b-5d3c1f2e7a90"
        )
        assert said == Finish(HASH_A[2], HASH_A[4])

    @pytest.mark.parametrize(
        "query",
        [
            b"result=grant_rejected",
            b"payment=x&result=grant_rejected",
            b"result=invalid_interaction&message=long+ago",
        ],
    )
    def test_a_return_without_consent(self, query: bytes) -> None:
        assert isinstance(read_finish(query), Rejected)

    @pytest.mark.parametrize("query", [b"", b"payment=token", b"a=1&b=2"])
    def test_a_plain_visit_says_nothing(self, query: bytes) -> None:
        assert read_finish(query) is None

    @pytest.mark.parametrize(
        "query",
        [
            b"hash=a&hash=b&interact_ref=c",
            b"hash=a&interact_ref=b&interact_ref=c",
            b"hash=a&%68ash=b&interact_ref=c",
            b"x=1&x=1&hash=a&interact_ref=b",
            b"result=grant_rejected&result=x",
            b"result=grant_rejected&hash=a",
            b"result=grant_rejected&hash=a&interact_ref=b",
            b"result=grant_rejected&interact_ref=b",
            b"result=&hash=a",
            b"hash=a",
            b"interact_ref=a",
            b"hash=&interact_ref=a",
            b"hash=a&interact_ref=",
            b"hash=a&interact_ref=b%0Ac",
            b"hash=a&interact_ref=b%00",
            b"hash=a&interact_ref=%C3%A9",
            b"hash=a&interact_ref=%FF",
            b"hash=a&interact_ref=" + b"x" * 256,
            b"\xff=1",
            b"&".join(b"a%d=1" % n for n in range(99)),
        ],
    )
    def test_what_no_wallet_sends_is_refused(self, query: bytes) -> None:
        with pytest.raises(MalformedDelivery):
            read_finish(query)

    def test_values_show_nowhere(self) -> None:
        assert "secret" not in repr(read_finish(b"hash=secret1&interact_ref=secret2"))
