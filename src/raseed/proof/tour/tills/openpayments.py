"""Wallets of Open Payments: the payer's consent page, what moved, and a payments service's webhooks."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

import httpx2
from standardwebhooks.webhooks import Webhook

from raseed.proof.tour.browser import Page
from raseed.proof.tour.control import Control, Document
from raseed.proof.tour.tills.base import Tab

GATEWAY = "openpayments"
#: A wallet that does not make us wait: what the wait does is tested elsewhere, and here it would hide races.
SETTINGS: dict[str, Any] = {"wait_seconds": 0, "funding_seconds": 1, "sending_seconds": 1}
#: From the payer's consent being taken up until the money is there.
ARRIVES_SECONDS = 3


class OpenPaymentsTill:
    """What a situation may do with wallets. No webhooks come from here; a payments service may send some."""

    account = GATEWAY

    def __init__(self, control: Control, *, sandbox_url: str, webhook_url: str, webhook_secret: str) -> None:
        self._control = control
        self._url = f"{sandbox_url}/{GATEWAY}"
        self._webhook_url = webhook_url
        self._secret = webhook_secret
        control.act(GATEWAY, "settings", **SETTINGS)

    # -- the payer ------------------------------------------------------------------------------------------

    def wallet(self, name: str) -> str:
        """A wallet address."""
        return f"{self._url}/{name}"

    def is_here(self, page: Page) -> bool:
        return urlsplit(page.url).path == "/openpayments/consent" and page.status == 200

    def agree(self, tab: Tab) -> str:
        return self._decide(tab, "Approve")

    def agree_without_money(self, tab: Tab) -> str:
        """Agree, with a wallet that turns out to be empty."""
        return self._decide(tab, "Approve, without enough money")

    def decline(self, tab: Tab) -> str:
        return self._decide(tab, "Reject")

    def _decide(self, tab: Tab, button: str) -> str:
        """Where the wallet sends the browser: its own last step leads there."""
        own = tab.browser.press(tab.page, button, follow=False).leads_to
        return tab.browser.get(own, follow=False).leads_to if own.startswith(self._url) else own

    # -- the books ------------------------------------------------------------------------------------------

    def charges(self, about: str) -> list[Document]:
        """What arrived in wallets for it. Wallets tell no fee, and nothing goes back."""
        found = self._mine("incoming_payments", about)
        own = {"fee": None, "refunded_amount": 0}
        base = f"{self._url}/op/incoming-payments"
        return [
            {"id": f"{base}/{row['id']}", "amount": row["received"], "currency": row["currency"], **own}
            for row in found
            if row["received"]
        ]

    def sent(self, about: str) -> int:
        """How many outgoing payments were made for it, whatever became of them."""
        return len(self._mine("outgoing_payments", about))

    def consents(self, about: str) -> list[str]:
        """The states of the consents that were asked for, oldest first."""
        receivers = [row["id"] for row in self._mine("incoming_payments", about)]
        asked = [row for row in self._control.books(GATEWAY)["grants"] if row["is_interactive"]]
        return [row["status"] for row in asked if any(r in json.dumps(row["access"]) for r in receivers)]

    def _mine(self, table: str, about: str) -> list[Document]:
        return [row for row in self._control.books(GATEWAY)[table] if about in json.dumps(row)]

    # -- a payments service ---------------------------------------------------------------------------------

    def tell(self, tab: Tab, offer_id: str, *, secret: str | None = None) -> int:
        """Send `payment.completed`; the status of the answer. An empty secret: unsigned. None: ours."""
        said = {
            "type": "payment.completed",
            "pendingId": tab.reference,
            "offerId": offer_id,
            "status": "paid",
            "timestamp": self._control.now().isoformat(),
        }
        body = json.dumps(said)
        headers = {"Content-Type": "application/json"} | self._signed(
            body, self._secret if secret is None else secret
        )
        with httpx2.Client(trust_env=False, timeout=40) as client:
            return client.post(self._webhook_url, content=body, headers=headers).status_code

    def _signed(self, body: str, secret: str) -> dict[str, str]:
        if not secret:
            return {}
        now = datetime.now(UTC)  # a receiver compares it with the real time
        signature = Webhook(secret).sign("msg_tour", now, body)
        return {
            "webhook-id": "msg_tour",
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": signature,
        }


def forged(address: str) -> str:
    """The same return with another hash."""
    head, _, tail = address.partition("hash=")
    rest = tail.partition("&")[2]
    return f"{head}hash=AAAA" + (f"&{rest}" if rest else "")
