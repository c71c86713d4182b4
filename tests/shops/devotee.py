"""A front end of the temple's API: it has a JWT, fills carts, pays them, and looks for the booking."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from django.http import HttpResponse
from django.test import Client

from raseed.testing_sandbox import LocalSandbox
from raseed_shops.settings import RASEED

_ACCOUNT = RASEED["ACCOUNTS"]["phonepe"]
USERNAME, PASSWORD = _ACCOUNT["WEBHOOK_USERNAME"], _ACCOUNT["WEBHOOK_PASSWORD"]
#: What recorded examples send.
CART = {
    "service_type": "PUJA",
    "puja_service": 1,
    "package_id": 2,
    "selected_date": "2024-06-20",
    "selected_time": "10:30",
}


def said(answer: HttpResponse, status: int = 200) -> Any:
    """The JSON of an answer that must have this status."""
    assert answer.status_code == status, (answer.status_code, answer.content)
    return json.loads(answer.content)


class Devotee:
    """What JavaScript would do."""

    def __init__(self, sandbox: LocalSandbox) -> None:
        self.sandbox = sandbox
        self.client = Client()
        self._headers: dict[str, str] = {}

    def log_in(self, name: str) -> Devotee:
        """Name and password for a token, which every later call carries."""
        tokens = said(self.client.post("/api/auth/login/", {"username": name, "password": name}))
        self._headers = {"Authorization": f"Bearer {tokens['access']}"}
        return self

    def get(self, path: str) -> HttpResponse:
        return self.client.get(f"/api/{path}", headers=self._headers)  # type: ignore[return-value]

    def post(self, path: str, **body: Any) -> HttpResponse:
        """One call of the API, below `/api/`."""
        return self.client.post(  # type: ignore[return-value]
            f"/api/{path}", json.dumps(body), content_type="application/json", headers=self._headers
        )

    def cart(self, **more: Any) -> dict[str, Any]:
        """A new cart, as the API answers it."""
        from raseed_shops.puja.models import Package

        package = Package.objects.get(price="999.00")
        asked = {**CART, "puja_service": package.puja_id, "package_id": package.pk, **more}
        return dict(said(self.post("cart/carts/", **asked), 201))

    def process(self, cart: dict[str, Any], **more: Any) -> dict[str, Any]:
        """A payment for the cart, as process-cart answers it."""
        answer = self.post("payments/process-cart/", cart_id=cart["id"], **more)
        assert answer.status_code in {200, 201}, answer.content
        return dict(json.loads(answer.content))

    def check(self, opened: dict[str, Any]) -> dict[str, Any]:
        """What check-booking answers, the same at both addresses."""
        answers = [
            said(self.get(f"payments/{between}{opened['payment_id']}/check-booking/"))
            for between in ("", "payments/")
        ]
        assert answers[0] == answers[1]
        return dict(answers[0])

    def booked(self, **more: Any) -> dict[str, Any]:
        """The booking of a cart that was paid for."""
        opened = self.process(self.cart(**more))
        self.sandbox.pay(opened["transaction_id"])
        return dict(self.check(opened)["booking"])

    def deliver(self, document: dict[str, Any], authorization: str = "") -> HttpResponse:
        """A webhook as PhonePe sends it, to the address that the API promises."""
        known = hashlib.sha256(f"{USERNAME}:{PASSWORD}".encode()).hexdigest()
        return Client().post(  # type: ignore[return-value]
            "/api/payments/webhook/phonepe/",
            json.dumps(document),
            content_type="application/json",
            headers={"Authorization": authorization or known},
        )
