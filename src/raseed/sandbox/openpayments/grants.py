"""Grant requests: what a client may do, at once or once the payer has agreed.

A grant: `state` pending | approved | granted | rejected | revoked | expired; `access` as requested;
`finish` where the browser goes back to, or None for a client that polls; `interact_ref` made at consent.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from raseed.sandbox.exchange import Answer
from raseed.sandbox.openpayments import keys, proving, shapes, tokens, wallets
from raseed.sandbox.openpayments.addresses import Addresses
from raseed.sandbox.openpayments.call import Call
from raseed.sandbox.openpayments.errors import invalid_client, invalid_request
from raseed.sandbox.openpayments.intervals import BadInterval, bounds
from raseed.sandbox.openpayments.signatures import SignatureRefused, Signed, key_id
from raseed.sandbox.openpayments.world import World
from raseed.sandbox.store import Doc


def request(call: Call) -> Answer:
    """`POST {authServer}`: a token at once, or where to send the payer."""
    try:
        client, client_key, access, interact, subject = _read(call.body)
    except shapes.WrongShape as error:
        raise invalid_request(str(error)) from error
    _demand_known_key(call, client, client_key)
    proving.demand_at_auth(call, client, client_key)
    _check_identifiers(call, access)
    needs_consent = subject is not None or any(_needs_consent(item) for item in access)
    if needs_consent and interact is None:
        raise invalid_request("interaction required")
    if needs_consent and (
        client_key is not None or not keys.display_name(call.world, call.addresses, client)
    ):
        # the reference implementation's words for a client without publicName
        raise invalid_client("missing required request field 'client'", status=400)
    grant = _make(call, client, client_key, access, subject)
    if not needs_consent:
        grant["state"] = "granted"
        token = tokens.issue(call.world, grant)
        return Answer.json(
            {"access_token": tokens.view(token, call.addresses), **continuing(grant, call.addresses)}
        )
    return _interactive(call, grant, interact or {})


def _read(body: bytes) -> tuple[str, Doc | None, list[Doc], Doc | None, Doc | None]:
    doc = shapes.members(shapes.document(body), "body", ("client",), None)
    client, client_key = shapes.client(doc["client"])
    access: list[Doc] = []
    if "access_token" in doc:
        access = shapes.access(
            shapes.members(doc["access_token"], "access_token", ("access",), None)["access"]
        )
    subject = shapes.subject(doc["subject"]) if "subject" in doc else None
    if not access and subject is None:
        raise shapes.WrongShape("body must have 'access_token' or 'subject'")
    interact = shapes.interact(doc["interact"]) if "interact" in doc else None
    return client, client_key, access, interact, subject


def _demand_known_key(call: Call, client: str, client_key: Doc | None) -> None:
    """A key nobody publishes is 400, a signature that does not match it 401."""
    exchange = call.exchange
    try:
        kid = key_id(Signed(exchange.method, exchange.url, exchange.headers, exchange.body))
    except SignatureRefused as error:
        raise invalid_client(f"invalid signature: {error}") from error
    if client_key is None and keys.of(call.world, call.addresses, client, kid) is None:
        raise invalid_client("could not determine client", status=400)


def _needs_consent(item: Doc) -> bool:
    return item["type"] == "outgoing-payment" or "list-all" in item["actions"]


def _check_identifiers(call: Call, access: list[Doc]) -> None:
    """Whoever is to be asked, and whatever is to be read, must be a wallet of ours."""
    for item in access:
        name = call.addresses.wallet_name(item["identifier"]) if "identifier" in item else None
        wallet = wallets.find(call.world, name) if name else None
        if name is not None and wallet is None:
            raise invalid_request(f"identifier {item['identifier']} is no wallet address of this server")
        try:
            bounds(item.get("limits", {}).get("interval"), call.world.now())
        except BadInterval as error:
            raise invalid_request(str(error)) from error


def _make(call: Call, client: str, client_key: Doc | None, access: list[Doc], subject: Doc | None) -> Doc:
    world = call.world
    grant: Doc = {
        "id": world.uuid(),
        "client": client,
        "client_key": client_key,
        "access": access,
        "subject": subject,
        "state": "pending",
        "finish": None,
        "endpoint": call.addresses.auth_server,
        "base_url": call.addresses.base_url,
        "created_at": world.now(),
        "continue_token": world.secret(),
        "continue_after": world.now() + world.settings["wait_seconds"],
        "interact_id": "",
        "nonce": "",
        "interact_ref": "",
        "session": "",
        "decision": "",
    }
    world.table("grants")[grant["id"]] = grant
    return grant


def _interactive(call: Call, grant: Doc, interact: Doc) -> Answer:
    world = call.world
    grant["finish"] = interact.get("finish")
    grant["interact_id"], grant["nonce"], grant["interact_ref"] = world.uuid(), world.secret(16), world.uuid()
    world.set_alarm(world.settings["interaction_seconds"], "expire_grant", grant["id"])
    name = keys.display_name(world, call.addresses, grant["client"])
    page = call.addresses.interaction(grant["interact_id"], grant["nonce"])
    shown = urlencode({"clientName": name, "clientUri": grant["client"]})
    return Answer.json(
        {
            "interact": {"redirect": f"{page}?{shown}", "finish": grant["nonce"]},
            **continuing(grant, call.addresses, wait=world.settings["wait_seconds"]),
        }
    )


def continuing(grant: Doc, addresses: Addresses, wait: int | None = None) -> Doc:
    """The member `continue`; its token never changes."""
    told: dict[str, Any] = {
        "access_token": {"value": grant["continue_token"]},
        "uri": addresses.continuation(grant["id"]),
    }
    return {"continue": told if wait is None else {**told, "wait": wait}}


# -- reading a grant -------------------------------------------------------------------------------------


def outgoing(grant: Doc) -> Doc | None:
    """The access to outgoing payments that a grant is about, if it is about any."""
    return next((item for item in grant["access"] if item["type"] == "outgoing-payment"), None)


def payer(world: World, grant: Doc) -> Doc | None:
    """The wallet whose owner is asked for consent."""
    item = outgoing(grant) or next((item for item in grant["access"] if "identifier" in item), None)
    subject = (grant["subject"] or {}).get("sub_ids", [{}])[0].get("id", "")
    address = item["identifier"] if item else subject
    return wallets.find(world, world.addresses(grant["base_url"]).wallet_name(address))


def receiver(world: World, grant: Doc) -> Doc | None:
    """The incoming payment that a grant is limited to, if it is and is one of ours."""
    stated = (outgoing(grant) or {}).get("limits", {}).get("receiver", "")
    return world.table("incoming").get(stated.rpartition("/")[2])


def revoke(world: World, grant: Doc) -> None:
    """End a grant and every token it gave."""
    grant["state"] = "revoked"
    tokens.drop_all(world, grant)


def expire(world: World, grant: Doc) -> bool:
    """The payer took too long."""
    if grant["state"] != "pending":
        return False
    grant["state"] = "expired"
    world.occurred("grant.expired", grant=grant["id"])
    return True
