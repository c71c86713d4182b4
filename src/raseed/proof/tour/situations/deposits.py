"""Deposits into a balance through Paymob: cards that are saved, declined, refunded, voided; kiosks."""

from __future__ import annotations

import contextlib
from typing import cast

from django.contrib.auth import get_user_model

import raseed
from raseed.core.errors import GatewayUnavailable
from raseed.payments.flows.save_card import token_of
from raseed.proof.tour.scene import Ending, Scene, whole
from raseed.proof.tour.shops.base import Offer
from raseed.proof.tour.shops.home_services import HomeServices
from raseed.proof.tour.situations.base import Situation
from raseed.proof.tour.tills.base import Tab
from raseed.proof.tour.tills.paymob import ASKS, DECLINED, PaymobTill
from raseed_shops.services.models import Deposit

THREE_DAYS = 3 * 24 * 3600


def home(scene: Scene) -> HomeServices:
    """The shop, in situations that only it has."""
    return cast("HomeServices", scene.shop)


def till(scene: Scene) -> PaymobTill:
    """Its till."""
    return cast("PaymobTill", scene.till)


def _again(scene: Scene, about: str) -> int:
    """Tell everything about it once more."""
    told = scene.stage.control.deliveries(about)
    answers = {scene.stage.control.resend(delivery["id"]) for delivery in told}
    scene.expect("answers to the copies", answers, {200})
    scene.settle()
    return len(told)


def _saved(scene: Scene, *, token_first: bool) -> Tab:
    till(scene).tell_token_first(first=token_first)
    tab = scene.open()
    till(scene).type_card(tab, save=True)
    scene.settle()
    told = _again(scene, till(scene).order(tab.reference))
    client = Deposit.objects.get(pk=scene.offer.key).client
    scene.expect("saved cards", len(raseed.saved_cards(client)), 1)
    scene.saw(f"{told} callbacks, each twice; the card is saved once, the deposit counted once")
    return tab


def token_first(scene: Scene) -> None:
    _saved(scene, token_first=True)


def token_last(scene: Scene) -> None:
    _saved(scene, token_first=False)


def saved_card(scene: Scene) -> None:
    card = _kept_card(scene)
    scene.offer = home(scene).deposit("75.00", str(card.pk))
    tab = scene.open()
    till(scene).use_saved_card(tab, token_of(card))
    scene.settle()
    scene.expect("the payment's card", scene.payment().saved_card, card)
    scene.saw("the card paid the next deposit with its CVV alone")


def declined_then_paid(scene: Scene) -> None:
    tab = scene.open()
    till(scene).type_card(tab, DECLINED)
    scene.settle()
    scene.expect("after the decline", (scene.state(), scene.is_given()), ("pending", False))
    address = till(scene).type_card(tab, ASKS)
    till(scene).enter_password(tab, address)
    scene.settle()
    _again(scene, till(scene).order(tab.reference))
    scene.saw("declined, then paid with a one-time password on the same order; told twice, out of order")


def two_partial_refunds(scene: Scene) -> None:
    tab = scene.open()
    till(scene).agree(tab)
    scene.settle()
    part = tab.minor * 3 // 10
    for _ in range(2):
        till(scene).act(tab.reference, "refund", amount=part)
        scene.advance(70)
    _again(scene, till(scene).order(tab.reference))
    scene.expect("refunded", scene.payment().refunded().minor, 2 * part)
    scene.saw("two refunds with one id and one signature, each counted once")


def refunded_in_the_dashboard(scene: Scene) -> None:
    tab = scene.open()
    till(scene).agree(tab)
    scene.settle()
    till(scene).act(tab.reference, "refund")
    scene.advance(70)
    scene.saw("all of it went back in Paymob's dashboard, and out of the balance")


def voided(scene: Scene) -> None:
    tab = scene.open()
    till(scene).agree(tab)
    scene.settle()
    till(scene).act(tab.reference, "void")
    scene.advance(70)
    scene.saw("voided on the same day, and out of the balance")


def kiosk(scene: Scene) -> None:
    scene.offer = home(scene).deposit("60.00", "kiosk")
    scene.settle()
    scene.advance(THREE_DAYS - 3600)
    scene.expect("after three days", (scene.state(), scene.is_given()), ("pending", False))
    till(scene).act(scene.payment().reference, "pay")
    scene.settle()
    scene.saw("paid at a kiosk three days later")


