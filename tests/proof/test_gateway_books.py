"""Of which payments a gateway says itself that an attempt was refused or cannot be made any more."""

from __future__ import annotations

from typing import Any

import pytest

from raseed.proof.gateway_books import REFUSALS


def paymob(order: int, reference: str, *, ended: str = "") -> dict[str, Any]:
    return {"id": order, "merchant_order_id": reference, "ended": ended}


PAYMOB = {
    "orders": [
        paymob(1, "open"),
        paymob(2, "over", ended="expired"),
        paymob(3, "declined"),
        paymob(4, "paid"),
    ],
    "payments": [{"order": 3, "state": "declined"}, {"order": 4, "state": "paid"}],
}
PAYMONGO = {
    "sources": [
        {"status": "expired", "metadata": {"reference": "expired"}},
        {"status": "pending", "metadata": None},
    ],
    "payments": [
        {"told_failed": True, "metadata": {"reference": "told as failed, and paid"}},
        {"told_failed": False, "metadata": {"reference": "paid"}},
    ],
    "payment_intents": [
        {"status": "cancelled", "last_payment_error": None, "metadata": {"reference": "cancelled"}},
        {"status": "succeeded", "last_payment_error": None, "metadata": {"reference": "paid"}},
    ],
}
PHONEPE = {
    "orders": [{"state": "FAILED", "merchant_order_id": "a"}, {"state": "PENDING", "merchant_order_id": "b"}]
}


@pytest.mark.parametrize(
    ("gateway", "books", "refused"),
    [
        ("paymob", PAYMOB, {"over", "declined"}),
        ("paymongo", PAYMONGO, {"expired", "told as failed, and paid", "cancelled"}),
        ("phonepe", PHONEPE, {"a"}),
    ],
)
def test_what_a_gateway_says_it_refused(gateway: str, books: dict[str, Any], refused: set[str]) -> None:
    assert set(REFUSALS[gateway](books)) == refused
