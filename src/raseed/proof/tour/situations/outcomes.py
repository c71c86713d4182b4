"""Failures, expiries and money that does not come as agreed."""

from __future__ import annotations

from raseed.payments import conf
from raseed.payments.flows.apply_facts import apply_ruling
from raseed.payments.models import PaymentFact, Ruling
from raseed.proof.tour.scene import Ending, Scene, whole
from raseed.proof.tour.situations.base import WELL, Situation

#: What the status page says of a declined attempt, and where the payment stands then.
NOTHING_TAKEN = ("No money was taken", {"failed", "cancelled"})
ATTEMPT_FAILED = ("last attempt did not go through", {"pending"})
#: A payment in review is looked at every hour.
REVIEW_SECONDS = 3601


def failed_then_paid(scene: Scene) -> None:
    """Where declining does not end the checkout, another attempt pays it."""
    tab = scene.open()
    text = scene.come_back(tab, scene.till.decline(tab))
    words, states = NOTHING_TAKEN if scene.till.decline_ends else ATTEMPT_FAILED
    scene.expect(f"the status page says {words!r}", words in text, True)
    scene.expect("state after declining", scene.state() in states, True)
    scene.expect("given after declining", scene.is_given(), False)
    scene.saw(f"after the first try the payment was {scene.state()}")
    scene.pay()


def paid_then_stale_failure(scene: Scene) -> None:
    tab = scene.pay()
    text = scene.come_back(tab, scene.till.decline(tab))
    scene.expect("the stale page leads to paid", "Paid. Thank you!" in text, True)
    scene.expect("answer to a late failure", scene.till.say(scene.till.failed_event, tab), 200)
    scene.settle()
    wanted = ["record" if scene.till.webhook_proves else "ask"]
    kept = PaymentFact.objects.filter(payment=scene.payment(), kind=scene.till.failed_kind)
    scene.expect("what the late failure did", [fact.decision for fact in kept], wanted)
    scene.saw("a stale page said fail, and so did a late, genuinely signed webhook")


def paid_after_local_expiry(scene: Scene) -> None:
    scene.till.expire_late()
    tab = scene.open()
    scene.pass_deadline()
    scene.expect("state after our deadline", scene.state(), "lapsed")
    scene.till.agree(tab)
    scene.settle()
    scene.expect("state after the late money", scene.state(), "paid")
    if conf.current().purpose(scene.offer.purpose).policies.late == "hold":
        scene.expect("given before a person decided", scene.is_given(), False)
        scene.expect("a person is told", bool(scene.payment().attention), True)
        apply_ruling(scene.payment().pk, Ruling.ACCEPTED, now=conf.now(), reason="the tour's staff")
        scene.saw("late money was held until a person accepted it")


def wrong_amount(scene: Scene) -> None:
    tab = scene.open()
    stated = scene.random.choice([1, tab.minor - 1, tab.minor + 1, tab.minor * 100])
    scene.till.misstate(tab.reference, minor=stated)
    scene.till.agree(tab)
    scene.settle()
    _waits_for_a_person(scene)
    scene.stage.control.end_faults()
    scene.advance(REVIEW_SECONDS)
    scene.saw(f"{stated} instead of {tab.minor} of the smallest unit went to review; the exact word ended it")


def wrong_currency(scene: Scene) -> None:
    tab = scene.open()
    stated = scene.random.choice(["USD", "JPY", "KWD"])
    scene.till.misstate(tab.reference, currency=stated)
    scene.till.agree(tab)
    scene.settle()
    _waits_for_a_person(scene)
    due = scene.payment().currency
    scene.saw(f"{stated} instead of {due} went to review, and the customer is not asked to pay again")


def _waits_for_a_person(scene: Scene) -> None:
    scene.expect("state", scene.state(), "review")
    scene.expect("given", scene.is_given(), False)
    page = scene.shop.press_pay(scene.offer)
    scene.expect("paying again is refused", (scene.till.is_here(page), len(scene.payments())), (False, 1))


SITUATIONS = [
    Situation("failed then paid", failed_then_paid, Ending(payments=2), but={"services": WELL}),
    Situation("paid then stale failure", paid_then_stale_failure),
    # Where an order's time is what the shop says, money comes late only from a bank that takes long: the
    # shops that pay there have situations of their own.
    Situation("paid after local expiry", paid_after_local_expiry, without=("puja", "services")),
    Situation("wrong amount", wrong_amount, Ending(first_channel=frozenset({"poll"}))),
    Situation(
        "wrong currency",
        wrong_currency,
        Ending(state="review", given=False, times=0, held=whole, attention=True, books_agree=False),
        without=("puja",),  # PhonePe states no currency
    ),
]
