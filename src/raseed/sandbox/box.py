"""The sandbox as one object: clock, ids, documents, journal, faults, deliveries and gateways."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2

from raseed.sandbox.clock import Clock
from raseed.sandbox.courier import Courier
from raseed.sandbox.deliveries import Deliveries
from raseed.sandbox.exchange import ControlError, Gateway
from raseed.sandbox.faults import Faults
from raseed.sandbox.ids import Ids
from raseed.sandbox.journal import Journal
from raseed.sandbox.replay import Replays
from raseed.sandbox.scenarios.director import Director
from raseed.sandbox.store import Store

STATE_VERSION = 1


@dataclass(frozen=True)
class Options:
    """How a sandbox is started. A gateway's name holds settings of it that differ from the defaults."""

    host: str = "127.0.0.1"
    port: int = 8900
    seed: int | None = None
    clock_file: Path | None = None
    state_file: Path | None = None
    allowed_hosts: tuple[str, ...] = ()
    paymongo: dict[str, Any] = field(default_factory=dict)
    paymob: dict[str, Any] = field(default_factory=dict)
    phonepe: dict[str, Any] = field(default_factory=dict)
    openpayments: dict[str, Any] = field(default_factory=dict)


class Sandbox:
    """Everything one running sandbox knows. Lives in one event loop; nothing in it blocks."""

    def __init__(self, options: Options, transport: httpx2.AsyncBaseTransport | None = None) -> None:
        self.options = options
        self.clock = Clock(options.clock_file)
        self.ids = Ids(options.seed)
        self.store = Store()
        self.journal = Journal(self.clock)
        self.faults = Faults(self.clock)
        self.gateways: dict[str, Gateway] = {}
        self.director = Director(self)
        self.replays = Replays()
        self.courier = Courier(self.clock, self.journal, self.faults, self.gateways)
        self.deliveries = Deliveries(self.clock, self.courier, self.faults, self.gateways)
        #: open connections by the caller's address, so that a fault can cut one
        self.connections: dict[tuple[str, int], asyncio.Transport] = {}
        self.stopping = asyncio.Event()
        self._transport = transport
        self._pulse: asyncio.Task[None] | None = None

    # -- life -------------------------------------------------------------------------------------------

    def read_state(self) -> None:
        """Take over the state file, if there is one. Raises ControlError where it is malformed."""
        file = self.options.state_file
        if file is None or not file.exists():
            return
        try:
            state = json.loads(file.read_text())
        except (OSError, ValueError) as error:
            raise ControlError(f"{file} cannot be read as a state: {error}") from error
        self.load(state)

    async def start(self) -> None:
        """Begin to send what is due."""
        self.courier.open(self._transport)
        self._pulse = asyncio.create_task(self._run())

    async def stop(self) -> None:
        """Stop at once; write the state file, if one was asked for."""
        self.stopping.set()
        if self._pulse is not None:
            self._pulse.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._pulse
        await self.deliveries.stop()
        await self.courier.close()
        file = self.options.state_file
        if file is not None:
            draft = file.with_name(f".{file.name}.{os.getpid()}")
            draft.write_text(json.dumps(self.export()))
            draft.replace(file)

    async def _run(self) -> None:
        while True:
            await self.clock.wait_until(self.next_due())
            self.ring_alarms()
            self.deliveries.launch_due()

    # -- time -------------------------------------------------------------------------------------------

    def set_alarm(self, at: float, gateway: str, mode: str, action: str, subject_id: str) -> None:
        """Have `gateway.ring` called when the sandbox's clock reaches `at`."""
        alarm_id = self.ids.text()
        alarm = {"at": at, "gateway": gateway, "mode": mode, "action": action, "id": subject_id}
        self.store.table("alarms")[alarm_id] = alarm
        self.clock.wake()

    def ring_alarms(self) -> None:
        """Ring every alarm that is due, oldest first."""
        alarms = self.store.table("alarms")
        due = [key for key, alarm in alarms.items() if alarm["at"] <= self.clock.now()]
        for key in sorted(due, key=lambda key: float(alarms[key]["at"])):
            alarm = alarms.pop(key)
            if alarm["gateway"] == "":  # a step of a scenario
                self.director.ring(alarm["id"])
                continue
            self.gateways[alarm["gateway"]].ring(alarm)

    def occurred(self, gateway: str, event: str, text: str) -> None:
        """Tell the director what happened at a gateway; `text` is the event's resource as JSON."""
        self.director.heard(self.gateways[gateway], event, text)

    def next_due(self) -> float | None:
        """When the next alarm or delivery is due, in unix seconds."""
        dues = [float(alarm["at"]) for alarm in self.store.table("alarms").values()]
        delivery = self.deliveries.next_due()
        return min([*dues, *([] if delivery is None else [delivery])], default=None)

    async def flush(self) -> None:
        """Do everything that is due now and wait until it is done."""
        while True:
            self.ring_alarms()
            await self.deliveries.settle()
            due = self.next_due()
            if due is None or due > self.clock.now():
                return

    async def travel(self, target: float) -> None:
        """Go forward to `target`, stopping at every moment on the way at which something is due."""
        await self.flush()
        while (due := self.next_due()) is not None and due <= target:
            if due > self.clock.now():
                self.clock.set(due)
            await self.flush()
        if target > self.clock.now():
            self.clock.set(target)

    # -- the whole state ----------------------------------------------------------------------------------

    def reset(self) -> None:
        """Forget everything but the clock and start the seed again."""
        self.store.clear()
        self.faults.clear()
        self.deliveries.clear()
        self.journal.clear()
        self.replays.clear()
        self.ids.rewind()
        for gateway in self.gateways.values():
            gateway.reset()

    def export(self) -> dict[str, Any]:
        return {
            "version": STATE_VERSION,
            "clock": self.clock.export(),
            "ids": self.ids.export(),
            "tables": self.store.export(),
            "faults": self.faults.export(),
            "deliveries": self.deliveries.export(),
        }

    def load(self, data: dict[str, Any]) -> None:
        """Take over an exported state, or none of it. Raises ControlError where it is malformed."""
        before = self.export()
        try:
            if data["version"] != STATE_VERSION:
                raise ValueError(f"version {data['version']!r} is not {STATE_VERSION}")
            self._load(data)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            self._load(before)
            raise ControlError(f"not a state of this sandbox: {type(error).__name__} {error}") from error
        self.clock.wake()

    def _load(self, data: dict[str, Any]) -> None:
        self.clock.load(data["clock"])
        self.ids.load(data["ids"])
        self.store.load(data["tables"])
        self.faults.load(data["faults"])
        self.deliveries.load(data["deliveries"])
        self.director.verify()
