"""Signed calls to wallets: the one way to them, with every address checked before it is called."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from raseed.core.errors import GatewayUnavailable
from raseed.gateways.addresses import RefusedAddress, checked
from raseed.gateways.http import Document
from raseed.gateways.openpayments.keys import Keyring
from raseed.gateways.openpayments.refusals import refusal
from raseed.gateways.openpayments.signatures import compact, sign, target_uri
from raseed.gateways.openpayments.tokens import AccessToken
from raseed.gateways.outside import Outside


class Caller:
    """Calls wallets as one client: `client` is its wallet address, under which its keys are published."""

    def __init__(
        self,
        client: str,
        keyring: Keyring,
        clock: Callable[[], datetime],
        outside: Outside,
        exempt_origin: str = "",
    ) -> None:
        self.client = client
        self.exempt_origin = exempt_origin
        self.now = clock
        self._keyring = keyring
        self._outside = outside

    def document(self, url: str) -> Document:
        """A public document, not signed. Raises GatewayRefused or GatewayUnavailable."""
        return self._answered("GET", url, {}, b"")

    def call(
        self,
        method: str,
        url: str,
        *,
        token: AccessToken | None = None,
        body: Mapping[str, Any] | None = None,
    ) -> Document:
        """A signed call. Raises GatewayRefused (nothing was done) or GatewayUnavailable (who knows)."""
        content = compact(body) if body is not None else b""
        now = self.now()
        key = self._keyring.signing(now)
        headers = sign(
            method,
            url,
            key_id=key.kid,
            private_key=key.private,
            created_at=now,
            token=token.value if token else "",
            body=content,
        )
        return self._answered(method, url, headers, content)

    def _answered(self, method: str, url: str, headers: Mapping[str, str], content: bytes) -> Document:
        try:
            address = target_uri(checked(url, exempt_origin=self.exempt_origin))
        except RefusedAddress as refused:
            raise GatewayUnavailable(f"Open Payments: {refused} It is not called.") from None
        answer = self._outside.call(method, address, headers, content)
        if answer.status >= 400:
            raise refusal(answer.status, answer.document)
        return answer.document
