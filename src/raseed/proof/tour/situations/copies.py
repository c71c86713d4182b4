"""The same webhook more than once, and webhooks that somebody else may have written."""

from __future__ import annotations

from raseed.payments.models import Delivery, PaymentFact, RejectedDelivery
from raseed.proof.tour.scene import Ending, Scene
from raseed.proof.tour.situations.base import Situation

#: The genuine one and five more.
IN_A_ROW = 6
AT_ONCE = 8
#: Webhooks that cannot be verified bring a payment's check forward once in a minute.
HINT_PAUSE_SECONDS = 61


def five_in_a_row(scene: Scene) -> None:
    _pay_with_copies(scene, IN_A_ROW, concurrent=False)


def eight_at_once(scene: Scene) -> None:
    _pay_with_copies(scene, AT_ONCE, concurrent=True)


def _pay_with_copies(scene: Scene, copies: int, *, concurrent: bool) -> None:
    """The copies that prove payment come before the worker's own call is answered, so they confirm it."""
    tab = scene.open()
    scene.till.spoil_deliveries("duplicate", tab.reference, copies=copies, concurrent=concurrent)
    scene.till.spoil_deliveries("early", tab.reference, scene.till.paid_event)
    scene.till.agree(tab)
    scene.settle()
    payment = scene.payment()
    counted = Delivery.objects.filter(payment=payment).values_list("copies", flat=True)
    scene.expect("copies of each webhook", set(counted), {copies})
    moves = PaymentFact.objects.filter(payment=payment, to_state="paid").exclude(from_state="paid")
    scene.expect("moves to paid", moves.count(), 1)
    said = [move.delivery_id is not None for move in moves]
    scene.expect("said by a delivery", said, [scene.till.webhook_proves])
    scene.saw(f"{len(counted)} webhooks came {copies} times each{' at once' if concurrent else ''}")


def bad_signature(scene: Scene) -> None:
    """Made up before anything was paid; then genuine news that nobody can verify."""
    tab = scene.open()
    before = RejectedDelivery.objects.count()
    answer = scene.till.say(scene.till.paid_event, tab, secret="guessed")  # noqa: S106
    scene.settle()
    scene.expect("answer to a made-up webhook", answer, 401)
    scene.expect("state after it", (scene.state(), scene.is_given()), ("pending", False))
    scene.advance(HINT_PAUSE_SECONDS)
    scene.till.spoil_deliveries("corrupt_signature", tab.reference)
    scene.till.agree(tab)
    scene.settle()
    sent = scene.stage.control.deliveries(tab.reference)
    answers = {attempt["status"] for delivery in sent for attempt in delivery["attempts"]}
    scene.expect("answers to webhooks with a bad signature", answers, {401})
    scene.expect("kept as verified", Delivery.objects.filter(payment=scene.payment()).count(), 0)
    refused = RejectedDelivery.objects.count() - before
    scene.expect("all refused webhooks are on record", refused, 1 + len(sent))
    scene.saw(f"{refused} webhooks were refused and believed in nothing; they only made the shop ask")


def bad_then_genuine(scene: Scene) -> None:
    """Nobody but the genuine copy can say it: the charge's answer is lost and the gateway is silent."""
    tab, control = scene.open(), scene.stage.control
    scene.till.lose_answer(tab.reference)
    scene.till.spoil_deliveries("hold", tab.reference, scene.till.paid_event)
    scene.till.agree(tab)
    scene.settle()
    scene.till.fall_silent(tab.reference)
    delivery = control.deliveries(tab.reference, scene.till.paid_event)[0]["id"]
    scene.expect("answer to the bad copy", control.resend(delivery, corrupt=True), 401)
    scene.settle()
    scene.expect("state after the bad copy", (scene.state(), scene.is_given()), ("pending", False))
    scene.expect("answer to the genuine copy", control.resend(delivery), 200)
    if not scene.till.webhook_proves:
        scene.expect("state while nobody proves it", (scene.state(), scene.is_given()), ("pending", False))
        control.end_faults()
        scene.advance(scene.till.first_poll_seconds)
    scene.expect("state after the genuine copy", (scene.state(), scene.is_given()), ("paid", True))
    scene.saw("the body came with a bad signature first; its genuine copy was heard all the same")


SITUATIONS = [
    Situation("five duplicates in a row", five_in_a_row),
    Situation("eight at once", eight_at_once),
    # What cannot be verified is no channel: it only brings the next poll forward.
    Situation("bad signature", bad_signature, Ending(first_channel=frozenset({"poll"}))),
    Situation("bad signature and then the genuine copy of the same body", bad_then_genuine),
]
