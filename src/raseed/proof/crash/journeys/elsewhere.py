"""The temple at PhonePe, whose webhooks prove nothing; and the marketplace, from wallet to wallet."""

from __future__ import annotations

from raseed.core.states import State
from raseed.proof.crash.journeys.base import (
    POLL_SECONDS,
    TAKEN_BACK,
    Journey,
    ask_refund,
    money_arrives,
    open_page,
    pay,
    persist,
)
from raseed.proof.tour.scene import Scene
from raseed.proof.tour.situations.wallets import till


def cart_to_booking(scene: Scene) -> None:
    """The cart is set aside while it is paid for; the webhook makes the shop ask, and the cart is booked."""
    scene.till.agree(open_page(scene))
    scene.settle()
    scene.stage.control.advance(scene.till.hint_pause_seconds)
    scene.settle()


def booking_refunded(scene: Scene) -> None:
    """All of it goes back in PhonePe's dashboard, and the booking is cancelled."""
    payment = scene.payment()
    scene.till.refund(payment.reference, payment.minor)
    money_arrives(scene)
    scene.stage.control.advance(scene.till.hint_pause_seconds)
    scene.settle()


def refunded_by_us(scene: Scene) -> None:
    """Somebody asks for all of it back. PhonePe has it pending at first, and is asked until it is done."""
    ask_refund(scene)
    for _ in range(2):
        money_arrives(scene)


def from_wallet_to_wallet(scene: Scene) -> None:
    """Grant, consent, continue, quote, outgoing payment, and looking until the money has arrived.

    A wallet gives the token of a consent once. Where the process died that had it, nobody can pay with that
    consent, the shop says so, and the payer consents again.
    """
    _consent(scene)
    if scene.payment().state == State.FAILED:
        _consent(scene)


def _consent(scene: Scene) -> None:
    tab = open_page(scene)
    address = till(scene).agree(tab)
    persist(scene, lambda: tab.browser.get(address))
    for _ in range(2):
        scene.stage.control.advance(POLL_SECONDS)
        scene.settle()


def _sent_once(scene: Scene) -> list[str]:
    sent = sum(till(scene).sent(payment.reference) for payment in scene.payments())
    return [] if sent == 1 else [f"{sent} outgoing payments were made"]


JOURNEYS = [
    Journey("cart to booking", "puja", cart_to_booking),
    Journey("booking refunded", "puja", booking_refunded, pay, TAKEN_BACK),
    Journey("booking refunded by us", "puja", refunded_by_us, pay, TAKEN_BACK),
    Journey("wallet to wallet", "marketplace", from_wallet_to_wallet, check=_sent_once),
]
