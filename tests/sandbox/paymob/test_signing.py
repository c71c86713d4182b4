"""The signatures, against vectors computed outside this repository, and spoilt ones."""

from __future__ import annotations

import hashlib
import hmac
from typing import Any

import pytest

from raseed.sandbox.paymob.signing import query_hmac, token_hmac, transaction_hmac
from tests.sandbox.bench import HOOK
from tests.sandbox.paymob.bench import GOOD, HMAC, PaymobBench

KEY = "dev-hmac-4E1C7A90B2D85F36"
OBJ: dict[str, Any] = {
    "amount_cents": 157550,
    "created_at": "2026-03-02T14:05:09.120034",
    "currency": "EGP",
    "error_occured": False,
    "has_parent_transaction": False,
    "id": 310000101,
    "integration_id": 4000111,
    "is_3d_secure": True,
    "is_auth": False,
    "is_capture": False,
    "is_refunded": False,
    "is_standalone_payment": True,
    "is_voided": False,
    "order": {"id": 330000201},
    "owner": 410001,
    "pending": False,
    "source_data": {"pan": "2346", "sub_type": "MasterCard", "type": "card"},
    "success": True,
}
POST_1 = (
    "f1adb9f0054cacdb31122ddd2ec87c5a7483b6d3ab210dda33a18d8ce3d9ce740ffad2fd59e38daa43c267ef0bf4b23"
    "ae71bf41ae5a80d50a889164edeaa1150"
)
WALLET = {
    "amount_cents": "20000",
    "created_at": "2026-03-02T18:20:00.500001",
    "id": "310000222",
    "integration_id": "4000222",
    "is_3d_secure": "false",
    "order": "330000333",
    "source_data.pan": "01010101010",
    "source_data.sub_type": "wallet",
    "source_data.type": "wallet",
}
GET_1 = (
    "5aef3eb3aa893863156a45662948f6bbb87b2145bee41a2501f7e90d1d170e18a5d96bb4c56a76298c604e38fe615630"
    "53c73e02c726ee74520c10e8a44bc07b"
)
TOKEN: dict[str, Any] = {
    "card_subtype": "MasterCard",
    "created_at": "2026-03-02T14:05:31.667190",
    "email": "buyer@example.com",
    "id": 9100001,
    "masked_pan": "xxxx-xxxx-xxxx-2346",
    "merchant_id": 900001,
    "order_id": "330000201",
    "token": "a3f10c77d2b94e5586aa0f9137c2e4d1b8f60e52c7a91d34ef806b12",
}
TOKEN_1 = (
    "d1e2e3486bf46d18469a3bba1d1c39edd7d9857eecc6bea449cb25de9ef344552a93adf59d843fb39f799e18bbe0328a"
    "876f3652f0655d5df4e56e5cbc15a66d"
)


def test_the_vectors() -> None:
    flat = {name: str(value).lower() if isinstance(value, bool) else value for name, value in OBJ.items()}
    flat |= {"currency": "EGP", **WALLET}
    assert transaction_hmac(OBJ, KEY) == POST_1
    assert query_hmac(flat, KEY) == GET_1
    assert token_hmac(TOKEN, KEY) == TOKEN_1


def test_a_callback_is_signed_over_twenty_values_in_its_address(bench: PaymobBench) -> None:
    bench.pays(bench.intention())
    (obj,), (signature,) = bench.told_objs, bench.signatures
    flat = {**obj, "order.id": obj["order"]["id"]}
    flat |= {f"source_data.{name}": value for name, value in obj["source_data"].items()}
    names = [
        *("amount_cents", "created_at", "currency", "error_occured", "has_parent_transaction", "id"),
        *("integration_id", "is_3d_secure", "is_auth", "is_capture", "is_refunded"),
        *("is_standalone_payment", "is_voided", "order.id", "owner", "pending", "source_data.pan"),
        *("source_data.sub_type", "source_data.type", "success"),
    ]
    words = {True: "true", False: "false"}
    message = "".join(words[flat[n]] if isinstance(flat[n], bool) else str(flat[n]) for n in names)
    assert signature == hmac.new(HMAC.encode(), message.encode(), hashlib.sha512).hexdigest()
    assert str(bench.shop.seen[0].url).startswith(f"{HOOK}?hmac=")


def test_the_browser_comes_back_signed(bench: PaymobBench) -> None:
    query = bench.pays(bench.intention())
    assert query["hmac"] == query_hmac(query, HMAC)
    assert query["shop"] == "services"


@pytest.mark.parametrize("fault", ["corrupt_signature", "wrong_secret"])
def test_a_spoilt_signature(bench: PaymobBench, fault: str) -> None:
    bench.control("POST", "faults", {"gateway": "paymob", "on": "delivery", "fault": fault, "times": 1})
    bench.submit(bench.checkout(bench.intention()), **GOOD)
    (obj,), (signature,) = bench.told_objs, bench.signatures
    right = transaction_hmac(obj, HMAC)
    assert signature != right
    differing = sum(one != other for one, other in zip(signature, right, strict=True))
    assert (differing == 1) is (fault == "corrupt_signature")


def test_the_address_may_have_a_query_of_its_own(bench: PaymobBench) -> None:
    bench.pays(bench.intention(notification_url=f"{HOOK}?shop=1"))
    bench.flush()
    assert str(bench.shop.seen[0].url).startswith(f"{HOOK}?shop=1&hmac=")
