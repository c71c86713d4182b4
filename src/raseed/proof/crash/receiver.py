"""Somebody who takes the shop's webhooks: believes only what is signed, and knows a copy by its id."""

from __future__ import annotations

import base64
from datetime import UTC, datetime

from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from raseed.proof.crash.wire import Got, Sent

URL = "http://127.0.0.1:9/hooks"
SECRET = "whsec_" + base64.b64encode(b"the shop and its receiver know it").decode()


class Receiver:
    """What came, by the id that each message keeps in every attempt. Copies and forgeries are counted."""

    def __init__(self) -> None:
        self.messages: dict[str, bytes] = {}
        self.odd: list[str] = []

    async def take(self, sent: Sent) -> Got:
        headers = {name.decode().lower(): value.decode() for name, value in sent.headers}
        message_id = headers.get("webhook-id", "")
        if not _is_signed(headers, sent.body):
            self.odd.append(f"message {message_id!r} is not signed by the shop")
            return Got(401, [], b"")
        before = self.messages.setdefault(message_id, sent.body)
        if before != sent.body:
            self.odd.append(f"message {message_id} came with two bodies")
        return Got(204, [], b"")

    def forget(self) -> None:
        """As if nothing had come yet."""
        self.messages.clear()
        self.odd.clear()


def _is_signed(headers: dict[str, str], body: bytes) -> bool:
    """By the signature alone: the shop lives in the sandbox's time, which the library does not know."""
    try:
        sent_at = datetime.fromtimestamp(int(headers["webhook-timestamp"]), UTC)
        expected = Webhook(SECRET).sign(headers["webhook-id"], sent_at, body.decode())
    except (KeyError, ValueError, WebhookVerificationError):
        return False
    return expected in headers.get("webhook-signature", "").split(" ")
