"""The payer's consent: asking for it, going on after it, and giving it back.

Source: auth-server.yaml 1.3.0 and RFC 9635. The grant is exact: one receiver, and no more than the quote.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from raseed.core.errors import GatewayRefused, GatewayUnavailable
from raseed.gateways.addresses import RefusedAddress, checked
from raseed.gateways.openpayments.amounts import Amount, amount_of
from raseed.gateways.openpayments.caller import Caller
from raseed.gateways.openpayments.quote import Quote
from raseed.gateways.openpayments.tokens import AccessToken, is_token, token_of
from raseed.gateways.openpayments.vocabulary import WAIT_SECONDS
from raseed.gateways.openpayments.wallet_address import Wallet

_LONGEST_WAIT_SECONDS = 3600


@dataclass(frozen=True)
class Grant:
    """A consent that was asked for: where it is given, and everything that is needed afterwards.

    `endpoint` is the grant endpoint as it was used, because the return's hash is made over it.
    """

    endpoint: str
    redirect: str = field(repr=False)
    nonce: str = field(repr=False)
    server_nonce: str = field(repr=False)
    limit: Amount
    continue_uri: str = field(repr=False)
    continue_token: AccessToken
    wait_until: datetime

    def kept(self) -> dict[str, Any]:
        """As it is remembered (encrypted)."""
        return {
            "endpoint": self.endpoint,
            "redirect": self.redirect,
            "nonce": self.nonce,
            "server_nonce": self.server_nonce,
            "limit": self.limit.document(),
            "continue": {"uri": self.continue_uri, "token": self.continue_token.value},
            "wait_until": self.wait_until.isoformat(),
        }


def remembered(kept: Mapping[str, Any]) -> Grant:
    """A grant from a saved step."""
    return Grant(
        endpoint=kept["endpoint"],
        redirect=kept["redirect"],
        nonce=kept["nonce"],
        server_nonce=kept["server_nonce"],
        limit=amount_of(kept["limit"]),
        continue_uri=kept["continue"]["uri"],
        continue_token=AccessToken(kept["continue"]["token"]),
        wait_until=datetime.fromisoformat(kept["wait_until"]),
    )


def request(caller: Caller, buyer: Wallet, receiver: str, quote: Quote, return_url: str) -> Grant:
    """Ask for the payer's consent."""
    nonce = secrets.token_hex(16)
    access = {
        "type": "outgoing-payment",
        "actions": ["create", "read", "list"],
        "identifier": buyer.address,
        "limits": {"debitAmount": quote.debit.document(), "receiver": receiver},
    }
    finish = {"method": "redirect", "uri": return_url, "nonce": nonce}
    body = {
        "access_token": {"access": [access]},
        "client": caller.client,
        "interact": {"start": ["redirect"], "finish": finish},
    }
    document = caller.call("POST", buyer.auth_server, body=body)
    interact, going_on = _member(document, "interact"), _member(document, "continue")
    token = _member(going_on, "access_token").get("value")
    if not is_token(interact.get("finish")):
        raise GatewayUnavailable(f"{buyer.address} did not say where its owner can agree.")
    if not is_token(token):
        raise GatewayUnavailable(f"{buyer.address} did not say how to go on after its owner agreed.")
    return Grant(
        endpoint=buyer.auth_server,
        redirect=_page(caller, buyer, interact.get("redirect")),
        nonce=nonce,
        server_nonce=interact["finish"],
        limit=quote.debit,
        continue_uri=buyer.owns(going_on.get("uri")),
        continue_token=AccessToken(str(token)),
        wait_until=caller.now() + timedelta(seconds=_wait(going_on.get("wait"))),
    )


def proceed(caller: Caller, buyer: Wallet, grant: Grant, interact_ref: str) -> AccessToken:
    """The consent's access token. Raises GatewayRefused; temporary: too early."""
    if caller.now() < grant.wait_until:
        raise GatewayRefused(
            "The wallet wants us to wait before going on.", code="too_fast", is_temporary=True
        )
    answer = caller.call(
        "POST",
        buyer.owns(grant.continue_uri),
        token=grant.continue_token,
        body={"interact_ref": interact_ref},
    )
    return token_of(answer, caller.now())


def cancel(caller: Caller, buyer: Wallet, grant: Grant) -> None:
    """Give the consent back, whatever became of it: afterwards nothing can be paid with it."""
    try:
        caller.call("DELETE", buyer.owns(grant.continue_uri), token=grant.continue_token)
    except GatewayRefused as refused:
        if refused.code != "invalid_continuation" and refused.status != 404:
            raise


def _member(document: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    member = document.get(name)
    return member if isinstance(member, Mapping) else {}


def _wait(seconds: Any) -> int:
    is_wait = isinstance(seconds, int) and not isinstance(seconds, bool)
    return seconds if is_wait and 0 <= seconds <= _LONGEST_WAIT_SECONDS else WAIT_SECONDS


def _page(caller: Caller, buyer: Wallet, url: Any) -> str:
    """Where the customer is sent. The browser goes there, not we; it need not be the wallet's own origin."""
    try:
        return checked(url if isinstance(url, str) else "", exempt_origin=caller.exempt_origin)
    except RefusedAddress as refused:
        raise GatewayUnavailable(
            f"{buyer.address} names a consent page that is not used: {refused}"
        ) from None
