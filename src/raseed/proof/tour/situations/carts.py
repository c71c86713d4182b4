"""Carts that become bookings, at a gateway whose webhooks prove nothing and whose banks may take long."""

from __future__ import annotations

from typing import cast

from raseed.payments.models import PaymentFact
from raseed.proof.tour.scene import Ending, Scene
from raseed.proof.tour.shops.base import Offer
from raseed.proof.tour.shops.puja import Temple
from raseed.proof.tour.situations.base import Situation
from raseed.proof.tour.tills.base import Tab
from raseed.proof.tour.tills.phonepe import PhonePeTill
from raseed_shops.puja.models import Booking, Cart, Promo

TWENTY_MINUTES = 1200
#: A second after the shop's own deadline.
DEADLINE_SECONDS = 1801
MOVED = ("2030-06-01", "17:45")
#: PhonePe's schedule: how many questions there may have been at this age of the payment; looked at in steps
#: that are no longer than the pauses, all in seconds.
SCHEDULE = ((19, 0, 19), (25, 1, 2), (55, 11, 2), (115, 21, 5), (175, 27, 10))
RIVALS = 8


def temple(scene: Scene) -> Temple:
    """The shop, in situations that only the temple has."""
    return cast("Temple", scene.shop)


def till(scene: Scene) -> PhonePeTill:
    """Its till."""
    return cast("PhonePeTill", scene.till)


def cart_of(offer: Offer) -> Cart:
    """The row that is paid for."""
    return Cart.objects.get(pk=offer.key)


def _waits_for_its_bank(scene: Scene) -> Tab:
    tab = scene.open()
    text = scene.come_back(tab, till(scene).agree_and_wait(tab))
    scene.expect("the status page does not say paid", "Paid. Thank you!" in text, False)
    return tab


def twenty_minutes(scene: Scene) -> None:
    tab = _waits_for_its_bank(scene)
    scene.advance(TWENTY_MINUTES)
    scene.expect("state after twenty minutes", (scene.state(), scene.is_given()), ("pending", False))
    scene.expect("the cart meanwhile", cart_of(scene.offer).status, "FROZEN")
    till(scene).act(tab.reference, "pay")
    scene.settle()
    scene.saw("the bank took twenty minutes; the payment was pending all the time, and the cart frozen")


def after_local_expiry(scene: Scene) -> None:
    tab = _waits_for_its_bank(scene)
    scene.advance(DEADLINE_SECONDS)
    scene.expect("state after our deadline", scene.state(), "lapsed")
    scene.expect("the cart then", cart_of(scene.offer).status, "ACTIVE")
    till(scene).act(tab.reference, "pay")
    scene.settle()
    scene.saw("our time was over and the cart free again; the late money took it back and booked it")


def attempt_failed(scene: Scene) -> None:
    tab = scene.open()
    till(scene).act(tab.reference, "decline")
    scene.settle()
    told = [delivery["event"] for delivery in scene.stage.control.deliveries(tab.reference)]
    scene.expect("webhooks", told, ["checkout.transaction.attempt.failed"])
    scene.expect("state after the attempt", (scene.state(), scene.is_given()), ("pending", False))
    scene.till.agree(tab)
    scene.advance(6)  # hints about one payment are followed once in five seconds
    failed = PaymentFact.objects.filter(payment=scene.payment(), kind="attempt_failed", weight="proof")
    scene.expect("the attempt is on record", failed.exists(), True)
    scene.saw("one attempt failed, which failed no order; the next one paid it")


def callback_never_comes(scene: Scene) -> None:
    tab = scene.open()
    scene.till.spoil_deliveries("lose", tab.reference)
    till(scene).agree_and_wait(tab)
    age = 0
    for seconds, most, step in SCHEDULE:
        while age < seconds:
            scene.advance(step)
            age += step
        asked = len(till(scene).questions(tab.reference))
        if asked > most:
            scene.problems.append(f"{asked} questions after {seconds} s, where {most} are the most")
    till(scene).act(tab.reference, "pay")
    scene.advance(61)
    scene.saw(
        f"no webhook ever came; {len(till(scene).questions(tab.reference))} questions, by PhonePe's schedule"
    )


