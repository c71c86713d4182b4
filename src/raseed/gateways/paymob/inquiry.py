"""Asking: every transaction of an order, one by its id, and the cards that were saved with it.

Paymob's documented inquiry answers with the most recent transaction only, which after a refund is the
refund. So the list of an order's transactions is asked first; where an account is not given it, the most
recent one and those it descends from.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from raseed.core.errors import GatewayError, GatewayRefused, GatewayUnavailable
from raseed.gateways.base import Memory
from raseed.gateways.http import BARE_LIST
from raseed.gateways.paymob.caller import Caller
from raseed.gateways.paymob.cards import is_card
from raseed.gateways.paymob.members import id_of
from raseed.gateways.paymob.transactions import Transaction, transaction
from raseed.gateways.steps import note

_LIST = "/api/acceptance/transactions"
_INQUIRY = "/api/ecommerce/orders/transaction_inquiry"
_CARDS = "/api/acceptance/order_card_tokens"

#: The step that remembers that the cards of an order were told.
_CARDS_FOUND = "cards"

PAGE = 50
#: No order has as many transactions as these pages hold.
MOST_PAGES = 5
#: A refund of a capture of an authorization: further no transaction descends.
_MOST_PARENTS = 3

#: How the inquiry says that nobody has tried to pay yet; another 404 says nothing.
_NOBODY_TRIED = ("transaction not found", "not_found")


def of_order(caller: Caller, memory: Memory, order: str, reference: str) -> list[Transaction]:
    """Every transaction of an order, oldest first; by our reference where the order's id is not known."""
    asked = {"order_id": order} if order else {"merchant_order_id": reference}

    def is_ours(told: Transaction) -> bool:
        return told.order == order if order else told.reference == reference

    listed, is_whole = _listed(caller, memory, asked)
    ours = {told.id: told for told in listed if is_ours(told)}
    if not ours or len(ours) < len(listed) or not is_whole:
        # The list was refused, empty, or not restricted to this order.
        found = {told.id: told for told in _latest(caller, memory, asked) if is_ours(told)}
        ours = {**found, **ours}
    return sorted(ours.values(), key=lambda told: int(told.id or 0))


def _listed(caller: Caller, memory: Memory, asked: Mapping[str, str]) -> tuple[list[Transaction], bool]:
    """What the list holds, and whether that is all; nothing where this account may not list."""
    found: list[Transaction] = []
    for page in range(1, MOST_PAGES + 1):
        try:
            answer = caller.get(memory, _LIST, {**asked, "page": page, "page_size": PAGE})
        except GatewayRefused as refused:
            if refused.status in {401, 403}:
                raise
            return found, False
        items = answer.get("results")
        if not isinstance(items, list):
            return found, False
        found += [told for told in map(transaction, items) if told.id]
        if not answer.get("next"):
            return found, True
    return found, False


def _latest(caller: Caller, memory: Memory, asked: Mapping[str, str]) -> Iterator[Transaction]:
    """The most recent transaction, and what it refunds, voids or captures; nothing where nobody has tried."""
    try:
        told = transaction(caller.ask(memory, _INQUIRY, dict(asked)))
    except GatewayRefused as refused:
        if refused.status == 404 and any(words in refused.detail.lower() for words in _NOBODY_TRIED):
            return
        raise
    if told.id is None:
        raise GatewayUnavailable(f"Paymob POST {_INQUIRY}: answered without a transaction.")
    yield told
    for _ in range(_MOST_PARENTS):
        if told.parent is None:
            return
        told = by_id(caller, memory, told.parent)
        yield told


def cards_of(caller: Caller, memory: Memory, order: str) -> list[Mapping[str, Any]]:
    """The cards that were saved with an order, each as its callback tells it; until there are any.

    A callback tells them too, so nobody waits for this answer: where it is refused or does not come, the next
    look at the order asks again.
    """
    if memory.recall(_CARDS_FOUND) is not None:
        return []
    try:
        answer = caller.ask(memory, _CARDS, {"order_id": int(path_id(order))})
    except GatewayError:
        return []
    told = [one.get("obj") for one in answer.get(BARE_LIST, []) if isinstance(one, Mapping)]
    cards = [card for card in told if isinstance(card, Mapping) and is_card(card)]
    ours = [card for card in cards if id_of(card.get("order_id")) == order]
    if ours:
        note(memory, _CARDS_FOUND, True)
    return ours


def by_id(caller: Caller, memory: Memory, ref: str) -> Transaction:
    """One transaction as it stands. Ids reach us in callbacks, so what is not an id is refused."""
    told = transaction(caller.get(memory, f"{_LIST}/{path_id(ref)}"))
    if told.id != ref:
        raise GatewayUnavailable(f"Paymob GET {_LIST}/{ref}: answered about something else.")
    return told


def path_id(ref: Any) -> str:
    """An id that may go into a path. Raises GatewayRefused."""
    found = id_of(ref)
    if found is None:
        raise GatewayRefused(f"{str(ref)[:40]!r} is no id of Paymob's; nothing was asked.")
    return found
