"""A shop between wallets as its customers meet it: the imitated wallets over HTTP, and a payer's browser."""

from urllib.parse import urlsplit

from django.test import Client

import raseed
from raseed import testing
from raseed.core.states import State
from raseed.payments.models import Charge, Fulfilment, Payment
from raseed.testing_sandbox import START
from tests.bookshop.models import Book
from tests.gateways.openpayments_wallets import Browser

PRICE = 20_000
#: What the payer's wallet takes for that, with its fee: 200.00 PHP at 56.1, and 2 %.
DEBIT = 365
SELLER = {"name": "seller", "public_name": "Bookshop", "asset_code": "PHP", "asset_scale": 2}


class Market:
    """`sandbox` may run in this process or in another one; its clock and ours go together."""

    def __init__(self, sandbox, settings):
        self.sandbox = sandbox
        self.base = sandbox.url("openpayments")
        self.browser = Browser()
        self.prepare()
        client = sandbox.control("GET", "openpayments/client")
        account = {"GATEWAY": "openpayments", "BASE_URL": self.base, "WALLET_ADDRESS": f"{self.base}/market"}
        account |= {"KEY_ID": client["key_id"], "PRIVATE_KEY": client["private_key"]}
        accounts = {**settings.RASEED["ACCOUNTS"], "openpayments": account}
        settings.RASEED = {**settings.RASEED, "ACCOUNTS": accounts}

    def prepare(self):
        """Empty books at the wallets, and the seller's wallet; both clocks stand."""
        self.sandbox.reset()
        testing.reset()
        testing.freeze(START)
        self.setting(wait_seconds=0)
        self.sandbox.control("POST", "openpayments/wallets", SELLER)

    def setting(self, **changes):
        self.sandbox.control("POST", "openpayments/settings", changes)

    def start(self, book, payer="alice", payee="seller"):
        wallets = {"payer_wallet": f"{self.base}/{payer}", "payee": f"{self.base}/{payee}"}
        return raseed.start_payment(book, purpose="book", account="openpayments", **wallets)

    def decide(self, checkout, action="accept"):
        """The payer decides at their wallet: the address of the shop at which the browser comes back."""
        back = urlsplit(self.browser.decide(checkout.url, action))
        return f"{back.path}?{back.query}"

    def come_back(self, path):
        """The browser opens the return."""
        answer = Client().get(path)
        assert answer.status_code == 303, answer.content
        return answer

    def pass_time(self, seconds, step=60):
        """Time passes at both sides, and the worker does what falls due on the way."""
        step = min(step, seconds)
        for _ in range(seconds // step):
            self.travel(step)
            testing.work()

    def travel(self, seconds):
        """Time passes, and nobody looks."""
        self.sandbox.advance(seconds)
        testing.travel(seconds)

    def lose(self, path, method="POST", fault="drop_after", times=1):
        match = {"method": method, "path": path}
        self.sandbox.fault("request", fault, gateway="openpayments", match=match, times=times)

    # -- the books -------------------------------------------------------------------------------------

    def books(self, what):
        return self.sandbox.books("openpayments")[what]

    def received(self):
        return next(row["amount"] for row in self.books("wallets") if row["id"] == "seller")

    def taken(self, payer="alice"):
        """What left the payer's wallet."""
        return 500_000 - next(row["amount"] for row in self.books("wallets") if row["id"] == payer)

    def delivered(self):
        """What each outgoing payment there ever was has delivered."""
        return [row["delivered"] for row in self.books("outgoing_payments")]

    def grants(self):
        """The state of each consent that was asked for, oldest first."""
        return [row["status"] for row in self.books("grants") if row["is_interactive"]]

    def calls(self, path, method="POST"):
        return sum(
            entry["kind"] == "request" and entry["method"] == method and entry["path"].startswith(path)
            for entry in self.sandbox.log()
        )

    def assert_sent_once(self, book, payment):
        """In both books: paid once, given once."""
        assert (now(payment).state, now(payment).attention) == (State.PAID, "")
        assert [(charge.minor, charge.payment_id) for charge in Charge.objects.all()] == [(PRICE, payment.pk)]
        assert Fulfilment.objects.get().state == "done"
        assert Book.objects.get(pk=book.pk).given == 1
        assert (self.delivered(), self.received(), self.taken()) == ([PRICE], PRICE, DEBIT)


def now(payment):
    return Payment.objects.get(pk=payment.pk)
