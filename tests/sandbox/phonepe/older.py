"""Calls of version 1, signed as PhonePe documents it. Nothing here is the sandbox's own code."""

from __future__ import annotations

import base64
import hashlib
import json
from typing import Any

import httpx2

from tests.sandbox.bench import HOOK
from tests.sandbox.phonepe.bench import BACK, PhonePeBench

MERCHANT, SALT = "DEMOSHOPUAT", "3f1c9a52-7b64-4d0e-9c11-5a2e8d6f0b7c"


def x_verify(text: str, salt: str = SALT, index: str = "1") -> str:
    return f"{hashlib.sha256((text + salt).encode()).hexdigest()}###{index}"


class OlderBench(PhonePeBench):
    """A merchant of version 1."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(merchants={MERCHANT: {"1": SALT}}, **settings)

    def send(self, path: str, document: Any, header: str = "", **more: Any) -> httpx2.Response:
        """A signed POST of a wrapped document."""
        text = base64.b64encode(json.dumps(document).encode()).decode()
        headers = {"X-VERIFY": header or x_verify(text + path)} | more.pop("headers", {})
        return self.run(self.client.post(f"/phonepe{path}", json={"request": text}, headers=headers))

    def pay(self, reference: str = "DS-1001-a1", scenario: str = "", **changes: Any) -> httpx2.Response:
        document = {
            "merchantId": MERCHANT,
            "merchantTransactionId": reference,
            "merchantUserId": "U-42",
            "amount": 49_900,
            "redirectUrl": BACK,
            "redirectMode": "POST",
            "callbackUrl": HOOK,
            "mobileNumber": "9999999999",
            "paymentInstrument": {"type": "PAY_PAGE"},
        }
        headers = {"X-Sandbox-Scenario": scenario} if scenario else {}
        return self.send("/pg/v1/pay", document | changes, headers=headers)

    def page_of(self, reference: str = "DS-1001-a1", **changes: Any) -> str:
        """A payment that was made: the address of its page."""
        answer = self.pay(reference, **changes)
        assert answer.status_code == 200, answer.text
        return answer.json()["data"]["instrumentResponse"]["redirectInfo"]["url"]

    def asked(self, reference: str = "DS-1001-a1", header: str = "", **headers: str) -> httpx2.Response:
        path = f"/pg/v1/status/{MERCHANT}/{reference}"
        headers = {"X-VERIFY": header or x_verify(path), "X-MERCHANT-ID": MERCHANT} | headers
        return self.run(self.client.get(f"/phonepe{path}", headers=headers))

    def refund(self, reference: str = "DS-R-2001", amount: int = 10_000, **changes: Any) -> httpx2.Response:
        document = {
            "merchantId": MERCHANT,
            "merchantUserId": "U-42",
            "originalTransactionId": "DS-1001-a1",
            "merchantTransactionId": reference,
            "amount": amount,
            "callbackUrl": HOOK,
        }
        return self.send("/pg/v1/refund", document | changes)

    def did(self, verb: str, **body: Any) -> dict[str, Any]:
        """A payer's or the dashboard's act on the newest checkout."""
        newest = self.control("GET", "checkouts")["checkouts"][-1]["id"]
        return self.control("POST", f"phonepe/orders/{newest}/{verb}", body)

    @property
    def callbacks(self) -> list[dict[str, Any]]:
        """What the shop was told, unwrapped; every signature is checked."""
        self.flush()
        told = []
        for request in self.shop.seen:
            text = json.loads(request.content)["response"]
            assert request.headers["X-VERIFY"] == x_verify(text)
            told.append(json.loads(base64.b64decode(text)))
        return told
