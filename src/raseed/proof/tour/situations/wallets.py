"""From wallet to wallet: consent, what becomes of it, and a payments service that tells of it."""

from __future__ import annotations

import base64
from typing import cast

from raseed.proof.tour.browser import Page
from raseed.proof.tour.scene import Ending, Scene
from raseed.proof.tour.settings import LEASE_SECONDS
from raseed.proof.tour.shops.marketplace import Marketplace
from raseed.proof.tour.situations.base import Situation
from raseed.proof.tour.situations.channels import HEAD_START_SECONDS
from raseed.proof.tour.tills.base import Tab
from raseed.proof.tour.tills.openpayments import ARRIVES_SECONDS, OpenPaymentsTill, forged

AT_ONCE = 8
#: A little more than the pause between two looks of the worker at a young payment.
FIRST_POLL_SECONDS = 6
#: A little more than the account's time for consent, and than a quote's life.
CONSENT_SECONDS = 16 * 60
QUOTE_SECONDS = 301
SOMEBODYS_SECRET = "whsec_" + base64.b64encode(b"a secret that somebody guessed..").decode()
DONE = "Payment complete"


def till(scene: Scene) -> OpenPaymentsTill:
    """The wallets, in situations that only the marketplace has."""
    return cast("Marketplace", scene.shop).till


def finish(tab: Tab, address: str) -> Page:
    """The browser goes where the wallet sends it."""
    return tab.browser.get(address)


def agreed(scene: Scene) -> tuple[Tab, str]:
    """The client agreed at the wallet, and the browser has not come back yet."""
    tab = scene.open()
    return tab, till(scene).agree(tab)


def unheard(scene: Scene) -> tuple[Tab, str]:
    """The money has arrived, and nobody here knows it: no worker runs that would ask."""
    tab, address = agreed(scene)
    scene.settle()
    scene.stage.local.worker.kill()
    finish(tab, address)
    scene.stage.control.advance(FIRST_POLL_SECONDS)
    scene.expect("the money arrived", len(till(scene).charges(tab.reference)), 1)
    scene.expect("state while nobody asks", (scene.state(), scene.is_given()), ("pending", False))
    return tab, address


def return_only(scene: Scene) -> None:
    tab, address = unheard(scene)
    scene.expect("the page says so", DONE in finish(tab, address).text, True)
    scene.stage.local.worker.start()
    scene.saw("no worker ran; the browser came back a second time")


def poll_only(scene: Scene) -> None:
    tab, address = agreed(scene)
    finish(tab, address)
    scene.advance(FIRST_POLL_SECONDS)
    scene.saw("the tab was closed after the client came back; the worker looked")


def signed_webhook(scene: Scene) -> None:
    tab, _ = unheard(scene)
    scene.expect("answer", till(scene).tell(tab, scene.offer.key), 200)
    scene.expect("paid when it is answered", scene.state(), "paid")
    scene.stage.local.worker.start()
    scene.saw("a payments service told of it, signed; the wallet was asked at once")


def unsigned_webhook(scene: Scene) -> None:
    """Before anything was paid, and after: either way it only makes us ask."""
    tab, address = agreed(scene)
    scene.expect("answer", till(scene).tell(tab, scene.offer.key, secret=""), 200)
    scene.expect("state after it", (scene.state(), scene.is_given()), ("pending", False))
    scene.advance(61)
    scene.settle()
    scene.stage.local.worker.kill()
    finish(tab, address)
    scene.stage.control.advance(ARRIVES_SECONDS)
    scene.expect("answer", till(scene).tell(tab, scene.offer.key, secret=""), 200)
    scene.stage.local.worker.start()
    scene.saw("nobody signed it; it paid nothing, and made the shop ask")


def bad_signature(scene: Scene) -> None:
    tab, _ = unheard(scene)
    told = till(scene).tell(tab, scene.offer.key, secret=SOMEBODYS_SECRET)
    scene.expect("answer to a made-up webhook", told, 401)
    scene.expect("state after it", (scene.state(), scene.is_given()), ("pending", False))
    scene.expect("answer to the genuine one", till(scene).tell(tab, scene.offer.key), 200)
    scene.stage.local.worker.start()
    scene.saw("a webhook signed with another secret did nothing; the genuine one was taken")


def webhook_before_finish(scene: Scene) -> None:
    tab, address = agreed(scene)
    scene.expect("answer", till(scene).tell(tab, scene.offer.key), 200)
    scene.expect("state before the browser is back", (scene.state(), scene.is_given()), ("pending", False))
    finish(tab, address)
    scene.advance(FIRST_POLL_SECONDS)
    scene.expect("answer to it again", till(scene).tell(tab, scene.offer.key), 200)
    scene.saw("told of it before the client was back; nothing was believed that no wallet said")


