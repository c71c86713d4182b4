"""Outgoing payments: made from a quote, once, within what the payer granted. What follows is in `sending`."""

from __future__ import annotations

from typing import Any

from raseed.sandbox.exchange import Answer
from raseed.sandbox.openpayments import incoming, paging, quotes, rights, sending, shapes, spending, wallets
from raseed.sandbox.openpayments.addresses import Addresses
from raseed.sandbox.openpayments.call import Call
from raseed.sandbox.openpayments.errors import resource_refused
from raseed.sandbox.openpayments.rights import Right
from raseed.sandbox.openpayments.world import World, moment
from raseed.sandbox.store import Doc

KIND, COLLECTION = "outgoing-payment", "outgoing-payments"
BY_QUOTE = ("walletAddress", "quoteId")
BY_RECEIVER = ("walletAddress", "incomingPayment", "debitAmount")


def create(call: Call) -> Answer:
    """`POST /outgoing-payments`"""
    doc = _read(call.body)
    wallet = rights.wallet_of(call, doc["walletAddress"])
    right = rights.demand(call, KIND, "create", wallet)
    quote = _quote(call, right, wallet, doc)
    spent = spending.spent(call.world, right.grant)
    spending.demand_within(call.world, right.grant, right.access, quote)
    payment = _make(call.world, right, quote, doc.get("metadata"))
    quote["used"] = True
    payee = call.world.table("wallets")[quote["payee"]]
    # The reference implementation states the sums before this payment, and not with it.
    sums = {
        "grantSpentDebitAmount": wallets.money(wallet, spent[0]),
        "grantSpentReceiveAmount": wallets.money(payee, spent[1]),
    }
    return Answer.json({**view(call.world, payment, call.addresses), **sums}, 201)


def _read(body: bytes) -> Doc:
    try:
        found = shapes.document(body)
        doc = shapes.members(found, "body", BY_QUOTE if "quoteId" in found else BY_RECEIVER, ("metadata",))
        shapes.metadata(doc)
        for name in ("walletAddress", "quoteId", "incomingPayment"):
            if name in doc:
                shapes.url(doc[name], f"body.{name}")
        if "debitAmount" in doc:
            shapes.amount(doc["debitAmount"], "body.debitAmount")
    except shapes.WrongShape as error:
        raise resource_refused(400, str(error)) from error
    return doc


def _quote(call: Call, right: Right, wallet: Doc, doc: Doc) -> Doc:
    """The quote to pay by, which may be made on the spot. Raises Refused: 400 or 404."""
    if "quoteId" not in doc:
        return quotes.make(call, right.grant, wallet, doc["incomingPayment"], doc["debitAmount"], None)
    quote = call.world.table("quotes").get(call.addresses.resource_id(quotes.COLLECTION, doc["quoteId"]))
    if quote is None:
        raise resource_refused(404, "unknown quote")
    payment = call.world.table("incoming").get(quote["incoming"])
    is_over = quote["used"] or call.world.now() >= quote["expires_at"]
    if is_over or quote["wallet"] != wallet["name"] or payment is None or not incoming.is_open(payment):
        raise resource_refused(400, "invalid quote")
    return quote


def _make(world: World, right: Right, quote: Doc, metadata: dict[str, Any] | None) -> Doc:
    payment: Doc = {
        "id": quote["id"],  # as the reference implementation has it
        "wallet": quote["wallet"],
        "payee": quote["payee"],
        "incoming": quote["incoming"],
        "receiver": quote["receiver"],
        "client": right.grant["client"],
        "client_key": right.grant["client_key"],
        "grant": right.grant["id"],
        "debit": quote["debit"],
        "sent": quote["sent"],
        "receive": quote["receive"],
        "delivered": 0,
        "shown_sent": 0,
        "state": "funding",
        "metadata": metadata,
        "created_at": world.now(),
    }
    world.table("outgoing")[payment["id"]] = payment
    sending.begin(world, payment)
    return payment


def get(call: Call) -> Answer:
    """`GET /outgoing-payments/{id}`"""
    payment, _ = rights.read(call, "outgoing", KIND)
    return Answer.json(view(call.world, payment, call.addresses))


def list_all(call: Call) -> Answer:
    """`GET /outgoing-payments?wallet-address=…`"""
    return paging.answer(call, KIND, "outgoing", view)


def view(world: World, payment: Doc, addresses: Addresses) -> Doc:
    """The resource."""
    payer = world.table("wallets")[payment["wallet"]]
    shown: Doc = {
        "id": addresses.resource(COLLECTION, payment["id"]),
        "walletAddress": addresses.wallet(payment["wallet"]),
        "quoteId": addresses.resource(quotes.COLLECTION, payment["id"]),
        "failed": payment["state"] in ("failed", "cancelled"),
        "receiver": payment["receiver"],
        **quotes.amounts_of(world, payment),
        "sentAmount": wallets.money(payer, payment["shown_sent"]),
        "createdAt": moment(payment["created_at"]),
    }
    return shown if payment["metadata"] is None else {**shown, "metadata": payment["metadata"]}
