"""A sandbox in this process as a merchant of PhonePe uses it, over plain HTTP."""

from __future__ import annotations

import json
from typing import Any

import httpx2

from tests.sandbox.bench import HOOK, Bench

BACK = "http://shop.test/pay/return?o=DS-1"
CLIENT = {
    "client_id": "SHOP_UAT",
    "client_version": "1",
    "client_secret": "anything",
    "grant_type": "client_credentials",
}
FLOW = {"type": "PG_CHECKOUT", "merchantUrls": {"redirectUrl": BACK}}


class PhonePeBench(Bench):
    """Calls of version 2, and what a payer does."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(phonepe=settings)
        self._token, self._good_until = "", 0.0

    # -- as a merchant ---------------------------------------------------------------------------------

    def token(self, **changes: str) -> httpx2.Response:
        form = {key: value for key, value in (CLIENT | changes).items() if value}
        return self.run(self.client.post("/phonepe/v1/oauth/token", data=form))

    def call(self, method: str, path: str, body: Any = None, **more: Any) -> httpx2.Response:
        """A call of version 2 with a token that is good."""
        if self.sandbox.clock.now() >= self._good_until:
            made = self.token().json()
            self._token, self._good_until = made["access_token"], made["expires_at"]
        headers = {"Authorization": f"O-Bearer {self._token}"} | more.pop("headers", {})
        more |= {} if body is None else {"json": body}
        return self.run(self.client.request(method, f"/phonepe{path}", headers=headers, **more))

    def paying(self, reference: str = "DS-1", scenario: str = "", **changes: Any) -> httpx2.Response:
        body = {"merchantOrderId": reference, "amount": 49_900, "paymentFlow": FLOW} | changes
        headers = {"X-Sandbox-Scenario": scenario} if scenario else {}
        return self.call("POST", "/checkout/v2/pay", body, headers=headers)

    def order(self, reference: str = "DS-1", **changes: Any) -> dict[str, Any]:
        """An order that was made."""
        answer = self.paying(reference, **changes)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def status(self, reference: str = "DS-1", **query: str) -> dict[str, Any]:
        answer = self.call("GET", f"/checkout/v2/order/{reference}/status", params=query)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def hook(self, **changes: Any) -> dict[str, Any]:
        return self.control("POST", "phonepe/webhooks", {"url": HOOK} | changes)

    # -- as a payer and a tester -------------------------------------------------------------------------

    def act(self, order: dict[str, Any], verb: str, **body: Any) -> dict[str, Any]:
        return self.control("POST", f"phonepe/orders/{order['orderId']}/{verb}", body)

    @property
    def told(self) -> list[dict[str, Any]]:
        """What the shop was told, in order; what is due is sent first."""
        self.flush()
        return [json.loads(request.content) for request in self.shop.seen]

    @property
    def told_events(self) -> list[str]:
        return [body["event"] for body in self.told]
