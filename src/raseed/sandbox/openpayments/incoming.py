"""Incoming payments: what a seller's wallet expects, and what it has received of it."""

from __future__ import annotations

import base64
import hashlib

from raseed.sandbox.exchange import Answer
from raseed.sandbox.openpayments import paging, rights, shapes, wallets
from raseed.sandbox.openpayments.addresses import Addresses
from raseed.sandbox.openpayments.call import Call
from raseed.sandbox.openpayments.errors import resource_refused
from raseed.sandbox.openpayments.world import World, moment
from raseed.sandbox.store import Doc

KIND, COLLECTION = "incoming-payment", "incoming-payments"


def create(call: Call) -> Answer:
    """`POST /incoming-payments`"""
    doc = _read(call.body)
    wallet = rights.wallet_of(call, doc["walletAddress"])
    right = rights.demand(call, KIND, "create", wallet)
    world, latest = call.world, call.world.now() + call.world.settings["incoming_seconds"]
    expires_at = shapes.instant(doc["expiresAt"], "expiresAt") if "expiresAt" in doc else latest
    if not world.now() < expires_at <= latest:
        raise resource_refused(400, "invalid expiry")
    amount = doc.get("incomingAmount")
    if amount is not None and (not wallets.has_asset(wallet, amount) or int(amount["value"]) == 0):
        raise resource_refused(400, "invalid amount")
    payment: Doc = {
        "id": world.uuid(),
        "wallet": wallet["name"],
        "client": right.grant["client"],
        "client_key": right.grant["client_key"],
        "incoming": None if amount is None else int(amount["value"]),
        "received": 0,
        "state": "pending",
        "metadata": doc.get("metadata"),
        "created_at": world.now(),
        "expires_at": expires_at,
    }
    world.table("incoming")[payment["id"]] = payment
    world.set_alarm(expires_at - world.now(), "expire_incoming", payment["id"])
    return Answer.json(view(world, payment, call.addresses, methods=True), 201)


def _read(body: bytes) -> Doc:
    try:
        optional = ("incomingAmount", "expiresAt", "metadata")
        doc = shapes.members(shapes.document(body), "body", ("walletAddress",), optional)
        shapes.url(doc["walletAddress"], "body.walletAddress")
        shapes.metadata(doc)
        if "incomingAmount" in doc:
            shapes.amount(doc["incomingAmount"], "body.incomingAmount")
        if "expiresAt" in doc:
            shapes.instant(doc["expiresAt"], "body.expiresAt")
    except shapes.WrongShape as error:
        raise resource_refused(400, str(error)) from error
    return doc


def get(call: Call) -> Answer:
    """`GET /incoming-payments/{id}`; without a token only what everybody may know."""
    if "authorization" not in call.exchange.headers:
        payment = call.world.table("incoming").get(call.id)
        if payment is None:
            raise resource_refused(404, "incoming payment does not exist")
        received = wallets.money(_wallet(call.world, payment), payment["received"])
        return Answer.json({"receivedAmount": received, "authServer": call.addresses.auth_server})
    payment, _ = rights.read(call, "incoming", KIND)
    return Answer.json(view(call.world, payment, call.addresses, methods=True))


def complete(call: Call) -> Answer:
    """`POST /incoming-payments/{id}/complete`"""
    payment = call.world.table("incoming").get(call.id)
    if payment is None:
        raise resource_refused(401, "Unauthorized")
    right = rights.demand(call, KIND, "complete", _wallet(call.world, payment))
    if not right.owns(payment):
        raise resource_refused(404, "incoming payment does not exist")
    if not close(payment):
        raise resource_refused(409, "wrong state")
    return Answer.json(view(call.world, payment, call.addresses))


def list_all(call: Call) -> Answer:
    """`GET /incoming-payments?wallet-address=…`"""
    return paging.answer(call, KIND, "incoming", view)


def view(world: World, payment: Doc, addresses: Addresses, *, methods: bool = False) -> Doc:
    """The resource; `methods` only where one is created or read alone."""
    wallet = _wallet(world, payment)
    shown: Doc = {
        "id": addresses.resource(COLLECTION, payment["id"]),
        "walletAddress": addresses.wallet(payment["wallet"]),
    }
    if payment["incoming"] is not None:
        shown["incomingAmount"] = wallets.money(wallet, payment["incoming"])
    shown |= {
        "receivedAmount": wallets.money(wallet, payment["received"]),
        "completed": payment["state"] == "completed",
        "expiresAt": moment(payment["expires_at"]),
        "createdAt": moment(payment["created_at"]),
    }
    if payment["metadata"] is not None:
        shown["metadata"] = payment["metadata"]
    return {**shown, "methods": _methods(payment)} if methods else shown


def _methods(payment: Doc) -> list[Doc]:
    """Where money would be sent to; nothing here speaks that protocol."""
    if not is_open(payment):
        return []
    secret = base64.urlsafe_b64encode(hashlib.sha256(payment["id"].encode()).digest()).decode().rstrip("=")
    return [
        {
            "type": "ilp",
            "ilpAddress": f"test.sandbox.{payment['wallet']}.{payment['id'][:8]}",
            "sharedSecret": secret,
        }
    ]


def _wallet(world: World, payment: Doc) -> Doc:
    return world.table("wallets")[payment["wallet"]]


# -- what becomes of it ----------------------------------------------------------------------------------


def is_open(payment: Doc) -> bool:
    """Whether it still takes money."""
    return payment["state"] in ("pending", "processing")


def wanted(payment: Doc) -> int | None:
    """What is still to come; None where any amount may."""
    return None if payment["incoming"] is None else max(0, payment["incoming"] - payment["received"])


def receive(world: World, payment: Doc, minor: int) -> None:
    """Money arrives."""
    payment["received"] += minor
    _wallet(world, payment)["balance"] += minor
    payment["state"] = "completed" if wanted(payment) == 0 else "processing"


def close(payment: Doc) -> bool:
    """Take no more money. False: it did so already."""
    if not is_open(payment):
        return False
    payment["state"] = "completed"
    return True


def expire(world: World, payment: Doc) -> bool:
    """Its time is over. What received nothing vanishes."""
    if not is_open(payment):
        return False
    payment["state"] = "expired"
    if payment["received"] == 0:
        del world.table("incoming")[payment["id"]]
    return True
