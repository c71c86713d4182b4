"""Between wallets: who pays whom. Addresses are typed by people, and checked before anything is stored."""

from __future__ import annotations

from typing import Any, NamedTuple

from raseed.core.errors import Unsupported, WrongWallet
from raseed.gateways.base import Gateway, HasWallets
from raseed.payments.models.wallet import owner_key
from raseed.payments.purposes import Purpose


class Parties(NamedTuple):
    """Wallet addresses in the form in which they are kept. `payee` is empty where the account is paid."""

    payer_wallet: str = ""
    payee: str = ""


def parties_of(gateway: Gateway, account: str, payer_wallet: str, payee: str) -> Parties:
    """Who pays whom. Raises WrongWallet, or Unsupported where the gateway knows no wallets."""
    if not isinstance(gateway, HasWallets):
        if payer_wallet or payee:
            raise Unsupported(
                f"account {account!r} does not pay from wallet to wallet; leave payer_wallet and payee out."
            )
        return Parties()
    payer = gateway.wallet(payer_wallet, "payer_wallet")
    paid = gateway.wallet(payee, "payee") if payee else gateway.wallet_address
    if payer == paid:
        raise WrongWallet("this is the wallet that is to be paid. Enter the one to pay from.", "payer_wallet")
    return Parties(payer, "" if paid == gateway.wallet_address else paid)


def filled_wallet(purpose: Purpose, payable: Any) -> str:
    """The key of whose wallet here the payment fills, or an empty text: it is a sale."""
    owner = purpose.credits(payable)
    return "" if owner is None else owner_key(owner)


def the_method(gateway: Gateway, account: str) -> str:
    """The account's method where it has one only. Raises Unsupported where one must be chosen."""
    methods = sorted(gateway.capabilities.methods)
    if len(methods) != 1:
        raise Unsupported(f"account {account!r} needs a method: {', '.join(methods)}.")
    return methods[0]
