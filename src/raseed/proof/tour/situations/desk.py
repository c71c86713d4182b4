"""Staff at the desk send money back, all of it and a part."""

from __future__ import annotations

from decimal import Decimal

from raseed.payments.models import Refund
from raseed.proof.tour.scene import Ending, Scene, whole
from raseed.proof.tour.situations.base import Situation
from raseed.proof.tour.situations.cards import CLINIC, clinic


def all_of_it(scene: Scene) -> None:
    scene.pay()
    page = clinic(scene).refund(scene.offer, "")
    scene.expect("staff are told", "is on its way back" in page.text, True)
    _arrive(scene)
    scene.expect("made through us", Refund.objects.get(payment=scene.payment()).is_external, False)
    scene.saw("staff pressed Refund without an amount; the bill is cancelled and its receipt void")


def a_part(scene: Scene) -> None:
    tab = scene.pay()
    clinic(scene).refund(scene.offer, str(Decimal(_part(tab.minor)) / 100))
    _arrive(scene)
    too_much = clinic(scene).refund(scene.offer, str(Decimal(tab.minor) / 100))
    scene.expect("more than is left is refused", "Nothing was sent back" in too_much.text, True)
    scene.saw("staff sent a part back; the bill stays paid, and its receipt good")


def _arrive(scene: Scene) -> None:
    scene.settle()
    scene.advance(scene.till.refund_seconds)


def _part(minor: int) -> int:
    return minor * 3 // 10


SITUATIONS = [
    Situation(
        "staff refund all of it",
        all_of_it,
        Ending(given=False, withdrawn=1, refunded=whole),
        shops=CLINIC,
    ),
    Situation("staff refund a part", a_part, Ending(refunded=_part), shops=CLINIC),
]
