"""The dental clinic: staff send a bill, the patient pays it, and gets a receipt and a letter."""

from __future__ import annotations

from random import Random

from raseed.payments.models import Notice, Payment
from raseed.proof.tour.browser import Browser, Page
from raseed.proof.tour.control import Document
from raseed.proof.tour.shops.base import Given, Offer
from raseed.proof.tour.stage import Stage
from raseed.proof.tour.tills.paymongo_intents import PayMongoIntents
from raseed_shops.clinic.models import Bill, Receipt

PURPOSE = "bill"
PRICES = ("20.00", "1500.00", "950.50", "3200.00")
TREATMENTS = ("Cleaning", "Two fillings", "X-ray", "Night guard", "Fluoride & polish")


class Clinic:
    """Implements `shops.base.Shop`. Sofia sends bills; Paula pays them, with GCash unless told otherwise."""

    name = "clinic"
    gives_with_money = False

    def __init__(self, stage: Stage) -> None:
        self._url = stage.local.shop_url
        self.customer = self._log_in(stage.browser("paula"), "Paula")
        self._desk = self._log_in(stage.browser("sofia"), "Sofia")
        self._published = 0
        self.till = PayMongoIntents(
            stage.control,
            webhook_url=f"{self._url}/api/payments/webhook/",
            webhook_secret=stage.local.environment["RASEED_DEMO_WEBHOOK_SECRET"],
        )

    def _log_in(self, browser: Browser, first_name: str) -> Browser:
        browser.press(browser.get(f"{self._url}/login/"), first_name)
        return browser

    def publish(self, random: Random) -> Offer:
        self._published += 1
        title = f"{random.choice(TREATMENTS)} ({self._published})"
        form = self._desk.get(f"{self._url}/clinic/desk/")
        patient = str(Bill.objects.filter(patient__username="paula").values_list("patient", flat=True)[0])
        sent = {"patient": patient, "title": title, "amount": random.choice(PRICES)}
        self._desk.press(form, "Send the bill", sent)
        return Offer(PURPOSE, str(Bill.objects.get(title=title).pk), title)

    def address(self, offer: Offer, what: str = "") -> str:
        """The page of a bill, or one below it."""
        return f"{self._url}/clinic/bill/{offer.key}/{what}"

    def press_pay(self, offer: Offer, method: str = "gcash") -> Page:
        """With or without a button on the page: what counts is what the shop does with the press."""
        page = self.customer.get(self.address(offer))
        return self.customer.send(page, self.address(offer, "pay/"), {**page.token(), "method": method})

    def press_pay_by_card(self, offer: Offer) -> Document:
        """The script of the page asks for what it needs to hand a card to the gateway."""
        page = self.customer.get(self.address(offer))
        return self.customer.fetch(page, self.address(offer, "pay/"), {**page.token(), "method": "card"})

    def refund(self, offer: Offer, pesos: str) -> Page:
        """Staff refund the payment that is paid; no amount means all that is left."""
        return self._desk.press(self._desk.get(self.address(offer)), "Refund", {"amount": pesos})

    def try_to_use(self, offer: Offer) -> bool:
        """Look for a receipt that is not void, as a patient who wants the money back from an insurance."""
        receipts = [receipt for receipt in _receipts(offer) if receipt.voided_at is None]
        pages = [self.customer.get(f"{self._url}{receipt.get_absolute_url()}") for receipt in receipts]
        return any(page.status == 200 and "Void" not in page.text for page in pages)

    def offer_again(self, offer: Offer) -> None:
        """A bill that was refunded in full is cancelled; staff make it due again."""
        self._desk.press(self._desk.get(self.address(offer)), "Make it due again")

    def given(self, offer: Offer, payment: Payment | None) -> Given:
        bill, receipts = Bill.objects.get(pk=offer.key), _receipts(offer)
        withdrawn = sum(receipt.voided_at is not None for receipt in receipts)
        is_paid = bill.status == Bill.Status.PAID
        odd = [_odd_letters(receipt) for receipt in receipts]
        if is_paid and len(receipts) - withdrawn != 1:
            odd.append(f"a paid bill has {len(receipts) - withdrawn} receipts")
        if is_paid and payment is not None:
            odd += _odd_row(bill, payment)
        return Given(is_paid, len(receipts), withdrawn, tuple(filter(None, odd)))


def _receipts(offer: Offer) -> list[Receipt]:
    payments = Payment.objects.filter(purpose=offer.purpose, payable_key=offer.key)
    return list(Receipt.objects.filter(payment_reference__in=payments.values("reference")))


def _odd_letters(receipt: Receipt) -> str:
    """One letter for each receipt, and it has been sent."""
    letters = Notice.objects.filter(key=f"clinic-paid:{receipt.payment_reference}")
    states = [str(state) for state in letters.values_list("state", flat=True)]
    return "" if states == ["sent"] else f"the letters about {receipt} are {states}"


def _odd_row(bill: Bill, payment: Payment) -> list[str]:
    """What a paid bill says about its payment."""
    seen = (bill.payment_status, bill.payment_intent_id, bill.paid_at)
    promised = ("succeeded", payment.gateway_ref, payment.paid_at)
    return [] if seen == promised else [f"the bill says {seen} of its payment, which is {promised}"]
