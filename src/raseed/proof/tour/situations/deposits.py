"""Deposits into a balance through Paymob: cards that are saved, declined, refunded, voided; kiosks."""

from __future__ import annotations

from typing import cast

from django.contrib.auth import get_user_model

import raseed
from raseed.payments.flows.save_card import token_of
from raseed.proof.tour.scene import Ending, Scene, whole
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


def webhook_only(scene: Scene) -> None:
    tab = scene.open()
    till(scene).agree(tab)
    scene.settle()
    scene.saw(f"{_again(scene, till(scene).order(tab.reference))} callback, told twice")


def return_only(scene: Scene) -> None:
    tab = scene.open()
    till(scene).spoil_deliveries("lose", tab.reference)
    text = scene.come_back(tab, till(scene).agree(tab))
    scene.expect("the page that the browser ends on says so", "Paid. Thank you!" in text, True)
    scene.saw("what the browser brought is signed, and was proof enough")


def poll_only(scene: Scene) -> None:
    tab = scene.open()
    till(scene).spoil_deliveries("lose", tab.reference)
    till(scene).agree(tab)
    scene.advance(60)
    scene.saw("no callback came, and the browser did not come back; the worker asked")


def token_first(scene: Scene) -> None:
    _saved(scene, token_first=True)


def token_last(scene: Scene) -> None:
    _saved(scene, token_first=False)


def saved_card(scene: Scene) -> None:
    _saved(scene, token_first=False)
    client = Deposit.objects.get(pk=scene.offer.key).client
    card = raseed.saved_cards(client)[0]
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


SERVICES = ("services",)
BACK = Ending(given=False, withdrawn=1, refunded=whole)
PARTS = Ending(refunded=lambda minor: minor * 3 // 10 * 2)
SITUATIONS = [
    Situation("deposit: webhook only", webhook_only, shops=SERVICES),
    Situation("deposit: return only", return_only, Ending(frozenset({"return"})), shops=SERVICES),
    Situation("deposit: poll only", poll_only, Ending(frozenset({"poll"})), shops=SERVICES),
    Situation("token first", token_first, shops=SERVICES),
    Situation("token last", token_last, shops=SERVICES),
    Situation("saved card pays", saved_card, shops=SERVICES),
    Situation("declined then paid on the same order", declined_then_paid, shops=SERVICES),
    Situation("two partial refunds in the dashboard", two_partial_refunds, PARTS, shops=SERVICES),
    Situation("refund made in the dashboard", refunded_in_the_dashboard, BACK, shops=SERVICES),
    Situation("void", voided, BACK, shops=SERVICES),
    Situation("kiosk paid three days later", kiosk, shops=SERVICES),
    Situation("balance pays a technician", spent, shops=SERVICES),
]
