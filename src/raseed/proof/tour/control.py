"""The sandbox's control API, as a customer of it would write it: clock, faults, deliveries, books."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import httpx2

Document = dict[str, Any]

#: Longer than the sandbox waits for a webhook's answer: advancing the clock waits for those.
PATIENCE_SECONDS = 40.0


class ControlFailed(Exception):
    """The sandbox refused a control call. The message is the sandbox's own."""


class Control:
    """One running sandbox. Raises ControlFailed, or the HTTP library's errors if it is gone."""

    def __init__(self, sandbox_url: str, transport: httpx2.BaseTransport | None = None) -> None:
        self._client = httpx2.Client(
            base_url=f"{sandbox_url}/_sandbox/api",
            transport=transport,
            timeout=PATIENCE_SECONDS,
            trust_env=False,
        )

    def close(self) -> None:
        """Close all connections."""
        self._client.close()

    def _call(self, method: str, path: str, document: Document | None = None) -> Document:
        answer = self._client.request(method, path, json=document or {})
        said: Document = answer.json()
        if answer.status_code >= 400:
            raise ControlFailed(f"{method} {path}: {said.get('error', answer.status_code)}")
        return said

    # -- time -----------------------------------------------------------------------------------------

    def now(self) -> datetime:
        """The time in the sandbox."""
        return datetime.fromisoformat(self._call("GET", "/clock")["now"])

    def freeze(self) -> None:
        """Stop the clock where it stands."""
        self._call("POST", "/clock", {"mode": "frozen"})

    def advance(self, seconds: float) -> None:
        """Let time pass, and wait for whatever falls due on the way."""
        self._call("POST", "/clock", {"advance_seconds": seconds})

    # -- what goes wrong ------------------------------------------------------------------------------

    def add_fault(
        self, gateway: str, on: str, fault: str, match: Document, times: int | None = None, **parameters: Any
    ) -> str:
        """Put a fault in force; `on` is delivery or request. Its id, for `end_fault`."""
        statement = {
            "gateway": gateway,
            "on": on,
            "fault": fault,
            "match": match,
            "times": times,
            **parameters,
        }
        return str(self._call("POST", "/faults", statement)["id"])

    def arm(self, scenario: str) -> None:
        """The next checkout, of whatever gateway, has this scenario."""
        self._call("POST", f"/scenarios/{scenario}")

    def end_fault(self, fault_id: str) -> None:
        """That goes well again."""
        self._call("DELETE", f"/faults/{fault_id}")

    def end_faults(self) -> None:
        """Everything goes well again."""
        self._call("DELETE", "/faults")

    # -- deliveries -----------------------------------------------------------------------------------

    def flush(self) -> None:
        """Send every webhook that is due now and wait for the answers."""
        self._call("POST", "/deliveries/flush")

    def deliveries(self, text: str, event: str = "") -> list[Document]:
        """The deliveries whose body contains this text, oldest first."""
        found: list[Document] = self._call("GET", "/deliveries")["deliveries"]
        return [d for d in found if event in ("", d["event"]) and text in str(d["body"])]

    def release(self, delivery_id: str) -> None:
        """Let a delivery go that is held."""
        self._call("POST", f"/deliveries/{delivery_id}/release")

    def resend(self, delivery_id: str, *, corrupt: bool = False, copies: int = 1) -> int | None:
        """Send it again now; the status that the shop answered to the last copy."""
        sent = self._call("POST", f"/deliveries/{delivery_id}/resend", {"corrupt": corrupt, "copies": copies})
        status: int | None = sent["attempts"][-1]["status"]
        return status

    # -- the gateway's own ----------------------------------------------------------------------------

    def log(self) -> list[Document]:
        """Everything that happened, oldest first."""
        entries: list[Document] = self._call("GET", "/log")["entries"]
        return entries

    def books(self, gateway: str) -> Document:
        """Everything of value that the gateway knows."""
        return self._call("GET", f"/{gateway}/books")

    def settings(self, gateway: str) -> Document:
        """What can be adjusted about the gateway, as it stands."""
        return self._call("GET", f"/{gateway}/settings")

    def act(self, gateway: str, path: str, **body: Any) -> Document:
        """Do something at the gateway: settings, a dashboard's refund, a second charge."""
        return self._call("POST", f"/{gateway}/{path}", body)