def copies_in_a_row(scene: Scene) -> None:
    tab, _ = unheard(scene)
    told = {till(scene).tell(tab, scene.offer.key) for _ in range(6)}
    scene.expect("answers", told, {200})
    scene.stage.local.worker.start()
    scene.saw("the same webhook came six times")


def eight_at_once(scene: Scene) -> None:
    tab, _ = unheard(scene)
    told = scene.at_once(*[lambda: till(scene).tell(tab, scene.offer.key)] * AT_ONCE)
    scene.expect("answers", set(told), {200})
    scene.stage.local.worker.start()
    scene.saw("the same webhook came eight times at once")


def all_at_once(scene: Scene) -> None:
    tab, address = unheard(scene)
    scene.at_once(
        lambda: till(scene).tell(tab, scene.offer.key),
        lambda: finish(tab, address),
        scene.stage.local.worker.start,
        within_seconds=HEAD_START_SECONDS,
    )
    scene.settle()
    scene.advance(FIRST_POLL_SECONDS)
    scene.saw("webhook, browser and worker at the same moment")


def finish_twice(scene: Scene) -> None:
    tab, address = agreed(scene)
    pages = scene.at_once(lambda: finish(tab, address), lambda: finish(tab, address))
    scene.expect("both pages", {page.status for page in pages} <= {200, 503}, True)
    scene.advance(FIRST_POLL_SECONDS)
    finish(tab, address)
    scene.expect("outgoing payments", till(scene).sent(tab.reference), 1)
    scene.saw("the same return came twice at once and once more later; money was sent once")


def forged_hash(scene: Scene) -> None:
    tab, address = agreed(scene)
    page = finish(tab, forged(address))
    scene.expect("the page", (page.status, "We do not know this payment" in page.text), (404, True))
    scene.settle()
    scene.expect("sent after it", (till(scene).sent(tab.reference), scene.state()), (0, "pending"))
    finish(tab, address)
    scene.advance(FIRST_POLL_SECONDS)
    scene.saw("a return with another hash did nothing; the wallet's own was taken")


def never_finished(scene: Scene) -> None:
    tab, address = agreed(scene)
    scene.advance(CONSENT_SECONDS)
    scene.expect("state when the time is over", scene.state(), "cancelled")
    scene.expect("the consent at the wallet", till(scene).consents(tab.reference), ["revoked"])
    page = finish(tab, address)
    scene.expect("what a late return shows", "Payment failed" in page.text, True)
    scene.advance(FIRST_POLL_SECONDS)
    scene.expect("sent", till(scene).sent(tab.reference), 0)
    scene.saw(
        "nobody came back: nothing was sent, the consent was given back, and a late return paid nothing"
    )


def rejected(scene: Scene) -> None:
    tab = scene.open()
    page = finish(tab, till(scene).decline(tab))
    scene.expect("the page", "Payment not approved" in page.text, True)
    scene.settle()
    scene.expect("sent", till(scene).sent(tab.reference), 0)
    tab, address = agreed(scene)
    finish(tab, address)
    scene.advance(FIRST_POLL_SECONDS)
    scene.saw("the client said no, then pressed pay again and said yes")


def quote_expired(scene: Scene) -> None:
    tab = scene.open()
    scene.advance(QUOTE_SECONDS)
    finish(tab, till(scene).agree(tab))
    scene.advance(FIRST_POLL_SECONDS * 4)
    scene.expect("outgoing payments", till(scene).sent(tab.reference), 1)
    scene.saw("the client hesitated until the quote was over; a new one within the consent was paid")


def answer_lost(scene: Scene) -> None:
    scene.stage.control.arm("charge-connection-dropped")
    tab, address = agreed(scene)
    finish(tab, address)
    scene.advance(FIRST_POLL_SECONDS)
    scene.advance(FIRST_POLL_SECONDS * 2)
    scene.expect("outgoing payments", till(scene).sent(tab.reference), 1)
    scene.saw("the payment was made and the answer cut off; it was looked up, not made again")


def partial(scene: Scene) -> None:
    scene.stage.control.arm("sends-half")
    tab, address = agreed(scene)
    finish(tab, address)
    scene.advance(FIRST_POLL_SECONDS)
    scene.advance(FIRST_POLL_SECONDS * 2)
    page = scene.shop.press_pay(scene.offer)
    scene.expect("paying again is refused", (scene.till.is_here(page), len(scene.payments())), (False, 1))
    scene.saw("half of it arrived; a person looks at it")


