"""A gateway that answers at once, without a network: what is measured is our own work."""

from __future__ import annotations

from raseed.core.facts import Fact, FactKind, Weight
from raseed.gateways.base import GatewayRef, Memory
from raseed.testing import FakeGateway


class Still(FakeGateway):
    """Whatever it is asked about is not paid yet."""

    name = "still"

    def query(self, ref: GatewayRef, memory: Memory) -> list[Fact]:
        """Pending, always."""
        return [Fact(FactKind.PENDING, Weight.PROOF, gateway_ref=ref.gateway_ref)]
