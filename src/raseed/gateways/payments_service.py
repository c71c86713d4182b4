"""A payments service that pays from wallet to wallet for this site, as a gateway: its calls and its webhooks.

The service does what `raseed.gateways.openpayments` does in the site's own process. Its calls are those of
`raseed payments-service`; a service of another make may serve the same. Webhooks are signed by Standard
Webhooks 1.0.0 (https://github.com/standard-webhooks/standard-webhooks) with a secret that both share.

Settings name it by its path: `"GATEWAY": "raseed.gateways.payments_service.PaymentsServiceClient"`.
"""

from __future__ import annotations

import base64
import binascii
import hmac
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

from raseed.core.errors import (
    BadSignature,
    ConfigurationError,
    GatewayRefused,
    MalformedDelivery,
    MoneyError,
    StaleDelivery,
    Unsupported,
    WrongWallet,
)
from raseed.core.facts import Fact, FactKind, Weight
from raseed.core.money import Money, currencies
from raseed.gateways.base import Capabilities, GatewayRef, Memory, Opened, Order, RawDelivery, Refs, Verified
from raseed.gateways.http import Api
from raseed.gateways.signatures import refuse_repeated_parameters, strict_json

METHOD = "wallet"
USER = "shop"
COMPLETED = "payment.completed"
OUTGOING = "outgoing_payment"
#: The service asks the wallets; asking it is cheap.
POLL_SECONDS = ((120, 5), (900, 15))
#: How far from ours the clock of a webhook may be, as Standard Webhooks advises.
REPLAY_WINDOW_SECONDS = 300
_PREFIX = "whsec_"
_LONGEST = 2048

_KINDS = {
    "pending": FactKind.PENDING,
    "processing": FactKind.PENDING,
    "paid": FactKind.PAID,
    "failed": FactKind.FAILED,
}
#: What the service says in the address when it sends the browser on. Anybody can write it: hints.
_OUTCOMES = {"agreed": FactKind.PAID, "declined": FactKind.ATTEMPT_FAILED}


