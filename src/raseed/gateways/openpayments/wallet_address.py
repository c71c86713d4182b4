"""Wallet addresses: as people type them, and what the wallet's document says.

Source: wallet-address-server.yaml 1.3.0, https://openpayments.dev/concepts/wallet-addresses, and for the
form with a dollar sign https://paymentpointers.org
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any
from urllib.parse import urlsplit

from raseed.core.errors import GatewayRefused, GatewayUnavailable, WrongWallet
from raseed.gateways.addresses import LONGEST_ADDRESS, RefusedAddress, checked, origin_of
from raseed.gateways.openpayments.amounts import GREATEST_SCALE

#: What an address without a path stands for.
WELL_KNOWN = "/.well-known/pay"

_MISSING = {
    "payer_wallet": "Enter the address of the wallet you pay from, such as https://wallet.example/alice.",
    "payee": "There is no wallet to be paid. Enter its address, such as https://wallet.example/bob.",
}


@dataclass(frozen=True)
class Wallet:
    """What a wallet's document says. `origins` are those to which its later addresses must belong."""

    address: str
    asset: str
    scale: int
    auth_server: str
    resource_server: str
    public_name: str = ""

    @property
    def origins(self) -> frozenset[str]:
        """Of the wallet address and its two servers."""
        return frozenset(map(origin_of, (self.address, self.auth_server, self.resource_server)))

    def collection(self, name: str) -> str:
        """The address of a collection: `incoming-payments`, `quotes` or `outgoing-payments`."""
        return f"{self.resource_server.rstrip('/')}/{name}"

    def kept(self) -> dict[str, Any]:
        """As it is remembered."""
        return asdict(self)

    def owns(self, url: Any) -> str:
        """An address that this wallet named. Raises GatewayUnavailable for one on another origin."""
        if not isinstance(url, str) or len(url) > LONGEST_ADDRESS or origin_of(url) not in self.origins:
            raise GatewayUnavailable(
                f"{self.address} names an address that is not its own; it is not called."
            )
        return url


def normalized(typed: str, which: str, *, exempt_origin: str = "") -> str:
    """The address a person typed as it is kept: `https://host/path`, the host in small letters.

    `$host/path` means the same; a bare host stands for its `/.well-known/pay`. Raises WrongWallet.
    """
    text = typed.strip() if isinstance(typed, str) else ""
    if not text:
        raise WrongWallet(_MISSING.get(which, _MISSING["payee"]), which)
    text = f"https://{text[1:]}" if text.startswith("$") else text
    try:
        parts = urlsplit(text)
        text = parts._replace(netloc=parts.netloc.lower()).geturl()
    except ValueError:
        text = ""
    try:
        address = checked(text, exempt_origin=exempt_origin)
    except RefusedAddress as refused:
        raise WrongWallet(f"This is not a wallet address: {refused}", which) from None
    if "?" in address:
        raise WrongWallet("A wallet address has no question mark.", which)
    path = urlsplit(address).path
    return address if path.strip("/") else f"{address.rstrip('/')}{WELL_KNOWN}"


def read_document(
    address: str, document: Mapping[str, Any], which: str, *, exempt_origin: str = ""
) -> Wallet:
    """The wallet behind an address. Raises WrongWallet where the document is no wallet's."""
    named = {
        name: document.get(name) for name in ("id", "authServer", "resourceServer", "assetCode", "assetScale")
    }
    scale, asset = named["assetScale"], named["assetCode"]
    texts = all(isinstance(named[name], str) for name in ("id", "authServer", "resourceServer"))
    is_asset = isinstance(asset, str) and 0 < len(asset) <= 32 and asset.isascii() and asset.isprintable()
    if not texts or not is_asset or type(scale) is not int or not 0 <= scale <= GREATEST_SCALE:
        raise WrongWallet("No wallet answers at this address.", which)
    try:
        for name in ("id", "authServer", "resourceServer"):
            checked(str(named[name]), exempt_origin=exempt_origin)
    except RefusedAddress as refused:
        raise WrongWallet(f"This wallet cannot be used: {refused}", which) from None
    if origin_of(str(named["id"])) != origin_of(address):
        raise WrongWallet("This wallet says that it is another one.", which)
    public = document.get("publicName")
    return Wallet(
        address=str(named["id"]),
        asset=str(asset),
        scale=scale,
        auth_server=str(named["authServer"]),
        resource_server=str(named["resourceServer"]),
        public_name=public[:100] if isinstance(public, str) and public.isprintable() else "",
    )


def unusable(refused: GatewayRefused, which: str) -> WrongWallet:
    """The error for an address that says no."""
    return WrongWallet(
        "No wallet answers at this address.", which, status=refused.status, detail=refused.detail
    )
