"""What was said about a payment, as entries of its story: our calls, deliveries, facts. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace

from raseed.core.facts import Weight
from raseed.payments.admin.entry import Entry
from raseed.payments.admin.evidence import first_said
from raseed.payments.admin.redaction import redacted, redacted_text
from raseed.payments.admin.words import ACT_WORDS, FACT_WORDS, SAYS_PAID, duration, first_line
from raseed.payments.models import Act, Delivery, DeliveryState, MemoryStep, Payment, PaymentFact, StaffAction


def call_entries(step: MemoryStep) -> Iterator[Entry]:
    """An outside call that happens once. Its answer is a secret and is not shown."""
    if step.answered_at is None:
        yield Entry(
            step.begun_at,
            1,
            "call",
            f"Call to the gateway: {step.step}",
            tone="wait",
            marks=("no answer yet",),
            lines=("It was begun and no answer is kept; it is looked up before it is made again.",),
            row=step,
        )
        return
    took = f"answered after {duration(step.answered_at - step.begun_at)}; the answer is kept encrypted"
    yield Entry(step.begun_at, 1, "call", f"Call to the gateway: {step.step}", lines=(took,), row=step)


def staff_entries(action: StaffAction) -> Iterator[Entry]:
    """What a person did, why, and what came of it."""
    marks = ["staff", *([action.wanted] if action.wanted else [])]
    lines = [f"by {action.who}, because: {action.reason}"]
    if action.is_done is None:
        marks.append("not ended")
        lines.append("How it ended is not known: the process stopped, or it is under way.")
    elif not action.is_done:
        marks.append("nothing was done")
    if action.outcome:
        lines.append(redacted_text(action.outcome))
    yield Entry(
        action.created_at,
        1,
        "staff",
        ACT_WORDS[Act(action.act)],
        tone="" if action.is_done else "wait",
        marks=tuple(marks),
        lines=tuple(lines),
        row=action,
    )


_DELIVERY_TONES = {
    DeliveryState.READ.value: "",
    DeliveryState.FOREIGN.value: "",
    DeliveryState.STUCK.value: "bad",
}


def delivery_entry(delivery: Delivery) -> Entry:
    """A webhook request; its copies are one entry."""
    marks = [delivery.state]
    if delivery.copies > 1:
        marks.append(f"came {delivery.copies} times")
    lines = [delivery.facts_summary or "not read yet"]
    if delivery.read_at and delivery.read_at != delivery.received_at:
        lines.append(f"read {duration(delivery.read_at - delivery.received_at)} after it came")
    if delivery.error:
        lines.append(first_line(redacted_text(delivery.error)))
    return Entry(
        delivery.received_at,
        2,
        "delivery",
        "The gateway called (delivery)",
        tone=_DELIVERY_TONES.get(delivery.state, "wait"),
        marks=tuple(marks),
        lines=tuple(lines),
        row=delivery,
    )


def fact_entries(payment: Payment) -> Iterator[Entry]:
    """What the gateway said, and what our own side decided. `payment` has its facts loaded."""
    facts = list(payment.facts.all())
    first = first_said(facts)
    for fact in facts:
        lags: tuple[str, ...] = ()
        if first is not None and fact.kind in SAYS_PAID and fact.weight == Weight.PROOF:
            after = duration(fact.created_at - first.created_at)
            lags = ("said it first",) if fact is first else (f"{after} after the first word",)
        yield replace(_fact(fact), lags=lags)


def _fact(fact: PaymentFact) -> Entry:
    title = FACT_WORDS.get(fact.kind, fact.kind)
    if fact.money is not None:
        title = f"{title}: {fact.money}"
    effect = f"{fact.from_state} → {fact.to_state}" if fact.is_move else EFFECTS.get(fact.decision, "")
    refs = (fact.charge_ref and f"charge {fact.charge_ref}", fact.refund_ref and f"refund {fact.refund_ref}")
    said = redacted_text(fact.detail)
    lines = (
        fact.reason,
        said and said != fact.reason and f"in the gateway's words: {said}",
        ", ".join(ref for ref in refs if ref),
        fact.user and f"by {fact.user.get_username()}",
    )
    return Entry(
        fact.created_at,
        3,
        "fact",
        title,
        tone=_fact_tone(fact),
        marks=(fact.channel, fact.weight, effect),
        lines=tuple(line for line in lines if line),
        folded_title="What the gateway sent with it" if fact.raw else "",
        folded=json.dumps(redacted(fact.raw), indent=2, ensure_ascii=False) if fact.raw else "",
        row=fact,
    )


#: What came of a fact that did not change the state.
EFFECTS = {
    "move": "booked",
    "record": "changed nothing",
    "ask": "made us ask",
    "review": "a person should look",
}


def _fact_tone(fact: PaymentFact) -> str:
    if fact.decision == "review" or fact.to_state == "review":
        return "wait"
    if not fact.is_move:
        return ""
    return {"paid": "good", "failed": "bad", "cancelled": "bad", "expired": "bad"}.get(fact.to_state, "")
