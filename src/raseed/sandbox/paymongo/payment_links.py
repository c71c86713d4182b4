"""`/v1/payment_links`, the flat successor of links, as far as https://docs.paymongo.com/reference/payment-links
shows it: members lie directly in `data`, moments are ISO 8601, pointers look like `/amount`.

Known status: `active`. Ours: `inactive` (set by PATCH) and `paid`.
"""

from __future__ import annotations

from raseed.sandbox.paymongo import links, payments, refunds
from raseed.sandbox.paymongo.call import Call
from raseed.sandbox.paymongo.errors import ApiError, refused, wrong_state
from raseed.sandbox.paymongo.fields import Fields, document_of
from raseed.sandbox.paymongo.paging import page
from raseed.sandbox.paymongo.qr import manila
from raseed.sandbox.paymongo.world import World, bare
from raseed.sandbox.store import Doc

STATUSES = ("active", "inactive")
MOMENTS = ("created_at", "updated_at", "paid_at", "refunded_at", "available_at", "credited_at")


def create(call: Call) -> Doc:
    world, fields = call.world, _fields(call)
    amount = fields.integer("amount", minimum=world.minimum("links"))
    if fields.given("currency"):
        fields.choice("currency", ("PHP",))
    description, metadata = fields.text("description"), fields.metadata()
    _done(fields)
    link = links.make(world, call.base_url, amount, description or "", metadata=metadata)
    return view(world, link)


def retrieve(call: Call) -> Doc:
    return view(call.world, links.find(call.world, call.id))


def list_all(call: Call) -> Doc:
    world = call.world
    found = list(world.table("links").values())
    return page(found, call.query, "payment link", lambda link: view(world, link))


def update(call: Call) -> Doc:
    world, link, fields = call.world, links.find(call.world, call.id), _fields(call)
    changes: Doc = {}
    if fields.given("description"):
        changes["description"] = fields.text("description")
    if fields.given("status"):
        changes["archived"] = fields.choice("status", STATUSES) == "inactive"
    metadata = fields.metadata() if fields.given("metadata") else link["private"]["metadata"]
    _done(fields)
    link["private"]["metadata"] = metadata
    world.touch(link, **changes)
    return view(world, link)


def list_payments(call: Call) -> Doc:
    world, link = call.world, links.find(call.world, call.id)
    made = links.payments_of(world, link)
    return page(made, call.query, "payment", lambda payment: flat(payments.view(world, payment)))


def refund(call: Call) -> Doc:
    """Refund the link's payment: all of it, or `amount` centavos."""
    world, link, fields = call.world, links.find(call.world, call.id), _fields(call)
    made = links.payments_of(world, link)
    amount = fields.integer("amount", minimum=world.minimum("refunds")) if fields.given("amount") else None
    reason = fields.choice("reason", refunds.REASONS) if fields.given("reason") else "others"
    notes = fields.text("notes", longest=255)
    _done(fields)
    if not made:
        raise wrong_state("resource_failed_state", "Payment link", link["id"], "is not paid")
    payment = made[-1]
    minor = payment["attributes"]["amount"] if amount is None else amount
    return flat(bare(refunds.make(world, payment["id"], minor, reason, notes)))


def view(world: World, link: Doc) -> Doc:
    attributes, status = link["attributes"], links.status(world, link)
    if status == "unpaid":
        status = "inactive" if attributes["archived"] else "active"
    shown: Doc = {
        "id": link["id"],
        "amount": attributes["amount"],
        "currency": attributes["currency"],
        "description": attributes["description"],
        "status": status,
        "livemode": attributes["livemode"],
        "url": attributes["checkout_url"],
        "reference_number": attributes["reference_number"],
        "metadata": link["private"]["metadata"],
        "created_at": manila(attributes["created_at"]),
        "updated_at": manila(attributes["updated_at"]),
    }
    return shown


def flat(document: Doc) -> Doc:
    """A classic document without its `attributes`, moments as texts."""
    shown = {"id": document["id"], **document["attributes"]}
    for name in MOMENTS:
        if isinstance(shown.get(name), int):
            shown[name] = manila(shown[name])
    return shown


def _fields(call: Call) -> Fields:
    """The request's members, which may also come in `data` or `data.attributes`: the form was not found."""
    if not call.body.strip():
        return Fields({})
    document = document_of(call.body)
    for wrapper in ("data", "attributes"):
        if isinstance(document, dict) and isinstance(document.get(wrapper), dict):
            document = document[wrapper]
    if not isinstance(document, dict):
        raise refused("invalid_request_body", "The request body should be an object.", "/")
    return Fields(document)


def _done(fields: Fields) -> None:
    """Raise what was found wrong, in this family's own form."""
    if fields.problems:
        found = [
            {
                "code": "invalid_request_body",
                "detail": problem["detail"],
                "source": {"pointer": "/" + problem["source"]["pointer"].replace(".", "/")},
            }
            for problem in fields.problems
        ]
        raise ApiError(400, found)
