"""GCash at PayMongo, through a source: the customer agrees on a page, then the shop takes the money."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

from raseed.proof.tour.control import Document
from raseed.proof.tour.tills.base import Tab
from raseed.proof.tour.tills.paymongo import GATEWAY, PayMongoTill


class PayMongoGCash(PayMongoTill):
    """Implements `tills.base.Till`. The call that takes money ends like questions about payments begin."""

    telling = ("/v1/payments", "POST")
    beginning = "/v1/sources"
    asking = "/v1/sources/*"
    stating = "/v1/payments*"
    #: the webhook that the customer agreed wakes the shop
    reaches_after_seconds = 0.0
    takes_from_old_tabs = False

    def is_reached(self, about: str) -> bool:
        return bool(self.charges(about))

    def charge_again(self, tab: Tab) -> None:
        self._control.act(GATEWAY, "extra-payment", source_id=_source_id(tab))

    def _named(self, tab: Tab) -> Document:
        return {"source": {"id": _source_id(tab), "type": "gcash"}}


def _source_id(tab: Tab) -> str:
    return parse_qs(urlsplit(tab.page.url).query)["id"][0]
