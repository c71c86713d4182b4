"""Each channel alone, all of them at once, and one that is too fast."""

from __future__ import annotations

from raseed.payments.models import PaymentFact
from raseed.proof.tour.scene import Ending, Scene
from raseed.proof.tour.situations.base import Situation

#: A webhook needs one transaction where the others must ask first; so much later they have a chance.
HEAD_START_SECONDS = 0.4


def webhook_only(scene: Scene) -> None:
    scene.pay()
    said = PaymentFact.objects.filter(payment=scene.payment(), kind="paid")
    scene.expect("channels that said paid", set(said.values_list("channel", flat=True)), {"webhook"})
    scene.saw("the tab was closed and time stood still, so nobody polled")


def return_only(scene: Scene) -> None:
    tab = scene.open()
    scene.till.spoil_deliveries("lose", tab.reference)
    address = scene.till.agree(tab)
    scene.settle()
    scene.expect("state before the browser came back", scene.state(), "pending")
    scene.expect("the status page says paid", "Paid. Thank you!" in scene.come_back(tab, address), True)
    scene.saw("every webhook was lost; the browser came back")


def poll_only(scene: Scene) -> None:
    tab = scene.open()
    scene.till.spoil_deliveries("lose", tab.reference)
    scene.till.agree(tab)
    scene.settle()
    scene.expect("state before the poll", scene.state(), "pending")
    scene.advance(scene.till.first_poll_seconds)
    scene.saw("every webhook was lost and the tab closed; the worker looked by itself")


def all_at_once(scene: Scene) -> None:
    """The money is taken and nobody here knows it; then all three may say so."""
    tab, control = scene.open(), scene.stage.control
    lost = scene.till.lose_answer(tab.reference)
    scene.till.spoil_deliveries("hold", tab.reference, scene.till.paid_event)
    address = scene.till.agree(tab)
    scene.settle()
    scene.expect("state before", scene.state(), "pending")
    control.end_fault(lost)
    held = control.deliveries(tab.reference, scene.till.paid_event)[0]["id"]
    scene.at_once(
        lambda: control.release(held),
        lambda: scene.come_back(tab, address),
        lambda: control.advance(scene.till.first_poll_seconds),
        within_seconds=HEAD_START_SECONDS,
    )
    scene.settle()
    said = PaymentFact.objects.filter(payment=scene.payment(), kind="paid").order_by("pk")
    heard = ", ".join(dict.fromkeys(said.values_list("channel", flat=True)))
    scene.saw(f"webhook, browser and poll were let go at the same moment; it was said by {heard}")


def webhook_before_the_answer(scene: Scene) -> None:
    scene.till.agree_before_answer()
    scene.offer = scene.another_offer()  # a shop may open the checkout with it, or when somebody pays
    tab = scene.open()
    scene.settle()
    log = scene.stage.control.log()
    told = scene.stage.control.deliveries(tab.reference)[0]["id"]
    delivered = next(entry for entry in log if entry["kind"] == "delivery" and entry["delivery"] == told)
    begun = {e["n"] for e in log if e["kind"] == "request" and e["n"] < delivered["n"]}
    answers = [
        e for e in log if e["kind"] == "response" and e["request"] in begun and e["n"] > delivered["n"]
    ]
    scene.expect("calls under way when the webhook came", len(answers), 1)
    scene.expect("the shop took it", delivered["status"], 200)
    scene.saw("the webhook was received before the call that opens the checkout was answered")


SITUATIONS = [
    Situation("webhook only", webhook_only),
    Situation("return only", return_only, Ending(first_channel=frozenset({"return"}))),
    Situation("poll only", poll_only, Ending(first_channel=frozenset({"poll"}))),
    Situation(
        "all three at once", all_at_once, Ending(first_channel=frozenset({"webhook", "return", "poll"}))
    ),
    Situation("webhook before the start call has returned", webhook_before_the_answer),
]
