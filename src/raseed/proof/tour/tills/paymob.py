"""Paymob's checkout page: cards typed, saved and declined, kiosks, and the merchant's dashboard."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from raseed.proof.tour.browser import Page
from raseed.proof.tour.control import Control, Document
from raseed.proof.tour.tills.base import Tab

GATEWAY = "paymob"
PAYS, DECLINED, ASKS = "0000 0000 0000 0000", "0000 0000 0000 1111", "0000 0000 0000 2222"
PASSWORD = "1234"  # noqa: S105 the sandbox's one-time password


class PaymobTill:
    """What a situation may do at Paymob. It takes the money by itself."""

    account = GATEWAY

    def __init__(self, control: Control) -> None:
        self._control = control

    # -- the customer ---------------------------------------------------------------------------------------

    def is_here(self, page: Page) -> bool:
        return urlsplit(page.url).path.startswith("/paymob/") and page.status == 200

    def agree(self, tab: Tab) -> str:
        return self.type_card(tab)

    def type_card(self, tab: Tab, number: str = PAYS, *, save: bool = False) -> str:
        """Type a card. Where the gateway sends the browser, which has not gone there yet."""
        card = {"card_number": number, "card_expiry_mm": "12", "card_expiry_yy": "25", "card_cvn": "123"}
        saved = {"save_card": "tokenize"} if save else {}
        return tab.browser.press(tab.page, "Pay", {**card, **saved}, follow=False).leads_to

    def use_saved_card(self, tab: Tab, card: str) -> str:
        """Choose a saved card, by the token that the page has for it, and type its CVV."""
        sent = {"method": f"card:{card}", "saved_cvn": "123"}
        return tab.browser.press(tab.page, "Pay", sent, follow=False).leads_to

    def enter_password(self, tab: Tab, address: str) -> str:
        """The bank asks for the one-time password. Where the browser is sent then."""
        page = tab.browser.get(address)
        return tab.browser.press(page, "Confirm", {"otp": PASSWORD}, follow=False).leads_to

    # -- the gateway ----------------------------------------------------------------------------------------

    def order(self, about: str) -> str:
        """The number of the order of this reference."""
        orders = self._control.books(GATEWAY)["orders"]
        return next(str(order["id"]) for order in orders if order["merchant_order_id"] == about)

    def charges(self, about: str) -> list[Document]:
        """Paid transactions of the order. Paymob tells no fees; what is voided went back whole."""
        order = self.order(about)
        rows = self._control.books(GATEWAY)["payments"]
        mine = [row for row in rows if str(row["order"]) == order and row["state"] == "paid"]
        return [
            {
                "id": str(row["id"]),
                "amount": row["amount"],
                "currency": row["currency"],
                "fee": None,
                "refunded_amount": row["amount"] if row["is_voided"] else row["refunded"],
            }
            for row in mine
        ]

    def act(self, about: str, what: str, **body: Any) -> None:
        """pay (a kiosk), refund, void: in the dashboard, or at an outlet."""
        self._control.act(GATEWAY, f"orders/{self.order(about)}/{what}", **body)

    def tell_token_first(self, *, first: bool) -> None:
        """In which order a saved card and its transaction are told."""
        self._control.act(GATEWAY, "settings", token_callback_first=first)

    def spoil_deliveries(self, fault: str, about: str, event: str = "*", **parameters: Any) -> None:
        """A fault strikes the callbacks about it."""
        match = {"reference": about, "event": event}
        self._control.add_fault(GATEWAY, "delivery", fault, match, **parameters)
