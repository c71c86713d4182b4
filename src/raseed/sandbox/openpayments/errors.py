"""How the two servers say no.

Authorization server: `{"error": {"code", "description"}}` with GNAP's codes. Resource server: the status
as code. Source: auth-server.yaml and resource-server.yaml 1.3.0, and Rafiki's texts.
"""

from __future__ import annotations

from raseed.sandbox.exchange import Answer
from raseed.sandbox.store import Doc


class Refused(Exception):
    """An answer that is not a success."""

    def __init__(self, status: int, code: str, description: str, details: Doc | None = None) -> None:
        super().__init__(description)
        self.status = status
        self.code = code
        self.description = description
        self.details = details

    def answer(self, grant_endpoint: str) -> Answer:
        """The answer; failures of the resource server's tokens say where to get one."""
        error: Doc = {"code": self.code, "description": self.description}
        if self.details is not None:
            error["details"] = self.details
        made = Answer.json({"error": error}, self.status)
        if self.code in ("401", "403"):
            headers = {"WWW-Authenticate": f"GNAP as_uri={grant_endpoint}"}
            made = Answer(made.status, made.body, made.content_type, headers=headers)
        return made


def resource_refused(status: int, description: str, details: Doc | None = None) -> Refused:
    """The resource server's form."""
    return Refused(status, str(status), description, details)


def invalid_request(description: str) -> Refused:
    return Refused(400, "invalid_request", description)


def invalid_client(description: str = "invalid client", status: int = 401) -> Refused:
    return Refused(status, "invalid_client", description)


def invalid_continuation(description: str = "grant not found", status: int = 401) -> Refused:
    return Refused(status, "invalid_continuation", description)


def request_denied(description: str) -> Refused:
    return Refused(401, "request_denied", description)
