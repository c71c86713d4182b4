"""What a situation may do in a shop, whichever it is."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from typing import Protocol

from raseed.payments.models import Payment
from raseed.proof.tour.browser import Browser, Page
from raseed.proof.tour.tills.base import Till


@dataclass(frozen=True)
class Offer:
    """Something of the shop that can be paid for: the purpose, and the key and name of the shop's own row."""

    purpose: str
    key: str
    title: str


@dataclass(frozen=True)
class Given:
    """What the shop's own rows say. `now`: it is given at present; `times` and `withdrawn`: how often ever.

    `oddities` are rows that contradict each other or themselves, in words.
    """

    now: bool
    times: int
    withdrawn: int
    oddities: tuple[str, ...] = ()


class Shop(Protocol):
    """One example shop and its customer."""

    name: str
    till: Till
    customer: Browser
    #: whether what is paid for is there with the money, as in a balance; else `fulfil` gives it
    gives_with_money: bool

    def publish(self, random: Random) -> Offer:
        """Make something new that waits to be paid for, through the shop's pages."""
        ...

    def press_pay(self, offer: Offer) -> Page:
        """Press the button and follow to where it leads: a hosted page, or a page that says why not."""
        ...

    def offer_again(self, offer: Offer) -> None:
        """After a full refund: let it be paid for once more, where that does not come by itself."""
        ...

    def given(self, offer: Offer, payment: Payment | None) -> Given:
        """What the shop's own rows say; `payment` is the one that should have given it."""
        ...

    def try_to_use(self, offer: Offer) -> bool:
        """Try to use what is paid for, as a customer would. Whether it worked."""
        ...
