"""Open Payments' part of the control API: wallets and keys, and whatever befalls grants and payments."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from raseed.sandbox.exchange import ControlError
from raseed.sandbox.openpayments import books, grants, incoming, interaction, keys, sending, tokens, wallets
from raseed.sandbox.openpayments.settings import DEFAULTS, merged
from raseed.sandbox.openpayments.world import World
from raseed.sandbox.store import Doc


def control(world: World, method: str, path: Sequence[str], body: Doc, _query: Mapping[str, str]) -> object:
    """Carry out one control call. Raises ControlError."""
    stated = {key: value for key, value in body.items() if key != "base_url"}
    match (method, *path):
        case ("GET", "books"):
            return books.books(world)
        case ("GET", "settings"):
            return world.settings
        case ("POST", "settings"):
            world.keep_settings(merged(world.settings, stated))
            return world.settings
        case ("GET", "client"):
            return keys.own_client(world.addresses(str(body["base_url"])))
        case ("POST", "wallets"):
            return books.wallet(wallets.make(world, stated))
        case ("POST", "wallets", name, "keys"):
            return books.wallet(keys.register(world, name, stated.get("jwk")))
        case ("DELETE", "wallets", name, "keys", kid):
            return books.wallet(keys.remove(world, name, kid))
        case ("POST", collection, subject_id, action):
            return _act(world, collection, subject_id, action, stated)
    raise ControlError("there is no such call.", status=404)


def defaults(world: World, overrides: Doc) -> None:
    """The documented settings, changed by what the sandbox was started with; the wallets to begin with."""
    world.keep_settings(merged(DEFAULTS, overrides))
    if not world.table("wallets"):
        wallets.open_all(world)
        keys.register(world, keys.CLIENT, keys.own_client(world.addresses(""))["jwk"])


# -- what befalls one grant or payment -----------------------------------------------------------------------

Act = Callable[[World, Doc], object]


def _expire_tokens(world: World, grant: Doc) -> None:
    tokens.expire_all(world, grant)


def _revoke_tokens(world: World, grant: Doc) -> None:
    tokens.drop_all(world, grant)


def _close(_world: World, payment: Doc) -> bool:
    return incoming.close(payment)


ACTS: dict[tuple[str, str], Act] = {
    ("grants", "accept"): interaction.accept,
    ("grants", "reject"): interaction.reject,
    ("grants", "expire"): grants.expire,
    ("grants", "revoke"): interaction.withdraw,
    ("grants", "expire-tokens"): _expire_tokens,
    ("grants", "revoke-tokens"): _revoke_tokens,
    ("incoming-payments", "close"): _close,
    ("incoming-payments", "expire"): incoming.expire,
    ("outgoing-payments", "complete"): sending.push,
    ("outgoing-payments", "cancel"): sending.cancel,
    ("outgoing-payments", "fail"): sending.fail,
}
#: What a collection is called in the store, and what shows one of its rows.
COLLECTIONS: dict[str, tuple[str, Callable[[World, Doc], Doc]]] = {
    "grants": ("grants", books.grant),
    "incoming-payments": ("incoming", books.incoming),
    "outgoing-payments": ("outgoing", lambda world, row: books.moved(world, row, row["state"])),
}


def _act(world: World, collection: str, subject_id: str, action: str, body: Doc) -> Doc:
    """Do one thing to one row and show it. Raises ControlError."""
    if collection not in COLLECTIONS:
        raise ControlError(f"nothing can be done to {collection}.", status=404)
    table, shown = COLLECTIONS[collection]
    row = world.table(table).get(subject_id)
    if row is None:
        raise ControlError(f"there is no {subject_id!r} among the {collection}.", status=404)
    if (collection, action) == ("outgoing-payments", "send-part"):
        done: object = sending.push(world, row, _percent(body))
    elif (collection, action) in ACTS:
        done = ACTS[collection, action](world, row)
    else:
        raise ControlError(f"{collection} know no {action!r}.", status=404)
    if done is False:
        raise ControlError(f"it is too late for that: it is {row['state']}.", status=409)
    return shown(world, row)


def _percent(body: Doc) -> int:
    percent = body.get("percent", 50)
    if type(percent) is not int or not 0 <= percent <= 99:
        raise ControlError("percent must be a whole number from 0 to 99.")
    return percent