def status_trouble(scene: Scene) -> None:
    tab = scene.open()
    trouble = scene.till.fall_silent(tab.reference)
    scene.till.agree(tab)
    scene.advance(60)
    scene.expect("state during the trouble", (scene.state(), scene.is_given()), ("pending", False))
    scene.stage.control.end_fault(trouble)
    scene.advance(61)
    scene.saw("every status call answered 500 for a minute; nothing failed, and then it was known")


def two_tabs(scene: Scene) -> None:
    first, second = scene.at_once(scene.open, scene.open)
    scene.expect("orders of two tabs", len({first.reference, second.reference}), 1)
    scene.at_once(lambda: scene.till.agree(first), lambda: scene.till.agree(second))
    scene.settle()
    scene.expect("bookings", Booking.objects.filter(cart_id=scene.offer.key).count(), 1)
    scene.saw("both tabs showed one order; it was paid once, and became one booking")


def last_use(scene: Scene) -> None:
    code = f"LAST{scene.offer.key}"
    Promo.objects.create(code=code, percent=20, limit=1)
    offers = [scene.offer, *(scene.another_offer() for _ in range(RIVALS - 1))]
    for offer in offers:
        temple(scene).use_code(offer, code)
    pages = scene.at_once(*[lambda offer=offer: scene.shop.press_pay(offer) for offer in offers])
    winners = [(o, p) for o, p in zip(offers, pages, strict=True) if scene.till.is_here(p)]
    scene.expect("carts that got the last use", len(winners), 1)
    scene.expect("uses", Promo.objects.get(code=code).used, 1)
    frozen = [offer for offer in offers if cart_of(offer).status == Cart.Status.FROZEN]
    scene.expect("frozen carts", frozen, [offer for offer, _ in winners])
    scene.expect("payments of the others", sum(len(scene.payments(o)) for o in offers), 1)
    scene.offer, page = winners[0]
    scene.till.agree(Tab(scene.shop.customer, page, scene.payment().reference, scene.payment().minor))
    scene.settle()
    scene.saw(f"{RIVALS} carts wanted the last use of a code at once; one got it, the others were told")


def reschedule(scene: Scene) -> None:
    scene.pay()
    page = temple(scene).booking_page(scene.offer)
    assert page is not None  # noqa: S101 it was given
    day, time = MOVED
    sent = {"selected_date": day, "selected_time": time, "reason": "We travel"}
    scene.shop.customer.press(page, "Reschedule", sent)
    scene.settle()
    booking = Booking.objects.get(cart_id=scene.offer.key)
    seen = (f"{booking.selected_date}", f"{booking.selected_time:%H:%M}")
    scene.expect("day and time", seen, MOVED)
    scene.expect("history", [c.kind for c in booking.changes.order_by("pk")], ["confirmed", "rescheduled"])
    scene.saw("paid, booked, and moved to another day")


PUJA = ("puja",)
POLLED = Ending(first_channel=frozenset({"poll"}))
#: The trouble and its end are seen by whichever asks next.
EITHER = Ending(first_channel=frozenset({"webhook", "poll"}))
SITUATIONS = [
    Situation("twenty minutes pending then completed", twenty_minutes, shops=PUJA),
    Situation("completed after local expiry", after_local_expiry, shops=PUJA),
    Situation("attempt failed then completed", attempt_failed, shops=PUJA),
    Situation("callback never comes", callback_never_comes, POLLED, shops=PUJA),
    Situation("status call answers 500 for a minute", status_trouble, EITHER, shops=PUJA),
    Situation("same cart paid in two tabs", two_tabs, shops=PUJA),
    Situation("last promo use raced by eight carts", last_use, shops=PUJA),
    Situation("reschedule", reschedule, shops=PUJA),
]
