"""The marketplace with the sandbox's wallets: a client who pays, and the browser they have."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

import httpx2
from django.http import HttpResponse
from django.test import Client

import raseed
from raseed.testing import work
from raseed.testing_sandbox import LocalSandbox
from raseed_shops.marketplace.models import Contract, Job, Offer

#: A wallet wants us to wait so long before we go on after asking for consent.
WAIT_SECONDS = 6
#: From the outgoing payment to the money: funding, sending, and the first look of the worker.
ARRIVES_SECONDS = 6


class Market:
    """A job of Alice's whose offer by Bob she has accepted."""

    def __init__(self, sandbox: LocalSandbox, client: str = "alice") -> None:
        self.sandbox = sandbox
        self.job = Job.objects.get(client__username=client, status=Job.Status.ASSIGNED)
        self.browser = self.as_person(client)
        self.wallet = f"{sandbox.url('openpayments')}/{client}"

    def as_person(self, name: str) -> Client:
        browser = Client()
        browser.post("/login/", {"username": name})
        return browser

    @property
    def offer(self) -> Offer:
        return Offer.objects.get(contract__job=self.job)

    @property
    def contract(self) -> Contract:
        return Contract.objects.select_related("job").get(job=self.job)

    @property
    def payment(self) -> Any:
        found = raseed.latest_payment(self.offer, purpose="job")
        assert found is not None
        return found

    def press_pay(self, wallet: str = "") -> HttpResponse:
        return self.browser.post(
            f"/marketplace/offers/{self.offer.pk}/pay/", {"wallet": wallet or self.wallet}
        )

    def at_the_wallet(self, decision: str = "accept") -> str:
        """Press pay, decide on the consent page, and stop where the wallet sends the browser."""
        answer = self.press_pay()
        assert answer.status_code == 302, answer.content.decode()
        return self.decide(answer["Location"], decision)

    def decide(self, page: str, decision: str = "accept") -> str:
        with httpx2.Client(trust_env=False) as browser:
            seen = browser.get(page, follow_redirects=True)
            seen = browser.post(seen.url, data={"action": decision})
            while seen.is_redirect and urlsplit(seen.headers["Location"]).netloc != "testserver":
                seen = browser.get(seen.headers["Location"])
        parts = urlsplit(seen.headers["Location"])
        return f"{parts.path}?{parts.query}"

    def agree(self) -> str:
        """The address of the return after the client agreed, with the wallet's wait over."""
        address = self.at_the_wallet()
        self.sandbox.advance(WAIT_SECONDS)
        return address

    def arrive(self) -> None:
        """Let the money arrive, and the worker look."""
        self.sandbox.advance(ARRIVES_SECONDS)
        work()
        self.sandbox.advance(ARRIVES_SECONDS)
        work()

    def pay(self) -> str:
        """All of it: agree, come back, and wait. The address of the return."""
        address = self.agree()
        self.browser.get(address)
        self.arrive()
        return address

    def received_minor(self) -> int:
        """What is in Bob's wallet."""
        wallets = self.sandbox.books("openpayments")["wallets"]
        return int(next(w for w in wallets if w["id"] == "bob")["amount"])
