"""Sends a recorded request once more, as its sender did, so that a person can see what a repetition does."""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING

from raseed.sandbox.exchange import ControlError, Exchange
from raseed.sandbox.journal import readable

if TYPE_CHECKING:
    from raseed.sandbox.box import Sandbox

#: So many requests can be replayed. They hold credentials, so they are kept in memory only.
KEPT_REQUESTS = 500


class Replays:
    """The newest requests as they came, by the number of their entry in the journal."""

    def __init__(self) -> None:
        self._kept: OrderedDict[int, tuple[str, Exchange]] = OrderedDict()

    def keep(self, number: int, gateway: str, exchange: Exchange) -> None:
        """Remember a request; but none that carries a card's number."""
        if readable(exchange.body) != exchange.body.decode("utf-8", "replace"):
            return
        self._kept[number] = (gateway, exchange)
        while len(self._kept) > KEPT_REQUESTS:
            self._kept.popitem(last=False)

    def __contains__(self, number: object) -> bool:
        return number in self._kept

    def clear(self) -> None:
        self._kept.clear()

    def again(self, sandbox: Sandbox, number: int) -> int:
        """Answer a kept request again; no fault and no scenario strikes it. Its new number."""
        if number not in self._kept:
            raise ControlError(f"request {number} is no longer here, or carried a card.", status=404)
        name, exchange = self._kept[number]
        journal, gateway = sandbox.journal, sandbox.gateways[name]
        about = {"method": exchange.method, "path": exchange.path, "query": dict(exchange.query)}
        again = journal.add("request", gateway=name, **about, body=readable(exchange.body), replay_of=number)
        answer = gateway.answer(exchange)
        body = readable(answer.body) if "html" not in answer.content_type else "(page)"
        journal.add("response", gateway=name, request=again, status=answer.status, body=body, fault="")
        return again
