"""What can be paid for in the clinic, and what paying does: a bill, and the deposit for an appointment."""

from typing import Any, ClassVar

import raseed
from raseed_shops import clock
from raseed_shops.clinic import letters
from raseed_shops.clinic.models import Appointment, Bill, Owed, Receipt
from raseed_shops.clinic.people import may_see

ACCOUNT = "paymongo"

#: What the patient chooses → Raseed's method. All of them open a payment intent at PayMongo.
METHODS = {"card": "card", "gcash": "gcash_intent", "paymaya": "paymaya", "grab_pay": "grab_pay_intent"}
METHODS |= {"qrph": "qrph"}
#: A card without JavaScript is typed on PayMongo's own page.
CARD_ELSEWHERE = "checkout"
_WORDS = {method: word for word, method in METHODS.items()} | {CARD_ELSEWHERE: "card"}

#: State of a payment → the word of this shop; any other state is pending, for nothing is known for sure.
_STATUS = {
    "authorized": Owed.PaymentStatus.PROCESSING,
    "review": Owed.PaymentStatus.PROCESSING,
    "paid": Owed.PaymentStatus.SUCCEEDED,
    "failed": Owed.PaymentStatus.FAILED,
    "expired": Owed.PaymentStatus.FAILED,
    "cancelled": Owed.PaymentStatus.FAILED,
}


class BillPayment(raseed.Purpose):
    """The whole amount of a bill, once."""

    payable: ClassVar[type[Owed]] = Bill
    label = "Bill"

    def price(self, owed: Owed) -> raseed.Money:
        return raseed.Money.of(owed.amount, "PHP")

    def may_pay(self, user: Any, owed: Owed) -> bool:
        return owed.is_due and may_see(user, owed)

    def may_see(self, user: Any, owed: Owed) -> bool:
        return may_see(user, owed)

    def fulfil(self, owed: Owed, payment: Any) -> Receipt:
        type(owed)._default_manager.filter(pk=owed.pk).update(
            status=Owed.Status.PAID, paid_at=payment.paid_at, **_as_kept(payment)
        )
        receipt = Receipt.objects.create(
            payment_reference=payment.reference,
            patient=owed.patient,
            title=f"{self.label}: {owed.title}",
            amount=payment.money.amount,
            method=word_of(payment),
            issued_at=payment.paid_at,
        )
        letters.paid(owed, payment, receipt)
        return receipt

    def revoke(self, owed: Owed, payment: Any, refund: Any) -> None:
        letters.refunded(owed, payment, refund)
        receipts = Receipt.objects.filter(payment_reference=payment.reference)
        receipts.update(refunded=payment.refunded().amount)
        if payment.is_paid:  # a part went back: a discount, and the bill stays paid
            return
        type(owed)._default_manager.filter(pk=owed.pk).update(status=Owed.Status.CANCELLED)
        receipts.update(voided_at=clock.now())


class DepositPayment(BillPayment):
    """The deposit that holds an appointment."""

    payable = Appointment
    label = "Deposit"


def start(owed: Owed, word: str, user: Any) -> raseed.Checkout:
    """Open a payment for it, or return to the one that is open. Raises what `raseed.start_payment` raises."""
    checkout = raseed.start_payment(
        owed,
        purpose=owed.purpose,
        account=ACCOUNT,
        method=METHODS.get(word, word),
        user=user,
        next=owed.get_absolute_url(),
        customer={"name": owed.patient.get_full_name(), "email": owed.patient.email},
    )
    keep_up(owed, checkout.payment)
    return checkout


def word_of(payment: Any) -> str:
    """What the patient chose, as `METHODS` calls it."""
    return _WORDS[payment.method]


def intent_of(payment: Any) -> str:
    """PayMongo's payment intent, `pi_…`: the checkout itself, or the one behind PayMongo's own page."""
    return str(payment.ids.get("payment_intent") or payment.gateway_ref)


def payment_of(owed: Owed, intent: str) -> Any:
    """The payment for it that goes through this intent, or None: intents of others are none of its."""
    return next((p for p in raseed.payments_of(owed, purpose=owed.purpose) if intent_of(p) == intent), None)


def status_of(payment: Any) -> str:
    """How a payment stands, in a word of `Owed.PaymentStatus`."""
    return str(_STATUS.get(str(payment.state), Owed.PaymentStatus.PENDING))


def keep_up(owed: Owed, payment: Any = None) -> None:
    """Copy how the newest payment stands onto the row, for whoever reads it next.

    Only `fulfil` says that it is paid; what was paid is not overwritten. Money that all went back before
    `fulfil` could give anything cancels it here: there was nothing for `revoke` to take back.
    """
    if owed.status != Owed.Status.DUE:
        return
    if payment is None:
        # Nothing was started, or it was made due again after a refund: then the past says nothing.
        payment = raseed.latest_payment(owed, purpose=owed.purpose) if owed.payment_intent_id else None
    if payment is None:
        return
    now = _as_kept(payment)
    if payment.is_fully_refunded:
        now["status"] = Owed.Status.CANCELLED
    if any(getattr(owed, name) != value for name, value in now.items()):
        type(owed)._default_manager.filter(pk=owed.pk, status=Owed.Status.DUE).update(**now)
        owed.refresh_from_db(fields=["status", "paid_at", *now])


def _as_kept(payment: Any) -> dict[str, str]:
    return {
        "payment_intent_id": intent_of(payment),
        "payment_method": word_of(payment),
        "payment_status": status_of(payment),
    }