def no_money(scene: Scene) -> None:
    tab = scene.open()
    finish(tab, till(scene).agree_without_money(tab))
    scene.advance(FIRST_POLL_SECONDS)
    scene.advance(FIRST_POLL_SECONDS * 2)
    scene.expect("state when the wallet was empty", scene.state(), "failed")
    _, address = agreed(scene)
    finish(tab, address)
    scene.advance(FIRST_POLL_SECONDS)
    scene.saw("the wallet had not enough money; the next payment had")


def raises_twice(scene: Scene) -> None:
    """As elsewhere: the money is there before `fulfil` is called the first time."""
    what = f"{scene.offer.purpose}:{scene.offer.key}"
    scene.stage.trouble.write(**{what: {"raise_times": 2}})
    tab, address = agreed(scene)
    finish(tab, address)
    scene.advance(FIRST_POLL_SECONDS)
    for attempts, seconds in enumerate((11, 21), start=1):
        scene.expect("calls of fulfil", scene.stage.trouble.count(what), attempts)
        scene.expect("paid and not given", (scene.state(), scene.is_given()), ("paid", False))
        scene.advance(seconds)
    scene.saw("fulfil raised twice, stayed paid, and gave at the third call")


def worker_killed(scene: Scene) -> None:
    what = f"{scene.offer.purpose}:{scene.offer.key}"
    tab, address = agreed(scene)
    finish(tab, address)
    scene.settle()
    scene.stage.trouble.write(**{what: {"hang": 1}})
    scene.stage.control.advance(FIRST_POLL_SECONDS)
    scene.until(lambda: scene.stage.trouble.count(what), "the worker's transaction to reach fulfil")
    scene.stage.local.worker.kill()
    scene.expect("state when it died", scene.state(), "pending")
    scene.stage.trouble.write()
    scene.stage.local.worker.start()
    scene.stage.control.advance(LEASE_SECONDS + 1)
    scene.settle()
    scene.saw("SIGKILL before the commit; the next worker found the money")


def two_tabs(scene: Scene) -> None:
    first, second = scene.at_once(scene.open, scene.open)
    scene.expect("checkouts of two tabs", len({first.reference, second.reference}), 1)
    address = till(scene).agree(first)
    scene.at_once(lambda: finish(first, address), lambda: finish(second, address))
    scene.advance(FIRST_POLL_SECONDS)
    scene.expect("outgoing payments", till(scene).sent(first.reference), 1)
    scene.saw("two tabs shared one checkout, and money was sent once")


WHERE = ("marketplace",)
WEBHOOK, RETURN, POLL = (Ending(frozenset({name})) for name in ("webhook", "return", "poll"))
ANY = Ending(frozenset({"webhook", "return", "poll"}))
CANCELLED = Ending(state="cancelled", given=False, times=0, charges=0)
HALF = Ending(state="review", given=False, times=0, held=lambda minor: minor // 2, attention=True)
SITUATIONS = [
    Situation("signed webhook", signed_webhook, WEBHOOK, WHERE),
    Situation("unsigned webhook", unsigned_webhook, WEBHOOK, WHERE),
    Situation("webhook before finish", webhook_before_finish, POLL, WHERE),
    Situation("webhook with a bad signature", bad_signature, WEBHOOK, WHERE),
    Situation("webhook six times in a row", copies_in_a_row, WEBHOOK, WHERE),
    Situation("webhook eight times at once", eight_at_once, WEBHOOK, WHERE),
    Situation("wallet: return only", return_only, RETURN, WHERE),
    Situation("wallet: poll only", poll_only, POLL, WHERE),
    Situation("wallet: all three at once", all_at_once, ANY, WHERE),
    Situation("finish opened twice", finish_twice, POLL, WHERE),
    Situation("finish with a forged hash", forged_hash, POLL, WHERE),
    Situation("finish never opened", never_finished, CANCELLED, WHERE),
    Situation("consent rejected", rejected, Ending(frozenset({"poll"}), payments=2), WHERE),
    Situation("quote expired during consent", quote_expired, POLL, WHERE),
    Situation("outgoing payment created and the answer lost", answer_lost, POLL, WHERE),
    Situation("partial send", partial, HALF, WHERE),
    Situation("insufficient funds", no_money, Ending(frozenset({"poll"}), payments=2), WHERE),
    Situation("wallet: fulfilment raising twice", raises_twice, POLL, WHERE),
    Situation("wallet: worker killed before the commit", worker_killed, POLL, WHERE),
    Situation("wallet: paid in two tabs", two_tabs, POLL, WHERE),
]
