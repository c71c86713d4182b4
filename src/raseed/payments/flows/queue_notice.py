"""Queue a message in the open transaction: a rollback takes it back, and a crash after the commit does not.

Nothing is sent here. The worker sends it as soon as the transaction is committed, and again until it arrives.
"""

from __future__ import annotations

import json
import secrets
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder

from raseed.core.errors import RefusedNotice
from raseed.outgoing import webhook
from raseed.payments import conf, encryption
from raseed.payments.flows import round_trips
from raseed.payments.flows.words import storable
from raseed.payments.models import Notice, NoticeKind, NoticeState, Payment
from raseed.payments.models.notice import LONGEST_KEY


def send_email(
    to: str,
    subject: str,
    body: str,
    *,
    html: str | None = None,
    key: str = "",
    payment: Payment | None = None,
) -> Notice | None:
    """Have the worker send an e-mail from DEFAULT_FROM_EMAIL. None where `to` is empty: nobody to tell.

    Call it inside the transaction of what it tells of, such as `Purpose.fulfil`. The same `key` (up to 128
    characters) again returns the same notice; without a key each call queues one. `payment` lets staff
    find it there. It may arrive twice, never silently not at all: see `Notice.message_id`.
    Raises RefusedNotice for a key that is too long.
    """
    recipient = " ".join(to.split())
    if not recipient:
        return None
    parts = {"subject": _one_line(subject), "body": body, "html": html or ""}
    return _queue(NoticeKind.EMAIL, recipient, key or secrets.token_hex(16), payment, parts)


def send_webhook(
    url: str, secret: str, document: dict[str, Any], key: str, *, payment: Payment | None = None
) -> Notice:
    """Have the worker POST a JSON document, signed by Standard Webhooks with `secret` ("whsec_…").

    Call it inside the transaction of what it tells of. The same `key` again returns the same notice; the
    receiver sees one `webhook-id` per key, whatever the number of attempts. Moments and decimals in the
    document become text. The URL must be one that you chose: addresses typed by strangers may lead inside
    your network. Raises RefusedNotice for an address without https (this machine excepted), a secret that
    is none, or a key that is missing or too long.
    """
    if not key:
        raise RefusedNotice("a webhook needs a key, such as f'paid:{payment.reference}': copies share it.")
    parts = {
        "subject": _one_line(str(document.get("type", ""))),
        "body": json.dumps(document, cls=DjangoJSONEncoder, separators=(",", ":")),
        "secret": encryption.encrypt(webhook.checked_secret(secret).encode()),
    }
    return _queue(NoticeKind.WEBHOOK, webhook.checked_url(url), key, payment, parts)


def _queue(
    kind: NoticeKind, recipient: str, key: str, payment: Payment | None, parts: dict[str, Any]
) -> Notice:
    if len(key) > LONGEST_KEY:
        raise RefusedNotice(f"the key of a notice has at most {LONGEST_KEY} characters.")
    now = conf.now()
    row = {
        "key": key,
        "kind": kind.value,
        "payment_id": None if payment is None else payment.pk,
        "recipient": recipient,
        "html": "",
        "state": NoticeState.WAITING.value,
        "tries": 0,
        "error": "",
        "created_at": now,
        "next_try_at": now,
        "lease_number": 0,
        **parts,
    }
    round_trips.insert(round_trips.NewRow("raseed_notice", row, conflict="(key)"))
    return Notice.objects.get(key=storable(key))


def _one_line(text: str) -> str:
    """Line breaks in a subject would be headers of their own."""
    return " ".join(text.split())[:255]
