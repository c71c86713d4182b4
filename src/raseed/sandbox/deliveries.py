"""Webhooks on their way: when each is due, what came of each attempt, and what goes wrong by wish.

Deliveries to one endpoint go one after another, in the order they fell due, so that a run can be
repeated; the faults `duplicate` (concurrent) and `early`, and resends, step out of that line.
"""

from __future__ import annotations

import asyncio
import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from typing import Any

import httpx2

from raseed.sandbox.clock import Clock, iso
from raseed.sandbox.exchange import ControlError, Gateway, Subject
from raseed.sandbox.faults import DELIVERY_FAULTS, PER_ATTEMPT, Fault, Faults
from raseed.sandbox.journal import Journal, readable
from raseed.sandbox.store import Doc

#: How long one attempt may take, in real seconds. https://developers.paymongo.com/docs/developer-tools-retry-logic
PATIENCE_SECONDS = 30.0
#: How much of an endpoint's answer is read.
ANSWER_LIMIT = 65_536
DECIDED_ONCE = tuple(name for name in DELIVERY_FAULTS if name not in PER_ATTEMPT)


@dataclass
class Delivery:
    """One event for one endpoint, with everything that became of it.

    `state`: waiting (due at `due_at`) | held | sending | delivered | failed | lost | missed.
    `body` never changes, so retries and resends carry the same event id.
    """

    id: str
    gateway: str
    mode: str
    endpoint: str
    url: str
    event: str
    event_id: str
    body: str
    created_at: float
    state: str = "waiting"
    due_at: float | None = None
    retries: int = 0
    copies: int = 1
    concurrent: bool = False
    behind_next: bool = False
    early_seconds: float = 0.0
    first_sent_at: float | None = None
    faults: list[str] = field(default_factory=list)
    attempts: list[Doc] = field(default_factory=list)

    def view(self) -> Doc:
        plain = asdict(self)
        due_at = plain.pop("due_at")
        return {
            **plain,
            "body": json.loads(self.body),
            "created_at": iso(self.created_at),
            "first_sent_at": None if self.first_sent_at is None else iso(self.first_sent_at),
            "due_at": None if due_at is None else iso(due_at),
        }


