"""Carries one delivery to its endpoint: signs it, posts it, writes down what came of it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

import httpx2

from raseed.sandbox.clock import Clock, iso
from raseed.sandbox.delivery import Delivery
from raseed.sandbox.exchange import AddressSigner, Gateway
from raseed.sandbox.faults import PER_ATTEMPT, Faults
from raseed.sandbox.journal import Journal, readable

#: How long one attempt may take, in real seconds.
#: https://developers.paymongo.com/docs/developer-tools-retry-logic
PATIENCE_SECONDS = 30.0
#: How long a document that somebody publishes may take, in real seconds.
READING_SECONDS = 5.0
#: How much of an endpoint's answer is read.
ANSWER_LIMIT = 65_536


class Courier:
    """Sends deliveries over HTTP. Knows no queue; `Deliveries` decides when and how often."""

    def __init__(
        self, clock: Clock, journal: Journal, faults: Faults, gateways: Mapping[str, Gateway]
    ) -> None:
        self._clock = clock
        self._journal = journal
        self._faults = faults
        self._gateways = gateways
        self._client: httpx2.AsyncClient | None = None

    def open(self, transport: httpx2.AsyncBaseTransport | None = None) -> None:
        """Get ready to send; `transport` replaces the network in tests."""
        timeout = httpx2.Timeout(PATIENCE_SECONDS)
        self._client = httpx2.AsyncClient(
            transport=transport, timeout=timeout, follow_redirects=False, trust_env=False
        )

    async def close(self) -> None:
        if self._client is not None:
            await self._client.aclose()

    async def send(
        self,
        delivery: Delivery,
        reason: str,
        *,
        copies: int = 1,
        concurrent: bool = False,
        spoil: str | None = None,
    ) -> bool:
        """Post it `copies` times; True when one of the answers counts as received.

        `spoil` names what is wrong with the signature; None leaves that to the faults in force.
        """
        sends = [self._attempt(delivery, reason if n == 0 else "duplicate", spoil) for n in range(copies)]
        answers = await asyncio.gather(*sends) if concurrent else [await send for send in sends]
        return any(answers)

    async def fetch(self, url: str) -> tuple[int, bytes]:
        """Read a document that somebody publishes: status and body; status 0 where nothing answered."""
        if self._client is None:
            return 0, b""
        body = b""
        try:
            async with (
                asyncio.timeout(READING_SECONDS),
                self._client.stream("GET", url, headers={"Accept": "application/json"}) as response,
            ):
                async for chunk in response.aiter_bytes():
                    body += chunk
                    if len(body) > ANSWER_LIMIT:
                        return 0, b""
                return response.status_code, body
        except (TimeoutError, httpx2.HTTPError, httpx2.InvalidURL, OSError):
            return 0, b""

    async def _attempt(self, delivery: Delivery, reason: str, spoil: str | None) -> bool:
        gateway, now = self._gateways[delivery.gateway], self._clock.now()
        if spoil is None:
            spoil = self._spoiled(delivery)
        if delivery.first_sent_at is None:
            delivery.first_sent_at = now
        headers = {"Content-Type": "application/json", **gateway.sign(delivery, now, spoil)}
        url = gateway.address(delivery, spoil) if isinstance(gateway, AddressSigner) else delivery.url
        if spoil == "unreachable":
            status, answer, outcome = None, b"", "did not reach the endpoint, on purpose"
        else:
            status, answer, outcome = await self._post(url, delivery, headers)
        accepted = status is not None and gateway.acknowledged(status, answer)
        if status is not None:
            outcome = "received" if accepted else "not taken as received"
        attempt = {"reason": reason, "status": status, "ok": accepted, "outcome": outcome, "fault": spoil}
        delivery.attempts.append({"at": iso(now), **attempt})
        self.log(delivery, **attempt, url=url, headers=headers, answer=readable(answer))
        return accepted

    def _spoiled(self, delivery: Delivery) -> str:
        """The fault that strikes this attempt, or ""."""
        for fault in self._faults.take("delivery", delivery.gateway, delivery.subject(), PER_ATTEMPT):
            if fault.fault != "unreachable" or len(delivery.attempts) < fault.parameters["attempts"]:
                return fault.fault
        return ""

    async def _post(
        self, url: str, delivery: Delivery, headers: Mapping[str, str]
    ) -> tuple[int | None, bytes, str]:
        """Status, body and, where there is no status, what went wrong."""
        if self._client is None:
            return None, b"", "the sandbox is not running"
        answer, body = b"", delivery.body.encode()
        try:
            async with (
                asyncio.timeout(PATIENCE_SECONDS),
                self._client.stream("POST", url, content=body, headers=headers) as response,
            ):
                async for chunk in response.aiter_bytes():
                    answer += chunk
                    if len(answer) > ANSWER_LIMIT:
                        break
                return response.status_code, answer[:ANSWER_LIMIT], ""
        except TimeoutError:
            return None, b"", f"no answer within {PATIENCE_SECONDS:.0f} s"
        except (httpx2.HTTPError, httpx2.InvalidURL, OSError) as error:
            return None, b"", f"{type(error).__name__}: {error}"

    def log(self, delivery: Delivery, **fields: Any) -> None:
        """Write something about a delivery into the journal."""
        about = {"delivery": delivery.id, "event": delivery.event, "event_id": delivery.event_id}
        self._journal.add("delivery", gateway=delivery.gateway, **about, **{"url": delivery.url, **fields})
