"""The marketplace: Alice posts a job, Bob offers, Alice accepts and pays Bob's wallet from her own."""

from __future__ import annotations

from random import Random

from raseed.payments.models import Notice, Payment
from raseed.proof.tour.browser import Browser, Page
from raseed.proof.tour.shops.base import Given, Offer
from raseed.proof.tour.stage import Stage
from raseed.proof.tour.tills.openpayments import OpenPaymentsTill
from raseed_shops.marketplace.models import Contract, Job
from raseed_shops.marketplace.models import Offer as MadeOffer

PURPOSE = "job"
PRICES = ("5.00", "25.00", "120.50", "300.00")
WORK = ("Translate a menu", "Draw a logo", "Proofread a thesis", "Set up a shop", "Mix & master a song")
PARTIES = ("client", "freelancer")


class Marketplace:
    """Implements `shops.base.Shop`, with a till of its own kind."""

    name = "marketplace"
    gives_with_money = False

    def __init__(self, stage: Stage) -> None:
        self._url = stage.local.shop_url
        self.customer = self._log_in(stage.browser("alice"), "Alice")
        self._freelancer = self._log_in(stage.browser("bob"), "Bob")
        self._published = 0
        self.till = OpenPaymentsTill(
            stage.control,
            sandbox_url=stage.local.sandbox_url,
            webhook_url=f"{self._url}/api/webhooks/payments",
            webhook_secret=stage.local.environment["PAYMENTS_WEBHOOK_SECRET"],
        )

    def _log_in(self, browser: Browser, first_name: str) -> Browser:
        browser.press(browser.get(f"{self._url}/login/"), first_name)
        return browser

    def publish(self, random: Random) -> Offer:
        self._published += 1
        title = f"{random.choice(WORK)} ({self._published})"
        form = self.customer.get(f"{self._url}/marketplace/jobs/new/")
        self.customer.press(form, "Post the job", {"title": title})
        job = Job.objects.get(title=title)
        page = self._freelancer.get(self._address(job))
        sent = {"price": random.choice(PRICES), "wallet": self.till.wallet("bob")}
        self._freelancer.press(page, "Send the offer", sent)
        self.customer.press(self.customer.get(self._address(job)), "Accept")
        return Offer(PURPOSE, str(MadeOffer.objects.get(job=job).pk), title)

    def _address(self, job: Job) -> str:
        return f"{self._url}{job.get_absolute_url()}"

    def _job(self, offer: Offer) -> Job:
        return Job.objects.get(offers__pk=offer.key)

    def press_pay(self, offer: Offer) -> Page:
        """With or without a button on the page: what counts is what the shop does with the press."""
        page = self.customer.get(self._address(self._job(offer)))
        wallet = {"wallet": self.till.wallet("alice")}
        action = f"{self._url}/marketplace/offers/{offer.key}/pay/"
        return self.customer.send(page, action, {**page.token(), **wallet})

    def try_to_use(self, offer: Offer) -> bool:
        """What a freelancer looks for before handing over the work."""
        return "Nothing is left to do." in self._freelancer.get(self._address(self._job(offer))).text

    def offer_again(self, offer: Offer) -> None:
        """Nothing is ever refunded here."""

    def given(self, offer: Offer, payment: Payment | None) -> Given:
        contract = Contract.objects.select_related("job").get(offer_id=offer.key)
        payments = Payment.objects.filter(purpose=offer.purpose, payable_key=offer.key)
        letters = [_letters(reference) for reference in payments.values_list("reference", flat=True)]
        is_paid = contract.status == Contract.Status.COMPLETED
        odd = [f"the letters of a payment are {states}" for states in letters if states not in ([], _SENT)]
        if is_paid is not (contract.job.status == Job.Status.COMPLETE):
            odd.append(f"the contract is {contract.status} and the job {contract.job.status}")
        if is_paid and payment is not None:
            odd += _odd_contract(contract, payment)
        return Given(is_paid, sum(states == _SENT for states in letters), 0, tuple(odd))


_SENT = ["sent"] * len(PARTIES)


def _letters(reference: str) -> list[str]:
    keys = [f"marketplace-paid-{party}:{reference}" for party in PARTIES]
    return [str(state) for state in Notice.objects.filter(key__in=keys).values_list("state", flat=True)]


def _odd_contract(contract: Contract, payment: Payment) -> list[str]:
    """What a completed contract says about its payment."""
    seen = (contract.payment_id, contract.outgoing_payment_id, contract.completed_at)
    promised = (payment.reference, payment.ids.get("outgoing_payment", ""), payment.paid_at)
    return [] if seen == promised else [f"the contract says {seen} of its payment, which is {promised}"]
