"""Actions that move no money: ask the gateway now, and try again what is owed."""

from __future__ import annotations

from typing import Any, ClassVar

from raseed.core.errors import RefusedRuling
from raseed.payments import conf
from raseed.payments.admin.actions.action import Action
from raseed.payments.admin.redaction import redacted_text
from raseed.payments.admin.words import last_line
from raseed.payments.flows.check_payment import check_payment
from raseed.payments.flows.fulfil import retry_fulfilment, retry_revocation
from raseed.payments.flows.staff_action import Done, Wish, by_staff
from raseed.payments.models import Act, Fulfilment, FulfilmentState, Payment, Revocation


class CheckNow(Action):
    """Ask the gateway how the payment stands."""

    act = Act.CHECK
    permission = "check_payment"
    label = "Ask the gateway now"
    button = "Ask now"
    must_be_unchanged: ClassVar[bool] = False

    def why_not(self, payment: Payment) -> str:
        """Only where its account is gone there is nobody to ask."""
        if payment.account not in conf.current().gateways:
            return f"The account {payment.account} is not in the settings any more, so nobody can be asked."
        return ""

    def tells(self, payment: Payment) -> list[str]:
        """What will happen."""
        return [
            f"The gateway of the account {payment.account} is asked how this payment stands.",
            "What it answers is applied as if it had called by itself: money that came counts, and what "
            "was paid for is given. If nothing is new, nothing changes.",
            "It is safe at any time and any number of times.",
        ]

    def perform(self, payment: Payment, data: dict[str, Any], wish: Wish) -> Done:
        """Ask."""
        return by_staff(self.act, wish, lambda: asked(payment), payment=payment)


def asked(payment: Payment) -> str:
    """Ask the gateway; how the payment stands now, in words. Raises RefusedRuling where that failed."""
    checked = check_payment(payment.pk)
    if not checked.asked:
        raise RefusedRuling(
            "The worker is talking to the gateway about this payment right now. Look again in a moment."
        )
    if checked.error:
        raise RefusedRuling(
            f"The gateway gave no usable answer; nothing was changed, and it is asked again by itself. "
            f"{redacted_text(checked.error)}"
        )
    before, after = payment.state, checked.payment.state
    return f"The gateway answered. The payment is {after}{'' if before == after else f' (it was {before})'}."


class Retry(Action):
    """Try again to give what was paid for, or to take a refund into account."""

    act = Act.RETRY
    permission = "retry_payment"
    label = "Try again to give it"
    button = "Try again"
    must_be_unchanged: ClassVar[bool] = False

    def why_not(self, payment: Payment) -> str:
        """Only what is owed can be tried again."""
        return "" if any(_owed(payment)) else "Nothing is owed for this payment."

    def tells(self, payment: Payment) -> list[str]:
        """What will happen."""
        fulfilments, revocations = _owed(payment)
        told = []
        if fulfilments:
            told.append(f"The shop's own code runs again to give what was paid for: {payment.description}.")
        if revocations:
            told.append("The shop's own code runs again to take the refund into account.")
        return [
            *told,
            "If it fails again, nothing is lost: the error is kept, and the worker goes on trying.",
            "It is given once, however often this is pressed.",
        ]

    def perform(self, payment: Payment, data: dict[str, Any], wish: Wish) -> Done:
        """Try again all that is owed."""
        return by_staff(self.act, wish, lambda: tried_again(payment), payment=payment)


def _owed(payment: Payment) -> tuple[list[Fulfilment], list[Revocation]]:
    fulfilments = list(payment.fulfilments.all())
    revocations = [row for fulfilment in fulfilments for row in fulfilment.revocations.all()]
    due = FulfilmentState.DUE
    return [f for f in fulfilments if f.state == due], [r for r in revocations if r.state == due]


def tried_again(payment: Payment) -> str:
    """Try all that is owed; what came of it. Raises RefusedRuling with the error where it failed again."""
    now = conf.now()
    fulfilments, revocations = _owed(payment)
    worked = [retry_fulfilment(row.pk, now) for row in fulfilments]
    worked += [retry_revocation(row.pk, now) for row in revocations]
    if all(worked):
        return "It worked: nothing is owed any more."
    due = {"state": FulfilmentState.DUE}
    texts = [
        *Fulfilment.objects.filter(payment=payment, **due).values_list("error", flat=True),
        *Revocation.objects.filter(refund__payment=payment, **due).values_list("error", flat=True),
    ]
    errors = [last_line(redacted_text(text)) for text in texts]
    raise RefusedRuling(
        f"It failed again; the worker goes on trying. {' '.join(filter(None, errors))}".strip()
    )
