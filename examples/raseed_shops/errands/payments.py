"""What can be paid for here, and what paying does. The two purposes share a task and nothing else."""

from typing import Any

import raseed
from raseed_shops.errands.models import Notification, SystemCommission, Task

FEE = raseed.Money.of("2.00", "PHP")


class SystemFee(raseed.Purpose):
    """₱2.00 that opens the chat; the poster pays once somebody has accepted."""

    payable = Task
    label = "System fee"

    def price(self, task: Task) -> raseed.Money:
        return FEE

    def may_pay(self, user: Any, task: Task) -> bool:
        return user == task.poster and task.status != Task.Status.OPEN

    def fulfil(self, task: Task, payment: Any) -> None:
        paid = SystemCommission.Status.PAID
        SystemCommission.objects.filter(task=task).update(status=paid, paid_at=payment.paid_at)
        Task.objects.filter(pk=task.pk).update(chat_unlocked=True)
        tell(task.poster, task, "payment_confirmed", "₱2 System Fee Paid! 💳", f'Chat unlocked for "{task}"')

    def revoke(self, task: Task, payment: Any, refund: Any) -> None:
        if not payment.is_paid:  # all of it went back; a partial refund is a discount
            SystemCommission.objects.filter(task=task).update(status=SystemCommission.Status.REFUNDED)
            Task.objects.filter(pk=task.pk).update(chat_unlocked=False)
            tell(task.poster, task, "payment_refunded", "System fee refunded", f'Chat locked: "{task}"')


class DoerPay(SystemFee):
    """The price of the errand, for the doer, under the same conditions. It never opens the chat."""

    label = "Payment to the doer"

    def price(self, task: Task) -> raseed.Money:
        return raseed.Money.of(task.price, "PHP")

    def fulfil(self, task: Task, payment: Any) -> None:
        Task.objects.filter(pk=task.pk).update(status=Task.Status.PAID)
        tell(task.doer, task, "doer_paid", "You have been paid", f'Paid to you: "{task.title}"')

    def revoke(self, task: Task, payment: Any, refund: Any) -> None:
        if not payment.is_paid:
            Task.objects.filter(pk=task.pk).update(status=Task.Status.ACCEPTED)
            tell(task.doer, task, "doer_pay_refunded", "Pay refunded", f'Refunded: "{task.title}"')


def tell(user: Any, task: Task, kind: str, title: str, message: str) -> None:
    Notification.objects.create(user=user, task=task, type=kind, title=title, message=message)
