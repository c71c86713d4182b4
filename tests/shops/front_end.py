"""A front end of the clinic's API: it has a token, calls the shop, and hands cards to the gateway itself."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import urllib.error
import urllib.request
from typing import Any

from django.http import HttpResponse
from django.test import Client

from raseed.testing_sandbox import LocalSandbox
from raseed_shops.clinic.models import Bill

SECRET = "whsk_only_for_tests"
GOOD_CARD, SECURE_CARD, POOR_CARD = "4571736000000075", "4120000000000007", "5100000000000198"


class FrontEnd:
    """What JavaScript would do. A card's number goes to the gateway and nowhere else."""

    def __init__(self, sandbox: LocalSandbox) -> None:
        self.sandbox = sandbox
        self.client = Client()
        self._headers: dict[str, str] = {}

    def log_in(self, name: str) -> FrontEnd:
        """Name and password for a token, which every later call carries."""
        answer = self.client.post("/api/auth/token/", {"username": name, "password": name})
        assert answer.status_code == 200, answer.content
        self._headers = {"Authorization": f"Token {answer.json()['token']}"}
        return self

    def get(self, path: str) -> HttpResponse:
        return self.client.get(path, headers=self._headers)  # type: ignore[return-value]

    def post(self, path: str, headers: dict[str, str] | None = None, **said: Any) -> HttpResponse:
        """One call of the API below `/api/payments/`."""
        return self.client.post(  # type: ignore[return-value]
            f"/api/payments/{path}/",
            json.dumps(said),
            content_type="application/json",
            headers={**self._headers, **(headers or {})},
        )

    def open(self, bill: Bill) -> dict[str, Any]:
        """The intent that create-intent answers with, and its client key."""
        answer = self.post("create-intent", billing_id=bill.pk)
        assert answer.status_code == 200, answer.content
        return {**json.loads(answer.content)["payment_intent"], **json.loads(answer.content)}

    def attach(self, opened: dict[str, Any], card: str = GOOD_CARD) -> dict[str, Any]:
        """Hand a card to the gateway with the public key. What it answers: an intent, or errors."""
        details = {"card_number": card, "exp_month": 12, "exp_year": 2030, "cvc": "123"}
        method = self._ask(opened, "payment_methods", type="card", details=details)
        sent = {"payment_method": method["id"], "client_key": opened["client_key"]}
        path = f"payment_intents/{opened['id']}/attach"
        return self._ask(opened, path, **sent, return_url=opened["return_url"])

    def _ask(self, opened: dict[str, Any], path: str, **attributes: Any) -> dict[str, Any]:
        key = base64.b64encode(f"{opened['public_key']}:".encode()).decode()
        request = urllib.request.Request(
            f"{opened['api_url']}/{path}",
            json.dumps({"data": {"attributes": attributes}}).encode(),
            {"Authorization": f"Basic {key}", "Content-Type": "application/json"},
        )
        try:
            with urllib.request.urlopen(request) as answer:
                said = json.loads(answer.read())["data"]
        except urllib.error.HTTPError as refused:
            with refused:
                return dict(json.loads(refused.read()))
        return {"id": said["id"], **said["attributes"]}

    def pay(self, bill: Bill, card: str = GOOD_CARD) -> str:
        """Pay a bill by card and have it verified. The intent's id."""
        opened = self.open(bill)
        assert self.attach(opened, card)["status"] == "succeeded"
        answer = self.post("verify", payment_intent_id=opened["id"], billing_id=bill.pk)
        assert json.loads(answer.content)["success"] is True
        bill.refresh_from_db()
        return str(opened["id"])

    def deliver(self, body: bytes, secret: str = SECRET) -> HttpResponse:
        """A webhook as PayMongo would sign it now, to the address the API promises."""
        at = str(int(self.sandbox.now().timestamp()))
        digest = hmac.new(secret.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()
        signed = {"Paymongo-Signature": f"t={at},te={digest},li="}
        path = "/api/payments/webhook/"
        return Client().post(path, body, content_type="application/json", headers=signed)  # type: ignore[return-value]
