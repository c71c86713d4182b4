"""Every error Raseed raises on purpose, as one tree.

RaseedError
├── ConfigurationError      settings are wrong; raised at start, names the key and the remedy
├── MoneyError              an amount or currency that cannot be expressed
├── RefusedStart            the payment cannot be started; the customer can be told why
│   ├── NotAllowed              the purpose's rule says no for this user
│   ├── AlreadyPaid             the payable is paid for
│   ├── UnderReview             a payment for it waits for a person
│   ├── StartInProgress         another request is opening the same checkout right now
│   ├── AmountBelowMinimum      the gateway does not take so little
│   ├── PriceChanged            the price is not the one this payment is for
│   └── UnusableCard            a saved card that has no token to pay with
├── RefusedRefund           the refund cannot be made (too much, not paid, another one is open)
├── RefusedCapture          held money cannot be taken or let go (none is held, too much)
├── RefusedTransfer         money cannot be moved between wallets (too little is there)
├── RefusedRuling           a person's decision does not fit the payment's state
├── RefusedNotice           an e-mail or webhook of ours cannot be sent as it stands
├── Undelivered             an attempt to send one did not succeed
├── Unreachable             an address did not answer at all
├── InsideTransaction       a flow that calls a gateway was called inside a transaction
├── GatewayError            talking to a gateway
│   ├── GatewayRefused          it answered, and the answer is no: nothing was done
│   │   ├── MoneyUnderWay           it cannot be closed: the money is being sent
│   │   └── WrongWallet             a wallet address that cannot pay or be paid
│   ├── GatewayUnavailable      no answer, or one that says nothing: the outcome is unknown
│   └── Unsupported             this gateway cannot do that at all
├── DeliveryError           a webhook request that is not read
│   ├── BadSignature            not signed by a secret of this account
│   ├── StaleDelivery           signed, but outside the replay window
│   ├── MalformedDelivery       not what this gateway sends
│   └── BodyGone                kept without its body, which was let go
├── OutcomeUnknown          a call was begun, its answer lost, and it cannot be looked up
└── LeaseLost               another worker took over; nothing more may be called
"""


class RaseedError(Exception):
    """Something Raseed refuses or cannot do; the message says what, to what, and what to do."""


class ConfigurationError(RaseedError):
    """A setting is missing or wrong. The message names the key and the remedy."""


class MoneyError(RaseedError, ValueError):
    """An amount or a currency that cannot be expressed exactly."""


class RefusedStart(RaseedError):
    """The payment was not started, and nothing was sent to the gateway."""


class NotAllowed(RefusedStart):
    """`Purpose.may_pay` says that this user may not pay for this."""


class AlreadyPaid(RefusedStart):
    """It is paid for already. Show the receipt instead of another checkout."""


class UnderReview(RefusedStart):
    """A payment for it arrived that a person must look at. Ask the customer to wait, not to pay again."""


class StartInProgress(RefusedStart):
    """The same checkout is being opened by another request. Try again in a moment."""


class AmountBelowMinimum(RefusedStart):
    """The gateway does not take amounts this small. Raise the price or choose another method."""


class PriceChanged(RefusedStart):
    """The thing costs something else than the payment is for. Show the new price before starting again."""


class UnusableCard(RefusedStart):
    """The saved card cannot pay any more. Offer another card, or to enter this one again."""


class RefusedRefund(RaseedError):
    """The refund was not accepted, and nothing was sent to the gateway."""


class RefusedCapture(RaseedError):
    """Held money was neither taken nor let go, and nothing was sent to the gateway."""


class RefusedTransfer(RaseedError):
    """Money was not moved into, out of or between wallets. The message is fit for the wallet's owner."""


class RefusedRuling(RaseedError):
    """The decision does not fit the state the payment is in. Reload the payment and look again."""


class RefusedNotice(RaseedError):
    """The e-mail or webhook cannot be sent as it stands; nothing was queued."""


class Undelivered(RaseedError):
    """One attempt to send a notice did not succeed. `is_permanent`: another attempt cannot either.

    `retry_after_seconds` is the receiver's wish where it states one.
    """

    def __init__(
        self, message: str, *, is_permanent: bool = False, retry_after_seconds: int | None = None
    ) -> None:
        super().__init__(message)
        self.is_permanent = is_permanent
        self.retry_after_seconds = retry_after_seconds


class Unreachable(RaseedError):
    """No answer came from an address: no connection, no answer in time, or it broke off."""


class InsideTransaction(RaseedError):
    """A flow that talks to a gateway was called inside a database transaction.

    Call it after the `atomic()` block, or from `transaction.on_commit`: a network call must never
    hold locks, and a rollback must never forget a payment that a gateway already knows.
    """


class GatewayError(RaseedError):
    """Talking to a gateway did not end in a plain success."""


class GatewayRefused(GatewayError):
    """The gateway answered, and the answer is no. Nothing was done there.

    `code` is the gateway's own word, `status` the HTTP status, `message` one sentence fit for a
    shopkeeper, `detail` the gateway's text (for staff, never for the customer). `is_temporary` tells
    that the same request may be accepted later (an earlier refund is still open).
    """

    def __init__(
        self, message: str, *, code: str = "", status: int = 0, detail: str = "", is_temporary: bool = False
    ) -> None:
        super().__init__(message)
        self.is_temporary = is_temporary
        self.code = code
        self.status = status
        self.detail = detail


class MoneyUnderWay(GatewayRefused):
    """The checkout cannot be closed now: its money is being sent. Ask again in a few minutes."""


class WrongWallet(GatewayRefused):
    """A wallet address cannot pay, or cannot be paid. The message is for the person who typed it.

    `which` is the argument of `start_payment` it is about: "payer_wallet" or "payee".
    """

    def __init__(self, message: str, which: str, *, status: int = 0, detail: str = "") -> None:
        super().__init__(message, code="wrong_wallet", status=status, detail=detail)
        self.which = which


class GatewayUnavailable(GatewayError):
    """No answer, or one that says nothing (a time-out, a 5xx). The outcome is unknown: ask later.

    `retry_after_seconds` is the gateway's wish where it states one.
    """

    def __init__(self, message: str, *, retry_after_seconds: float | None = None) -> None:
        super().__init__(message)
        self.retry_after_seconds = retry_after_seconds


class Unsupported(GatewayError):
    """This gateway has no such operation. `Capabilities` says so beforehand."""


class DeliveryError(RaseedError):
    """A webhook request that is not read. Nothing it says is believed."""


class BadSignature(DeliveryError):
    """The signature was not made with a secret of this account."""


class StaleDelivery(DeliveryError):
    """The signature is good but its time lies outside the replay window."""


class MalformedDelivery(DeliveryError):
    """The request does not have the shape this gateway sends."""


class BodyGone(DeliveryError):
    """A kept delivery cannot be read again: its body was let go after the time that settings keep it."""


class OutcomeUnknown(RaseedError):
    """A call was begun earlier, its answer was lost, and nothing can tell whether it was carried out."""


class LeaseLost(RaseedError):
    """The lease ran out and another worker took over. Stop calling; that worker looks up and goes on."""
