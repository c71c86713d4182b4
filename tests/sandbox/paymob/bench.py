"""A sandbox in this process as a merchant of Paymob uses it, over plain HTTP."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx2

from tests.sandbox.bench import HOOK, Bench

BACK = "http://shop.test/return?shop=services"
SECRET = "egy_sk_test_shop"
PUBLIC = "egy_pk_test_shop"
HMAC = "sandbox-hmac-secret"
CARD, WALLET, MOTO, KIOSK, AUTH, CASH = 4_000_111, 4_000_222, 4_000_333, 4_000_444, 4_000_555, 4_000_666
BILLING = {
    "first_name": "Dev",
    "last_name": "Buyer",
    "email": "buyer@example.com",
    "phone_number": "+201000000001",
}
ADDRESS = BILLING | dict.fromkeys(
    ("apartment", "floor", "street", "building", "postal_code", "city", "country", "state"), "NA"
)
GOOD = {
    "card_number": "5123 4567 8901 2346",
    "card_holdername": "Test Account",
    "card_expiry_mm": "01",
    "card_expiry_yy": "39",
    "card_cvn": "123",
}


class PaymobBench(Bench):
    """Calls of both flows, and what a payer does."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(paymob=settings)
        self._token, self._good_until = "", 0.0

    # -- as a merchant ---------------------------------------------------------------------------------

    def call(
        self, method: str, path: str, body: Any = None, *, key: str = SECRET, **more: Any
    ) -> httpx2.Response:
        """A call with a secret key."""
        headers = {"Authorization": f"Token {key}"} | more.pop("headers", {})
        more |= {} if body is None else {"json": body}
        return self.run(self.client.request(method, f"/paymob{path}", headers=headers, **more))

    def older(self, method: str, path: str, body: Any = None, **more: Any) -> httpx2.Response:
        """A call with an auth token that is good: in the body of a POST, else as Bearer."""
        if self.sandbox.clock.now() >= self._good_until:
            made = self.run(self.client.post("/paymob/api/auth/tokens", json={"api_key": "any"}))
            self._token, self._good_until = made.json()["token"], self.sandbox.clock.now() + 3600
        if method == "POST":
            return self.run(
                self.client.post(f"/paymob{path}", json={"auth_token": self._token, **body}, **more)
            )
        headers = {"Authorization": f"Bearer {self._token}"}
        return self.run(self.client.request(method, f"/paymob{path}", headers=headers, **more))

    def intending(self, reference: str = "inv-1", scenario: str = "", **changes: Any) -> httpx2.Response:
        body = {
            "amount": 157_550,
            "currency": "EGP",
            "payment_methods": [CARD],
            "billing_data": BILLING,
            "special_reference": reference,
            "notification_url": HOOK,
            "redirection_url": BACK,
        }
        key = changes.pop("key", SECRET)
        headers = {"X-Sandbox-Scenario": scenario} if scenario else {}
        stated = {name: value for name, value in (body | changes).items() if value is not None}
        return self.call("POST", "/v1/intention/", stated, key=key, headers=headers)

    def intention(self, reference: str = "inv-1", **changes: Any) -> dict[str, Any]:
        """An intention that was made."""
        answer = self.intending(reference, **changes)
        assert answer.status_code == 201, answer.text
        return dict(answer.json())

    def ordered(self, reference: str = "inv-1", **changes: Any) -> dict[str, Any]:
        """An order of the older flow."""
        body = {"amount_cents": 10_000, "currency": "EGP", "merchant_order_id": reference, "items": []}
        answer = self.older("POST", "/api/ecommerce/orders", body | changes)
        assert answer.status_code == 201, answer.text
        return dict(answer.json())

    def key(self, order: dict[str, Any], scenario: str = "", **changes: Any) -> str:
        """A payment key for such an order."""
        body = {
            "amount_cents": order["amount_cents"],
            "currency": order["currency"],
            "order_id": order["id"],
            "billing_data": ADDRESS,
            "expiration": 3600,
            "integration_id": CARD,
        }
        headers = {"X-Sandbox-Scenario": scenario} if scenario else {}
        answer = self.older("POST", "/api/acceptance/payment_keys", body | changes, headers=headers)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["token"])

    def newest(self, reference: str = "inv-1") -> dict[str, Any]:
        """The newest transaction of an order, as the merchant asks for it."""
        answer = self.older(
            "POST", "/api/ecommerce/orders/transaction_inquiry", {"merchant_order_id": reference}
        )
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    def asked(self, number: int) -> dict[str, Any]:
        answer = self.older("GET", f"/api/acceptance/transactions/{number}")
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    # -- as a payer --------------------------------------------------------------------------------------

    def checkout(self, intention: dict[str, Any]) -> str:
        secret = intention["client_secret"]
        public = PUBLIC.replace("test", "live") if "_live_" in secret else PUBLIC
        return f"/paymob/unifiedcheckout/?publicKey={public}&clientSecret={secret}"

    def iframe(self, key: str) -> str:
        return f"/paymob/api/acceptance/iframes/77?payment_token={key}"

    def back(self, answer: httpx2.Response) -> dict[str, str]:
        """The query that a browser takes to the shop."""
        assert answer.status_code == 303, answer.text
        assert answer.headers["location"].startswith(BACK.partition("?")[0]), answer.headers["location"]
        return dict(parse_qsl(urlsplit(answer.headers["location"]).query, keep_blank_values=True))

    def pays(self, intention: dict[str, Any], **changes: str) -> dict[str, str]:
        """A payer with a good card, and with what the browser comes back."""
        return self.back(self.submit(self.checkout(intention), **(GOOD | changes)))

    # -- as a tester -------------------------------------------------------------------------------------

    def settings(self, **changes: Any) -> None:
        self.control("POST", "paymob/settings", changes)

    def act(self, intention: dict[str, Any], verb: str, **body: Any) -> dict[str, Any]:
        return self.control("POST", f"paymob/orders/{intention['intention_order_id']}/{verb}", body)

    @property
    def told(self) -> list[dict[str, Any]]:
        """What the shop was told, in order; what is due is sent first."""
        self.flush()
        return [json.loads(request.content) for request in self.shop.seen]

    @property
    def told_objs(self) -> list[dict[str, Any]]:
        return [body["obj"] for body in self.told]

    @property
    def signatures(self) -> list[str]:
        self.flush()
        return [dict(parse_qsl(urlsplit(str(request.url)).query))["hmac"] for request in self.shop.seen]
