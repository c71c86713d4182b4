"""Going on with a grant after, or without, the payer's return; and ending it.

Order and words of the refusals: packages/auth/src/grant/routes.ts of `interledger/rafiki`.
"""

from __future__ import annotations

import hmac

from raseed.sandbox.exchange import Answer
from raseed.sandbox.faults import Fault
from raseed.sandbox.openpayments import grants, proving, shapes, struck, tokens
from raseed.sandbox.openpayments.call import Call
from raseed.sandbox.openpayments.errors import (
    Refused,
    invalid_client,
    invalid_continuation,
    invalid_request,
    request_denied,
)
from raseed.sandbox.store import Doc


def proceed(call: Call) -> Answer:
    """`POST continue.uri`, with the reference the browser brought, or without one to poll."""
    reference = _reference(call.body)
    grant = _continued(call)
    if grant["state"] == "revoked":
        raise invalid_continuation()
    if reference is None and grant["finish"] is not None:
        raise request_denied("grant cannot be polled")
    if reference is not None and not hmac.compare_digest(reference.encode(), grant["interact_ref"].encode()):
        raise invalid_continuation(status=404)
    if grant["state"] in ("rejected", "expired"):
        raise invalid_continuation(status=404)
    longer = struck.first(call.world, grant["id"], "longer_wait")
    if call.world.now() < grant["continue_after"] + (longer.parameters["seconds"] if longer else 0):
        raise Refused(400, "too_fast", "continued before the wait was over")
    if reference is None and grant["state"] == "pending":
        return _undecided(call, grant)
    if grant["state"] != "approved":
        raise request_denied("grant interaction not approved")
    return _granted(call, grant)


def cancel(call: Call) -> Answer:
    """`DELETE continue.uri`: revokes the grant and its tokens."""
    grant = _continued(call)
    if grant["state"] == "revoked":
        raise invalid_continuation()
    grants.revoke(call.world, grant)
    return Answer(204)


def _reference(body: bytes) -> str | None:
    if not body.strip():
        return None
    try:
        doc = shapes.document(body)
        return shapes.text(doc["interact_ref"], "interact_ref") if "interact_ref" in doc else None
    except shapes.WrongShape as error:
        raise invalid_request(str(error)) from error


def _continued(call: Call) -> Doc:
    """The grant of this address, if the continuation token and the signature are its client's."""
    if call.token is None:
        raise invalid_client("missing or invalid continuation token")
    grant = call.world.table("grants").get(call.id)
    if grant is None or not hmac.compare_digest(call.token.encode(), grant["continue_token"].encode()):
        raise invalid_continuation()
    proving.demand_at_auth(call, grant["client"], grant["client_key"])
    return grant


def _undecided(call: Call, grant: Doc) -> Answer:
    wait = call.world.settings["wait_seconds"]
    grant["continue_after"] = call.world.now() + wait
    return Answer.json(grants.continuing(grant, call.addresses, wait=wait))


def _granted(call: Call, grant: Doc) -> Answer:
    grant["state"] = "granted"
    answer = grants.continuing(grant, call.addresses)
    if grant["access"]:
        expired: Fault | None = struck.first(call.world, grant["id"], "expired_token")
        token = tokens.issue(call.world, grant, 0 if expired else None)
        answer["access_token"] = tokens.view(token, call.addresses)
    if grant["subject"]:
        answer["subject"] = grant["subject"]
    return Answer.json(answer)