def spent(scene: Scene) -> None:
    tab = scene.open()
    till(scene).agree(tab)
    scene.settle()
    hassan = get_user_model().objects.get(username="hassan")
    before, half = raseed.wallet_balance(hassan, "EGP"), raseed.Money(tab.minor // 2, "EGP")
    for _ in range(2):
        home(scene).spend(half, tab.reference)
    scene.expect("the technician has", raseed.wallet_balance(hassan, "EGP"), before + half)
    scene.saw("half of it paid a technician; pressed twice, paid once")


def bank_takes_long(scene: Scene) -> None:
    """The payer was at the bank's page in time, and confirms there when our time is over."""
    tab = scene.open()
    address = till(scene).type_card(tab, ASKS)
    scene.pass_deadline()
    scene.expect("state after our deadline", (scene.state(), scene.is_given()), ("lapsed", False))
    till(scene).enter_password(tab, address)
    scene.settle()
    scene.saw("begun in time, confirmed at the bank after our deadline; the late money is as good as any")


def refund_told_first(scene: Scene) -> None:
    """Nobody answers questions, and a callback proves no refund; both are told, the wrong way round."""
    tab, control = scene.open(), scene.stage.control
    for event in (scene.till.paid_event, scene.till.refunded_event):
        scene.till.spoil_deliveries("hold", tab.reference, event)
    scene.till.fall_silent(tab.reference)
    scene.till.agree(tab)
    scene.settle()
    scene.till.refund(scene.till.charges(tab.reference)[0]["id"], tab.minor)
    for event in (scene.till.refunded_event, scene.till.paid_event):
        scene.expect("state so far", (scene.state(), scene.is_given()), ("pending", False))
        control.release(control.deliveries(tab.reference, event)[0]["id"])
        scene.settle()
    scene.expect("state after both", (scene.state(), scene.is_given()), ("paid", True))
    control.end_faults()
    scene.advance(70)
    scene.saw("the refund was told first and proved nothing; asking found it, and took the deposit out again")


def _kept_card(scene: Scene) -> raseed.SavedCard:
    """A card that a first deposit saved."""
    _saved(scene, token_first=False)
    return raseed.saved_cards(Deposit.objects.get(pk=scene.offer.key).client)[0]


def charged_without_owner(scene: Scene) -> None:
    card = _kept_card(scene)
    scene.offer, payment = home(scene).charge_saved(card, "75.00")
    scene.expect("known at once", payment.state, "paid")
    scene.settle()
    scene.saw("the saved card was charged while nobody was there")


def declined_without_owner(scene: Scene) -> None:
    card = _kept_card(scene)
    till(scene).decline_next_charge()
    scene.offer, _ = home(scene).charge_saved(card, "75.00")
    scene.settle()
    scene.saw("the bank declined while nobody was there to try again, so the payment failed")


def charge_lost(scene: Scene) -> None:
    card = _kept_card(scene)
    lost = till(scene).lose_answer_to_charge()
    with contextlib.suppress(GatewayUnavailable):
        home(scene).charge_saved(card, "75.00")
        scene.problems.append("a charge whose answer was lost was told as known")
    scene.stage.control.end_fault(lost)
    made = Deposit.objects.latest("pk")
    scene.offer = Offer(scene.offer.purpose, str(made.pk), str(made))
    scene.advance(60)
    scene.saw("the saved card was charged and the answer lost; it was looked up, not charged again")


def split(scene: Scene) -> None:
    """One callback with all transactions of an order, each signed inside; the address has no signature."""
    tab = scene.open()
    scene.till.spoil_deliveries("lose", tab.reference, scene.till.paid_event)
    till(scene).type_card(tab, DECLINED)
    till(scene).type_card(tab)
    scene.settle()
    scene.stage.control.end_faults()
    till(scene).act(tab.reference, "split")
    scene.settle()
    scene.saw("a declined and a paid transaction came in one list, each with its own signature")


SERVICES = ("services",)
BACK = Ending(given=False, withdrawn=1, refunded=whole)
PARTS = Ending(refunded=lambda minor: minor * 3 // 10 * 2)
#: The callback comes while the call that charges is under way, or the look that follows the call is first.
ANY = Ending(first_channel=frozenset({"webhook", "poll", "manual"}))
FAILED = Ending(state="failed", given=False, times=0, charges=0)
SITUATIONS = [
    Situation("token first", token_first, shops=SERVICES),
    Situation("token last", token_last, shops=SERVICES),
    Situation("saved card pays", saved_card, shops=SERVICES),
    Situation("declined then paid on the same order", declined_then_paid, shops=SERVICES),
    Situation("two partial refunds in the dashboard", two_partial_refunds, PARTS, shops=SERVICES),
    Situation("refund made in the dashboard", refunded_in_the_dashboard, BACK, shops=SERVICES),
    Situation("void", voided, BACK, shops=SERVICES),
    Situation("kiosk paid three days later", kiosk, shops=SERVICES),
    Situation("balance pays a technician", spent, shops=SERVICES),
    Situation("paid after local expiry", bank_takes_long, shops=SERVICES),
    Situation("refund before its payment's delivery", refund_told_first, BACK, shops=SERVICES),
    Situation("saved card charged while nobody is there", charged_without_owner, ANY, shops=SERVICES),
    Situation("saved card declined while nobody is there", declined_without_owner, FAILED, shops=SERVICES),
    Situation("saved card charged and the answer lost", charge_lost, ANY, shops=SERVICES),
    Situation("split callback", split, shops=SERVICES),
]
