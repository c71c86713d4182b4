"""What was spent of a grant, and whether another payment stays within its limits."""

from __future__ import annotations

from raseed.sandbox.exchange import Answer
from raseed.sandbox.openpayments import grants, rights, wallets
from raseed.sandbox.openpayments.call import Call
from raseed.sandbox.openpayments.errors import resource_refused
from raseed.sandbox.openpayments.intervals import bounds
from raseed.sandbox.openpayments.world import World
from raseed.sandbox.store import Doc


def payments(world: World, grant: Doc) -> list[Doc]:
    """The outgoing payments made under a grant in its current period, or in its life."""
    limits = (grants.outgoing(grant) or {}).get("limits", {})
    period = bounds(limits.get("interval"), world.now())
    made = [row for row in world.table("outgoing").values() if row["grant"] == grant["id"]]
    return [row for row in made if period is None or period[0] <= row["created_at"] < period[1]]


def spent(world: World, grant: Doc) -> tuple[int, int]:
    """Debited and received in sum; a payment that failed counts with what it did send."""
    debit = receive = 0
    for row in payments(world, grant):
        is_over = row["state"] in ("failed", "cancelled")
        debit += row["shown_sent"] if is_over else row["debit"]
        receive += row["delivered"] if is_over else row["receive"]
    return debit, receive


def demand_within(world: World, grant: Doc, access: Doc, quote: Doc) -> None:
    """Raise Refused (403) for another receiver, another asset, or more than is left."""
    limits = access.get("limits", {})
    period = bounds(limits.get("interval"), world.now())
    debit, receive = spent(world, grant)
    payer, payee = (world.table("wallets")[quote[name]] for name in ("wallet", "payee"))
    fits = limits.get("receiver", quote["receiver"]) == quote["receiver"]
    fits = fits and (period is None or period[0] < period[1])
    if "debitAmount" in limits:
        limit = limits["debitAmount"]
        fits = fits and wallets.has_asset(payer, limit) and debit + quote["debit"] <= int(limit["value"])
    if "receiveAmount" in limits:
        limit = limits["receiveAmount"]
        fits = fits and wallets.has_asset(payee, limit) and receive + quote["receive"] <= int(limit["value"])
    if not fits:
        raise resource_refused(403, "unauthorized")


def answer(call: Call) -> Answer:
    """`GET /outgoing-payment-grant`"""
    grant = rights.active_grant(call)
    item = grants.outgoing(grant)
    wallet = wallets.find(call.world, call.addresses.wallet_name(item["identifier"])) if item else None
    if wallet is None:
        raise resource_refused(403, "Insufficient Grant")
    rights.demand(call, "outgoing-payment", "create", wallet)
    made = payments(call.world, grant)
    if not made:
        return Answer.json({"spentDebitAmount": None, "spentReceiveAmount": None})
    debit, receive = spent(call.world, grant)
    payee = call.world.table("wallets")[made[0]["payee"]]
    return Answer.json(
        {
            "spentDebitAmount": wallets.money(wallet, debit),
            "spentReceiveAmount": wallets.money(payee, receive),
        }
    )
