"""What a token may do at the resource server: first the token is looked at, then the signature.

The order and the words: packages/backend/src/open_payments/auth/middleware.ts of `interledger/rafiki`.
"""

from __future__ import annotations

from dataclasses import dataclass

from raseed.sandbox.openpayments import proving, tokens, wallets
from raseed.sandbox.openpayments.call import Call
from raseed.sandbox.openpayments.errors import resource_refused
from raseed.sandbox.openpayments.signatures import SignatureRefused
from raseed.sandbox.store import Doc


@dataclass(frozen=True)
class Right:
    """A token's grant, the access item that allows the call, and whether it reaches other clients' things."""

    grant: Doc
    access: Doc
    reaches_all: bool

    def owns(self, resource: Doc) -> bool:
        """Whether this client made the resource, or may see everybody's."""
        mine = (self.grant["client"], self.grant["client_key"]) == (
            resource["client"],
            resource["client_key"],
        )
        return mine or self.reaches_all


def demand(call: Call, kind: str, action: str, wallet: Doc) -> Right:
    """The right to do something with a wallet's things. Raises Refused: 401 or 403."""
    right = _covering(active_grant(call), kind, action, call.addresses.wallet(wallet["name"]))
    if right is None:
        raise resource_refused(403, "Insufficient Grant")
    try:
        proving.demand(call, right.grant["client"], right.grant["client_key"])
    except SignatureRefused as error:
        raise resource_refused(401, f"Signature validation error: {error}") from error
    return right


def active_grant(call: Call) -> Doc:
    """The grant behind the call's token. Raises Refused: 401 without one, 403 where it is not active."""
    if call.token is None:
        raise resource_refused(401, "Missing or invalid authorization header value")
    found = tokens.find(call.world, call.token)
    if found is None or tokens.is_expired(call.world, found[0]):
        raise resource_refused(403, "Inactive Token")
    return found[1]


def _covering(grant: Doc, kind: str, action: str, address: str) -> Right | None:
    for item in grant["access"]:
        reaches_all = f"{action}-all" in item["actions"]
        if item["type"] != kind or not (reaches_all or action in item["actions"]):
            continue
        if item.get("identifier", address) == address:
            return Right(grant, item, reaches_all)
    return None


def wallet_of(call: Call, address: object) -> Doc:
    """The wallet that a body or a query names. Raises Refused (401), as for any unknown resource."""
    wallet = wallets.find(call.world, call.addresses.wallet_name(address))
    if wallet is None:
        raise resource_refused(401, "Unauthorized")
    return wallet


def read(call: Call, table: str, kind: str) -> tuple[Doc, Right]:
    """A resource by the id in the path, which this client may read. Raises Refused."""
    resource = call.world.table(table).get(call.id)
    if resource is None:
        raise resource_refused(401, "Unauthorized")
    wallet = wallets.find(call.world, resource["wallet"])
    right = demand(call, kind, "read", wallet or {"name": ""})
    if not right.owns(resource):
        raise resource_refused(404, f"{kind.replace('-', ' ')} does not exist")
    return resource, right
