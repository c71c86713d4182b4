"""What both packages for Stripe share: the imitation of its API, and what is told of a purchase."""

from __future__ import annotations

import json
import sys
from abc import abstractmethod
from collections.abc import Mapping, Sequence
from pathlib import Path
from urllib.request import ProxyHandler, Request, build_opener

from bench.peers import stripe_wire
from bench.peers.delivery import Delivery
from bench.peers.peer import HOST, PRICE_MINOR, Checkout, Peer
from bench.peers.stripe_wire import Json, Purchase
from raseed.cli.ports import HeldPorts
from raseed.cli.processes import Watchdog

_direct = build_opener(ProxyHandler({}))


class StripePeer(Peer):
    """A package for Stripe: what it is told by webhook, its gateway says as well when it asks."""

    def __init__(self, directory: Path, database_url: str, watchdog: Watchdog, ports: HeldPorts) -> None:
        self._stripe_port = ports.take()
        self._stripe_url = f"http://{HOST}:{self._stripe_port}"
        super().__init__(directory, database_url, watchdog, ports)
        command = [sys.executable, "-m", "bench.peers.stripe_api", str(self._stripe_port)]
        stripe = self.child("stripe", command)
        # It runs in our environment, not in the peer's.
        stripe.environment = {"PYTHONPATH": str(Path(__file__).parents[2])}
        self.gateways.append((stripe, f"{self._stripe_url}/_calls"))

    @abstractmethod
    def purchase(self, checkout: Checkout, minor: int = PRICE_MINOR) -> Purchase:
        """The checkout as Stripe knows it, paid with so much."""

    @property
    @abstractmethod
    def path(self) -> str:
        """Where webhooks go."""

    def settings(self) -> Mapping[str, str]:
        return {"PEER_STRIPE_SECRET": stripe_wire.SECRET, "PEER_STRIPE_API": self._stripe_url}

    def paid(self, checkout: Checkout, minor: int = PRICE_MINOR) -> Delivery:
        session = self._at_stripe(self.purchase(checkout, minor))
        return stripe_wire.event(self.path, "checkout.session.completed", session)

    def paid_many(self, checkouts: Sequence[Checkout]) -> list[Delivery]:
        purchases = [self.purchase(checkout) for checkout in checkouts]
        self.tell([document for purchase in purchases for document in _paid(purchase)])
        sessions = [purchase.session("complete", "paid") for purchase in purchases]
        return [stripe_wire.event(self.path, "checkout.session.completed", session) for session in sessions]

    def expired(self, checkout: Checkout) -> Delivery:
        """A stale event: the session has been paid, and Stripe says so to whoever asks."""
        session = self.purchase(checkout).session("expired", "unpaid")
        return stripe_wire.event(self.path, "checkout.session.expired", session)

    def refunded(self, checkout: Checkout) -> Delivery:
        purchase = self.purchase(checkout)
        charge = purchase.charge(refunded=True)
        self.tell([purchase.intent(), charge])
        return stripe_wire.event(self.path, "charge.refunded", charge)

    def pay_silently(self, checkout: Checkout) -> None:
        self._at_stripe(self.purchase(checkout))

    def asked(self, checkout: Checkout) -> int:
        purchase = self.purchase(checkout)
        with _direct.open(f"{self._stripe_url}/_calls", timeout=10) as answer:
            return sum(purchase.number in path for path in json.load(answer))

    def tell(self, documents: list[Json]) -> None:
        """How objects stand at the imitated Stripe from now on."""
        body = json.dumps(documents).encode()
        request = Request(f"{self._stripe_url}/_objects", body, method="PUT")  # noqa: S310
        _direct.open(request, timeout=60).close()

    def _at_stripe(self, purchase: Purchase) -> Json:
        documents = _paid(purchase)
        self.tell(documents)
        return documents[0]


def _paid(purchase: Purchase) -> list[Json]:
    return [purchase.session("complete", "paid"), purchase.intent(), purchase.charge(refunded=False)]
