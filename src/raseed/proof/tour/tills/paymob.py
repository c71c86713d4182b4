"""Paymob's checkout page: cards typed, saved and declined, kiosks, and the merchant's dashboard."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlsplit

from raseed.proof.tour.browser import Page
from raseed.proof.tour.control import Control, Document
from raseed.proof.tour.tills.base import Tab
from raseed.proof.tour.tills.orders import OrderTill
from raseed.proof.tour.tills.paymob_callbacks import Callbacks

GATEWAY = "paymob"
PAYS, DECLINED, ASKS = "0000 0000 0000 0000", "0000 0000 0000 1111", "0000 0000 0000 2222"
PASSWORD = "1234"  # noqa: S105 the sandbox's one-time password
#: Questions about transactions, by order, by reference and by id; and paying without a page.
ASKING, PAYING = "/api/*transaction*", "/api/acceptance/payments/pay"


class PaymobTill(OrderTill):
    """Implements `tills.base.Till`: one order for each payment. Paymob takes the money by itself."""

    account = GATEWAY
    paid_event = "transaction.paid"
    refunded_event = "transaction.refunded"
    failed_event = "transaction.declined"
    failed_kind = "attempt_failed"
    webhook_proves = True
    #: after a declined card the order can be paid with another
    decline_ends = False
    hint_pause_seconds = 0.0
    first_poll_seconds = 6.0
    reaches_after_seconds = 6.0
    asking = {"path": ASKING}
    #: what a callback says of a refund is a hint, and hints are followed once in five seconds
    refund_seconds = 6

    def __init__(self, control: Control, callbacks: Callbacks) -> None:
        super().__init__(control)
        self._callbacks = callbacks

    # -- the customer ---------------------------------------------------------------------------------------

    def is_here(self, page: Page) -> bool:
        return urlsplit(page.url).path.startswith("/paymob/") and page.status == 200

    def agree(self, tab: Tab) -> str:
        return self.type_card(tab)

    def decline(self, tab: Tab) -> str:
        return self.type_card(tab, DECLINED)

    def type_card(self, tab: Tab, number: str = PAYS, *, save: bool = False) -> str:
        """Type a card. Where the gateway sends the browser, which has not gone there yet."""
        card = {"card_number": number, "card_expiry_mm": "12", "card_expiry_yy": "25", "card_cvn": "123"}
        saved = {"save_card": "tokenize"} if save else {}
        return self._pay(tab, {**card, **saved})

    def use_saved_card(self, tab: Tab, card: str) -> str:
        """Choose a saved card, by the token that the page has for it, and type its CVV."""
        return self._pay(tab, {"method": f"card:{card}", "saved_cvn": "123"})

    def _pay(self, tab: Tab, fields: Document) -> str:
        """Where nothing can be paid any more, the page has a link that leads back."""
        left = tab.browser.press(tab.page, "Pay", fields, follow=False)
        return left.leads_to or next(iter(left.links), "")

    def enter_password(self, tab: Tab, address: str) -> str:
        """The bank asks for the one-time password. Where the browser is sent then."""
        page = tab.browser.get(address)
        return tab.browser.press(page, "Confirm", {"otp": PASSWORD}, follow=False).leads_to

    # -- the books ------------------------------------------------------------------------------------------

    def order(self, about: str) -> str:
        """The number of the order of this reference, or of this transaction."""
        return next(str(order["id"]) for order in self._orders(about))

    def _orders(self, about: str) -> list[Document]:
        orders = self._control.books(GATEWAY)["orders"]
        return [order for order in orders if about in json.dumps(order)]

    def charges(self, about: str) -> list[Document]:
        """Paid transactions of the order. Paymob tells no fees; what is voided went back whole."""
        orders = {order["id"] for order in self._orders(about)}
        rows = self._control.books(GATEWAY)["payments"]
        return [
            {
                "id": str(row["id"]),
                "amount": row["amount"],
                "currency": row["currency"],
                "fee": None,
                "refunded_amount": row["amount"] if row["is_voided"] else row["refunded"],
            }
            for row in rows
            if row["order"] in orders and row["state"] == "paid"
        ]

    def act(self, about: str, what: str, **body: Any) -> None:
        """pay (a kiosk), refund, void: in the dashboard, or at an outlet."""
        self._control.act(GATEWAY, f"orders/{self.order(about)}/{what}", **body)

    def refund(self, charge_id: str, minor: int) -> None:
        self._control.act(GATEWAY, f"transactions/{charge_id}/refund", amount=minor)

    # -- what goes wrong ------------------------------------------------------------------------------------

    def tell_token_first(self, *, first: bool) -> None:
        """In which order a saved card and its transaction are told."""
        self._control.act(GATEWAY, "settings", token_callback_first=first)

    def decline_next_charge(self) -> None:
        """The bank says no to whatever the next order is to be paid with."""
        self._control.add_fault(GATEWAY, "checkout", "decline", {}, times=1)

    def lose_answer_to_charge(self) -> str:
        """A saved card is charged, and the answer is lost, until the fault of this id ends."""
        match = {"path": PAYING, "method": "POST"}
        return self._control.add_fault(GATEWAY, "request", "drop_after", match)

    def is_reached(self, about: str) -> bool:
        log, names = self._control.log(), (about, *(str(order["id"]) for order in self._orders(about)))
        answered = {entry["request"] for entry in log if entry["kind"] == "response"}
        asked = [e for e in log if e["kind"] == "request" and "transaction" in e["path"]]
        return any(e["n"] not in answered and any(name in json.dumps(e) for name in names) for e in asked)

    def say(self, event: str, tab: Tab, *, secret: str = "") -> int:
        paid = event == self.paid_event
        order = self.order(tab.reference)
        return self._callbacks.say(order, tab.minor, success=paid, at=self._control.now(), secret=secret)
