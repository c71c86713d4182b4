"""Paymob's refusals: `{detail}`, `{message}`, `{field: [text]}` or `{object: {field: [text]}}`."""

from __future__ import annotations

import json

from raseed.sandbox.store import Doc


class ApiError(Exception):
    """An answer that is no success, as it goes out."""

    def __init__(self, status: int, body: Doc) -> None:
        super().__init__(str(body.get("detail") or body.get("message") or json.dumps(body)))
        self.status = status
        self.body = body


def detail(status: int, text: str) -> ApiError:
    return ApiError(status, {"detail": text})


def message(status: int, text: str) -> ApiError:
    return ApiError(status, {"message": text})


def incorrect_credentials(status: int) -> ApiError:
    """403 for a wrong API key, as recorded; 401 for a bad token."""
    return detail(status, "incorrect credentials")


def not_found() -> ApiError:
    return detail(404, "Not found.")


def no_transaction() -> ApiError:
    """An order that nobody tried to pay, and one that nobody made."""
    return detail(404, "Transaction Not Found")
