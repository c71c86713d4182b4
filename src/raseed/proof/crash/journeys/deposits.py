"""Home services, at Paymob: cards that are saved and pay again, holds, and balances that move."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.contrib.auth import get_user_model

import raseed
from raseed.payments.flows.save_card import token_of
from raseed.proof.crash.journeys.base import (
    ANY_CHANNEL,
    TAKEN_BACK,
    Journey,
    ask_refund,
    ground,
    insist,
    open_page,
    pay,
    persist,
    seen_by_return,
)
from raseed.proof.tour.scene import Ending, Scene
from raseed.proof.tour.shops.base import Offer
from raseed.proof.tour.shops.home_services import PURPOSE
from raseed.proof.tour.situations.deposits import home, till
from raseed.proof.tour.tills.base import Tab
from raseed_shops.services.models import CURRENCY, Deposit

#: What is deposited with a card that is kept, and what of the first deposit is spent.
AGAIN, SPENT = "75.00", raseed.Money(500, CURRENCY)

#: Past the pause before what was told of a refund is asked for.
BACK_SECONDS = 70
#: Past the time after which a refund that the total does not show was never made.
LOST_SECONDS = 200


def _client() -> Any:
    return get_user_model().objects.get(username="amira")


def _deposit(scene: Scene, way: str = "new") -> Tab:
    """Press Deposit until there is a page to pay at. A press that got no answer left a deposit unpaid."""
    scene.offer = persist(scene, lambda: home(scene).deposit(AGAIN, way))
    return open_page(scene)


def _save(scene: Scene) -> None:
    till(scene).type_card(scene.open(), save=True)
    scene.settle()


def card_saved(scene: Scene) -> None:
    """A deposit whose card is kept: the card and the money are told by two callbacks."""
    till(scene).type_card(_deposit(scene), save=True)
    scene.settle()


def _one_card(scene: Scene) -> list[str]:
    cards = len(raseed.saved_cards(_client()))
    return [] if cards == 1 else [f"{cards} cards are kept instead of 1"]


def paid_with_kept_card(scene: Scene) -> None:
    """On the gateway's page, with nothing but the card's CVV."""
    card = raseed.saved_cards(_client())[0]
    till(scene).use_saved_card(_deposit(scene, str(card.pk)), token_of(card))
    scene.settle()


def charged_while_away(scene: Scene) -> None:
    """Nobody is at a page: the card is charged by a job of the shop."""
    card = raseed.saved_cards(_client())[0]
    deposit = Deposit.objects.create(client=_client(), amount=Decimal(AGAIN))
    scene.offer = Offer(PURPOSE, str(deposit.pk), str(deposit))
    insist(scene, lambda: raseed.pay_with_card(card, deposit, purpose=PURPOSE, off_session=True))
    scene.settle()


def seen_by_signed_return(scene: Scene) -> None:
    """Every callback is lost; what the browser brings is signed, and is proof enough."""
    seen_by_return(scene, lambda: _deposit(scene))


def refunded_in_the_dashboard(scene: Scene) -> None:
    """All of it goes back at the gateway, and out of the balance."""
    till(scene).act(scene.payment().reference, "refund")
    scene.settle()
    scene.stage.control.advance(BACK_SECONDS)
    scene.settle()


def refunded_by_us(scene: Scene) -> None:
    """Somebody asks for all of it back. Paymob takes no key: its running total tells what was done."""
    ask_refund(scene)
    scene.settle()
    scene.stage.control.advance(LOST_SECONDS)
    scene.settle()


def from_balance_to_balance(scene: Scene) -> None:
    """A technician is paid from the balance; pressed again after a crash, with the same key."""
    persist(scene, lambda: home(scene).spend(SPENT, "crash"))


def _spent_once(scene: Scene) -> list[str]:
    hassan = get_user_model().objects.get(username="hassan")
    has = raseed.wallet_balance(hassan, CURRENCY)
    return [] if has == SPENT else [f"the technician has {has} instead of {SPENT}"]


def _held(scene: Scene) -> None:
    """The card is good for the money, which is not ours yet."""
    deposit = Deposit.objects.create(client=_client(), amount=Decimal(AGAIN))
    options: dict[str, Any] = {"purpose": PURPOSE, "account": "paymob", "user": _client()}
    ground(scene).run(lambda: raseed.start_payment(deposit, method="card_hold", **options))
    scene.offer = Offer(PURPOSE, str(deposit.pk), str(deposit))
    payment = scene.payment()
    page = scene.shop.customer.get(payment.checkout_url)
    till(scene).type_card(Tab(scene.shop.customer, page, payment.reference, payment.minor))
    scene.settle()


def captured(scene: Scene) -> None:
    """A job of the shop takes the money that is held."""
    payment_id = scene.payment().pk
    insist(scene, lambda: raseed.capture(payment_id))
    scene.settle()


def let_go(scene: Scene) -> None:
    """A job of the shop lets the money go that is held."""
    payment_id = scene.payment().pk
    insist(scene, lambda: raseed.void(payment_id))
    scene.settle()


#: Whoever charges a card that is kept asks at once how it went: that is a person's channel.
ASKED = Ending(first_channel=ANY_CHANNEL | {"manual"})
#: The till counts the hold, which never was money of the shop's: what is taken of it has a number of its own.
TAKEN = Ending(first_channel=ANY_CHANNEL, books_agree=False)
RELEASED = Ending(state="cancelled", given=False, times=0, books_agree=False)

JOURNEYS = [
    Journey("deposit, and its card is kept", "services", card_saved, check=_one_card),
    Journey("deposit, seen by return", "services", seen_by_signed_return),
    Journey("kept card pays", "services", paid_with_kept_card, _save, check=_one_card),
    Journey("kept card is charged", "services", charged_while_away, _save, ASKED, _one_card),
    Journey("deposit refunded", "services", refunded_in_the_dashboard, pay, TAKEN_BACK),
    Journey("deposit refunded by us", "services", refunded_by_us, pay, TAKEN_BACK),
    Journey("balance to balance", "services", from_balance_to_balance, pay, check=_spent_once),
    Journey("held money is taken", "services", captured, _held, TAKEN),
    Journey("held money is let go", "services", let_go, _held, RELEASED),
]
