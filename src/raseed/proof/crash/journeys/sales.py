"""Errands and clinic, at PayMongo: start, receive, read, check, apply, fulfil, refund, notices, disputes."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import raseed
from raseed.payments.flows.by_hand import end_dispute
from raseed.payments.models import Dispute
from raseed.proof.crash.journeys.base import (
    ANY_CHANNEL,
    POLL_SECONDS,
    TAKEN_BACK,
    Journey,
    ask_refund,
    ground,
    insist,
    lose_webhooks,
    money_arrives,
    open_page,
    pay,
    persist,
    seen_by_return,
)
from raseed.proof.tour.browser import Page, PageMissing
from raseed.proof.tour.scene import Ending, Scene, whole
from raseed.proof.tour.situations.cards import clinic
from raseed.proof.tour.tills.base import Tab


def heard_by_webhook(scene: Scene) -> None:
    """Start, receive, read, check (what became chargeable), apply, fulfil, and send the letter about it."""
    scene.till.agree(open_page(scene))
    scene.settle()


def seen_by_page(scene: Scene) -> None:
    """The return proves nothing; it makes the shop ask."""
    seen_by_return(scene, lambda: open_page(scene))


def found_by_poll(scene: Scene) -> None:
    """Every webhook is lost and the tab closed; the worker finds the money."""
    lose_webhooks(scene)
    scene.till.agree(open_page(scene))
    for _ in range(3):
        scene.stage.control.advance(POLL_SECONDS)
        scene.settle()


def heard_too_early(scene: Scene) -> None:
    """The webhook comes before the call that opens the checkout is answered; it is parked, and read later."""
    scene.till.agree_before_answer()
    with suppress(PageMissing):  # pressed again after it was paid; the books tell whether that was right
        open_page(scene)
    scene.settle()


def _plan(scene: Scene, **plan: int) -> None:
    scene.stage.trouble.write(**{f"{scene.offer.purpose}:{scene.offer.key}": plan})


def _owed(scene: Scene) -> None:
    _plan(scene, raise_times=1)
    scene.pay()


def fulfil_later(scene: Scene) -> None:
    """The shop's code raised at first; the worker tries again."""
    scene.stage.control.advance(11)
    scene.settle()


def _somebody_is_told(scene: Scene) -> None:
    _plan(scene, tell=1)


def _told_once(scene: Scene) -> list[str]:
    came = len(ground(scene).receiver.messages)
    return [] if came == 1 else [f"the receiver of webhooks knows {came} messages instead of 1"]


def refunded_by_us(scene: Scene) -> None:
    """Somebody asks for all of it back, with one key however often they ask; the worker sends it."""
    ask_refund(scene)
    money_arrives(scene)


def refunded_at_the_gateway(scene: Scene) -> None:
    """Somebody refunds in the gateway's dashboard; webhooks tell us."""
    payment = scene.payment()
    scene.till.refund(scene.till.charges(payment.reference)[0]["id"], payment.minor)
    money_arrives(scene)


def desk_refund(scene: Scene) -> None:
    """Staff press Refund on the bill's page, and again unless it says that the money is on its way."""
    with suppress(PageMissing):  # no such button any more; the books tell whether that was right
        persist(scene, lambda: clinic(scene).refund(scene.offer, ""))
    money_arrives(scene)


def paid_twice(scene: Scene) -> None:
    """Money moves a second time; by the purpose's policy it goes back."""
    payment = scene.payment()
    scene.till.charge_again(Tab(scene.shop.customer, Page("", 200), payment.reference, payment.minor))
    money_arrives(scene)


def _disputed(scene: Scene) -> None:
    """The customer's bank asks for the money back, and we know of it."""
    scene.pay()
    charge = scene.till.charges(scene.payment().reference)[0]["id"]
    scene.stage.control.act("paymongo", f"payments/{charge}/dispute")
    scene.settle()
    payment_id = scene.payment().pk
    ground(scene).run(lambda: raseed.check_payment(payment_id))
    scene.settle()


def dispute_lost(scene: Scene) -> None:
    """The bank decides for the customer, and a person writes it down."""
    payment = scene.payment()
    (disputed,) = scene.stage.control.books("paymongo")["disputes"]
    scene.stage.control.act("paymongo", f"disputes/{disputed['id']}/lose")
    dispute: Any = Dispute.objects.get(payment=payment)
    insist(scene, lambda: end_dispute(dispute, payment.money, reason="the bank decided so"))
    scene.settle()


LOST = Ending(first_channel=ANY_CHANNEL, given=False, withdrawn=1, refunded=whole, books_agree=False)
BACK_AGAIN = Ending(first_channel=ANY_CHANNEL, charges=2, refunded=whole)

JOURNEYS = [
    Journey("start and webhook", "errands", heard_by_webhook),
    Journey("start and return", "errands", seen_by_page),
    Journey("start and poll", "errands", found_by_poll),
    Journey("webhook before the answer", "errands", heard_too_early),
    Journey("fulfil again", "errands", fulfil_later, _owed),
    Journey("notice by webhook", "errands", heard_by_webhook, _somebody_is_told, check=_told_once),
    Journey("refund by us", "errands", refunded_by_us, pay, TAKEN_BACK),
    Journey("refund at the gateway", "errands", refunded_at_the_gateway, pay, TAKEN_BACK),
    Journey("bill and letter", "clinic", heard_by_webhook),
    Journey("refund at the desk", "clinic", desk_refund, pay, TAKEN_BACK),
    Journey("paid twice, paid back", "clinic", paid_twice, pay, BACK_AGAIN),
    Journey("dispute lost", "clinic", dispute_lost, _disputed, LOST),
]
