"""What a situation may do at a gateway, whichever it is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

from raseed.proof.tour.browser import Browser, Page
from raseed.proof.tour.control import Document


@dataclass(frozen=True)
class Tab:
    """A customer's tab at the gateway's hosted page, for the payment of this reference and amount."""

    browser: Browser
    page: Page
    reference: str
    minor: int


class Till(Protocol):
    """One way to pay at one gateway. `about` is any text the thing carries: a reference, a charge's id."""

    account: str
    #: the webhook that proves payment
    paid_event: str
    #: the one about a refund that also names the checkout; others name the charge alone
    refunded_event: str
    #: the webhook that says that a checkout failed, and the kind of fact that it carries
    failed_event: str
    failed_kind: str
    #: whether declining ends the checkout; else another attempt may follow on it
    decline_ends: bool
    #: whether a webhook proves what it says; else it only makes the shop ask
    webhook_proves: bool
    #: a little more than the pause between two questions that webhooks make the shop ask; 0: they prove
    hint_pause_seconds: float
    #: a little more than the pause before the worker's first look at a payment
    first_poll_seconds: float
    #: how long after the customer agreed the shop's own call about the money comes; 0: a webhook wakes it
    reaches_after_seconds: float
    #: whether what is agreed to in a tab from long ago is taken by the gateway without the shop
    takes_from_old_tabs: bool

    def is_here(self, page: Page) -> bool:
        """Whether the page is this gateway's hosted page."""
        ...

    def agree(self, tab: Tab) -> str:
        """Agree to pay. Where the gateway sends the browser, which has not gone there yet."""
        ...

    def decline(self, tab: Tab) -> str:
        """Do not agree. Where the gateway sends the browser, which has not gone there yet."""
        ...

    def charges(self, about: str) -> list[Document]:
        """The real movements of money, from the gateway's books: id, amount, fee, currency, refunded."""
        ...

    def spoil_deliveries(self, fault: str, about: str, event: str = "*", **parameters: Any) -> None:
        """A fault strikes the webhooks about it."""
        ...

    def agree_before_answer(self) -> None:
        """The next customer agrees before the call that opens the checkout is answered."""
        ...

    def lose_answer(self, about: str) -> str:
        """Money is taken, and each answer that says so is lost, until the fault of this id ends."""
        ...

    def delay_answer(self, about: str) -> str:
        """Money is taken, and the answer does not come, until the fault of this id ends."""
        ...

    def is_reached(self, about: str) -> bool:
        """Money is taken, and the shop's call that would say so is under way."""
        ...

    def fall_silent(self, about: str) -> str:
        """No question about the checkout is answered, until the fault of this id ends."""
        ...

    def misstate(self, about: str, *, minor: int | None = None, currency: str | None = None) -> None:
        """Every word about the charge, called for or not, states another amount or currency."""
        ...

    def expire_late(self) -> None:
        """From now on checkouts stay open at the gateway far longer than at the shop."""
        ...

    def refund(self, charge_id: str, minor: int) -> None:
        """Refund in the gateway's dashboard. It is final `refund_seconds` later."""
        ...

    refund_seconds: int

    def charge_again(self, tab: Tab) -> None:
        """Money moves a second time on one checkout."""
        ...

    def say(self, event: str, tab: Tab, *, secret: str = "") -> int:
        """Send a made-up webhook about the checkout; the status of the shop's answer. Empty secret: ours."""
        ...
