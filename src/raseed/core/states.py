"""The states of a payment and of a refund, and the moves that are allowed between them."""

from __future__ import annotations

from enum import StrEnum


class State(StrEnum):
    """Where a payment stands. Refunded, overpaid and underpaid are sums, not states."""

    NEW = "new"  # our reference is committed; the gateway may or may not have heard of it
    PENDING = "pending"  # opened, or the answer to opening was lost; the customer may pay
    AUTHORIZED = "authorized"  # money is held for us, not yet ours
    PAID = "paid"  # the gateway proved that the money came
    FAILED = "failed"  # the gateway said that it ended without money
    EXPIRED = "expired"  # the gateway said that its time is over
    CANCELLED = "cancelled"  # closed at the gateway, voided, or rejected by a person
    LAPSED = "lapsed"  # only our own deadline passed; the gateway may still say paid
    REVIEW = "review"  # a person must decide


#: A checkout the customer may still be in. One per payable (a partial unique index).
OPEN = frozenset({State.NEW, State.PENDING, State.AUTHORIZED})

#: The gateway ended it without money; only a proof of payment moves it on.
CLOSED = frozenset({State.FAILED, State.EXPIRED, State.CANCELLED})

#: Nothing further is expected here; what is paid is still looked at now and then, because refunds happen.
SETTLED = frozenset({State.PAID}) | CLOSED

UNPAID_ENDS = CLOSED | {State.LAPSED}
_MONEY_CAME = {State.PAID, State.REVIEW}

#: Every allowed move. PAID has no way out: nothing un-pays a payment; refunds are rows of their own.
MOVES: dict[State, frozenset[State]] = {
    State.NEW: frozenset({State.PENDING, State.AUTHORIZED, *UNPAID_ENDS, *_MONEY_CAME}),
    State.PENDING: frozenset({State.AUTHORIZED, *UNPAID_ENDS, *_MONEY_CAME}),
    State.AUTHORIZED: frozenset({*UNPAID_ENDS, *_MONEY_CAME}),
    State.LAPSED: frozenset({State.AUTHORIZED, *CLOSED, *_MONEY_CAME}),
    State.FAILED: frozenset(_MONEY_CAME),
    State.EXPIRED: frozenset(_MONEY_CAME),
    State.CANCELLED: frozenset(_MONEY_CAME),
    State.REVIEW: frozenset({State.PAID, State.CANCELLED}),
    State.PAID: frozenset(),
}


class RefundState(StrEnum):
    """Where one refund stands."""

    WAITING = "waiting"  # accepted by us, not yet sent
    SENDING = "sending"  # a worker is sending it
    UNKNOWN = "unknown"  # sent, and the answer was lost
    PENDING = "pending"  # the gateway has it and works on it
    SUCCEEDED = "succeeded"  # the money went back
    FAILED = "failed"  # the gateway refused it; nothing went back


#: Refunds whose amount is reserved or gone.
REFUND_HOLDS_MONEY = frozenset(RefundState) - {RefundState.FAILED}

#: Refunds that may be the ones a gateway talks about without naming our row.
REFUND_AT_GATEWAY = frozenset({RefundState.SENDING, RefundState.UNKNOWN, RefundState.PENDING})
