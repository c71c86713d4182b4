"""PhonePe's refusals. Version 2 says `{code, message}`, version 1 `{success, code, message, data}`.

`context.sandbox` in a refused field's answer is ours: PhonePe does not say which input is wrong.
"""

from __future__ import annotations

from raseed.sandbox.store import Doc

CHECK_INPUTS = "Please check the inputs you have provided."
TROUBLE = "There is an error trying to process your transaction at the moment. Please try again in a while."


class ApiError(Exception):
    """An answer that is no success, as it goes out."""

    def __init__(self, status: int, body: Doc) -> None:
        super().__init__(str(body.get("context", {}).get("sandbox") or body.get("message") or body))
        self.status = status
        self.body = body


def bad_request(why: str) -> ApiError:
    """400 BAD_REQUEST, which PhonePe answers to every kind of wrong input and to a used merchantOrderId."""
    return ApiError(400, {"code": "BAD_REQUEST", "message": CHECK_INPUTS, "context": {"sandbox": why}})


def unauthorized() -> ApiError:
    """401 as the official clients' tests have it."""
    return ApiError(401, {"success": False, "code": "401"})


def refused(code: str, message: str, status: int = 400) -> ApiError:
    """The older shape, which version 2 still uses for what it does not find."""
    return ApiError(status, {"success": False, "code": code, "message": message, "data": {}})
