"""Makes scenarios happen: binds their faults to the checkout that asked, and acts when the time has come."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from raseed.sandbox.clock import iso
from raseed.sandbox.exchange import Answer, ControlError, Exchange, Gateway, Opened
from raseed.sandbox.faults import CHECKOUT_FAULTS, OUTCOMES, REFUND_FATES, TIMED, Fault
from raseed.sandbox.scenarios import catalogue, choosing
from raseed.sandbox.scenarios.catalogue import Scenario
from raseed.sandbox.store import Doc, Table

if TYPE_CHECKING:
    from raseed.sandbox.box import Sandbox

VERBS = (
    "pay",
    "agree",
    "decline",
    "expire",
    "refund",
    "charge_again",
    "void",
    "regress",
    "close_receiver",
    "revoke",
)


@dataclass
class Opening:
    """A call that would open a checkout, and what its scenarios bring. `striking`: on this very call."""

    gateway: Gateway
    exchange: Exchange
    names: list[str]
    armed: str
    binding: list[Fault]
    striking: list[Fault] = field(default_factory=list)
    checkout: str = ""


@dataclass(frozen=True)
class RefundFate:
    """`outcome`: failed, or "" for the gateway's usual. `seconds` it is pending; 0 for the usual."""

    outcome: str
    seconds: float


