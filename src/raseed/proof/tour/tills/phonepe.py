"""PhonePe's checkout page, version 2: one order for each payment, and webhooks that prove nothing."""

from __future__ import annotations

import hashlib
import json
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx2

from raseed.proof.tour.browser import Page
from raseed.proof.tour.control import Control, Document
from raseed.proof.tour.tills.base import Tab
from raseed.proof.tour.tills.orders import OrderTill

GATEWAY = "phonepe"
#: UPI IDs that decide at once, as PhonePe's own sandbox has them.
PAYS, FAILS, WAITS = "success@ybl", "failed@ybl", "pending@ybl"
#: Questions about orders, and those of them that ask for an order's status.
ASKING = "/checkout/v2/order/*"


class PhonePeTill(OrderTill):
    """Implements `tills.base.Till`. Refunds and charges belong to the order, which our reference names."""

    account = "phonepe"
    paid_event = "checkout.order.completed"
    refunded_event = "pg.refund.completed"
    failed_event = "checkout.order.failed"
    failed_kind = "failed"
    decline_ends = True
    webhook_proves = False
    hint_pause_seconds = 6.0
    #: PhonePe's own schedule begins 20 to 25 seconds after the order.
    first_poll_seconds = 26.0
    reaches_after_seconds = 26.0
    asking = {"path": ASKING, "method": "GET"}
    #: pending, confirmed, completed; and hints are followed once in five seconds
    refund_seconds = 12

    def __init__(self, control: Control, *, webhook_url: str, username: str, password: str) -> None:
        super().__init__(control)
        self._webhook_url = webhook_url
        self._hash = hashlib.sha256(f"{username}:{password}".encode()).hexdigest()

    # -- the customer ---------------------------------------------------------------------------------------

    def is_here(self, page: Page) -> bool:
        return urlsplit(page.url).path.endswith("/transact/uat_v2") and page.status in {200, 410}

    def agree(self, tab: Tab) -> str:
        return self._choose(tab, PAYS)

    def decline(self, tab: Tab) -> str:
        return self._choose(tab, FAILS)

    def agree_and_wait(self, tab: Tab) -> str:
        """The payer is done; the bank does not say yet whether money was taken."""
        return self._choose(tab, WAITS)

    def _choose(self, tab: Tab, vpa: str) -> str:
        """A page of long ago leads nowhere by itself; its link leads back to the shop."""
        token = parse_qs(urlsplit(tab.page.url).query)["token"][0]
        chosen = {"token": token, "method": "UPI_COLLECT", "vpa": vpa}
        left = tab.browser.send(tab.page, tab.page.url, chosen, follow=False)
        return left.leads_to or str(self.order(tab.reference)["redirect_url"])

    # -- the books ------------------------------------------------------------------------------------------

    def order(self, about: str) -> Document:
        """The order that carries this text."""
        orders = self._control.books(GATEWAY)["orders"]
        return next(order for order in orders if about in json.dumps(order))

    def charges(self, about: str) -> list[Document]:
        """Completed attempts. What went back of the order is counted from its newest one backwards."""
        books = self._control.books(GATEWAY)
        orders = {order["id"]: order for order in books["orders"] if about in json.dumps(order)}
        left = {order_id: order["refunded_amount"] for order_id, order in orders.items()}
        paid = [p for p in books["payments"] if p["order_id"] in orders and p["status"] == "COMPLETED"]
        found = []
        for payment in reversed(paid):
            back = min(left[payment["order_id"]], payment["amount"])
            left[payment["order_id"]] -= back
            found.append({**payment, "fee": None, "refunded_amount": back})
        return found[::-1]

    def act(self, about: str, what: str, **body: Any) -> None:
        """Something the payer, the bank or the dashboard does with the order that carries this text."""
        self._control.act(GATEWAY, f"orders/{self.order(about)['id']}/{what}", **body)

    def refund(self, charge_id: str, minor: int) -> None:
        self.act(charge_id, "refund", amount=minor)

    # -- what goes wrong ------------------------------------------------------------------------------------

    def questions(self, about: str) -> list[Document]:
        """The shop's questions about the order so far."""
        return [
            entry
            for entry in self._control.log()
            if entry["kind"] == "request" and about in entry["path"] and entry["path"].endswith("/status")
        ]

    def is_reached(self, about: str) -> bool:
        answered = {entry["request"] for entry in self._control.log() if entry["kind"] == "response"}
        return any(entry["n"] not in answered for entry in self.questions(about))

    def say(self, event: str, tab: Tab, *, secret: str = "") -> int:
        """With the hash of the user name and password, or somebody's guess."""
        state = "FAILED" if event == self.failed_event else "COMPLETED"
        payload = {
            "merchantId": "RASEEDUAT",
            "merchantOrderId": tab.reference,
            "orderId": self.order(tab.reference)["id"],
            "state": state,
            "amount": tab.minor,
        }
        known = self._hash if not secret else hashlib.sha256(secret.encode()).hexdigest()
        with httpx2.Client(trust_env=False) as client:
            document = {"event": event, "payload": payload}
            return client.post(self._webhook_url, json=document, headers={"Authorization": known}).status_code
