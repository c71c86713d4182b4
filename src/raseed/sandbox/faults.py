"""Faults as data: what goes wrong, with what, and how many times.

A fault is stated as JSON, is matched with requests or deliveries, and counts down. Nothing in here
knows a gateway; the front, the deliveries and the gateways act on what `take` returns.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass, field
from fnmatch import fnmatchcase
from typing import Any

from raseed.sandbox.exchange import ControlError, Subject
from raseed.sandbox.store import Doc

#: delivery faults and their parameters with defaults
DELIVERY_FAULTS: dict[str, dict[str, Any]] = {
    "lose": {},  # never sent, and not retried
    "duplicate": {"copies": 2, "concurrent": False},  # sent that many times in all
    "delay": {"seconds": 60.0},  # by the sandbox's clock
    "hold": {},  # until released through the control API
    "reorder": {"seconds": 30.0},  # goes after the next delivery to the same endpoint, at the latest then
    "corrupt_signature": {},  # one attempt carries a signature that is wrong in one digit
    "wrong_secret": {},  # one attempt is signed with a secret nobody has
    "early": {"wait_seconds": 5.0},  # answered by the shop before the call that caused it is answered
    "amount": {"minor": None},  # the delivery states another amount
    "currency": {"code": None},  # the delivery states another currency
}
#: request faults and their parameters with defaults
REQUEST_FAULTS: dict[str, dict[str, Any]] = {
    "error_before": {"status": 500},  # answers 5xx and does nothing
    "error_after": {"status": 500},  # does the work, then answers 5xx
    "hang_before": {"seconds": 30.0},  # real seconds: it is the caller's own patience that is tested
    "hang_after": {"seconds": 30.0},
    "drop_before": {},  # closes the connection without an answer
    "drop_after": {},
    "rate_limit": {},
    "amount": {"minor": None},  # the answer states another amount
    "currency": {"code": None},
    "auto_authorize": {"wait_seconds": 5.0},  # the payer agrees before the call is answered
    "auto_pay": {"method": "gcash", "wait_seconds": 5.0},  # the payer pays before the call is answered
}
FAULTS = {"delivery": DELIVERY_FAULTS, "request": REQUEST_FAULTS}
#: decided for each attempt; the other delivery faults are decided once, when the delivery is made
PER_ATTEMPT = ("corrupt_signature", "wrong_secret")
MATCH_KEYS: dict[str, type] = {"event": str, "reference": str, "path": str, "method": str, "amount": int}
FIELDS = ("gateway", "on", "fault", "match", "times")


@dataclass
class Fault:
    """One fault. `times` None: until it is deleted. `hits` counts how often it struck."""

    id: str
    gateway: str
    on: str
    fault: str
    match: dict[str, Any] = field(default_factory=dict)
    times: int | None = None
    parameters: dict[str, Any] = field(default_factory=dict)
    hits: int = 0

    def fits(self, subject: Subject) -> bool:
        """Whether every stated part of `match` agrees. Paths and events may carry `*`."""
        match = self.match
        return (
            fnmatchcase(subject.event, match.get("event", "*"))
            and fnmatchcase(subject.path, match.get("path", "*"))
            and subject.method == match.get("method", subject.method).upper()
            and match.get("reference", "") in subject.text
            and ("amount" not in match or match["amount"] in subject.amounts)
        )

    def view(self) -> Doc:
        """The fault as the control API shows it: parameters lie beside the other members."""
        plain = asdict(self)
        return {**plain.pop("parameters"), **plain}


class Faults:
    """The faults in force, in the order they were stated."""

    def __init__(self) -> None:
        self._faults: dict[str, Fault] = {}
        self._count = 0

    def add(self, doc: Mapping[str, Any], gateways: Collection[str]) -> Fault:
        """Put a fault in force. Raises ControlError where the statement is wrong."""
        fault = parse(doc, gateways)
        self._count += 1
        fault.id = f"fault-{self._count}"
        self._faults[fault.id] = fault
        return fault

    def take(
        self, on: str, gateway: str, subject: Subject, names: Collection[str], *, path_stated: bool = False
    ) -> list[Fault]:
        """The faults among `names` that strike now; each counts one hit.

        `path_stated`: only faults whose `match` states a path.
        """
        struck = []
        for fault in self._faults.values():
            if (fault.on, fault.gateway) != (on, gateway) or fault.fault not in names:
                continue
            if path_stated and "path" not in fault.match:
                continue
            if (fault.times is None or fault.hits < fault.times) and fault.fits(subject):
                fault.hits += 1
                struck.append(fault)
        return struck

    def remove(self, fault_id: str) -> bool:
        return self._faults.pop(fault_id, None) is not None

    def clear(self) -> None:
        self._faults.clear()

    def views(self) -> list[Doc]:
        return [fault.view() for fault in self._faults.values()]

    def export(self) -> Doc:
        return {"count": self._count, "faults": [asdict(fault) for fault in self._faults.values()]}

    def load(self, data: Doc) -> None:
        """Take over exported faults. Raises KeyError, TypeError or ValueError where they are malformed."""
        faults = {doc["id"]: Fault(**doc) for doc in data["faults"]}
        self._faults, self._count = faults, int(data["count"])


def parse(doc: Mapping[str, Any], gateways: Collection[str]) -> Fault:
    """A fault from its JSON. Raises ControlError with a sentence that says what to change."""
    gateway, on, name = doc.get("gateway"), doc.get("on"), doc.get("fault")
    if gateway not in gateways:
        raise ControlError(f"gateway must be one of {', '.join(gateways)}, not {gateway!r}.")
    if not isinstance(on, str) or on not in FAULTS:
        raise ControlError(f"on must be 'delivery' or 'request', not {on!r}.")
    known = FAULTS[on]
    if not isinstance(name, str) or name not in known:
        raise ControlError(f"fault must be one of {', '.join(known)} for {on}, not {name!r}.")
    times = doc.get("times")
    if times is not None and (type(times) is not int or times < 1):
        raise ControlError(f"times must be a whole number from 1, or null for always, not {times!r}.")
    return Fault("", str(gateway), on, name, _match(doc), times, _parameters(doc, name, known[name]))


def _match(doc: Mapping[str, Any]) -> dict[str, Any]:
    match = {} if doc.get("match") is None else doc["match"]
    if not isinstance(match, dict):
        raise ControlError("match must be an object.")
    for key, value in match.items():
        if key not in MATCH_KEYS:
            raise ControlError(f"match knows {', '.join(MATCH_KEYS)}, not {key!r}.")
        if type(value) is not MATCH_KEYS[key]:
            raise ControlError(f"match.{key} must be of type {MATCH_KEYS[key].__name__}, not {value!r}.")
    return match


def _parameters(doc: Mapping[str, Any], name: str, defaults: Mapping[str, Any]) -> dict[str, Any]:
    given = {key: value for key, value in doc.items() if key not in FIELDS}
    for key, value in given.items():
        if key not in defaults:
            raise ControlError(
                f"fault {name} has no parameter {key!r}; it knows: {', '.join(defaults) or 'none'}."
            )
        _check_parameter(key, value)
    parameters = {**defaults, **given}
    for key, value in parameters.items():
        if value is None:
            raise ControlError(f"fault {name} needs the parameter {key!r}.")
    return parameters


def _check_parameter(key: str, value: object) -> None:
    """Types and ranges of the parameters, which mean the same in every fault."""
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    good = {
        "seconds": number and 0 <= value <= 10**9,  # type: ignore[operator]
        "wait_seconds": number and 0 <= value <= 60,  # type: ignore[operator]
        "copies": type(value) is int and 1 <= value <= 100,
        "concurrent": isinstance(value, bool),
        "status": type(value) is int and 400 <= value <= 599,
        "minor": type(value) is int,
        "code": isinstance(value, str) and len(value) == 3,
        "method": isinstance(value, str),
    }[key]
    if not good:
        raise ControlError(f"{value!r} does not fit the parameter {key!r}.")
