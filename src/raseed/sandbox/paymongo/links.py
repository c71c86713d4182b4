"""Links: an address that takes one payment, through a checkout session of its own.

The classic calls are https://developers.paymongo.com/docs/links-api; `payment_links` shows the same
documents in the newer, flat form.
"""

from __future__ import annotations

import copy

from raseed.sandbox.paymongo import payments, sessions
from raseed.sandbox.paymongo.call import Call
from raseed.sandbox.paymongo.errors import not_found, wrong_state
from raseed.sandbox.paymongo.fields import NO_BILLING
from raseed.sandbox.paymongo.paging import page
from raseed.sandbox.paymongo.world import World, bare
from raseed.sandbox.store import Doc

REFERENCE_LENGTH = 7
#: What a link's page offers, as far as the account has it.
OFFERED = ("gcash", "card", "paymaya", "grab_pay", "qrph", "dob", "dob_ubp", "brankas_bdo", "billease")


def create(call: Call) -> Doc:
    world, fields = call.world, call.fields
    amount = fields.integer("amount", minimum=world.minimum("links"))
    description = fields.text("description", required=True) or ""
    remarks = fields.text("remarks")
    fields.done()
    return view(world, make(world, call.base_url, amount, description, remarks=remarks))


def make(
    world: World,
    base_url: str,
    amount: int,
    description: str,
    *,
    remarks: str | None = None,
    metadata: Doc | None = None,
) -> Doc:
    """Keep a link."""
    now, reference = world.now(), world.sandbox.ids.text(REFERENCE_LENGTH)
    path = f"/link/{reference}" if world.livemode else f"/link/test/{reference}"
    attributes: Doc = {
        "amount": amount,
        "archived": False,
        "currency": "PHP",
        "description": description,
        "livemode": world.livemode,
        "fee": 0,
        "remarks": remarks,
        "status": "unpaid",
        "tax_amount": None,
        "taxes": [],
        "checkout_url": base_url + path,
        "reference_number": reference,
        "created_at": now,
        "updated_at": now,
    }
    private: Doc = {"base_url": base_url, "session": None, "payments": [], "metadata": metadata}
    return world.add("links", "link", "link", attributes, **private)


def retrieve(call: Call) -> Doc:
    """By id or by reference number."""
    return view(call.world, find(call.world, call.id))


def list_all(call: Call) -> Doc:
    """Newest first; `reference_number` narrows the list."""
    world, wanted = call.world, call.query.get("reference_number")
    found = [
        link
        for link in world.table("links").values()
        if wanted is None or link["attributes"]["reference_number"] == wanted
    ]
    return page(found, call.query, "link", lambda link: view(world, link))


def archive(call: Call) -> Doc:
    """An archived link takes no payment. A paid one cannot be archived (our choice)."""
    link = find(call.world, call.id)
    if link["attributes"]["status"] != "unpaid":
        raise wrong_state("resource_failed_state", "Link", link["id"], "has already been paid")
    call.world.touch(link, archived=True)
    return view(call.world, link)


def unarchive(call: Call) -> Doc:
    link = find(call.world, call.id)
    call.world.touch(link, archived=False)
    return view(call.world, link)


def find(world: World, wanted: str) -> Doc:
    """The link with that id or reference number, or ApiError (404)."""
    links = world.table("links")
    if wanted in links:
        return links[wanted]
    for link in links.values():
        if link["attributes"]["reference_number"] == wanted:
            return link
    raise not_found("link", wanted)


def is_payable(world: World, link: Doc) -> bool:
    attributes = link["attributes"]
    return attributes["status"] == "unpaid" and not attributes["archived"]


def session_of(world: World, link: Doc) -> Doc:
    """The link's checkout session, made when somebody first opens the link."""
    if link["private"]["session"] is None:
        link["private"]["session"] = _open(world, link)["id"]
    return world.table("sessions")[link["private"]["session"]]


def _open(world: World, link: Doc) -> Doc:
    attributes, may = link["attributes"], world.settings["capabilities"]
    reference = attributes["reference_number"]
    name = f"Link reference number {reference}"
    line: Doc = {"currency": "PHP", "description": None, "images": [], "name": name, "quantity": 1}
    given: Doc = {
        "billing": copy.deepcopy(NO_BILLING),
        "billing_information_fields_editable": "enabled",
        "cancel_url": None,
        "customer_email": None,
        "description": attributes["description"],
        "line_items": [{"amount": attributes["amount"], **line}],
        "payment_method_types": [method for method in OFFERED if method in may],
        "reference_number": reference,
        "send_email_receipt": False,
        "show_description": True,
        "show_line_items": False,
        "success_url": None,
        "metadata": {**(link["private"]["metadata"] or {}), "pm_reference_number": reference},
    }
    return sessions.make(world, link["private"]["base_url"], given, attributes["amount"], link_id=link["id"])


def of_session(world: World, session: Doc | None) -> Doc | None:
    """The link a session belongs to."""
    link_id = session["private"]["link"] if session else None
    return world.table("links").get(link_id) if link_id else None


def add_payment(world: World, link: Doc, payment: Doc) -> None:
    """A payment through the link's session settles the link."""
    link["private"]["payments"].append(payment["id"])
    world.touch(link, status="paid", fee=payment["attributes"]["fee"])


def payments_of(world: World, link: Doc) -> list[Doc]:
    """The paid ones, oldest first."""
    return [world.table("payments")[payment_id] for payment_id in link["private"]["payments"]]


def status(world: World, link: Doc) -> str:
    """unpaid, paid, refunded, partially_refunded or disputed."""
    made = payments_of(world, link)
    if any(payment["attributes"]["disputed"] for payment in made):
        return "disputed"
    back = sum(payments.refunded(world, payment) for payment in made)
    if back:
        whole = back >= sum(payment["attributes"]["amount"] for payment in made)
        return "refunded" if whole else "partially_refunded"
    return str(link["attributes"]["status"])


def view(world: World, link: Doc) -> Doc:
    """The link in its classic form; each payment is wrapped once more, unlike anywhere else."""
    shown = bare(link)
    made = [{"data": payments.view(world, payment)} for payment in payments_of(world, link)]
    shown["attributes"].update(status=status(world, link), payments=made)
    return shown
