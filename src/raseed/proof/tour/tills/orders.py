"""What tills have in common where a payment is one order and the gateway takes the money by itself."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any

from raseed.proof.tour.control import Control
from raseed.proof.tour.tills.base import Tab


class OrderTill(ABC):
    """The half of `tills.base.Till` that is alike wherever the shop only asks about an order."""

    account: str
    paid_event: str
    #: which calls of the shop ask how an order stands, as a fault's match says it
    asking: Mapping[str, str]
    takes_from_old_tabs = False

    def __init__(self, control: Control) -> None:
        self._control = control

    @abstractmethod
    def act(self, about: str, what: str, **body: Any) -> None:
        """Something the payer, the bank or the dashboard does with the order that carries this text."""

    def charge_again(self, tab: Tab) -> None:
        self.act(tab.reference, "charge-again")

    def spoil_deliveries(self, fault: str, about: str, event: str = "*", **parameters: Any) -> None:
        match = {"reference": about, "event": event}
        self._control.add_fault(self.account, "delivery", fault, match, **parameters)

    def agree_before_answer(self) -> None:
        self._control.add_fault(self.account, "checkout", "pay", {}, times=1, before_answer=True)
        self._control.add_fault(self.account, "delivery", "early", {"event": self.paid_event}, times=1)

    def lose_answer(self, about: str) -> str:
        return self._spoil_asking("drop_after", about)

    def delay_answer(self, about: str) -> str:
        return self._spoil_asking("hang_after", about)

    def fall_silent(self, about: str) -> str:
        return self._spoil_asking("error_before", about)

    def _spoil_asking(self, fault: str, about: str, **parameters: Any) -> str:
        match = {"reference": about, **self.asking}
        return self._control.add_fault(self.account, "request", fault, match, **parameters)

    def misstate(self, about: str, *, minor: int | None = None, currency: str | None = None) -> None:
        fault = "amount" if minor is not None else "currency"
        changed: dict[str, Any] = {"minor": minor} if minor is not None else {"code": currency}
        self._spoil_asking(fault, about, **changed)
        self.spoil_deliveries(fault, about, self.paid_event, **changed)

    def expire_late(self) -> None:  # noqa: B027 nothing to arrange is the answer here
        """An order's time is what the shop says. Money comes late where a bank or an outlet takes long."""
