"""Everything of value in the wallet service, flat, for the control API and the pages."""

from __future__ import annotations

from raseed.sandbox.clock import iso
from raseed.sandbox.openpayments import grants, interaction
from raseed.sandbox.openpayments.world import World
from raseed.sandbox.store import Doc


def books(world: World) -> Doc:
    """wallets, grants, incoming payments, quotes and outgoing payments: amounts in minor units."""
    return {
        "wallets": [wallet(row) for row in world.table("wallets").values()],
        "grants": [grant(world, row) for row in world.table("grants").values()],
        "incoming_payments": [incoming(world, row) for row in world.table("incoming").values()],
        "quotes": [moved(world, row, "quoted") for row in world.table("quotes").values()],
        "outgoing_payments": [moved(world, row, row["state"]) for row in world.table("outgoing").values()],
    }


def _asset(world: World, name: str) -> Doc:
    held = world.table("wallets")[name]
    return {"currency": held["asset_code"], "scale": held["asset_scale"]}


def wallet(row: Doc) -> Doc:
    """A wallet with its balance, and the names of its keys."""
    kept = {key: row[key] for key in ("public_name", "fee_percent", "jwks_url")}
    asset = {"amount": row["balance"], "currency": row["asset_code"], "scale": row["asset_scale"]}
    return {"id": row["name"], **asset, **kept, "keys": [key["kid"] for key in row["keys"]]}


def grant(world: World, row: Doc) -> Doc:
    """A grant without its secrets: who may do what, and how far it is."""
    item, addresses = grants.outgoing(row), world.addresses(row["base_url"])
    amount = (item or {}).get("limits", {}).get("debitAmount")
    payer = grants.payer(world, row)
    asset = {}
    if amount:
        scale = amount["assetScale"]
        asset = {"amount": int(amount["value"]), "currency": amount["assetCode"], "scale": scale}
    tokens = [token for token in world.table("tokens").values() if token["grant"] == row["id"]]
    return {
        "id": row["id"],
        "status": row["state"],
        "client": row["client"] or row["client_key"]["kid"],
        "wallet": payer["name"] if payer else None,
        "access": row["access"],
        "is_interactive": bool(row["interact_id"]),
        "consent_url": addresses.interaction(row["interact_id"], row["nonce"])
        if row["interact_id"]
        else None,
        "finish_url": interaction.finish_url(world, row) if row["decision"] else None,
        "tokens": [{"id": token["id"], "expires_at": iso(token["expires_at"])} for token in tokens],
        "created_at": iso(row["created_at"]),
        **asset,
    }


def incoming(world: World, row: Doc) -> Doc:
    """An incoming payment: `amount` is what was asked for, or None."""
    return {
        "id": row["id"],
        "status": row["state"],
        "wallet": row["wallet"],
        "amount": row["incoming"],
        "received": row["received"],
        **_asset(world, row["wallet"]),
        "metadata": row["metadata"],
        "client": row["client"],
        "created_at": iso(row["created_at"]),
        "expires_at": iso(row["expires_at"]),
    }


def moved(world: World, row: Doc, status: str) -> Doc:
    """A quote or an outgoing payment: `amount` is the debit."""
    shown: Doc = {
        "id": row["id"],
        "status": status,
        "wallet": row["wallet"],
        "payee": row["payee"],
        "amount": row["debit"],
        **_asset(world, row["wallet"]),
        "receive": row["receive"],
        "incoming_payment": row["incoming"],
        "created_at": iso(row["created_at"]),
    }
    if "grant" in row:
        return {
            **shown,
            "sent": row["shown_sent"],
            "delivered": row["delivered"],
            "metadata": row["metadata"],
        }
    return {**shown, "used": row["used"], "expires_at": iso(row["expires_at"])}