class PaymentsServiceClient:
    """One shop at one payments service.

    `base_url` is the service's address and `token` what it knows us by; `webhook_secrets` are shared with it
    ("whsec_…", newest first). `livemode` is shown with each payment. `replay_window_seconds` None takes
    webhooks of any age. Raises ConfigurationError naming the setting.
    """

    name = "payments-service"
    #: The service's own, which is paid where no payee is named, is not known here.
    wallet_address = ""

    def __init__(
        self,
        base_url: str,
        token: str,
        webhook_secrets: str | Iterable[str] = (),
        livemode: bool = True,
        replay_window_seconds: float | None = REPLAY_WINDOW_SECONDS,
        http: Any = None,
    ) -> None:
        if not isinstance(token, str) or not token.strip():
            raise ConfigurationError("TOKEN is empty. Give the one that the payments service knows.")
        self.livemode: bool | None = livemode
        self._keys = _keys(webhook_secrets)
        self._window_seconds = replay_window_seconds
        self._api = Api(self.name, base_url, explain=_refusal, user=USER, password=token.strip(), http=http)
        self.capabilities = Capabilities(
            methods=frozenset({METHOD}),
            currencies=currencies(),
            poll_seconds=POLL_SECONDS,
            one_visit=True,
            can_refund=False,
            can_query_refunds=False,
        )

    def __repr__(self) -> str:
        return f"PaymentsServiceClient({self._api.base_url!r})"

    def wallet(self, typed: str, which: str) -> str:
        """The address a person typed, trimmed; the service looks at it more closely. Raises WrongWallet."""
        text = typed.strip() if isinstance(typed, str) else ""
        text = f"https://{text[1:]}" if text.startswith("$") else text
        if not text.startswith(("https://", "http://")) or len(text) > _LONGEST or not text.isprintable():
            raise WrongWallet("This is not a wallet address, such as https://wallet.example/alice.", which)
        return text

    # --- calls ------------------------------------------------------------------------------------

    def open(self, order: Order, memory: Memory) -> Opened:
        """Have the service prepare both wallets. Our reference is its id of it, so it may be repeated."""
        parts = urlsplit(order.return_url)
        body = {
            "amount": {"minor": order.money.minor, "currency": order.money.currency},
            "offerId": order.payable_key or order.reference,
            "payerWallet": order.payer_wallet or "",
            "payeeWallet": order.payee or "",
            "finishPath": parts._replace(scheme="", netloc="").geturl(),
            "description": order.description,
        }
        said = self._api.put(f"/payments/{quote(order.reference, safe='')}", body)
        url = said.get("redirectUrl")
        pending_id = said.get("pendingId") or order.reference
        return Opened(gateway_ref=str(pending_id), url=str(url) if url else None)

    def query(self, ref: GatewayRef, memory: Memory) -> list[Fact]:
        """How the service says that it stands.

        Where it says paid and states no amount, it is the one that it was asked for.
        """
        pending_id = ref.gateway_ref or ref.reference
        said = self._api.get(f"/payments/{quote(pending_id, safe='')}/status")
        fact = _fact(said, pending_id, fallback=ref.money)
        return [fact]

    def advance(self, ref: GatewayRef, fact: Fact, memory: Memory) -> list[Fact]:
        """The service goes on by itself."""
        return []

    def close(self, ref: GatewayRef, memory: Memory) -> list[Fact]:
        """Not offered: the service gives the consent back when its time is over."""
        raise Unsupported("the payments service closes its payments itself.")

    def capture(self, ref: GatewayRef, charge_ref: str, money: Money, memory: Memory) -> list[Fact]:
        """Not offered: money is sent at once."""
        raise Unsupported("wallets send money at once; there is nothing to capture.")

    def void(self, ref: GatewayRef, charge_ref: str, memory: Memory) -> list[Fact]:
        """Not offered: what arrived cannot be called back."""
        raise Unsupported("wallets cannot call back money that arrived.")

    def refund(
        self, ref: GatewayRef, charge_ref: str, money: Money, reason: str, key: str, memory: Memory
    ) -> list[Fact]:
        """Not offered: it would be a new payment, with the consent of the one who was paid."""
        raise Unsupported("wallets have no refunds: ask the one who was paid to pay back.")

    def query_refund(
        self, ref: GatewayRef, charge_ref: str, key: str, refund_ref: str | None, memory: Memory
    ) -> list[Fact]:
        """There are none."""
        raise Unsupported("wallets have no refunds.")

    def charge_saved(self, card: str, order: Order, memory: Memory) -> Opened:
        """Not offered: each payment has its own consent."""
        raise Unsupported("wallets keep no cards; each payment has its own consent.")

    # --- deliveries -------------------------------------------------------------------------------

    def peek(self, delivery: RawDelivery) -> Refs:
        """Which payment the body names. Believed by nobody; never raises."""
        try:
            pending_id = self.verified_before(delivery).document["pendingId"]
        except MalformedDelivery:
            return Refs()
        return Refs(references=frozenset({pending_id}), gateway_refs=frozenset({pending_id}))

    def verify(self, delivery: RawDelivery) -> Verified:
        """Check signature, age and shape. Raises BadSignature, StaleDelivery or MalformedDelivery."""
        refuse_repeated_parameters(delivery.query_string)
        sent_at = _signed_at(delivery, self._keys)
        age_seconds = abs(int(delivery.received_at.timestamp()) - sent_at)
        if self._window_seconds is not None and age_seconds > self._window_seconds:
            raise StaleDelivery(
                f"signed {age_seconds} s from now, at most {self._window_seconds:g} s are taken"
            )
        return self.verified_before(delivery)

    def verified_before(self, delivery: RawDelivery) -> Verified:
        """The delivery as a document of the right shape. Raises MalformedDelivery."""
        document = strict_json(delivery.body)
        if not isinstance(document, dict) or document.get("type") != COMPLETED:
            raise MalformedDelivery(f"the body is no {COMPLETED}")
        if not isinstance(document.get("pendingId"), str) or not document["pendingId"]:
            raise MalformedDelivery("the body names no pendingId")
        return Verified(delivery, document)

    def read(self, verified: Verified) -> list[Fact]:
        """That it is paid. Where the amount is not stated, the service is asked."""
        if not isinstance(verified, Verified):
            raise TypeError(f"read takes what verify returned, not {type(verified).__name__}")
        return [_fact(verified.document, str(verified.document["pendingId"]), fallback=None)]

    def read_return(self, delivery: RawDelivery) -> list[Fact]:
        """A hint by the word that the service wrote into the address. Raises MalformedDelivery."""
        refuse_repeated_parameters(delivery.query_string)
        said = parse_qs(delivery.query_string.decode("ascii", "replace")).get("outcome", [])
        word = said[0] if said else delivery.query.get("outcome", "")
        if word == "unreadable":
            raise MalformedDelivery("the service could not read what the wallet sent")
        kind = _OUTCOMES.get(word)
        return [Fact(kind, Weight.HINT, detail=f"the service says: {word}")] if kind else []


