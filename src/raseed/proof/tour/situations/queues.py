"""A queue stands between what is found and who does it: it is lost, or one of those who do it is."""

from __future__ import annotations

import time

from raseed.cli.processes import Child
from raseed.proof.tour.engines.base import Engine
from raseed.proof.tour.scene import Ending, Scene
from raseed.proof.tour.settings import LEASE_SECONDS
from raseed.proof.tour.situations.base import Situation

#: A queue's server has noticed by then that a worker was killed.
RETURNS_SECONDS = 0.3


def queue_lost(scene: Scene) -> None:
    """All its messages are forgotten by the queue's server while the work is owed."""
    engine, hands = scene.stage.engine, _hands(scene)
    for hand in hands:
        hand.kill()
    _only_polling_can_tell(scene)
    scene.until(engine.waiting, "the work to wait in the queue")
    scene.until(lambda: _stays_empty(engine), "the queue to stay empty")
    scene.expect("state after the loss", (scene.state(), scene.is_given()), ("pending", False))
    for hand in hands:
        hand.start()
    _let_the_lease_run_out(scene)
    scene.saw("the whole queue was lost; the next look found the same work again")


def one_of_three_killed(scene: Scene) -> None:
    """SIGKILL with the gateway's answer in hand and the transaction open; the others go on."""
    what = f"{scene.offer.purpose}:{scene.offer.key}"
    scene.stage.trouble.write(**{what: {"hang": 1}})
    _only_polling_can_tell(scene)
    scene.until(lambda: scene.stage.trouble.count(what), "a worker's transaction to reach fulfil")
    at_work = scene.stage.local.worker.find(scene.stage.trouble.process_of(what))
    scene.expect("who gives is one of the queue's workers", at_work in _hands(scene), True)
    if at_work is not None:
        at_work.kill()
    scene.expect("state when it died", (scene.state(), scene.is_given()), ("pending", False))
    scene.stage.trouble.write()
    _let_the_lease_run_out(scene)
    scene.expect("workers left", sum(hand.running for hand in _hands(scene)), len(_hands(scene)) - 1)
    scene.expect("calls of fulfil", scene.stage.trouble.count(what), 2)
    scene.saw("one of three workers was killed before its commit; another one finished after the lease")


def _stays_empty(engine: Engine) -> bool:
    """What a killed worker had taken and not done returns a moment later; that is lost as well."""
    if engine.waiting():
        engine.lose()
        return False
    time.sleep(RETURNS_SECONDS)
    return not engine.waiting()


def _hands(scene: Scene) -> list[Child]:
    """The processes that take work out of the queue."""
    return [child for child in scene.stage.local.worker.children if child.name.startswith("hand")]


def _only_polling_can_tell(scene: Scene) -> None:
    """Pay, close the tab, lose the webhook, and let time pass until the gateway is asked."""
    tab = scene.open()
    scene.till.spoil_deliveries("lose", tab.reference, scene.till.paid_event)
    scene.till.agree(tab)
    scene.stage.control.advance(scene.till.reaches_after_seconds)


def _let_the_lease_run_out(scene: Scene) -> None:
    scene.stage.control.advance(LEASE_SECONDS + 1)
    scene.settle()


POLLED = Ending(first_channel=frozenset({"poll"}))
ASKED = Ending(first_channel=frozenset({"poll", "webhook"}))
SITUATIONS = [
    # What came first brought the question forward; nobody was there to put it.
    Situation("whole queue lost with work in it", queue_lost, ASKED),
    Situation("one of three workers killed with SIGKILL", one_of_three_killed, POLLED),
]
