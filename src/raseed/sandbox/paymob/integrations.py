"""A merchant's integrations: one for each way to pay, with its own callback addresses."""

from __future__ import annotations

from raseed.sandbox.paymob.errors import ApiError, detail
from raseed.sandbox.paymob.vocabulary import KINDS
from raseed.sandbox.paymob.world import LIVE, World
from raseed.sandbox.store import Doc

#: https://developers.paymob.com/paymob-docs/intention-apis/create-intention
MISSING = "Integration ID/Name does not exist in our system, please check it again."
#: the name in an intention's answer
NAMES = {"card": "card", "auth": "card", "moto": "card", "wallet": "wallet", "kiosk": "kiosk", "cash": "cash"}


def find(world: World, stated: object, currency: str, mode: str) -> Doc:
    """The integration with this id or name: id, kind, currency, live. Raises ApiError (404)."""
    rows = world.settings["integrations"]
    text = str(stated)
    if text in rows:
        return _fitting(text, rows[text], currency, mode)
    if text.isascii() and text.isdigit() and len(text) < 12:
        if world.settings["unknown_integrations"] == "refuse":
            raise missing()
        return {"id": int(text), "kind": "card", "currency": currency, "live": mode == LIVE}
    for name, row in rows.items():
        if NAMES[row["kind"]] == text.lower() and row["currency"] in ("", currency):
            return _fitting(name, row, currency, mode)
    raise missing()


def _fitting(name: str, row: Doc, currency: str, mode: str) -> Doc:
    is_live = mode == LIVE
    if row["currency"] not in ("", currency) or row["live"] not in (None, is_live):
        raise missing()
    return {**row, "id": int(name), "currency": currency, "live": is_live}


def missing() -> ApiError:
    """A wrong id, one of the other mode, one of another currency."""
    return detail(404, MISSING)


def kind_of(world: World, number: int) -> str:
    """The kind of an integration; an unlisted one takes cards."""
    row = world.settings["integrations"].get(str(number))
    return str(row["kind"]) if row else "card"


def callbacks(world: World, number: int) -> Doc:
    """Where this integration's callbacks go: `url` for the server's, `response_url` for the browser's."""
    table = world.table("webhooks")
    return table.get(str(number)) or table.get("*") or {"url": "", "response_url": ""}


def listed(world: World, currency: str) -> Doc:
    """GET /api/ecommerce/integrations"""
    rows = [
        {
            "id": int(name),
            "gateway_type": KINDS[row["kind"]].gateway_type,
            "integration_name": None,
            "integration_type": "online",
            "is_live": bool(row["live"]),
            "is_auth": row["kind"] == "auth",
            "currency": row["currency"] or currency,
            "installments": None,
            "is_standalone": False,
        }
        for name, row in world.settings["integrations"].items()
    ]
    return {"count": len(rows), "next": None, "previous": None, "results": rows}
