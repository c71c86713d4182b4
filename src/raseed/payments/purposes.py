"""What a site writes: one small class per thing that can be paid for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from raseed.core.errors import ConfigurationError
from raseed.core.money import Money
from raseed.core.snapshot import Policies, Policy

if TYPE_CHECKING:
    from django.db.models import Model

    from raseed.payments.models import Payment, Refund


class Purpose:
    """What can be paid for, and what paying does. Subclass it and name it in RASEED["PURPOSES"].

    `payable` is your model. `price` and `fulfil` must be written; the rest has careful defaults.
    `late`, `over`, `under` and `double` say what happens to money that does not come as agreed:
    "hold" (a person decides), "fulfil" (give it all the same), "refund" (send back what is too much, or
    all of it) or "credit" (the same into the payer's wallet; held where the payer is not logged in).
    For `double`, "fulfil" keeps the money; nothing is given twice.
    """

    payable: ClassVar[type[Model]]
    label: ClassVar[str] = ""
    open_for_seconds: ClassVar[int] = 3600
    overdue_after_seconds: ClassVar[int] = 300
    late: ClassVar[str] = "hold"
    over: ClassVar[str] = "hold"
    under: ClassVar[str] = "hold"
    double: ClassVar[str] = "hold"

    def __init__(self, name: str) -> None:
        self.name = name
        if not hasattr(self, "payable"):
            raise ConfigurationError(f"purpose {name!r} ({type(self).__name__}) needs `payable = YourModel`.")
        self.policies = Policies(**{concern: self._policy(concern) for concern in _CONCERNS})

    def _policy(self, concern: str) -> Policy:
        word = getattr(self, concern)
        try:
            return Policy(word)
        except ValueError:
            raise ConfigurationError(
                f"purpose {self.name!r}: {concern} = {word!r} is none of hold, fulfil, refund, credit."
            ) from None

    def price(self, payable: Any) -> Money:
        """What it costs now. Computed on the server at each start; the payment keeps it."""
        raise NotImplementedError(f"{type(self).__name__} must define price(payable) -> Money")

    def payee(self, payable: Any) -> str:
        """The wallet address that is paid, at gateways between wallets. Default: the account's own."""
        return ""

    def credits(self, payable: Any) -> Model | str | None:
        """Whose wallet paying fills, instead of earning a sale: a saved row, or a word of the site's own.

        Asked once, at the start, and kept by the payment, like the price. Where it names somebody, all money
        of the payment that nobody must decide about goes into that wallet, inside the confirming transaction;
        a refund takes it out again. `fulfil` may then be left out. Default: nobody's; it is a sale.
        """
        return None

    def may_pay(self, user: Any, payable: Any) -> bool:
        """May this user (or None) start a payment for it? Default: anyone who is logged in."""
        return bool(getattr(user, "is_authenticated", False))

    def may_see(self, user: Any, payable: Any) -> bool:
        """May this user see the payments for it without holding a status link? Default: as may_pay."""
        return self.may_pay(user, payable)

    def occasion(self, payable: Any) -> str:
        """A word that tells rightful repetitions apart (a month, a visit). Default: paid for once ever."""
        return ""

    def describe(self, payable: Any) -> str:
        """One line for the customer and the gateway. Default: the label, if there is one, and the payable."""
        return f"{self.label}: {payable}" if self.label else str(payable)

    def reserve(self, payable: Any, payment: Payment) -> None:
        """Set it aside while this payment is open: freeze a cart, count a use of a promo code.

        Runs with `payable` locked, in the transaction that commits the payment, before the gateway is
        called. Raise `RefusedStart` with words for the customer where it cannot be had. Runs again when
        money comes after `release`, just before `fulfil`. Default: nothing is set aside.
        """

    def release(self, payable: Any, payment: Payment) -> None:
        """Undo `reserve`: the payment ended and nothing was given. Once per `reserve`, `payable` locked.

        In the transaction that ends the payment; if it raises, the worker tries again.
        """

    @property
    def reserves(self) -> bool:
        """Whether this purpose sets things aside: only then is the price compared again when money comes."""
        return type(self).reserve is not Purpose.reserve

    @property
    def fills_wallets(self) -> bool:
        """Whether paying may fill a wallet: then nothing else must be given."""
        return type(self).credits is not Purpose.credits

    def fulfil(self, payable: Any, payment: Payment) -> Model | None:
        """Give what was paid for. Runs once, inside the confirming transaction; plain ORM code.

        No network calls here: another attempt may follow if the transaction is rolled back; to write to
        somebody, `raseed.send_email` queues a letter with it. May return the object it created. If it
        raises, the payment stays paid and this is tried again.
        """
        if self.fills_wallets:
            return None
        raise NotImplementedError(f"{type(self).__name__} must define fulfil(payable, payment)")

    def overdue(self, payable: Any, payment: Payment) -> None:
        """It was paid `overdue_after_seconds` ago, and `fulfil` has raised again: tell whoever should know.

        Runs after each further attempt that raises, in the transaction that keeps its traceback, so give
        letters a `key`. What raises here is logged and changes nothing. Default: nobody is told.
        """

    def created_link(self, created: Model) -> tuple[str, str]:
        """How the payer sees what `fulfil` returned: a label, and its address on this site or an empty text.

        Shown on the status page to whoever holds its link. Default: the object as text, and its
        `get_absolute_url` if it has one.
        """
        address = getattr(created, "get_absolute_url", None)
        return str(created), str(address()) if address else ""

    def revoke(self, payable: Any, payment: Payment, refund: Refund) -> None:
        """Take back after a refund; runs once per refund that leaves less than the price.

        Under the same savepoint and with the same retries as `fulfil`. Default: nothing is taken back.
        """


_CONCERNS = ("late", "over", "under", "double")