def _fact(said: Mapping[str, Any], pending_id: str, fallback: Money | None) -> Fact:
    """What a status or an event says of a payment, as a proof: both are authenticated."""
    kind = _KINDS.get(str(said.get("status")), FactKind.UNKNOWN)
    outgoing = said.get("outgoingPaymentId")
    is_paid = kind is FactKind.PAID
    return Fact(
        kind,
        Weight.PROOF,
        gateway_ref=pending_id,
        charge_ref=pending_id if is_paid else None,
        money=_received(said.get("received")) or fallback if is_paid else None,
        is_total=is_paid,
        occurred_at=_moment(said.get("timestamp")),
        raw={name: said[name] for name in ("status", "outgoingPaymentId") if isinstance(said.get(name), str)},
        ids={OUTGOING: outgoing} if isinstance(outgoing, str) and 0 < len(outgoing) <= _LONGEST else {},
    )


def _received(said: Any) -> Money | None:
    if not isinstance(said, Mapping) or type(said.get("minor")) is not int:
        return None
    try:
        return Money(said["minor"], str(said.get("currency")))
    except MoneyError:
        return None


def _moment(said: Any) -> datetime | None:
    try:
        moment = datetime.fromisoformat(said) if isinstance(said, str) else None
    except ValueError:
        return None
    return moment if moment is not None and moment.tzinfo is not None else None


def _keys(secrets: str | Iterable[str]) -> tuple[bytes, ...]:
    texts = [secrets] if isinstance(secrets, str) else list(secrets)
    try:
        keys = [base64.b64decode(text.removeprefix(_PREFIX), validate=True) for text in texts]
    except (binascii.Error, ValueError, AttributeError):
        keys = [b""]
    if any(len(key) < 16 for key in keys):
        raise ConfigurationError("WEBHOOK_SECRETS must be texts like whsec_ and base64 of 24 to 64 bytes.")
    return tuple(keys)


def _signed_at(delivery: RawDelivery, keys: tuple[bytes, ...]) -> int:
    """When it was signed with one of the keys, in seconds since 1970. Raises BadSignature."""
    headers = {name.lower(): value for name, value in delivery.headers.items()}
    sent_at, message_id = headers.get("webhook-timestamp", ""), headers.get("webhook-id", "")
    if not keys or not (sent_at.isascii() and sent_at.isdigit() and len(sent_at) < 13):
        raise BadSignature("it is not signed by the payments service")
    message = f"{message_id}.{sent_at}.".encode() + delivery.body
    given = [word[3:] for word in headers.get("webhook-signature", "").split(" ") if word.startswith("v1,")]
    matched = False
    for key in keys:
        expected = base64.b64encode(hmac.digest(key, message, "sha256"))
        for signature in given:
            matched |= hmac.compare_digest(expected, signature.encode())
    if not matched:
        raise BadSignature("the signature was not made with a secret of this account")
    return int(sent_at)


def _refusal(status: int, document: Any) -> GatewayRefused:
    said = document if isinstance(document, Mapping) else {}
    why = str(said.get("error", ""))[:200]
    if said.get("which") in {"payer_wallet", "payee"} and why:
        return WrongWallet(why, str(said["which"]), status=status)
    return GatewayRefused(f"The payments service refused ({status}).", status=status, detail=why)
