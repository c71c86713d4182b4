"""The payer's way back to the shop, which is the same whatever became of the payment."""

from __future__ import annotations

from raseed.sandbox.exchange import Answer
from raseed.sandbox.pages import closed
from raseed.sandbox.phonepe import older_views
from raseed.sandbox.phonepe.signing import form_checksum
from raseed.sandbox.phonepe.vocabulary import COMPLETED, FAILED, PENDING
from raseed.sandbox.phonepe.world import World
from raseed.sandbox.rendering import render
from raseed.sandbox.store import Doc


def said(order: Doc) -> str:
    """How an order ended, for a payer."""
    if order["state"] == COMPLETED:
        return "This payment is made."
    if order["state"] == FAILED and order["failure"] != "ORDER_EXPIRED":
        return "This payment failed."
    if order["state"] == PENDING and order["attempts"]:
        return "Your bank is still busy with this payment."
    return "The time to pay is over."


def leave(world: World, order: Doc) -> Answer:
    """Send the browser to the shop: by a redirect, to which PhonePe adds nothing, or by a form."""
    if order["back"]["url"] and order["back"]["mode"] == "REDIRECT":
        return Answer.see_other(order["back"]["url"])
    return over(world, order, said(order))


def over(world: World, order: Doc, text: str) -> Answer:
    """A page that only leads back."""
    back = order["back"]["url"]
    if not back or order["back"]["mode"] == "REDIRECT":
        return closed(text, back or None)
    return Answer.html(render("phonepe/back.html", text=text, back=back, fields=_form(world, order)))


def _form(world: World, order: Doc) -> Doc:
    """What redirectMode POST sends through the browser.

    https://developer.phonepe.com/v1/reference/ui-callback-1
    """
    fields = {
        "code": older_views.order_status(world, order)["code"],
        "merchantId": order["merchant"],
        "transactionId": order["reference"],
        "amount": str(order["amount"]),
        "providerReferenceId": order["id"],
    }
    key = world.settings["merchants"].get(order["merchant"], {}).get(order["salt_index"], "")
    return {**fields, "checksum": form_checksum(fields, key, order["salt_index"])}
