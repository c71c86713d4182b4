"""Refusals by wish: answers that need a special account, another party's failure, or bad luck.

Stated through the control API; each strikes a number of times and is then used up. With `sub_code` it
declines the next card instead, whatever the card is.
"""

from __future__ import annotations

from fnmatch import fnmatchcase

from raseed.sandbox.exchange import ControlError, Exchange
from raseed.sandbox.paymongo import failures
from raseed.sandbox.paymongo.errors import ApiError, problem
from raseed.sandbox.paymongo.world import World
from raseed.sandbox.store import Doc

#: Every documented code: status and a sentence of ours. Most also come by themselves.
#: https://developers.paymongo.com/docs/errors, https://developers.paymongo.com/docs/refund-errors,
#: https://docs.paymongo.com/docs/payment-acceptance-errors-pipm
CODES = {
    "parameter_required": (400, "A parameter is required."),
    "parameter_invalid": (400, "A parameter is invalid."),
    "parameter_data_type_invalid": (400, "A parameter has the wrong type."),
    "parameter_format_invalid": (400, "A parameter has the wrong format."),
    "parameter_below_minimum": (400, "The amount is too small."),
    "parameter_above_maximum": (400, "The amount is too large."),
    "invalid_request_body": (400, "The request body is invalid."),
    "organization_not_allowed": (400, "The account is not allowed to do this."),
    "payment_method_not_allowed": (400, "The payment method is not allowed."),
    "livemode_mismatched": (400, "The key and the resource belong to different modes."),
    "allowed_amount_exceeded": (400, "The amount is above what was authorized."),
    "allowed_date_exceeded": (400, "The time for this has passed."),
    "available_balance_insufficient": (400, "The available balance is insufficient."),
    "provider_processing_error": (400, "The provider could not process this."),
    "refund_not_allowed": (400, "This payment cannot be refunded here."),
    "resource_not_found": (404, "There is no such resource."),
    "resource_not_chargeable_state": (400, "The source is not chargeable."),
    "resource_succeeded_state": (400, "The resource has already succeeded."),
    "resource_cancelled_state": (400, "The resource has already been cancelled."),
    "resource_failed_state": (400, "The resource has failed."),
    "resource_pending_state": (400, "The resource is pending."),
    "resource_processing_state": (400, "The resource is processing."),
    "resource_processing_error": (400, "The resource could not be processed."),
    "resource_disputed_state": (400, "The resource is disputed."),
    "api_key_invalid": (401, "The API key is invalid."),
    "too_many_requests": (429, "Too many requests."),
}
MEMBERS = ("code", "sub_code", "path", "method", "times", "detail", "mode")


def state(world: World, body: Doc) -> Doc:
    """Put a refusal in force. Raises ControlError where it is wrong."""
    for name in body:
        if name not in MEMBERS:
            raise ControlError(f"a refusal knows {', '.join(MEMBERS)}, not {name!r}.")
    sub_code = body.get("sub_code", "")
    if sub_code and sub_code not in tuple(failures.CARD):
        raise ControlError(f"sub_code must be one of {', '.join(failures.CARD)}, not {sub_code!r}.")
    code = body.get("code", "resource_failed_state" if sub_code else "")
    if code not in tuple(CODES):  # a tuple takes whatever JSON can hold
        raise ControlError(f"code must be one of {', '.join(CODES)}, not {code!r}.")
    times = body.get("times", 1)
    if type(times) is not int or times < 1:
        raise ControlError(f"times must be a whole number from 1, not {times!r}.")
    texts = {name: body.get(name, default) for name, default in (("path", "*"), ("method", "*"))}
    texts["detail"] = body.get("detail", CODES[code][1])
    if not all(isinstance(text, str) for text in texts.values()):
        raise ControlError("path, method and detail must be texts.")
    refusal = {"id": world.new_id("refusal"), "code": code, "sub_code": sub_code, "times": times, **texts}
    world.table("refusals")[refusal["id"]] = refusal
    return refusal


def strike(world: World, exchange: Exchange) -> None:
    """Raise the refusal that fits this call, if one is in force."""
    for refusal in list(world.table("refusals").values()):
        fits = fnmatchcase(exchange.path, refusal["path"]) and fnmatchcase(
            exchange.method, refusal["method"].upper()
        )
        if fits and not refusal["sub_code"]:
            _use(world, refusal)
            status, _ = CODES[refusal["code"]]
            raise ApiError(status, [problem(refusal["code"], refusal["detail"])])


def next_decline(world: World) -> str:
    """The failure code that the next card meets, or ""."""
    for refusal in list(world.table("refusals").values()):
        if refusal["sub_code"]:
            _use(world, refusal)
            return str(refusal["sub_code"])
    return ""


def _use(world: World, refusal: Doc) -> None:
    refusal["times"] -= 1
    if refusal["times"] <= 0:
        del world.table("refusals")[refusal["id"]]
