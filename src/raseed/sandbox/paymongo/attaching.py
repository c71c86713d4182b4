"""Attaching a payment method to an intent. https://developers.paymongo.com/docs/payment-acceptance-qr-ph-api"""

from __future__ import annotations

from raseed.sandbox.paymongo import attempts, failures, intents, methods, refusals
from raseed.sandbox.paymongo.call import Call
from raseed.sandbox.paymongo.errors import ApiError, problem, refused, wrong_state
from raseed.sandbox.paymongo.fields import Fields
from raseed.sandbox.paymongo.world import World
from raseed.sandbox.store import Doc

#: Card instalments start at 3,000 pesos.
SMALLEST_INSTALMENT_MINOR = 300_000
#: What an intent answers that can take no payment method any more. Only the first two are documented.
CLOSED = {
    "succeeded": ("resource_succeeded_state", "has already succeeded"),
    "cancelled": ("resource_cancelled_state", "has already been cancelled"),
    "processing": ("resource_processing_state", "is still processing"),
    "awaiting_capture": ("resource_succeeded_state", "has already been authorized"),
}


def attach(call: Call) -> Doc:
    """With the secret key, or with a public key and `client_key`."""
    world, fields = call.world, call.fields
    method_id = fields.text("payment_method", required=True) or ""
    client_key, return_url = fields.text("client_key"), fields.url("return_url")
    is_instalment = _instalment(fields)
    fields.done()
    intent, method = intents.permitted(call, client_key), methods.find(world, method_id)
    _check(intent, method, is_instalment=is_instalment)
    if _redirects(method) and not return_url:
        raise refused("parameter_required", "return_url is required.", "return_url")
    intent["private"]["by_merchant"] = call.is_secret
    attempt = to(world, intent, method, call.base_url, return_url, is_instalment=is_instalment)
    if attempt["failed_code"]:
        raise declined(attempt["failed_code"])
    answer = intents.view(world, intent)
    if "auto_authorize" in call.scenario:  # the answer still shows the intent as it waits for the payer
        attempts.confirm(world, attempt)
    return answer


def to(
    world: World,
    intent: Doc,
    method: Doc,
    base_url: str,
    return_url: str | None,
    *,
    is_instalment: bool = False,
) -> Doc:
    """Begin an attempt; a card that needs no authentication is decided at once.

    Of a declined one `failed_code` says why.
    """
    attempt = attempts.begin(world, intent, method, base_url, return_url, is_instalment=is_instalment)
    card = method["private"]["card"]
    if card is None:
        attempts.await_payer(world, attempt)
        return attempt
    outcome = refusals.next_decline(world) or card["outcome"]
    if outcome == "paid":
        attempts.confirm(world, attempt)
    elif outcome in ("3ds", "3ds_declined"):
        attempts.await_payer(world, attempt)
    else:
        attempts.decline(world, attempt, outcome)
    return attempt


def declined(code: str) -> ApiError:
    """The answer to the attach of a declined card; its status 400 is an inference of ours."""
    return ApiError(400, [{**problem("resource_failed_state", failures.text(code)), "sub_code": code}])


def _redirects(method: Doc) -> bool:
    """Whether the payer leaves for another page, and so needs an address to come back to."""
    card = method["private"]["card"]
    if card is not None:
        return str(card["outcome"]).startswith("3ds")
    return bool(method["attributes"]["type"] != "qrph")


def _check(intent: Doc, method: Doc, *, is_instalment: bool) -> None:
    attributes, kind = intent["attributes"], method["attributes"]["type"]
    if attributes["status"] in CLOSED:
        code, state = CLOSED[attributes["status"]]
        raise wrong_state(code, "Payment intent", intent["id"], state)
    if kind not in attributes["payment_method_allowed"]:
        detail = f"The payment method type {kind} is not allowed for this payment intent."
        raise refused("payment_method_not_allowed", detail)
    if is_instalment:
        card = (attributes["payment_method_options"] or {}).get("card", {})
        if kind != "card" or not card.get("installments", {}).get("enabled"):
            detail = "Installments are not enabled for this payment intent."
            raise refused("payment_method_not_allowed", detail)
        if attributes["amount"] < SMALLEST_INSTALMENT_MINOR:
            detail = f"The minimum value for the amount is {SMALLEST_INSTALMENT_MINOR}."
            raise refused("parameter_below_minimum", detail, "amount")


def _instalment(fields: Fields) -> bool:
    """Whether `payment_method_options.card.installments.plan` was chosen."""
    options = fields.nested("payment_method_options")
    card = options.nested("card") if options is not None else None
    instalments = card.nested("installments") if card is not None else None
    plan = instalments.nested("plan") if instalments is not None else None
    if plan is None:
        return False
    plan.text("issuer_id", required=True)
    plan.integer("tenure", minimum=1, maximum=60)
    return True
