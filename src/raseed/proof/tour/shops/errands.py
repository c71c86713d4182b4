"""The errands shop: a fee of two pesos opens the chat between the poster of a task and its doer."""

from __future__ import annotations

from random import Random

from raseed.payments.models import Payment
from raseed.proof.tour.browser import Browser, Page
from raseed.proof.tour.shops.base import Given, Offer
from raseed.proof.tour.stage import Stage
from raseed.proof.tour.tills.paymongo_gcash import PayMongoGCash
from raseed_shops.errands.models import Message, Notification, SystemCommission, Task

PURPOSE = "system-fee"
#: One price equals the fee: the two purposes must not mix.
PRICES = ("2.00", "250.00", "350.00", "1999.95")
ERRANDS = ("Pick up a parcel", "Water the plants", "Queue for tickets", "Walk the dog", "Buy rice & fish")


class Errands:
    """Implements `shops.base.Shop`. Ana posts and pays, Ben accepts."""

    name = "errands"
    gives_with_money = False

    def __init__(self, stage: Stage) -> None:
        self._url = stage.local.shop_url
        self.customer = self._log_in(stage.browser("ana"), "Ana")
        self._doer = self._log_in(stage.browser("ben"), "Ben")
        self._published = 0
        self.till = PayMongoGCash(
            stage.control,
            webhook_url=f"{self._url}/webhook/paymongo/",
            webhook_secret=stage.local.environment["RASEED_DEMO_WEBHOOK_SECRET"],
        )

    def _log_in(self, browser: Browser, first_name: str) -> Browser:
        browser.press(browser.get(f"{self._url}/login/"), first_name)
        return browser

    def publish(self, random: Random) -> Offer:
        self._published += 1
        title = f"{random.choice(ERRANDS)} ({self._published})"
        form = self.customer.get(f"{self._url}/errands/new/")
        self.customer.press(form, "Post the task", {"title": title, "price": random.choice(PRICES)})
        offer = Offer(PURPOSE, str(Task.objects.get(title=title).pk), title)
        self._doer.press(self._doer.get(self._address(offer)), "Accept this task")
        return offer

    def _address(self, offer: Offer, what: str = "") -> str:
        return f"{self._url}/errands/{offer.key}/{what}"

    def press_pay(self, offer: Offer) -> Page:
        """With or without a button on the page: what counts is what the shop does with the press."""
        page = self.customer.get(self._address(offer))
        return self.customer.send(page, self._address(offer, f"pay/{PURPOSE}/"), page.token())

    def try_to_use(self, offer: Offer) -> bool:
        """Write in the chat, whatever the page shows."""
        page = self.customer.get(self._address(offer))
        before = Message.objects.filter(task_id=offer.key).count()
        sent = {**page.token(), "text": f"Hello number {before + 1}"}
        self.customer.send(page, self._address(offer, "messages/"), sent)
        return Message.objects.filter(task_id=offer.key).count() == before + 1

    def offer_again(self, offer: Offer) -> None:
        """The fee is due again by itself."""

    def given(self, offer: Offer, payment: Payment | None) -> Given:
        task = Task.objects.select_related("poster").get(pk=offer.key)
        fee = SystemCommission.objects.get(task=task)
        told = Notification.objects.filter(task=task, type="payment_confirmed")
        withdrawn = Notification.objects.filter(task=task, type="payment_refunded").count()
        is_paid = fee.status == SystemCommission.Status.PAID
        odd = [_odd_notification(notification, task) for notification in told]
        if is_paid is not task.chat_unlocked:
            odd.append(
                f"the fee is {fee.status} and the chat is {'open' if task.chat_unlocked else 'locked'}"
            )
        if is_paid and payment is not None and fee.paid_at != payment.paid_at:
            odd.append(f"the fee was paid at {fee.paid_at}, the payment at {payment.paid_at}")
        if task.status != Task.Status.ACCEPTED:
            odd.append(f"the fee changed the task to {task.status}")
        return Given(is_paid, told.count(), withdrawn, tuple(filter(None, odd)))


def _odd_notification(notification: Notification, task: Task) -> str:
    """Every word of it is promised."""
    promised = (task.poster.pk, "₱2 System Fee Paid! 💳", f'Chat unlocked for "{task.title}"')
    seen = (notification.user_id, notification.title, notification.message)
    return "" if seen == promised else f"a notification says {seen}"