class Director:
    """Knows every checkout and its scenarios. Keeps all it knows in the store, so that it is exported."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox

    def _table(self, name: str) -> Table:
        return self._sandbox.store.table("scenarios", name)

    @property
    def checkouts(self) -> Table:
        """Every checkout ever opened, by the gateway's id."""
        return self._table("checkouts")

    def verify(self) -> None:
        """Look at what was taken over from a state. Raises KeyError or TypeError where it is malformed."""
        for row in self.checkouts.values():
            if not {"gateway", "mode", "amount", "currency", "scenarios", "opened_at", "news"} <= row.keys():
                raise KeyError("a checkout without all its members")
            _ = self._sandbox.gateways[row["gateway"]], int(row["amount"]), str(row["currency"])
        self.own()

    # -- the list, and arming --------------------------------------------------------------------------

    def own(self) -> dict[str, Scenario]:
        """The scenarios that were stated through the control API."""
        return {
            name: Scenario(name, row["meaning"], tuple(Fault(**doc) for doc in row["faults"]))
            for name, row in self._table("own").items()
        }

    def state(self, doc: Mapping[str, Any]) -> Scenario:
        """Add a scenario, or replace one that was added before. Raises ControlError."""
        scenario = catalogue.stated(doc, list(self._sandbox.gateways))
        faults = [vars(fault) for fault in scenario.faults]
        self._table("own")[scenario.name] = {"meaning": scenario.meaning, "faults": faults}
        return scenario

    def armed(self) -> list[Doc]:
        """What waits for the next checkouts, in the order it will be used."""
        return [{**row, "id": key} for key, row in self._table("armed").items()]

    def arm(self, text: str, gateway: str = "*", reference: str = "", times: int | None = 1) -> Doc:
        """Have the next checkouts opened use these scenarios. Raises ControlError for unknown ones."""
        catalogue.resolved(text, self.own(), 0)
        key = self._sandbox.ids.new("armed")
        row = {"scenario": text, "gateway": gateway, "reference": reference, "times": times}
        self._table("armed")[key] = row
        return {**row, "id": key}

    def disarm(self) -> None:
        """Forget what was armed and not used."""
        self._table("armed").clear()

    # -- opening a checkout ----------------------------------------------------------------------------

    def opening(self, gateway: Gateway, exchange: Exchange) -> Opening | None:
        """What this call brings with it, where it opens a checkout. Raises ControlError: no such scenario."""
        if not gateway.stage.opens(exchange):
            return None
        subject = gateway.subject(exchange)
        text, armed = choosing.asked_for(exchange, gateway.name, self._table("armed"), subject)
        draw = self._table("numbers").get("checkout", {}).get("count", 0) + self._sandbox.ids.seed % 10**6
        chosen = catalogue.resolved(text, self.own(), draw) if text else []
        faults = [fault for scenario in chosen for fault in scenario.faults]
        on_call = [f for f in faults if f.on == "request" and f.match.get("call") == "open"]
        opening = Opening(gateway, exchange, [scenario.name for scenario in chosen], armed, faults)
        opening.binding = [fault for fault in faults if fault not in on_call]
        opening.striking = self._striking(opening, on_call)
        return opening

    def _striking(self, opening: Opening, on_call: list[Fault]) -> list[Fault]:
        """Which faults strike this call. Once they all have, a call of the same amount passes: the retry."""
        if not on_call:
            return []
        amounts = sorted(choosing.amounts_of(opening.exchange))
        key = f"{opening.gateway.name} {'+'.join(opening.names)} {amounts}"
        row = self._table("openings").setdefault(key, {"struck": 0})
        striking = [fault for fault in on_call if fault.times is None or row["struck"] < fault.times]
        row["struck"] = row["struck"] + 1 if striking else 0
        return striking

    def opened(self, opening: Opening, answer: Answer) -> None:
        """Bind the scenarios to the checkout in the answer; let the payer pay who pays before it."""
        made = opening.gateway.stage.opened(answer)
        if made is None or made.id in self.checkouts:  # refused, or the same answer to the same key again
            return
        opening.checkout = made.id
        self._note(opening, made)
        self._sandbox.faults.bind(made.id, opening.binding + self._stated(opening))
        for fault in self._timed(made.id, "opened"):
            if fault.parameters.get("before_answer"):
                fault.hits += 1
                self.act(made.id, fault.fault)

    def _stated(self, opening: Opening) -> list[Fault]:
        """Checkout faults that strike this checkout. Their `times` counts checkouts."""
        gateway, exchange = opening.gateway, opening.exchange
        amounts = choosing.amounts_of(exchange)
        subject = replace(gateway.subject(exchange), call="open", amounts=amounts)
        struck = self._sandbox.faults.take("checkout", gateway.name, subject, tuple(CHECKOUT_FAULTS))
        return [replace(fault, match={}, times=None) for fault in struck]

    def _note(self, opening: Opening, made: Opened) -> None:
        numbers = self._table("numbers").setdefault("checkout", {"count": 0})
        numbers["count"] += 1
        self.checkouts[made.id] = {
            "gateway": opening.gateway.name,
            "mode": made.mode,
            "amount": made.minor,
            "currency": made.currency,
            "scale": made.scale,
            "scenarios": opening.names,
            "base_url": opening.exchange.base_url,
            "opened_at": iso(self._sandbox.clock.now()),
            "news": [],
        }
        armed = self._table("armed").get(opening.armed)
        if armed is not None and armed["times"] is not None:
            armed["times"] -= 1
            if armed["times"] < 1:
                del self._table("armed")[opening.armed]

    # -- what follows ----------------------------------------------------------------------------------

    def answered(self, opening: Opening) -> None:
        """The call was answered: what follows from the opening may begin."""
        if opening.checkout in self.checkouts:
            self._schedule(opening.checkout, "opened")

    def heard(self, gateway: Gateway, event: str, text: str) -> None:
        """Something happened at a gateway: `text` is the event's resource."""
        news = gateway.stage.news(event)
        for checkout in gateway.stage.about(text) if news else ():
            row = self.checkouts.get(checkout)
            if row is not None:
                row["news"] = [*row["news"], news]
                self._schedule(checkout, news)

    def _timed(self, checkout: str, when: str) -> list[Fault]:
        bound = self._sandbox.faults.bound(checkout)
        steps = [f for f in bound if f.on == "checkout" and f.fault in TIMED]
        return [f for f in steps if f.parameters["when"] == when and f.hits < (f.times or 1)]

    def _schedule(self, checkout: str, when: str) -> None:
        """Set an alarm for all that follows from `when`, each once unless it states how often."""
        for fault in self._timed(checkout, when):
            fault.hits += 1
            self._set_step(checkout, fault.fault, **fault.parameters)

    def _set_step(self, checkout: str, verb: str, seconds: float, **more: Any) -> None:
        key = self._sandbox.ids.new("step")
        self._table("steps")[key] = {"checkout": checkout, "verb": verb, **more}
        self._sandbox.set_alarm(self._sandbox.clock.now() + seconds, "", "", "step", key)

    def ring(self, key: str) -> None:
        """A step is due. What can no longer happen (the checkout is paid, or over) does not."""
        step = self._table("steps").pop(key, None)
        if step is None or step["checkout"] not in self.checkouts:
            return
        row = self.checkouts[step["checkout"]]
        minor = None
        if step.get("percent", 100) != 100:
            minor = row["amount"] * step["percent"] // 100
        try:
            self.act(
                step["checkout"],
                step["verb"],
                minor=minor,
                currency=step.get("code", ""),
                is_decided=step.get("is_decided", False),
            )
        except ControlError as error:
            self._log(step["checkout"], step["verb"], f"not done: {error}")

    def act(
        self,
        checkout: str,
        verb: str,
        *,
        minor: int | None = None,
        currency: str = "",
        is_decided: bool = False,
    ) -> Doc:
        """Pay, decline, refund and the other VERBS, whatever the gateway. Raises ControlError.

        `is_decided`: no scenario has a say in how it comes out.
        """
        row = self.checkouts.get(checkout)
        if row is None:
            raise ControlError(f"there is no checkout {checkout!r}.", status=404)
        if verb not in VERBS:
            raise ControlError(f"a checkout knows {', '.join(VERBS)}, not {verb!r}.", status=404)
        gateway = self._sandbox.gateways[row["gateway"]]
        outcome = self._outcome(checkout) if verb == "pay" and not is_decided else None
        if outcome is not None:
            verb = self._decided(checkout, outcome)
        done = gateway.stage.act(verb, checkout, base_url=row["base_url"], minor=minor, currency=currency)
        self._log(checkout, verb, f"as {outcome.fault} wants" if outcome else "done")
        return done

    def _decided(self, checkout: str, outcome: Fault) -> str:
        """What becomes of an attempt to pay for which this outcome is meant."""
        outcome.hits += 1
        if outcome.fault == "pend":
            parameters = outcome.parameters
            self._set_step(checkout, parameters["then"], self._drawn(parameters), is_decided=True)
        return {"require_3ds": "pay", "pend": "agree"}.get(outcome.fault, "decline")

    def _drawn(self, parameters: Mapping[str, Any]) -> float:
        """So many seconds; or, where `up_to_seconds` is more, by chance a whole number up to it."""
        seconds, most = float(parameters["seconds"]), float(parameters["up_to_seconds"])
        if most <= seconds:
            return seconds
        draw = int(hashlib.sha256(self._sandbox.ids.text().encode()).hexdigest(), 16)
        return seconds + draw % int(most - seconds + 1)

    def _log(self, checkout: str, verb: str, outcome: str) -> None:
        gateway = self.checkouts[checkout]["gateway"]
        self._sandbox.journal.add("step", gateway=gateway, checkout=checkout, verb=verb, outcome=outcome)

    def diverted(self, gateway: Gateway, exchange: Exchange) -> Exchange:
        """The payer's attempt as the scenario wants it to come out; anything else as it is."""
        checkout = gateway.stage.attempts(exchange)
        fault = self._outcome(checkout) if checkout else None
        if fault is None:
            return exchange
        exchange, is_decided = gateway.stage.divert(exchange, fault.fault)
        if is_decided:
            self._decided(checkout, fault)
        return exchange

    def refund_fate(self, gateway: str, text: str) -> RefundFate:
        """What scenarios want with a refund that is made now, of the checkout that `text` leads to."""
        checkouts = self._sandbox.gateways[gateway].stage.about(text)
        bound = [f for f in self._sandbox.faults.bound(*checkouts) if f.fault in REFUND_FATES and f.is_left]
        for fault in bound:
            fault.hits += 1
        seconds = [float(f.parameters["seconds"]) for f in bound if f.fault == "refunds_wait"]
        is_failing = any(f.fault == "refunds_fail" for f in bound)
        return RefundFate("failed" if is_failing else "", max(seconds, default=0.0))

    def _outcome(self, checkout: str) -> Fault | None:
        """How the payer's next attempt must come out, where a scenario says so."""
        bound = self._sandbox.faults.bound(checkout)
        return next((f for f in bound if f.on == "checkout" and f.fault in OUTCOMES and f.is_left), None)
