"""Faults as data: what goes wrong, with what, and how many times.

A fault is stated as JSON, is matched with requests, deliveries or checkouts, and counts down. Nothing in
here knows a gateway; the front, the deliveries and the director act on what `take` returns.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass, field, replace
from fnmatch import fnmatchcase
from typing import Any

from raseed.sandbox.clock import Clock
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
    "amount": {"minor": None, "percent": None},  # the delivery states another amount
    "currency": {"code": None},  # the delivery states another currency
    "repeat": {"seconds": 86_400.0},  # once received, it comes again so much later
    "unreachable": {"attempts": 1},  # its first attempts never reach the endpoint, and count as failed
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
    "amount": {"minor": None, "percent": None},  # the answer states another amount
    "currency": {"code": None},
    "twice": {},  # reaches the gateway twice, as through a proxy that tries again; the second answer counts
    "auto_authorize": {"wait_seconds": 5.0},  # the payer agrees before the call is answered
    "auto_pay": {"method": "gcash", "wait_seconds": 5.0},  # the payer pays before the call is answered
}
#: what befalls a checkout; stated before it is opened. First those that happen by themselves, `seconds`
#: after `when`; then how the payer's attempts come out, whatever the payer does, and refunds of it
CHECKOUT_FAULTS: dict[str, dict[str, Any]] = {
    "pay": {"when": "opened", "seconds": 0.0, "before_answer": False},
    "expire": {"when": "opened", "seconds": 0.0},
    "refund": {"when": "paid", "seconds": 0.0, "percent": 100},  # from the merchant's dashboard
    "charge_again": {"when": "paid", "seconds": 0.0, "percent": 100, "code": ""},
    "void": {"when": "paid", "seconds": 0.0},  # from the dashboard, where the gateway knows voids
    "regress": {"when": "paid", "seconds": 0.0},  # what is paid is told as failed, rightly signed
    "close_receiver": {"when": "agreed", "seconds": 0.0},  # the payee takes no more money
    "revoke": {"when": "agreed", "seconds": 0.0},  # the payer takes consent back
    "decline": {},
    "require_3ds": {},  # cards only
    "fail_3ds": {},  # a wallet, which has no 3-D Secure, declines
    "decline_after_3ds": {},
    # the payer agrees, and the bank answers so much later; at a chance moment up to `up_to_seconds`
    "pend": {"seconds": 1200.0, "up_to_seconds": 0.0, "then": "pay"},
    "refunds_fail": {},  # refunds of it fail in the end
    "refunds_wait": {"seconds": 86_400.0},  # refunds of it are pending so long
    "expired_token": {},  # the token that consent brings is of no use before it is rotated
    "longer_wait": {"seconds": 30.0},  # so much longer than stated before a grant may be continued
    "no_funds": {},  # the payer's wallet has no money when it comes to it
    "slow": {"seconds": 600.0},  # the payer's wallet takes so much longer
    "stuck": {},  # it never moves until somebody sees to it
    "fail_sending": {},
    "send_part": {"percent": 50},  # so much arrives, and then it fails
}
TIMED = ("pay", "expire", "refund", "charge_again", "void", "regress", "close_receiver", "revoke")
OUTCOMES = ("decline", "require_3ds", "fail_3ds", "decline_after_3ds", "pend")
REFUND_FATES = ("refunds_fail", "refunds_wait")
FAULTS = {"delivery": DELIVERY_FAULTS, "request": REQUEST_FAULTS, "checkout": CHECKOUT_FAULTS}
#: decided for each attempt; the other delivery faults are decided once, when the delivery is made
PER_ATTEMPT = ("corrupt_signature", "wrong_secret", "unreachable")
CALLS = ("open", "attempt", "charge", "capture", "refund", "read")
NEWS = ("agreed", "sending", "paid", "declined", "refunded", "expired")
MATCH_KEYS: dict[str, type] = {
    "event": str, "reference": str, "path": str, "method": str, "amount": int, "call": str, "news": str,
}  # fmt: skip
FIELDS = ("gateway", "on", "fault", "match", "times", "for_seconds")
EVERY = "*"


@dataclass
class Fault:
    """One fault. `times` and `for_seconds` None: until it is deleted. `hits` counts how often it struck.

    `for_seconds` counts on the sandbox's clock from `first_at`, the moment it struck first.
    """

    id: str
    gateway: str
    on: str
    fault: str
    match: dict[str, Any] = field(default_factory=dict)
    times: int | None = None
    parameters: dict[str, Any] = field(default_factory=dict)
    hits: int = 0
    for_seconds: float | None = None
    first_at: float | None = None

    def fits(self, subject: Subject) -> bool:
        """Whether every stated part of `match` agrees. Paths and events may carry `*`."""
        match = self.match
        return (
            fnmatchcase(subject.event, match.get("event", "*"))
            and fnmatchcase(subject.path, match.get("path", "*"))
            and subject.method == match.get("method", subject.method).upper()
            and match.get("reference", "") in subject.text
            and ("amount" not in match or match["amount"] in subject.amounts)
            and subject.call == match.get("call", subject.call)
            and subject.news == match.get("news", subject.news)
        )

    @property
    def is_left(self) -> bool:
        """Whether it may still strike, as far as its count says."""
        return self.times is None or self.hits < self.times

    def strikes(self, now: float) -> bool:
        """Whether it may still strike at this moment; it then does."""
        started = now if self.first_at is None else self.first_at
        if not self.is_left or (self.for_seconds is not None and now >= started + self.for_seconds):
            return False
        self.hits, self.first_at = self.hits + 1, started
        return True

    def view(self) -> Doc:
        """The fault as the control API shows it: parameters lie beside the other members."""
        plain = asdict(self)
        return {**plain.pop("parameters"), **{k: v for k, v in plain.items() if k != "first_at"}}


class Faults:
    """The faults in force, in the order they were stated; and those bound to one checkout by its scenario."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._faults: dict[str, Fault] = {}
        self._bound: dict[str, list[Fault]] = {}
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
        for fault in [*self._faults.values(), *self.bound(*subject.checkouts)]:
            if fault.on != on or fault.gateway not in (gateway, EVERY) or fault.fault not in names:
                continue
            if path_stated and "path" not in fault.match:
                continue
            if fault.fits(subject) and fault.strikes(self._clock.now()):
                struck.append(fault)
        return struck

    def bind(self, checkout: str, faults: list[Fault]) -> None:
        """Put copies of faults in force for one checkout only, counting from nought."""
        if faults:
            self._bound[checkout] = [replace(fault, hits=0, first_at=None) for fault in faults]

    def bound(self, *checkouts: str) -> list[Fault]:
        """What is bound to these checkouts."""
        return [fault for checkout in checkouts for fault in self._bound.get(checkout, ())]

    def remove(self, fault_id: str) -> bool:
        return self._faults.pop(fault_id, None) is not None

    def clear(self) -> None:
        """Put every fault out of force, also those that scenarios brought."""
        self._faults.clear()
        self._bound.clear()

    def views(self) -> list[Doc]:
        return [fault.view() for fault in self._faults.values()]

    def export(self) -> Doc:
        bound = {checkout: [asdict(fault) for fault in faults] for checkout, faults in self._bound.items()}
        return {"count": self._count, "faults": [asdict(f) for f in self._faults.values()], "bound": bound}

    def load(self, data: Doc) -> None:
        """Take over exported faults. Raises KeyError, TypeError or ValueError where they are malformed."""
        faults = {doc["id"]: Fault(**doc) for doc in data["faults"]}
        bound = {key: [Fault(**doc) for doc in docs] for key, docs in data.get("bound", {}).items()}
        self._faults, self._bound, self._count = faults, bound, int(data["count"])


