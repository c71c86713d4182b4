"""The queue of webhooks: when each is due, what follows from each attempt, what goes wrong by wish.

Deliveries to one endpoint go one after another, in the order they fell due, so that a run can be
repeated; the faults `duplicate` (concurrent) and `early`, and resends, step out of that line.
"""

from __future__ import annotations

import asyncio
import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict

from raseed.sandbox.clock import Clock
from raseed.sandbox.courier import Courier
from raseed.sandbox.delivery import Delivery
from raseed.sandbox.exchange import ControlError, Gateway
from raseed.sandbox.faults import DELIVERY_FAULTS, PER_ATTEMPT, Fault, Faults, amount_of
from raseed.sandbox.store import Doc

DECIDED_ONCE = tuple(name for name in DELIVERY_FAULTS if name not in PER_ATTEMPT)


class Deliveries:
    """Every delivery there ever was, and the queue of those that are still to go."""

    def __init__(
        self, clock: Clock, courier: Courier, faults: Faults, gateways: Mapping[str, Gateway]
    ) -> None:
        self._clock = clock
        self._courier = courier
        self._faults = faults
        self._gateways = gateways
        self._all: dict[str, Delivery] = {}
        self._open: dict[str, Delivery] = {}
        self._collecting: list[Delivery] | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._lines: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

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
        stage = self._gateways[delivery.gateway].stage
        delivery.news, delivery.checkouts = (
            stage.news(delivery.event),
            sorted(stage.about(delivery.subject().text)),
        )
        self._all[delivery.id] = self._open[delivery.id] = delivery
        for fault in self._faults.take("delivery", delivery.gateway, delivery.subject(), DECIDED_ONCE):
            delivery.faults.append(fault.fault)
            self._strike(delivery, fault)
        if self._collecting is not None:
            self._collecting.append(delivery)
        else:
            self.start([delivery])

    def _strike(self, delivery: Delivery, fault: Fault) -> None:
        parameters = fault.parameters
        match fault.fault:
            case "lose":
                self._close(delivery, "lost")
                self._courier.log(delivery, outcome="lost on purpose", fault="lose")
            case "hold":
                delivery.state = "held"
                self._courier.log(delivery, outcome="held until it is released", fault="hold")
            case "delay":
                delivery.due_at = self._clock.now() + parameters["seconds"]
            case "reorder":
                delivery.due_at = self._clock.now() + parameters["seconds"]
                delivery.behind_next = True
            case "duplicate":
                delivery.copies, delivery.concurrent = parameters["copies"], parameters["concurrent"]
            case "early":
                delivery.early_seconds = parameters["wait_seconds"]
            case "repeat":
                delivery.repeat_seconds = parameters["seconds"]
            case "amount" | "currency":
                gateway = self._gateways[delivery.gateway]
                minor = amount_of(parameters, delivery.subject().amounts)
                currency = parameters.get("code")
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
        patience = max([seconds, *(d.early_seconds for d in chosen)])
        await asyncio.wait([self._launch(d, in_line=False) for d in chosen], timeout=patience)

    # -- sending ---------------------------------------------------------------------------------------

    def next_due(self) -> float | None:
        """When the next waiting delivery is due, in unix seconds."""
        dues = (d.due_at for d in self._open.values() if d.state == "waiting")
        return min((due for due in dues if due is not None), default=None)

    def launch_due(self) -> None:
        """Begin to send everything that is due."""
        now = self._clock.now()
        due = [
            (d.due_at, number, d)
            for number, d in enumerate(self._open.values())
            if d.state == "waiting" and d.due_at is not None and d.due_at <= now
        ]
        for _, _, delivery in sorted(due, key=lambda row: row[:2]):
            if self._gateways[delivery.gateway].accepts(delivery):
                self._launch(delivery)
            else:
                self._close(delivery, "missed")
                self._courier.log(delivery, outcome="missed: the endpoint is disabled or gone")

    async def settle(self) -> None:
        """Send what is due and wait for it, until nothing is due and nothing is on its way."""
        while True:
            self.launch_due()
            if not self._tasks:
                return
            await asyncio.wait(self._tasks)

    async def stop(self) -> None:
        """Give up what is on its way."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _launch(self, delivery: Delivery, *, in_line: bool = True) -> asyncio.Task[None]:
        delivery.state, delivery.due_at = "sending", None
        task = asyncio.create_task(self._deliver(delivery, in_line=in_line))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def _deliver(self, delivery: Delivery, *, in_line: bool) -> None:
        """One scheduled attempt, with its copies, and what follows from it."""
        reason = "first"
        if delivery.attempts:
            reason = "again" if delivery.attempts[-1]["ok"] else "retry"
        line = self._lines[delivery.endpoint] if in_line else asyncio.Lock()
        async with line:
            copies, concurrent = delivery.copies, delivery.concurrent
            accepted = await self._courier.send(delivery, reason, copies=copies, concurrent=concurrent)
        delivery.copies = 1
        self._conclude(delivery, accepted)
        for other in self._open.values():
            if other.behind_next and other.endpoint == delivery.endpoint and other is not delivery:
                other.behind_next, other.due_at = False, self._clock.now()
        self._clock.wake()

    def _conclude(self, delivery: Delivery, accepted: bool) -> None:
        gateway = self._gateways[delivery.gateway]
        if accepted:
            self._close(delivery, "delivered")
            gateway.delivered(delivery)
            if delivery.repeat_seconds:
                self._open[delivery.id] = delivery
                delivery.state, delivery.due_at = "waiting", self._clock.now() + delivery.repeat_seconds
                delivery.repeat_seconds = 0.0
        elif delivery.retries < len(gateway.retry_waits):
            delivery.state = "waiting"
            delivery.due_at = self._clock.now() + gateway.retry_waits[delivery.retries]
            delivery.retries += 1
        else:
            self._close(delivery, "failed")
            gateway.exhausted(delivery)

    def _close(self, delivery: Delivery, state: str) -> None:
        delivery.state, delivery.due_at = state, None
        self._open.pop(delivery.id, None)

    # -- by hand ---------------------------------------------------------------------------------------

    async def resend(
        self, delivery_id: str, *, copies: int = 1, concurrent: bool = False, corrupt: bool = False
    ) -> Delivery:
        """Send it again at once, whatever its state; a success settles it. No fault but `corrupt` strikes."""
        delivery = self.get(delivery_id)
        spoil = "corrupt_signature" if corrupt else ""
        accepted = await self._courier.send(
            delivery, "resend", copies=copies, concurrent=concurrent, spoil=spoil
        )
        if accepted and delivery.state != "sending":
            self._close(delivery, "delivered")
        return delivery

    def release(self, delivery_id: str) -> Delivery:
        """Let a held or delayed delivery go now."""
        delivery = self.get(delivery_id)
        if delivery.state not in ("held", "waiting"):
            raise ControlError(
                f"delivery {delivery_id} is {delivery.state}; only a held one can be released.", 409
            )
        delivery.state, delivery.due_at, delivery.behind_next = "waiting", self._clock.now(), False
        self._clock.wake()
        return delivery

    def get(self, delivery_id: str) -> Delivery:
        """The delivery, or ControlError (404)."""
        if delivery_id not in self._all:
            raise ControlError(f"there is no delivery {delivery_id!r}.", status=404)
        return self._all[delivery_id]

    def all(self) -> list[Delivery]:
        """Every delivery, oldest first."""
        return list(self._all.values())

    def clear(self) -> None:
        """Forget everything; what is on its way is not called back."""
        self._all, self._open = {}, {}

    def export(self) -> list[Doc]:
        return [asdict(delivery) for delivery in self._all.values()]

    def load(self, data: list[Doc]) -> None:
        """Take over exported deliveries; what was on its way is due again. Raises TypeError or KeyError."""
        loaded = {doc["id"]: Delivery(**doc) for doc in data}
        for delivery in loaded.values():
            if delivery.state == "sending":
                delivery.state, delivery.due_at = "waiting", self._clock.now()
        self._all = loaded
        self._open = {key: delivery for key, delivery in loaded.items() if delivery.is_open}
