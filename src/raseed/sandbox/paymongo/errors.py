"""PayMongo's error envelope: `{"errors": [{code, detail, source?}]}`.

Source: https://developers.paymongo.com/docs/errors and the bodies in omnipay-paymongo's tests.
"""

from __future__ import annotations

from typing import Any


class ApiError(Exception):
    """An answer that is not a success. `problems` are the envelope's entries."""

    def __init__(self, status: int, problems: list[dict[str, Any]]) -> None:
        super().__init__(problems[0]["detail"] if problems else str(status))
        self.status = status
        self.problems = problems

    @property
    def is_validation(self) -> bool:
        """Whether the request itself was wrong; such an answer is not kept for an idempotency key."""
        return any(p["code"].startswith(("parameter_", "invalid_request")) for p in self.problems)


def problem(code: str, detail: str, pointer: str = "") -> dict[str, Any]:
    """One entry of the envelope. `pointer` is a dotted path; state errors have none."""
    entry: dict[str, Any] = {"code": code, "detail": detail}
    if pointer:
        entry["source"] = {"pointer": pointer, "attribute": pointer.rpartition(".")[2]}
    return entry


def refused(code: str, detail: str, pointer: str = "", status: int = 400) -> ApiError:
    return ApiError(status, [problem(code, detail, pointer)])


def not_found(what: str, resource_id: str) -> ApiError:
    """404 in the wording of the captures: "No such source with id src_…"."""
    return refused("resource_not_found", f"No such {what} with id {resource_id}.", status=404)


def wrong_state(code: str, what: str, resource_id: str, state: str) -> ApiError:
    """400 in the wording of the captures: "Payment intent with id pi_… has already succeeded."."""
    return refused(code, f"{what} with id {resource_id} {state}.")
