"""The shop's own code fails, its worker dies, the gateway's answer is lost."""

from __future__ import annotations

from raseed.payments.models import Payment
from raseed.proof.tour.scene import Ending, Scene
from raseed.proof.tour.settings import LEASE_SECONDS
from raseed.proof.tour.situations.base import Situation

#: The first pause is 10 s and doubles; each of these is a second longer.
RETRY_SECONDS = (11, 21)


def fulfilment_raises_twice(scene: Scene) -> None:
    """Where the money itself is what is given, it is there all the time, once."""
    what = f"{scene.offer.purpose}:{scene.offer.key}"
    scene.stage.trouble.write(**{what: {"raise_times": 2}})
    scene.pay()
    for attempts, seconds in enumerate(RETRY_SECONDS, start=1):
        scene.expect("calls of fulfil", scene.stage.trouble.count(what), attempts)
        seen = (scene.state(), scene.is_given())
        scene.expect("while fulfil raises", seen, ("paid", scene.shop.gives_with_money))
        scene.advance(seconds)
    scene.expect("calls of fulfil", scene.stage.trouble.count(what), 3)
    scene.saw("fulfil raised twice, stayed paid, and gave at the third call")


def worker_killed(scene: Scene) -> None:
    """Twice: with the answer in hand and the transaction open; and while the gateway's answer is awaited."""
    what = f"{scene.offer.purpose}:{scene.offer.key}"
    scene.stage.trouble.write(**{what: {"hang": 1}})
    tab = scene.open()
    scene.till.spoil_deliveries("lose", tab.reference, scene.till.paid_event)
    scene.till.agree(tab)
    scene.stage.control.advance(scene.till.reaches_after_seconds)
    scene.until(lambda: scene.stage.trouble.count(what), "the worker's transaction to reach fulfil")
    _kill_and_recover(scene, scene.payment())
    offer = scene.another_offer()
    tab = scene.open(offer)
    scene.till.spoil_deliveries("lose", tab.reference, scene.till.paid_event)
    scene.till.delay_answer(tab.reference)
    scene.till.agree(tab)
    scene.stage.control.advance(scene.till.reaches_after_seconds)
    scene.until(lambda: scene.till.is_reached(tab.reference), "the worker's call about the money")
    _kill_and_recover(scene, scene.payment(offer))
    scene.verify(POLLED, offer)
    scene.saw("SIGKILL before the commit, and again before the answer; the next worker found the money")


def _kill_and_recover(scene: Scene, payment: Payment) -> None:
    scene.stage.local.worker.kill()
    scene.expect("charges when it died", len(scene.till.charges(payment.reference)), 1)
    payment.refresh_from_db()
    scene.expect("state when it died", payment.state, "pending")
    scene.stage.trouble.write()
    scene.stage.control.end_faults()
    scene.stage.local.worker.start()
    # Not before the dead worker's lease has run out; nothing settles until then.
    scene.stage.control.advance(LEASE_SECONDS + 1)
    scene.settle()


def answer_lost(scene: Scene) -> None:
    tab = scene.open()
    scene.till.spoil_deliveries("lose", tab.reference, scene.till.paid_event)
    lost = scene.till.lose_answer(tab.reference)
    scene.till.agree(tab)
    scene.advance(scene.till.reaches_after_seconds)
    scene.expect("charges", len(scene.till.charges(tab.reference)), 1)
    scene.expect("state while nobody knows", (scene.state(), scene.is_given()), ("pending", False))
    scene.stage.control.end_fault(lost)
    scene.advance(scene.till.first_poll_seconds)
    scene.saw("money was taken and every answer lost; the charge was looked up, not made again")


POLLED = Ending(first_channel=frozenset({"poll"}))
#: A question that a webhook raised is repeated on its behalf.
ASKED_AGAIN = Ending(first_channel=frozenset({"webhook", "poll"}))
SITUATIONS = [
    Situation("fulfilment raising twice and then succeeding", fulfilment_raises_twice),
    Situation("worker killed with SIGKILL between the gateway call and the commit", worker_killed, POLLED),
    Situation("source charged and the answer lost", answer_lost, ASKED_AGAIN),
]
