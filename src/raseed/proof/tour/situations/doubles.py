"""Paid twice: on one payment, and in two tabs."""

from __future__ import annotations

import raseed
from raseed.proof.tour.scene import Ending, Scene, whole
from raseed.proof.tour.situations.base import Situation


def two_charges(scene: Scene) -> None:
    tab = scene.pay()
    scene.advance(scene.till.hint_pause_seconds)
    scene.till.charge_again(tab)
    scene.settle()
    scene.verify(Ending(charges=2, held=whole, attention=True))
    raseed.request_refund(scene.payment(), reason="duplicate")
    scene.settle()
    scene.advance(scene.till.refund_seconds)
    scene.saw("the second charge was held, shown to staff, and sent back by them")


def two_tabs(scene: Scene) -> None:
    """At once both tabs show one checkout. A tab from long ago has another, whose money is not taken."""
    first, second = scene.at_once(scene.open, scene.open)
    scene.expect("checkouts of two tabs", len({first.reference, second.reference}), 1)
    scene.at_once(lambda: scene.till.agree(first), lambda: scene.till.agree(second))
    scene.settle()
    _old_tab(scene)


def _old_tab(scene: Scene) -> None:
    offer = scene.another_offer()
    scene.till.expire_late()
    old = scene.open(offer)
    scene.pass_deadline(offer)
    new = scene.open(offer)
    scene.expect("the old checkout is not shown again", old.reference == new.reference, False)
    scene.till.agree(new)
    scene.settle()
    scene.till.agree(old)
    scene.settle()
    if not scene.till.takes_from_old_tabs:
        scene.verify(Ending(payments=2), offer)
        scene.saw("two tabs shared one checkout; what a tab from long ago agreed to was not taken")
        return
    scene.verify(Ending(payments=2, charges=2, held=whole, attention=True), offer)
    raseed.request_refund(scene.payments(offer)[0], reason="duplicate")
    scene.settle()
    scene.advance(scene.till.refund_seconds)
    scene.verify(Ending(payments=2, charges=2, refunded=whole), offer)
    scene.saw("two tabs shared one checkout; what the gateway took in a tab from long ago was sent back")


SITUATIONS = [
    Situation("two real charges on one payment", two_charges, Ending(charges=2, refunded=whole)),
    Situation("the same task paid in two tabs", two_tabs),
]
