"""An Open Payments account before the first payment: its keys, and whether wallets find them.

A wallet looks our key up at `<wallet address>/jwks.json`. Where it does not find it, or finds another one of
the same name, it refuses all that we sign, with words that do not tell why.
"""

from __future__ import annotations

from collections.abc import Iterator

from raseed.core.errors import GatewayRefused, WrongWallet
from raseed.gateways.base import Advice, SigningKey
from raseed.gateways.openpayments.caller import Caller
from raseed.gateways.openpayments.keys import Keyring
from raseed.gateways.openpayments.wallet_address import read_document
from raseed.gateways.outside import NoDocument

_PUBLISH = (
    "Mount raseed.jwks(account=…) at this address; or where the wallet is at a provider, enter the key that "
    "manage.py raseed_keys show prints."
)


def advice(keyring: Keyring, caller: Caller) -> Iterator[Advice]:
    """Its own look over the account. Raises ConfigurationError for a file that is not one of keys."""
    if not any(key.is_signing for key in keyring.all(caller.now())):
        yield Advice(
            "raseed.E401",
            "there is no key to sign with: nothing can be paid, and wallets cannot be asked.",
            "Run manage.py raseed_keys make, and publish the key.",
        )
    if keyring.is_readable_by_others:
        yield Advice(
            "raseed.W402",
            "KEYS_FILE can be read by other users of this machine: whoever has the keys can ask for money "
            "in the site's name.",
            "chmod 600 the file, and replace its keys: manage.py raseed_keys rotate.",
        )


def found_outside(keyring: Keyring, caller: Caller) -> Iterator[Advice]:
    """What wallets find at our own address. Raises GatewayUnavailable where nobody answers there."""
    yield from _of_wallet(caller)
    address = f"{caller.client}/jwks.json"
    published = _published(caller, address)
    for key in keyring.all(caller.now()):
        if published.get(key.kid) == key.jwk["x"]:
            continue
        if key.is_signing:
            yield Advice(
                "raseed.E404",
                f"the key {key.kid} that signs is not published at {address}, so wallets refuse us.",
                _PUBLISH,
            )
        elif _will_sign(key, caller):
            yield Advice(
                "raseed.W405",
                f"the key {key.kid} signs soon ({key.signs_from_at}), and is not published at {address}.",
                _PUBLISH,
            )


def _of_wallet(caller: Caller) -> Iterator[Advice]:
    """What is wrong with the document at our own address."""
    try:
        document = caller.document(caller.client)
        wallet = read_document(caller.client, document, "payee", exempt_origin=caller.exempt_origin)
    except (GatewayRefused, WrongWallet, NoDocument) as wrong:
        yield Advice(
            "raseed.E403",
            f"WALLET_ADDRESS {caller.client} is no wallet: {wrong}",
            "Open the address in a browser: a wallet shows its asset and its servers there.",
        )
        return
    if not wallet.public_name:
        yield Advice(
            "raseed.W406",
            f"WALLET_ADDRESS {caller.client} has no public name. Payers are asked for consent under it, "
            "and the wallets' reference implementation refuses a client without one.",
            "Give the wallet a public name at its provider.",
        )


def _published(caller: Caller, address: str) -> dict[str, str]:
    """The Ed25519 keys at an address: id to public key. Empty where there is no key set."""
    try:
        keys = caller.document(address).get("keys")
    except (GatewayRefused, NoDocument):
        return {}
    listed = [key for key in keys if isinstance(key, dict)] if isinstance(keys, list) else []
    return {str(key.get("kid")): str(key.get("x")) for key in listed}


def _will_sign(key: SigningKey, caller: Caller) -> bool:
    return key.signs_from_at is not None and key.signs_from_at > caller.now()
