"""Quotes: what a payment would cost the payer. Each can be paid once, and soon ends."""

from __future__ import annotations

from raseed.sandbox.exchange import Answer
from raseed.sandbox.openpayments import exchanging, incoming, rights, shapes, wallets
from raseed.sandbox.openpayments.addresses import Addresses
from raseed.sandbox.openpayments.call import Call
from raseed.sandbox.openpayments.errors import resource_refused
from raseed.sandbox.openpayments.world import World, moment
from raseed.sandbox.store import Doc

KIND, COLLECTION = "quote", "quotes"


def create(call: Call) -> Answer:
    """`POST /quotes`"""
    doc = _read(call.body)
    wallet = rights.wallet_of(call, doc["walletAddress"])
    right = rights.demand(call, KIND, "create", wallet)
    quote = make(call, right.grant, wallet, doc["receiver"], doc.get("debitAmount"), doc.get("receiveAmount"))
    return Answer.json(view(call.world, quote, call.addresses), 201)


def _read(body: bytes) -> Doc:
    try:
        required, optional = ("walletAddress", "receiver", "method"), ("debitAmount", "receiveAmount")
        doc = shapes.members(shapes.document(body), "body", required, optional)
        shapes.url(doc["walletAddress"], "body.walletAddress")
        shapes.receiver(doc["receiver"], "body.receiver")
        if doc["method"] != "ilp":
            raise shapes.WrongShape("body.method must be 'ilp'")
        if len(doc) > len(required) + 1:
            raise shapes.WrongShape("body must not hold both debitAmount and receiveAmount")
        for name in optional:
            if name in doc:
                shapes.amount(doc[name], f"body.{name}")
    except shapes.WrongShape as error:
        raise resource_refused(400, str(error)) from error
    return doc


def make(call: Call, grant: Doc, wallet: Doc, receiver: str, debit: Doc | None, receive: Doc | None) -> Doc:
    """Work out a quote and keep it. Raises Refused (400) where the receiver takes no such payment."""
    world = call.world
    payment = world.table("incoming").get(call.addresses.resource_id(incoming.COLLECTION, receiver))
    if payment is None or not incoming.is_open(payment):
        raise resource_refused(400, "invalid receiver")
    payee = world.table("wallets")[payment["wallet"]]
    if (debit and not wallets.has_asset(wallet, debit)) or (
        receive and not wallets.has_asset(payee, receive)
    ):
        raise resource_refused(400, "invalid amount")
    amounts = _amounts(world, wallet, payee, incoming.wanted(payment), debit, receive)
    quote: Doc = {
        "id": world.uuid(),
        "wallet": wallet["name"],
        "client": grant["client"],
        "client_key": grant["client_key"],
        "incoming": payment["id"],
        "payee": payment["wallet"],
        "receiver": receiver,
        **amounts,
        "created_at": world.now(),
        "expires_at": min(world.now() + world.settings["quote_seconds"], payment["expires_at"]),
        "used": False,
    }
    world.table("quotes")[quote["id"]] = quote
    return quote


def _amounts(
    world: World, wallet: Doc, payee: Doc, wanted: int | None, debit: Doc | None, receive: Doc | None
) -> Doc:
    """Debit, the part of it that is sent, and what arrives; all in minor units of their wallets."""
    if debit:
        total = int(debit["value"])
        arrives, sent = exchanging.receive_for(world, wallet, payee, total)
    else:
        arrives = int(receive["value"]) if receive else (wanted or 0)
        total, sent = exchanging.debit_for(world, wallet, payee, arrives)
    if arrives <= 0:
        least, _ = exchanging.debit_for(world, wallet, payee, 1)
        details = {"minSendAmount": wallets.money(wallet, least)}
        raise resource_refused(400, "non-positive receive amount", details)
    if wanted is not None and arrives > wanted:
        raise resource_refused(400, "invalid amount")
    return {"debit": total, "sent": sent, "receive": arrives}


def get(call: Call) -> Answer:
    """`GET /quotes/{id}`"""
    quote, _ = rights.read(call, "quotes", KIND)
    return Answer.json(view(call.world, quote, call.addresses))


def view(world: World, quote: Doc, addresses: Addresses) -> Doc:
    """The resource."""
    return {
        "id": addresses.resource(COLLECTION, quote["id"]),
        "walletAddress": addresses.wallet(quote["wallet"]),
        "receiver": quote["receiver"],
        **amounts_of(world, quote),
        "method": "ilp",
        "createdAt": moment(quote["created_at"]),
        "expiresAt": moment(quote["expires_at"]),
    }


def amounts_of(world: World, row: Doc) -> Doc:
    """debitAmount and receiveAmount of a quote or an outgoing payment, each in its wallet's asset."""
    payer, payee = (world.table("wallets")[row[name]] for name in ("wallet", "payee"))
    return {
        "debitAmount": wallets.money(payer, row["debit"]),
        "receiveAmount": wallets.money(payee, row["receive"]),
    }
