"""Cards typed on the shop's own page, with and without 3-D Secure; and a code that nobody scans."""

from __future__ import annotations

from typing import cast

from raseed.payments.models import PaymentFact
from raseed.proof.tour.control import Document
from raseed.proof.tour.scene import Ending, Scene
from raseed.proof.tour.shops.clinic import Clinic
from raseed.proof.tour.situations.base import Situation
from raseed.proof.tour.tills.base import Tab
from raseed.proof.tour.tills.paymongo_intents import attach_card

#: PayMongo's test cards, https://developers.paymongo.com/docs/testing
GOOD, SECURE, POOR = "4571736000000075", "4120000000000007", "5100000000000198"
#: A QR Ph code lives half an hour.
CODE_SECONDS = 1801


def clinic(scene: Scene) -> Clinic:
    """The shop, in situations that only the clinic has."""
    return cast("Clinic", scene.shop)


def card(scene: Scene) -> None:
    client = clinic(scene).press_pay_by_card(scene.offer)
    scene.expect("the intent", attach_card(client, GOOD).get("status"), "succeeded")
    scene.settle()
    scene.saw("the browser handed the card to the gateway and was closed")


def three_d_secure_passed(scene: Scene) -> None:
    tab = _at_the_bank(scene)
    scene.expect("state before the bank agreed", (scene.state(), scene.is_given()), ("pending", False))
    scene.till.spoil_deliveries("lose", tab.reference)
    text = scene.come_back(tab, scene.till.agree(tab))
    scene.expect("the status page says paid", "Paid. Thank you!" in text, True)
    scene.saw("the bank asked the patient, who came back; every webhook was lost")


def three_d_secure_failed(scene: Scene) -> None:
    tab = _at_the_bank(scene)
    text = scene.come_back(tab, scene.till.decline(tab))
    scene.expect("the status page tells of the attempt", "last attempt did not go through" in text, True)
    scene.settle()
    scene.expect("failed attempts on record", _failed_attempts(scene), 1)
    scene.saw("the bank declined; the bill is due as before, and another card may follow")


def declined_then_paid(scene: Scene) -> None:
    client = clinic(scene).press_pay_by_card(scene.offer)
    scene.expect("the first card is declined", "errors" in attach_card(client, POOR), True)
    scene.settle()
    scene.expect("state after it", (scene.state(), scene.is_given()), ("pending", False))
    again = clinic(scene).press_pay_by_card(scene.offer)
    scene.expect("the same intent again", again["payment_intent_id"], client["payment_intent_id"])
    attach_card(again, GOOD)
    scene.settle()
    scene.expect("failed attempts on record", _failed_attempts(scene), 1)
    scene.saw("one card was declined, the next one paid, on the same intent")


def code_expires(scene: Scene) -> None:
    page = clinic(scene).press_pay(scene.offer, "qrph")
    scene.expect("the page shows a code", "Scan this code" in page.text, True)
    scene.advance(CODE_SECONDS)
    scene.expect("state after half an hour", scene.state(), "expired")
    scene.expect("who said so", scene.payment().first_channel, "")
    scene.saw("nobody scanned the code in time; then GCash paid")
    scene.pay()


def _at_the_bank(scene: Scene) -> Tab:
    """The page on which the bank asks whether it is the customer."""
    client = clinic(scene).press_pay_by_card(scene.offer)
    intent: Document = attach_card(client, SECURE)
    page = scene.shop.customer.get(intent["next_action"]["redirect"]["url"])
    payment = scene.payment()
    return Tab(scene.shop.customer, page, payment.reference, payment.minor)


def _failed_attempts(scene: Scene) -> int:
    return (
        PaymentFact.objects.filter(payment=scene.payment(), kind="attempt_failed")
        .values("charge_ref")
        .distinct()
        .count()
    )


NOT_PAID = Ending(state="pending", given=False, times=0, charges=0)
CLINIC = ("clinic",)
SITUATIONS = [
    Situation("card", card, shops=CLINIC),
    Situation(
        "3-D Secure passed",
        three_d_secure_passed,
        Ending(first_channel=frozenset({"return"})),
        shops=CLINIC,
    ),
    Situation("3-D Secure failed", three_d_secure_failed, NOT_PAID, shops=CLINIC),
    Situation("card declined and then another one", declined_then_paid, shops=CLINIC),
    Situation("QR code expires", code_expires, Ending(payments=2), shops=CLINIC),
]
