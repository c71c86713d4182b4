"""Wallets and cards at PayMongo, through a payment intent: the gateway takes the money by itself."""

from __future__ import annotations

import base64
from typing import Any

import httpx2

from raseed.proof.tour.control import Document
from raseed.proof.tour.tills.base import Tab
from raseed.proof.tour.tills.paymongo import GATEWAY, PayMongoTill

#: A little more than the pause before the worker's first question.
FIRST_QUESTION_SECONDS = 6.0


class PayMongoIntents(PayMongoTill):
    """Implements `tills.base.Till`. Nothing but questions of the shop says that money was taken."""

    telling = ("/v1/payment_intents/*", "GET")
    beginning = "/v1/payment_intents/*/attach"
    asking = "/v1/payment_intents/*"
    stating = "/v1/payment_intents*"
    reaches_after_seconds = FIRST_QUESTION_SECONDS
    takes_from_old_tabs = True

    def is_reached(self, about: str) -> bool:
        """Whether a question about it waits for its answer."""
        path, log = f"/v1/payment_intents/{self._intent(about)}", self._control.log()
        answered = {entry["request"] for entry in log if entry["kind"] == "response"}
        asked = [entry for entry in log if entry["kind"] == "request" and entry["path"] == path]
        return any(entry["n"] not in answered for entry in asked)

    def charge_again(self, tab: Tab) -> None:
        self._control.act(GATEWAY, "extra-payment", payment_intent_id=self._intent(tab.reference))

    def _named(self, tab: Tab) -> Document:
        return {"payment_intent_id": self._intent(tab.reference), "source": {"type": "gcash"}}

    def _intent(self, reference: str) -> str:
        intents = self._control.books(GATEWAY)["payment_intents"]
        return next(str(i["id"]) for i in intents if (i["metadata"] or {}).get("reference") == reference)


def attach_card(client: Document, number: str) -> Document:
    """What the customer's browser does with a card: hand it to PayMongo. The intent, or `{"errors": …}`."""
    key = base64.b64encode(f"{client['public_key']}:".encode()).decode()
    headers = {"Authorization": f"Basic {key}"}
    details = {"card_number": number, "exp_month": 12, "exp_year": 2035, "cvc": "123"}
    with httpx2.Client(trust_env=False, base_url=client["api_url"], headers=headers) as browser:
        made = _attributes(browser, "/payment_methods", type="card", details=details)
        path = f"/payment_intents/{client['payment_intent_id']}/attach"
        sent = {"client_key": client["client_key"], "return_url": client["return_url"]}
        return _attributes(browser, path, payment_method=made["id"], **sent)


def _attributes(browser: httpx2.Client, path: str, **attributes: Any) -> Document:
    answer: Document = browser.post(path, json={"data": {"attributes": attributes}}).json()
    return {**answer["data"]["attributes"], "id": answer["data"]["id"]} if "data" in answer else answer
