"""What a sweep costs while the table grows: settled rows first, then open payments."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from bench.speed.report import Bar, Sheet
from bench.speed.site import Site

#: Payments that are made due at once, to see how many are checked in a second.
DUE = 200

SETTLED, OPEN = "settled", "open"

FILL = """
INSERT INTO raseed_payment
    (reference, account, purpose, payable_key, occasion, method, minor, currency, description, state,
     concern, attention, detail, first_channel, livemode, gateway_ref, ids, client, checkout_url,
     payer_wallet, payee, wallet, next_url, created_at, expires_at, paid_at, next_check_at, check_channel,
     check_error, lease_number, version)
SELECT %(kind)s::text || n, 'still', 'order', %(kind)s::text || n, '', 'card', 20000, 'PHP', 'a payment',
    %(state)s::text, '', '', '', '', false, %(kind)s::text || n, '{}', '{}', '', '', '', '', '',
    now() - interval '1 day',
    now() + interval '1 day', %(paid)s::timestamptz,
    CASE WHEN %(state)s::text = 'pending' THEN now() + interval '6 hours' END, 'poll', '', 1, 1
FROM generate_series(%(first)s::int, %(last)s::int) AS n
"""


@dataclass(frozen=True)
class Found:
    """With so many rows of a kind in the table."""

    kind: str
    rows: int
    idle_ms: float
    checks_per_second: float


def measure(site: Site, sizes: Sequence[int], say: Callable[[str], None]) -> list[Found]:
    """Settled rows grow beside as many open ones as the smallest size; then the open ones grow."""
    found = []
    _grow(site, OPEN, 1, sizes[0])
    for kind in (SETTLED, OPEN):
        before = 0 if kind == SETTLED else sizes[0]
        for rows in sizes:
            say(f"{rows:,} {kind} payments: filling the table")
            _grow(site, kind, before + 1, rows)
            before = rows
            site.database.execute("ANALYZE raseed_payment")
            site.database.execute("CHECKPOINT")
            say(f"{rows:,} {kind} payments: sweeping")
            said = site.run("sweeping", str(DUE))
            found.append(Found(kind, rows, said["idle_ms"], said["checks_per_second"]))
    return found


def _grow(site: Site, kind: str, first: int, last: int) -> None:
    paid = "2020-01-01T00:00:00Z" if kind == SETTLED else None
    state = "paid" if kind == SETTLED else "pending"
    if first <= last:
        site.database.execute(
            FILL, {"kind": kind, "state": state, "paid": paid, "first": first, "last": last}
        )


def sheet(found: Sequence[Found]) -> Sheet:
    """One row for each size."""
    first = {each.kind: each for each in reversed(found)}
    rows = [
        (
            f"{each.rows:,} {each.kind}",
            f"{each.idle_ms:.1f}",
            f"{each.idle_ms / first[each.kind].idle_ms:.2f}",
            f"{each.checks_per_second:.0f}",
            f"{each.checks_per_second / first[each.kind].checks_per_second:.2f}",
        )
        for each in found
    ]
    heads = (
        "payments in the table",
        "sweep, nothing due, ms",
        "÷ smallest",
        "checks per second",
        "÷ smallest",
    )
    return Sheet("Sweep and polling", heads, rows)


def bars(found: Sequence[Found]) -> list[Bar]:
    """A sweep must not feel what is settled. A quarter is what turns on this machine differ by anyway."""
    settled = [each for each in found if each.kind == SETTLED]
    if len(settled) < 2:
        return []
    name = f"a sweep with {settled[-1].rows:,} settled rows, ÷ with {settled[0].rows:,}"
    return [Bar(name, settled[-1].idle_ms / settled[0].idle_ms, 1.25, at_most=True)]
