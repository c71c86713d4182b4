"""What the buttons of the pages do. Each takes a form's fields and may raise ControlError or ValueError."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from typing import Any

from raseed.sandbox import console_wallets
from raseed.sandbox.box import Sandbox
from raseed.sandbox.clock import parse_moment
from raseed.sandbox.exchange import ControlError

Fields = dict[str, str]
Action = Callable[[Sandbox, Fields], Awaitable[None]]


async def _resend(sandbox: Sandbox, fields: Fields) -> None:
    copies = int(fields.get("copies") or 1)
    if not 1 <= copies <= 100:
        raise ControlError("copies must be a whole number from 1 to 100.")
    await sandbox.deliveries.resend(
        fields.get("id", ""), copies=copies, concurrent=copies > 1, corrupt=fields.get("corrupt") == "1"
    )


async def _release(sandbox: Sandbox, fields: Fields) -> None:
    sandbox.deliveries.release(fields.get("id", ""))
    await sandbox.flush()


async def _replay(sandbox: Sandbox, fields: Fields) -> None:
    sandbox.replays.again(sandbox, int(fields.get("id") or 0))
    await sandbox.flush()


async def _clock(sandbox: Sandbox, fields: Fields) -> None:
    if fields.get("mode") in ("real", "frozen"):
        sandbox.clock.set_mode(fields["mode"])
    target = sandbox.clock.now()
    if fields.get("set"):
        target = parse_moment(f"{fields['set']}+00:00")
    if fields.get("advance_seconds"):
        seconds = float(fields["advance_seconds"])
        if not 0 <= seconds <= 10**10:
            raise ControlError("advance by a number of seconds from 0.")
        target = parse_moment(target + seconds)
    if target < sandbox.clock.now():
        sandbox.clock.set(target)
    else:
        await sandbox.travel(target)


async def _add_fault(sandbox: Sandbox, fields: Fields) -> None:
    on, _, name = fields.get("fault", "").partition(":")
    doc: dict[str, Any] = {"on": on, "fault": name}
    if fields.get("times"):
        doc["times"] = int(fields["times"])
    for part in ("event", "path", "reference", "news", "call"):
        if fields.get(part):
            doc.setdefault("match", {})[part] = fields[part]
    if fields.get("parameters"):
        parameters = json.loads(fields["parameters"])
        if not isinstance(parameters, dict):
            raise ControlError("parameters must be a JSON object.")
        doc = {**parameters, **doc}
    sandbox.faults.add(doc, list(sandbox.gateways))


async def _remove_fault(sandbox: Sandbox, fields: Fields) -> None:
    if fields.get("id"):
        sandbox.faults.remove(fields["id"])
    else:
        sandbox.faults.clear()


async def _arm(sandbox: Sandbox, fields: Fields) -> None:
    text = fields.get("scenario", "")
    if fields.get("pays") == "1":
        text = f"{text}+pays"
    sandbox.director.arm(text, reference=fields.get("reference", ""))


async def _disarm(sandbox: Sandbox, _fields: Fields) -> None:
    sandbox.director.disarm()


async def _act(sandbox: Sandbox, fields: Fields) -> None:
    """A button beside a checkout."""
    minor = int(fields["amount"]) if fields.get("amount") else None
    if minor is not None and minor < 1:
        raise ControlError("amount must be minor units from 1.")
    sandbox.director.act(fields.get("id", ""), fields.get("verb", ""), minor=minor)
    await sandbox.flush()


async def _import(sandbox: Sandbox, fields: Fields) -> None:
    document = json.loads(fields.get("state", ""))
    if not isinstance(document, dict):
        raise ControlError("a state is a JSON object.")
    sandbox.load(document)


async def _reset(sandbox: Sandbox, _fields: Fields) -> None:
    sandbox.reset()


ACTIONS: dict[str, Action] = {
    "resend": _resend,
    "release": _release,
    "replay": _replay,
    "clock": _clock,
    "add-fault": _add_fault,
    "remove-fault": _remove_fault,
    "arm": _arm,
    "disarm": _disarm,
    "act": _act,
    "import": _import,
    "reset": _reset,
    "wallets": console_wallets.act,
}
