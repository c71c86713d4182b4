"""Paying without a page of ours: a mobile wallet, a kiosk, a courier, and a card that was saved.

One call with a payment key. What became of it is told later, by a callback or by asking: a wallet waits for
its owner's PIN, a kiosk for days.
"""

from __future__ import annotations

import re
from typing import Any

from raseed.core.errors import GatewayRefused, GatewayUnavailable
from raseed.gateways.base import Memory, Opened, Order
from raseed.gateways.http import Sealed
from raseed.gateways.paymob.caller import Caller, page_url
from raseed.gateways.paymob.members import Members
from raseed.gateways.paymob.orders import Made, refuse_unpayable
from raseed.gateways.paymob.vocabulary import PAY_SOURCES

#: The step that remembers that we paid, so that an attempt that ended ends the checkout.
PAID = "pay"

_PHONE = re.compile(r"[0-9]{8,15}")


def phone_of(order: Order) -> str:
    """The wallet's number as Egypt writes it. Raises GatewayRefused where there is none."""
    digits = re.sub(r"[ ().-]", "", order.customer.get("phone", ""))
    local = "0" + digits[3:] if digits.startswith("+20") else digits.lstrip("+")
    if not _PHONE.fullmatch(local):
        raise GatewayRefused("A mobile wallet is paid by its phone number: pass customer={'phone': …}.")
    return local


def pay_by_method(caller: Caller, order: Order, memory: Memory, made: Made) -> Opened:
    """Begin a wallet's, a kiosk's or a courier's payment. What the payer needs next is in the answer."""
    identifier, subtype = PAY_SOURCES[order.method]
    source = Sealed(identifier=identifier or phone_of(order), subtype=subtype)
    answer = _pay(caller, memory, made, source)
    opened = Opened(made.order, ids=made.ids, url=answer.text("url", 8192) or None)
    match order.method:
        case "wallet" if opened.url is None:
            raise GatewayUnavailable("Paymob answered without an address for the wallet's owner.")
        case "kiosk" if not answer.text("bill_reference"):
            raise GatewayUnavailable("Paymob answered without a number to pay under at the kiosk.")
        case "kiosk":
            return Opened(made.order, made.ids, client={"bill_number": answer.text("bill_reference")})
        case "cash":
            return Opened(made.order, made.ids, client={"order": made.order})
    return opened


def pay_by_card(caller: Caller, source: Sealed, memory: Memory, made: Made) -> Opened:
    """Charge a saved card while nobody is there. An `url` means that its bank wants its owner after all."""
    answer = _pay(caller, memory, made, source)
    return Opened(made.order, ids=made.ids, url=answer.text("url", 8192) or None)


def _pay(caller: Caller, memory: Memory, made: Made, source: Sealed) -> Members:
    refuse_unpayable(made)
    body = Sealed(source=source, payment_token=made.key)
    return Members(memory.once(PAID, lambda: _kept(caller.pay(body))))


def _kept(answer: dict[str, Any]) -> dict[str, Any]:
    """What is needed of the answer; wallets have been seen to answer with an address and nothing else."""
    told = Members(answer)
    wants_owner = told.flag("use_redirection") is not False
    names = ("redirect_url", "iframe_redirection_url", *(["redirection_url"] if wants_owner else []))
    url = next(filter(None, (page_url(told.get(name)) for name in names)), "")
    bill = told.child("data").id("bill_reference") or ""
    if not url and not bill and told.id("id") is None:
        raise GatewayUnavailable("Paymob answered a payment without saying what became of it.")
    return {"url": url, "bill_reference": bill, "transaction": told.id("id") or ""}
