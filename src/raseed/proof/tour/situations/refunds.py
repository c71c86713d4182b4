"""Money that goes back: too early, in parts, told twice, and paid again."""

from __future__ import annotations

import raseed
from raseed.core.money import Money
from raseed.payments.models import Delivery, Refund
from raseed.proof.tour.scene import Ending, Scene, whole
from raseed.proof.tour.situations.base import Situation


def refund_before_its_payment(scene: Scene) -> None:
    """Webhooks about the refund name only a charge that the shop has never heard of."""
    tab, control = scene.open(), scene.stage.control
    scene.till.lose_answer(tab.reference)
    for event in (scene.till.paid_event, scene.till.refunded_event):
        scene.till.spoil_deliveries("hold", tab.reference, event)
    scene.till.agree(tab)
    scene.settle()
    scene.till.fall_silent(tab.reference)
    charge = scene.till.charges(tab.reference)[0]["id"]
    scene.till.refund(charge, tab.minor)
    scene.advance(scene.till.refund_seconds)
    kept = [d for d in Delivery.objects.exclude(state="read") if charge.encode() in bytes(d.body or b"")]
    scene.expect("state before the payment's delivery", scene.state(), "pending")
    scene.expect("refund webhooks kept unread", len(kept), 2)
    control.release(control.deliveries(tab.reference, scene.till.paid_event)[0]["id"])
    scene.settle()
    scene.expect("refunded then", scene.payment().refunded(), scene.payment().money)
    control.release(control.deliveries(charge, scene.till.refunded_event)[0]["id"])
    scene.settle()
    scene.saw(f"{len(kept)} webhooks about the refund came first, were kept, and read when the payment came")


def two_partial_refunds(scene: Scene) -> None:
    """One of ours, one from the dashboard, of the same amount: the one must not pass for the other."""
    tab, control = scene.pay(), scene.stage.control
    part, charge = _part(tab.minor), scene.till.charges(tab.reference)[0]["id"]
    raseed.request_refund(scene.payment(), Money(part, scene.payment().currency))
    scene.settle()
    scene.advance(scene.till.refund_seconds)
    scene.till.refund(charge, part)
    scene.advance(scene.till.refund_seconds)
    scene.expect("refunds", Refund.objects.filter(payment=scene.payment()).count(), 2)
    told = [*control.deliveries(charge), *control.deliveries(tab.reference)]
    again = {delivery["id"] for delivery in told if "refund" in delivery["event"]}
    answers = {control.resend(delivery) for delivery in sorted(again)}
    scene.expect("answers to the duplicates", answers, {200})
    scene.settle()
    refunds = Refund.objects.filter(payment=scene.payment())
    scene.expect("refunds after the duplicates", refunds.count(), 2)
    scene.expect("one of them made elsewhere", refunds.filter(is_external=True).count(), 1)
    scene.saw(f"two refunds of {part} minor units, told {len(again)} times and each once more")


def _part(minor: int) -> int:
    """So much that two of them leave something."""
    return minor * 3 // 10


def _two_parts(minor: int) -> int:
    return 2 * _part(minor)


def full_refund_while_fulfilment_fails(scene: Scene) -> None:
    what = f"{scene.offer.purpose}:{scene.offer.key}"
    scene.stage.trouble.write(**{what: {"raise_times": 1000}})
    tab = scene.pay()
    seen = (scene.state(), scene.is_given())
    scene.expect("while fulfil raises", seen, ("paid", scene.shop.gives_with_money))
    scene.till.refund(scene.till.charges(tab.reference)[0]["id"], tab.minor)
    scene.advance(scene.till.refund_seconds)
    scene.stage.trouble.write()
    attempts = scene.stage.trouble.count(what)
    scene.advance(3600)
    scene.expect("calls of fulfil after the refund", scene.stage.trouble.count(what) - attempts, 0)
    scene.saw(f"fulfil raised {attempts}×; the refund cancelled what was owed")


def paid_again(scene: Scene) -> None:
    tab = scene.pay()
    scene.expect("given at first", scene.is_given(), True)
    scene.till.refund(scene.till.charges(tab.reference)[0]["id"], tab.minor)
    scene.advance(scene.till.refund_seconds)
    scene.expect("given after the refund", scene.is_given(), False)
    scene.expect("usable after the refund", scene.shop.try_to_use(scene.offer), False)
    scene.shop.offer_again(scene.offer)
    scene.pay()
    scene.saw("given, taken back by a full refund, and given again")


SITUATIONS = [
    Situation(
        "refund before its payment's delivery",
        refund_before_its_payment,
        Ending(given=False, withdrawn=1, refunded=whole),
        without=("puja", "services"),  # a refund's webhook names the order there
    ),
    Situation(
        "two partial refunds then a duplicate of each", two_partial_refunds, Ending(refunded=_two_parts)
    ),
    Situation(
        "full refund while the fulfilment still fails",
        full_refund_while_fulfilment_fails,
        Ending(given=False, times=0, refunded=whole),
        but={"services": Ending(given=False, withdrawn=1, refunded=whole)},
    ),
    Situation(
        "paid again after a full refund",
        paid_again,
        Ending(times=2, withdrawn=1, payments=2, charges=2, refunded=whole),
    ),
]
