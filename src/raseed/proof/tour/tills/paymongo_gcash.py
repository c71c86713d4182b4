"""GCash at PayMongo, through a source: the customer agrees on a page, then the shop takes the money."""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx2

from raseed.proof.tour.browser import Page
from raseed.proof.tour.control import Control, Document
from raseed.proof.tour.tills.base import Tab

GATEWAY = "paymongo"
#: How the path of the call that takes money ends; questions about payments begin like it.
TAKING = "/v1/payments"
#: Four hours: longer than any shop of the tour keeps a payment open.
LATE_SECONDS = 4 * 3600
#: The smallest refund here is one centavo, so that a fee of two pesos can be refunded in parts.
SETTINGS: dict[str, Any] = {"refund_seconds": 2, "source_open_seconds": 3600, "minimum": {"refunds": 1}}


class PayMongoGCash:
    """Implements `tills.base.Till`."""

    account = "paymongo"
    paid_event = "payment.paid"
    announcing_event = "source.chargeable"
    refunded_event = "payment.refunded"
    refund_seconds = int(SETTINGS["refund_seconds"])

    def __init__(self, control: Control, *, webhook_url: str, webhook_secret: str) -> None:
        self._control = control
        self._webhook_url = webhook_url
        self._webhook_secret = webhook_secret
        control.act(GATEWAY, "settings", **SETTINGS)

    # -- the customer ---------------------------------------------------------------------------------------

    def is_here(self, page: Page) -> bool:
        return urlsplit(page.url).path.endswith("/sources") and page.status == 200

    def agree(self, tab: Tab) -> str:
        return tab.browser.press(tab.page, "Authorize", follow=False).leads_to

    def decline(self, tab: Tab) -> str:
        return tab.browser.press(tab.page, "Fail", follow=False).leads_to

    # -- the books ------------------------------------------------------------------------------------------

    def charges(self, about: str) -> list[Document]:
        """Paid payments that carry this text."""
        books = self._control.books(GATEWAY)
        return [p for p in books["payments"] if p["status"] == "paid" and about in json.dumps(p)]

    def refund(self, charge_id: str, minor: int) -> None:
        self._control.act(GATEWAY, f"payments/{charge_id}/refund", amount=minor)

    def charge_again(self, tab: Tab) -> None:
        self._control.act(GATEWAY, "extra-payment", source_id=_source_id(tab))

    def expire_late(self) -> None:
        self._control.act(GATEWAY, "settings", source_open_seconds=LATE_SECONDS)

    # -- what goes wrong ------------------------------------------------------------------------------------

    def spoil_deliveries(self, fault: str, about: str, event: str = "*", **parameters: Any) -> None:
        match = {"reference": about, "event": event}
        self._control.add_fault(GATEWAY, "delivery", fault, match, **parameters)

    def agree_before_answer(self) -> None:
        match = {"path": "/v1/sources", "method": "POST"}
        self._control.add_fault(GATEWAY, "request", "auto_authorize", match, times=1)

    def lose_answer(self, about: str) -> str:
        match = {"reference": about, "path": TAKING, "method": "POST"}
        return self._control.add_fault(GATEWAY, "request", "drop_after", match)

    def delay_answer(self, about: str) -> str:
        match = {"reference": about, "path": TAKING, "method": "POST"}
        return self._control.add_fault(GATEWAY, "request", "hang_after", match)

    def fall_silent(self, about: str) -> str:
        match = {"reference": about, "path": "/v1/sources/*", "method": "GET"}
        return self._control.add_fault(GATEWAY, "request", "error_before", match)

    def misstate(self, about: str, *, minor: int | None = None, currency: str | None = None) -> None:
        fault = "amount" if minor is not None else "currency"
        changed: dict[str, Any] = {"minor": minor} if minor is not None else {"code": currency}
        match = {"reference": about, "path": f"{TAKING}*"}
        self._control.add_fault(GATEWAY, "request", fault, match, **changed)
        self.spoil_deliveries(fault, about, self.paid_event, **changed)

    def say(self, event: str, tab: Tab, *, secret: str = "") -> int:
        """Signed as PayMongo signs, by somebody who has the secret or guesses it."""
        status = event.partition(".")[2]
        payment = {
            "id": f"pay_{secrets.token_hex(12)}",
            "type": "payment",
            "attributes": {
                "amount": tab.minor,
                "currency": "PHP",
                "livemode": False,
                "status": status,
                "failed_code": "generic_decline" if status == "failed" else None,
                "source": {"id": _source_id(tab), "type": "gcash"},
                "metadata": {"reference": tab.reference},
            },
        }
        attributes = {"type": event, "livemode": False, "data": payment, "previous_data": {}}
        document = {"data": {"id": f"evt_{secrets.token_hex(12)}", "type": "event", "attributes": attributes}}
        return self._post(json.dumps(document).encode(), secret or self._webhook_secret)

    def _post(self, body: bytes, secret: str) -> int:
        signed_at = str(int(self._control.now().timestamp()))
        digest = hmac.new(secret.encode(), f"{signed_at}.".encode() + body, hashlib.sha256).hexdigest()
        headers = {
            "Content-Type": "application/json",
            "Paymongo-Signature": f"t={signed_at},te={digest},li=",
        }
        with httpx2.Client(trust_env=False) as client:
            return client.post(self._webhook_url, content=body, headers=headers).status_code


def _source_id(tab: Tab) -> str:
    return parse_qs(urlsplit(tab.page.url).query)["id"][0]