def parse(doc: Mapping[str, Any], gateways: Collection[str]) -> Fault:
    """A fault from its JSON. Raises ControlError with a sentence that says what to change."""
    gateway, on, name = doc.get("gateway", EVERY), doc.get("on"), doc.get("fault")
    if gateway != EVERY and gateway not in gateways:
        raise ControlError(f"gateway must be one of {', '.join(gateways)}, or '*' for all, not {gateway!r}.")
    if not isinstance(on, str) or on not in FAULTS:
        raise ControlError(f"on must be 'delivery', 'request' or 'checkout', not {on!r}.")
    known = FAULTS[on]
    if not isinstance(name, str) or name not in known:
        raise ControlError(f"fault must be one of {', '.join(known)} for {on}, not {name!r}.")
    times = doc.get("times")
    if times is not None and (type(times) is not int or times < 1):
        raise ControlError(f"times must be a whole number from 1, or null for always, not {times!r}.")
    for_seconds = doc.get("for_seconds")
    if for_seconds is not None:
        _check_parameter("seconds", for_seconds)
    parameters = _parameters(doc, name, known[name])
    return Fault("", str(gateway), on, name, _match(doc), times, parameters, for_seconds=for_seconds)


def _match(doc: Mapping[str, Any]) -> dict[str, Any]:
    match = {} if doc.get("match") is None else doc["match"]
    if not isinstance(match, dict):
        raise ControlError("match must be an object.")
    for key, value in match.items():
        if key not in MATCH_KEYS:
            raise ControlError(f"match knows {', '.join(MATCH_KEYS)}, not {key!r}.")
        if type(value) is not MATCH_KEYS[key]:
            raise ControlError(f"match.{key} must be of type {MATCH_KEYS[key].__name__}, not {value!r}.")
    for key, words in (("call", CALLS), ("news", NEWS)):
        if match.get(key, words[0]) not in words:
            raise ControlError(f"match.{key} must be one of {', '.join(words)}, not {match[key]!r}.")
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
    missing = [key for key, value in parameters.items() if value is None]
    if name == "amount":
        if len(missing) != 1:
            raise ControlError("fault amount needs either 'minor' or 'percent'.")
    elif missing:
        raise ControlError(f"fault {name} needs the parameter {missing[0]!r}.")
    return parameters


def amount_of(parameters: Mapping[str, Any], amounts: Collection[int]) -> int | None:
    """The amount that a fault wants stated, where the truth is the largest of `amounts`; None for none."""
    minor, percent = parameters.get("minor"), parameters.get("percent")
    if minor is None and percent is not None and amounts:
        return max(amounts) * int(percent) // 100
    return None if minor is None else int(minor)


def _check_parameter(key: str, value: object) -> None:
    """Types and ranges of the parameters, which mean the same in every fault."""
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    good = {
        "seconds": number and 0 <= value <= 10**9,  # type: ignore[operator]
        "up_to_seconds": number and 0 <= value <= 10**9,  # type: ignore[operator]
        "wait_seconds": number and 0 <= value <= 60,  # type: ignore[operator]
        "copies": type(value) is int and 1 <= value <= 100,
        "attempts": type(value) is int and 1 <= value <= 100,
        "concurrent": isinstance(value, bool),
        "status": type(value) is int and 400 <= value <= 599,
        "minor": type(value) is int,
        "percent": type(value) is int and 1 <= value <= 10_000,
        "code": isinstance(value, str) and len(value) == 3,
        "method": isinstance(value, str),
        "when": value in ("opened", *NEWS),
        "before_answer": isinstance(value, bool),
        "then": value in ("pay", "decline"),
    }[key]
    if not good:
        raise ControlError(f"{value!r} does not fit the parameter {key!r}.")
