"""What is paid for in the marketplace: an accepted offer, from the client's wallet to the freelancer's."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db.models import Q

import raseed
from raseed_shops.marketplace import letters
from raseed_shops.marketplace.models import Contract, Job, Offer

PURPOSE = "job"
CURRENCY = "USD"
FINISH = "/payments/finish"
_UNPAID_ENDS = {"failed", "expired", "cancelled", "lapsed", "paid"}  # paid, and given back


class JobPayment(raseed.Purpose):
    """The price of an accepted offer, once. The freelancer is paid; the marketplace touches no money."""

    payable = Offer
    label = "Job"

    def price(self, offer: Offer) -> raseed.Money:
        return raseed.Money.of(offer.price, CURRENCY)

    def payee(self, offer: Offer) -> str:
        return offer.wallet

    def may_pay(self, user: Any, offer: Offer) -> bool:
        return bool(user == offer.job.client) and Contract.objects.filter(offer=offer).exists()

    def may_see(self, user: Any, offer: Offer) -> bool:
        return bool(user in (offer.job.client, offer.freelancer) or getattr(user, "is_staff", False))

    def fulfil(self, offer: Offer, payment: Any) -> Contract:
        contract = Contract.objects.select_related("job__client", "offer__freelancer").get(offer=offer)
        contract.status = Contract.Status.COMPLETED
        contract.payment_id = payment.reference
        contract.outgoing_payment_id = transaction_of(payment)
        contract.completed_at = payment.paid_at
        contract.save()
        Job.objects.filter(pk=contract.job_id).update(status=Job.Status.COMPLETE)
        letters.paid(contract, payment)
        return contract


def start(offer: Offer, wallet: str, user: Any) -> raseed.Checkout:
    """Open a payment from this wallet, or return to the one that is open.

    Raises what `raseed.start_payment` raises; WrongWallet is for the person who typed the address.
    """
    return raseed.start_payment(
        offer,
        purpose=PURPOSE,
        account=settings.MARKETPLACE["ACCOUNT"],
        user=user,
        payer_wallet=wallet,
        return_url=f"{FINISH}?job={offer.job_id}",
        next=offer.get_absolute_url(),
    )


def payment_of(offer: Offer, pending_id: str) -> Any:
    """The payment of this id for this offer, or None. A payments service may have an id of its own."""
    named = Q(reference=pending_id) | Q(gateway_ref=pending_id)
    return raseed.payments_of(offer, purpose=PURPOSE).filter(named).first()


def status_of(payment: Any) -> str:
    """How a payment stands, in the word that a payments service says: pending, processing, paid or failed."""
    if payment.is_paid:
        return "paid"
    if payment.state in _UNPAID_ENDS:
        return "failed"
    return "processing" if transaction_of(payment) or payment.state == "review" else "pending"


def transaction_of(payment: Any) -> str:
    """The payer's wallet's own id of the payment; empty while there is none."""
    return str(payment.ids.get("outgoing_payment", ""))
