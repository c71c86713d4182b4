"""The payer's way through consent: start, decision, finish, and the hash that proves the finish.

packages/auth/src/interaction/routes.ts of `interledger/rafiki`; the hash: RFC 9635 section 4.2.3.
"""

from __future__ import annotations

import base64
import hashlib
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from raseed.sandbox.openpayments import grants
from raseed.sandbox.openpayments.world import World
from raseed.sandbox.store import Doc


def find(world: World, interact_id: str, nonce: str) -> Doc | None:
    """The grant behind an interaction's address."""
    for grant in world.table("grants").values():
        if grant["interact_id"] and (grant["interact_id"], grant["nonce"]) == (interact_id, nonce):
            return grant
    return None


def decide(world: World, grant: Doc, decision: str) -> bool:
    """Note what the payer decided: accept | accept_without_money | reject. False: nothing to decide."""
    if grant["state"] != "pending" or is_over(world, grant):
        return False
    grant["decision"] = decision
    return True


def settle(world: World, grant: Doc) -> None:
    """Let the payer's decision count, as it does when the browser leaves the consent page.

    Opening that address again sets an accepted grant back to approved, as the reference implementation does.
    """
    if grant["decision"] == "reject" and grant["state"] == "pending":
        grant["state"] = "rejected"
        world.occurred("grant.rejected", grant=grant["id"])
    elif grant["decision"].startswith("accept") and grant["state"] in ("pending", "granted"):
        is_first = grant["state"] == "pending"
        grant["state"] = "approved"
        if is_first:
            world.occurred("grant.approved", grant=grant["id"])


def is_over(world: World, grant: Doc) -> bool:
    """Whether the time for the interaction has run out."""
    return bool(world.now() >= grant["created_at"] + world.settings["interaction_seconds"])


def finish_url(world: World, grant: Doc) -> str | None:
    """Where the browser goes now; None where the client stated no such place."""
    if grant["finish"] is None:
        return None
    return _with(grant["finish"]["uri"], _outcome(world, grant))


def too_late_url(grant: Doc) -> str | None:
    """Where a browser goes that comes to the start when it is over."""
    outcome = {"result": "invalid_interaction", "message": "interaction is no longer pending"}
    return _with(grant["finish"]["uri"], outcome) if grant["finish"] else None


def was_decided_elsewhere(grant: Doc) -> bool:
    """Whether the control API or a scenario decided, and no browser was there.

    The browser that comes then goes on as though it had decided; a real wallet has no such case.
    """
    return bool(grant["decision"]) and not grant["session"]


def _outcome(world: World, grant: Doc) -> dict[str, str]:
    if grant["state"] == "revoked":
        return {"result": "unknown_interaction", "message": "unknown interaction"}
    if is_over(world, grant):
        return {"result": "invalid_interaction", "message": "interaction has expired"}
    if grant["state"] == "rejected":
        return {"result": "grant_rejected"}
    if grant["state"] in ("approved", "granted"):
        return {"hash": proof(world, grant), "interact_ref": grant["interact_ref"]}
    return {"result": "grant_invalid"}


def proof(world: World, grant: Doc) -> str:
    """The hash over client nonce, server nonce, reference and grant endpoint, one on each line."""
    settings = world.settings
    endpoint = grant["endpoint"] + ("/" if settings["hash_url"] == "slash" else "")
    lines = (grant["finish"]["nonce"], grant["nonce"], grant["interact_ref"], endpoint)
    digest = hashlib.sha256("\n".join(lines).encode()).digest()
    if settings["hash_encoding"] == "base64url":
        return base64.urlsafe_b64encode(digest).decode().rstrip("=")
    return base64.b64encode(digest).decode()


def _with(url: str, parameters: dict[str, str]) -> str:
    """The URL with parameters set and its own query kept."""
    parts = urlsplit(url)
    kept = [
        (key, value) for key, value in parse_qsl(parts.query, keep_blank_values=True) if key not in parameters
    ]
    return urlunsplit(parts._replace(query=urlencode([*kept, *parameters.items()])))


def accept(world: World, grant: Doc) -> bool:
    """Consent without a browser, up to and with the finish. False: it is too late."""
    done = decide(world, grant, "accept")
    settle(world, grant)
    return done


def reject(world: World, grant: Doc) -> bool:
    """Refusal without a browser, up to and with the finish. False: it is too late."""
    done = decide(world, grant, "reject")
    settle(world, grant)
    return done


def withdraw(world: World, grant: Doc) -> bool:
    """The payer takes consent back in their wallet. False: there is none."""
    if grant["state"] not in ("approved", "granted"):
        return False
    grants.revoke(world, grant)
    world.occurred("grant.revoked", grant=grant["id"])
    return True
