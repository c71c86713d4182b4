"""What every way to pay at PayMongo shares: its books, its dashboard, its webhooks."""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
from typing import Any
from urllib.parse import urlsplit

import httpx2

from raseed.proof.tour.browser import Page
from raseed.proof.tour.control import Control, Document
from raseed.proof.tour.tills.base import Tab

GATEWAY = "paymongo"
#: Four hours: longer than any shop of the tour keeps a payment open.
LATE_SECONDS = 4 * 3600
#: The smallest refund here is one centavo, so that a fee of two pesos can be refunded in parts.
SETTINGS: dict[str, Any] = {"refund_seconds": 2, "source_open_seconds": 3600, "minimum": {"refunds": 1}}


class PayMongoTill:
    """All of `tills.base.Till` that sources and intents have in common.

    Subclasses say at which paths each thing happens.
    """

    account = "paymongo"
    paid_event = "payment.paid"
    refunded_event = "payment.refunded"
    failed_event = "payment.failed"
    failed_kind = "attempt_failed"
    decline_ends = True
    webhook_proves = True
    hint_pause_seconds = 0.0
    first_poll_seconds = 6.0
    refund_seconds = int(SETTINGS["refund_seconds"])
    #: path and method of the call whose answer says that money was taken
    telling: tuple[str, str]
    #: path of the call that begins what the customer agrees to
    beginning: str
    #: path of questions about a checkout, and of all that states its amount
    asking: str
    stating: str

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
        """Paid payments that carry this text. `fee` is all that is kept, for cards from abroad too."""
        paid = [p for p in self._control.books(GATEWAY)["payments"] if p["status"] == "paid"]
        mine = [p for p in paid if about in json.dumps(p)]
        return [{**p, "fee": p["fee"] + (p.get("foreign_fee") or 0)} for p in mine]

    def refund(self, charge_id: str, minor: int) -> None:
        self._control.act(GATEWAY, f"payments/{charge_id}/refund", amount=minor)

    # -- what goes wrong ------------------------------------------------------------------------------------

    def spoil_deliveries(self, fault: str, about: str, event: str = "*", **parameters: Any) -> None:
        match = {"reference": about, "event": event}
        self._control.add_fault(GATEWAY, "delivery", fault, match, **parameters)

    def agree_before_answer(self) -> None:
        match = {"path": self.beginning, "method": "POST"}
        self._control.add_fault(GATEWAY, "request", "auto_authorize", match, times=1)

    def lose_answer(self, about: str) -> str:
        return self._spoil_telling("drop_after", about)

    def delay_answer(self, about: str) -> str:
        return self._spoil_telling("hang_after", about)

    def _spoil_telling(self, fault: str, about: str) -> str:
        path, method = self.telling
        match = {"reference": about, "path": path, "method": method}
        return self._control.add_fault(GATEWAY, "request", fault, match)

    def fall_silent(self, about: str) -> str:
        match = {"reference": about, "path": self.asking, "method": "GET"}
        return self._control.add_fault(GATEWAY, "request", "error_before", match)

    def misstate(self, about: str, *, minor: int | None = None, currency: str | None = None) -> None:
        fault = "amount" if minor is not None else "currency"
        changed: dict[str, Any] = {"minor": minor} if minor is not None else {"code": currency}
        match = {"reference": about, "path": self.stating}
        self._control.add_fault(GATEWAY, "request", fault, match, **changed)
        self.spoil_deliveries(fault, about, self.paid_event, **changed)

    def expire_late(self) -> None:
        self._control.act(GATEWAY, "settings", source_open_seconds=LATE_SECONDS)

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
                "metadata": {"reference": tab.reference},
                **self._named(tab),
            },
        }
        attributes = {"type": event, "livemode": False, "data": payment, "previous_data": {}}
        document = {"data": {"id": f"evt_{secrets.token_hex(12)}", "type": "event", "attributes": attributes}}
        return self._post(json.dumps(document).encode(), secret or self._webhook_secret)

    def _named(self, tab: Tab) -> Document:
        """How a payment at PayMongo names its checkout."""
        raise NotImplementedError

    def _post(self, body: bytes, secret: str) -> int:
        signed_at = str(int(self._control.now().timestamp()))
        digest = hmac.new(secret.encode(), f"{signed_at}.".encode() + body, hashlib.sha256).hexdigest()
        headers = {
            "Content-Type": "application/json",
            "Paymongo-Signature": f"t={signed_at},te={digest},li=",
        }
        with httpx2.Client(trust_env=False) as client:
            return client.post(self._webhook_url, content=body, headers=headers).status_code