class Deliveries:
    """The queue of webhooks. `run` is its one background task; the sandbox's clock says what is due."""

    def __init__(
        self, clock: Clock, journal: Journal, faults: Faults, gateways: Mapping[str, Gateway]
    ) -> None:
        self._clock = clock
        self._journal = journal
        self._faults = faults
        self._gateways = gateways
        self._all: dict[str, Delivery] = {}
        self._collecting: list[Delivery] | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._lines: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._client: httpx2.AsyncClient | None = None

    def open(self, transport: httpx2.AsyncBaseTransport | None = None) -> None:
        """Get ready to send; `transport` replaces the network in tests."""
        timeout = httpx2.Timeout(PATIENCE_SECONDS)
        self._client = httpx2.AsyncClient(
            transport=transport, timeout=timeout, follow_redirects=False, trust_env=False
        )

    async def close(self) -> None:
        """Give up what is on its way."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._client is not None:
            await self._client.aclose()

    # -- making deliveries ---------------------------------------------------------------------------

    @contextmanager
    def collecting(self) -> Iterator[list[Delivery]]:
        """Keep back what is submitted inside; the caller starts it when the time has come."""
        self._collecting, outer = [], self._collecting
        try:
            yield self._collecting
        finally:
            self._collecting = outer

    def submit(self, delivery: Delivery) -> None:
        """Take a new delivery, apply the faults that are decided once, and put it in the queue."""
        self._all[delivery.id] = delivery
        for fault in self._faults.take("delivery", delivery.gateway, _subject(delivery), DECIDED_ONCE):
            delivery.faults.append(fault.fault)
            self._spoil(delivery, fault)
        if self._collecting is not None:
            self._collecting.append(delivery)
        else:
            self.start([delivery])

    def _spoil(self, delivery: Delivery, fault: Fault) -> None:
        parameters = fault.parameters
        match fault.fault:
            case "lose":
                delivery.state = "lost"
                self._log(delivery, outcome="lost on purpose", fault="lose")
            case "hold":
                delivery.state = "held"
            case "delay":
                delivery.due_at = self._clock.now() + parameters["seconds"]
            case "reorder":
                delivery.due_at = self._clock.now() + parameters["seconds"]
                delivery.behind_next = True
            case "duplicate":
                delivery.copies, delivery.concurrent = parameters["copies"], parameters["concurrent"]
            case "early":
                delivery.early_seconds = parameters["wait_seconds"]
            case "amount" | "currency":
                gateway = self._gateways[delivery.gateway]
                minor, currency = parameters.get("minor"), parameters.get("code")
                changed = gateway.restate(json.loads(delivery.body), minor=minor, currency=currency)
                delivery.body = json.dumps(changed, ensure_ascii=False, separators=(",", ":"))

    def start(self, deliveries: Iterable[Delivery]) -> None:
        """Let deliveries go as soon as they are due; those without a due time are due now."""
        for delivery in deliveries:
            if delivery.state == "waiting" and delivery.due_at is None:
                delivery.due_at = self._clock.now()
        self._clock.wake()

    async def send_early(self, deliveries: Iterable[Delivery], seconds: float = 0.0) -> None:
        """Send those marked early (or all, for at least `seconds`) and wait a while for their answers."""
        chosen = [d for d in deliveries if d.state == "waiting" and max(d.early_seconds, seconds) > 0]
        if not chosen:
            return
        for delivery in chosen:
            delivery.due_at = None
        patience = max([seconds, *(d.early_seconds for d in chosen)])
        await asyncio.wait([self._launch(d, in_line=False) for d in chosen], timeout=patience)

    # -- sending ---------------------------------------------------------------------------------------

    def next_due(self) -> float | None:
        """When the next waiting delivery is due, in unix seconds."""
        dues = (d.due_at for d in self._all.values() if d.state == "waiting")
        return min((due for due in dues if due is not None), default=None)

    def launch_due(self) -> None:
        """Begin to send everything that is due."""
        now = self._clock.now()
        due = [
            d for d in self._all.values() if d.state == "waiting" and d.due_at is not None and d.due_at <= now
        ]
        for delivery in sorted(due, key=lambda d: d.due_at or 0.0):
            if self._gateways[delivery.gateway].accepts(delivery):
                self._launch(delivery)
            else:
                delivery.state, delivery.due_at = "missed", None
                self._log(delivery, outcome="missed: the endpoint is disabled or gone")

    async def settle(self) -> None:
        """Send what is due and wait for it, until nothing is due and nothing is on its way."""
        while True:
            self.launch_due()
            if not self._tasks:
                return
            await asyncio.wait(self._tasks)

    def _launch(self, delivery: Delivery, *, in_line: bool = True) -> asyncio.Task[None]:
        delivery.state, delivery.due_at = "sending", None
        task = asyncio.create_task(self._deliver(delivery, in_line=in_line))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def _deliver(self, delivery: Delivery, *, in_line: bool) -> None:
        """One scheduled attempt, with its copies, and what follows from it."""
        reason = "retry" if delivery.attempts else "first"
        if in_line:
            async with self._lines[delivery.endpoint]:
                accepted = await self._send_copies(delivery, delivery.copies, delivery.concurrent, reason)
        else:
            accepted = await self._send_copies(delivery, delivery.copies, delivery.concurrent, reason)
        delivery.copies = 1
        self._conclude(delivery, accepted)
        for other in self._all.values():
            if other.behind_next and other.endpoint == delivery.endpoint and other is not delivery:
                other.behind_next = False
                other.due_at = self._clock.now()
        self._clock.wake()

    def _conclude(self, delivery: Delivery, accepted: bool) -> None:
        gateway = self._gateways[delivery.gateway]
        if accepted:
            delivery.state = "delivered"
            gateway.delivered(delivery)
        elif delivery.retries < len(gateway.retry_waits):
            delivery.state = "waiting"
            delivery.due_at = self._clock.now() + gateway.retry_waits[delivery.retries]
            delivery.retries += 1
        else:
            delivery.state = "failed"
            gateway.exhausted(delivery)

    async def _send_copies(self, delivery: Delivery, copies: int, concurrent: bool, reason: str) -> bool:
        if concurrent:
            sends = [self._attempt(delivery, reason if n == 0 else "duplicate") for n in range(copies)]
            return any(await asyncio.gather(*sends))
        answers = [await self._attempt(delivery, reason if n == 0 else "duplicate") for n in range(copies)]
        return any(answers)

    async def _attempt(self, delivery: Delivery, reason: str, spoil: str | None = None) -> bool:
        """Post it once; True when the endpoint's answer counts as received."""
        gateway, now = self._gateways[delivery.gateway], self._clock.now()
        if spoil is None:
            struck = self._faults.take("delivery", delivery.gateway, _subject(delivery), PER_ATTEMPT)
            spoil = struck[0].fault if struck else ""
        if delivery.first_sent_at is None:
            delivery.first_sent_at = now
        headers = {"Content-Type": "application/json", **gateway.sign(delivery, now, spoil)}
        status, answer, outcome = await self._post(delivery, headers)
        accepted = status is not None and gateway.acknowledged(status, answer)
        if status is not None:
            outcome = "received" if accepted else "not taken as received"
        attempt = {"at": iso(now), "reason": reason, "status": status, "ok": accepted, "outcome": outcome}
        delivery.attempts.append({**attempt, "fault": spoil})
        self._log(delivery, **attempt, fault=spoil, headers=headers, answer=readable(answer))
        return accepted

    async def _post(self, delivery: Delivery, headers: Mapping[str, str]) -> tuple[int | None, bytes, str]:
        if self._client is None:
            return None, b"", "the sandbox is stopping"
        answer = b""
        try:
            async with (
                asyncio.timeout(PATIENCE_SECONDS),
                self._client.stream(
                    "POST", delivery.url, content=delivery.body.encode(), headers=headers
                ) as response,
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

    # -- by hand ---------------------------------------------------------------------------------------

    async def resend(
        self, delivery_id: str, *, copies: int = 1, concurrent: bool = False, corrupt: bool = False
    ) -> Delivery:
        """Send it again at once, whatever its state; a success settles it. No fault but `corrupt` strikes."""
        delivery = self.get(delivery_id)
        spoil = "corrupt_signature" if corrupt else ""
        sends = [self._attempt(delivery, "resend", spoil) for _ in range(copies)]
        answers = await asyncio.gather(*sends) if concurrent else [await send for send in sends]
        if any(answers) and delivery.state != "sending":
            delivery.state, delivery.due_at = "delivered", None
        return delivery

    def release(self, delivery_id: str) -> Delivery:
        """Let a held (or delayed) delivery go now."""
        delivery = self.get(delivery_id)
        if delivery.state not in ("held", "waiting"):
            raise ControlError(
                f"delivery {delivery_id} is {delivery.state}; only a held one can be released."
            )
        delivery.state, delivery.due_at, delivery.behind_next = "waiting", self._clock.now(), False
        self._clock.wake()
        return delivery

    def get(self, delivery_id: str) -> Delivery:
        if delivery_id not in self._all:
            raise ControlError(f"there is no delivery {delivery_id!r}.", status=404)
        return self._all[delivery_id]

    def all(self) -> list[Delivery]:
        return list(self._all.values())

    def clear(self) -> None:
        self._all.clear()

    def export(self) -> list[Doc]:
        return [asdict(delivery) for delivery in self._all.values()]

    def load(self, data: list[Doc]) -> None:
        """Take over exported deliveries; what was on its way is due again. Raises TypeError or KeyError."""
        loaded = {doc["id"]: Delivery(**doc) for doc in data}
        for delivery in loaded.values():
            if delivery.state == "sending":
                delivery.state, delivery.due_at = "waiting", self._clock.now()
        self._all = loaded

    def _log(self, delivery: Delivery, **fields: Any) -> None:
        self._journal.add(
            "delivery",
            gateway=delivery.gateway,
            delivery=delivery.id,
            event=delivery.event,
            event_id=delivery.event_id,
            url=delivery.url,
            **{key: value for key, value in fields.items() if key != "at"},
        )


def _subject(delivery: Delivery) -> Subject:
    amounts = frozenset(amounts_in(json.loads(delivery.body)))
    return Subject(event=delivery.event, path=delivery.url, text=delivery.body, amounts=amounts)


def amounts_in(document: object) -> Iterator[int]:
    """Every whole number that a document calls an amount."""
    if isinstance(document, dict):
        for key, value in document.items():
            if key == "amount" and type(value) is int:
                yield value
            yield from amounts_in(value)
    elif isinstance(document, list):
        for value in document:
            yield from amounts_in(value)
