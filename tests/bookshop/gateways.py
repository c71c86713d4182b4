"""A gateway between wallets, with the fake gateway's books."""

from raseed.core.errors import WrongWallet
from raseed.gateways.base import Capabilities
from raseed.testing import FakeGateway


class FakeWallets(FakeGateway):
    """Addresses are `https://wallet.example/<name>`; people may type `$wallet.example/<name>`."""

    name = "fake wallets"
    wallet_address = "https://wallet.example/shop"
    capabilities = Capabilities(
        methods=frozenset({"wallet"}), currencies=frozenset({"PHP"}), can_close=True, can_refund=False
    )

    def wallet(self, typed, which):
        address = typed.strip().replace("$", "https://", 1)
        if not address.startswith("https://wallet.example/"):
            raise WrongWallet("write it like https://wallet.example/alice", which)
        return address

    def open(self, order, memory):
        self.opened = order
        return super().open(order, memory)
