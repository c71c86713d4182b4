"""The adapter and the imitated wallets over HTTP, and a payer with a browser between them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import httpx2

from raseed.core.facts import Fact
from raseed.core.money import Money
from raseed.gateways import registry
from raseed.gateways.base import GatewayRef, Opened, Order, RawDelivery
from raseed.gateways.openpayments.gateway import OpenPayments
from raseed.testing_sandbox import LocalSandbox, clock
from tests.gateways.memory import DictMemory

RETURN_URL = "https://market.example/payments/finish?payment=token"
REFERENCE = "shop-1"


class Browser:
    """The payer's: it keeps cookies, follows one step at a time, and never reaches the shop by itself."""

    def __init__(self) -> None:
        self._client = httpx2.Client(trust_env=False, timeout=20)

    def decide(self, page: str, action: str = "accept") -> str:
        """From the consent page to the shop: the address the wallet sends the browser to."""
        started = self._step("GET", page)
        if not started.startswith(page.partition("/auth/")[0]):
            return started  # the wallet sent it back at once
        decided = self._step("POST", started, data={"action": action})
        return self._step("GET", decided)

    def reload(self, page: str) -> str:
        """The wallet's last step once more, as the back button does it."""
        return self._step("GET", f"{page.partition('?')[0]}/finish")

    def close(self) -> None:
        self._client.close()

    def _step(self, method: str, url: str, **more: Any) -> str:
        answer = self._client.request(method, url, **more)
        assert answer.status_code in {302, 303}, (url, answer.status_code, answer.text)
        return str(answer.headers["Location"])


class Wallets:
    """One purchase: the adapter with its memory, the sandbox's books, and the payer's browser."""

    def __init__(self, sandbox: LocalSandbox, **settings: Any) -> None:
        self.sandbox = sandbox
        self.base = sandbox.url("openpayments")
        self.browser = Browser()
        self.memory = DictMemory()
        client = sandbox.control("GET", "openpayments/client")
        credentials = {name: client[name] for name in ("wallet_address", "key_id", "private_key")}
        gateway = registry.load("openpayments", clock=clock, base_url=self.base, **credentials, **settings)
        assert isinstance(gateway, OpenPayments)
        self.gateway = gateway
        self.order: Order | None = None
        self.opened: Opened | None = None

    def settings(self, **changes: Any) -> None:
        self.sandbox.control("POST", "openpayments/settings", changes)

    def wallet(self, name: str) -> str:
        return f"{self.base}/{name}"

    # -- the adapter -------------------------------------------------------------------------------------

    def open(self, price: str = "25.00", currency: str = "USD", payer: str = "alice", **more: Any) -> Opened:
        """Open, or open again with the same memory."""
        payee = self.wallet(more.pop("payee", "bob"))
        order = Order(
            more.pop("reference", REFERENCE),
            Money.of(price, currency),
            "wallet",
            return_url=RETURN_URL,
            description="Café – 1€",
            payer_wallet=self.wallet(payer),
            payee=payee,
            **more,
        )
        self.order, self.opened = order, self.gateway.open(order, self.memory)
        return self.opened

    @property
    def page(self) -> str:
        assert self.opened is not None
        return str(self.opened.url)

    @property
    def ref(self) -> GatewayRef:
        assert self.order is not None
        gateway_ref = self.opened.gateway_ref if self.opened else ""
        return GatewayRef(self.order.reference, gateway_ref, {}, "wallet", self.order.money)

    def agree(self, action: str = "accept", wait: float = 5) -> Fact:
        """The payer decides, the browser comes back, and the wallet's pause goes by: the return's fact."""
        (fact,) = self.read(self.browser.decide(self.page, action))
        self.sandbox.advance(wait)
        return fact

    def read(self, url: str) -> list[Fact]:
        query = urlsplit(url).query.encode()
        return self.gateway.read_return(RawDelivery("GET", "/payments/finish", {}, {}, b"", clock(), query))

    def pay(self, fact: Fact | None = None) -> list[Fact]:
        """Go on after consent, which is given here unless it is brought."""
        return self.gateway.advance(self.ref, fact or self.agree(), self.memory)

    def ask(self) -> Fact:
        """What the wallets say now."""
        (fact,) = self.gateway.query(self.ref, self.memory)
        return fact

    def close(self) -> Fact:
        (fact,) = self.gateway.close(self.ref, self.memory)
        return fact

    def token(self) -> str:
        """The newest token of the consent, as remembered."""
        steps = [step for step in self.memory.steps if step == "continue" or step.startswith("rotation:")]
        return str(self.memory.recall(steps[-1])["value"])  # type: ignore[index]

    # -- the books ---------------------------------------------------------------------------------------

    def books(self, what: str) -> list[dict[str, Any]]:
        return list(self.sandbox.books("openpayments")[what])

    def balances(self) -> Mapping[str, int]:
        return {row["id"]: row["amount"] for row in self.books("wallets")}

    def sent(self) -> list[tuple[str, int]]:
        """Every outgoing payment's state and what it delivered."""
        return [(row["status"], row["delivered"]) for row in self.books("outgoing_payments")]

    def lose(self, path: str, method: str = "POST", fault: str = "drop_after", times: int = 1) -> None:
        """The next answer to such a call is lost after the work was done."""
        match = {"method": method, "path": path}
        self.sandbox.fault("request", fault, gateway="openpayments", match=match, times=times)

    def calls(self, path: str, method: str = "POST") -> int:
        """How often a path was called, whatever came of it."""
        log = self.sandbox.log()
        return sum(
            entry["kind"] == "request" and entry["method"] == method and entry["path"].startswith(path)
            for entry in log
        )


def settle(wallets: Wallets, seconds: float = 10) -> Fact:
    """Let time pass, and ask."""
    wallets.sandbox.advance(seconds)
    return wallets.ask()
