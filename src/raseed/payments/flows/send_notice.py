"""Send a notice: outside any transaction, under a lease, until it arrives or the last attempt failed.

At least once. The attempt is committed before anything leaves, the outcome after; where the process dies
in between, nobody can tell whether the message left, and it is sent again under the same message id.
SMTP knows no request that is carried out exactly once, and neither does HTTP.
"""

from __future__ import annotations

import hashlib
import logging
from datetime import UTC, datetime, timedelta
from email.utils import parseaddr
from smtplib import SMTPRecipientsRefused

from django.conf import settings as django_settings
from django.core.mail import EmailMultiAlternatives
from django.db.models import Q

from raseed.core.errors import RaseedError, Undelivered
from raseed.outgoing import webhook
from raseed.payments import conf, encryption, mail
from raseed.payments.flows import leases, round_trips
from raseed.payments.flows.words import words_of
from raseed.payments.models import Notice, NoticeKind, NoticeState

log = logging.getLogger("raseed.notice")

#: Pauses between attempts, as Standard Webhooks advises: ten attempts in three days, then it is given up.
PAUSES_SECONDS = (5, 300, 1800, 7200, 5 * 3600, 10 * 3600, 14 * 3600, 20 * 3600, 24 * 3600)

#: A receiver's wish to wait is heard, up to this.
_LONGEST_WISH_SECONDS = 24 * 3600

#: Django waits for a mail server for ever unless EMAIL_TIMEOUT is set; a lease does not.
_SMTP_SECONDS = 20

CLAIM = """
UPDATE raseed_notice
SET state = 'sending', tries = tries + 1, lease_until = %s, lease_number = lease_number + 1, next_try_at = %s
WHERE id = %s AND state IN ('waiting', 'sending') AND (lease_until IS NULL OR lease_until <= %s)
RETURNING lease_number
"""


def send_notice(notice_id: int) -> Notice:
    """One attempt. Failures are recorded, with when to try again. Raises InsideTransaction."""
    leases.outside_transaction("send_notice")
    now = conf.now()
    until = now + timedelta(seconds=conf.current().lease_seconds)
    claimed = round_trips.fetch(CLAIM, [until, until, notice_id, now])
    notice = Notice.objects.get(pk=notice_id)
    if not claimed:
        return notice
    try:
        _carry(notice)
    except Exception as error:  # noqa: BLE001 a mail backend may raise anything
        _failed(notice, int(claimed[0][0]), error)
    else:
        # Whoever got it out, it is out: also where another worker has taken over meanwhile.
        Notice.objects.filter(pk=notice_id).update(
            state=NoticeState.SENT,
            sent_at=conf.now(),
            next_try_at=None,
            lease_until=None,
            error="",
            secret=None,
        )
    notice.refresh_from_db()
    return notice


def send_again(notice_id: int) -> bool:
    """A person corrected the cause: try a notice that was given up once more, with all its attempts."""
    given_up = Notice.objects.filter(pk=notice_id, state=NoticeState.FAILED)
    return bool(given_up.update(state=NoticeState.WAITING, tries=0, next_try_at=conf.now()))


def _carry(notice: Notice) -> None:
    if notice.kind == NoticeKind.EMAIL:
        _email(notice)
        return
    secret = encryption.decrypt(bytes(notice.secret or b"")).decode()
    # Not our clock, which may be a rehearsal's: the receiver compares it with the real time.
    webhook.post(notice.recipient, secret, notice.message_id, notice.body, datetime.now(UTC))


def _email(notice: Notice) -> None:
    domain = parseaddr(str(django_settings.DEFAULT_FROM_EMAIL))[1].rpartition("@")[2] or "localhost"
    connection = mail.sender()
    if getattr(connection, "timeout", _SMTP_SECONDS) is None:
        connection.timeout = _SMTP_SECONDS
    message = EmailMultiAlternatives(
        notice.subject,
        notice.body,
        to=[notice.recipient],
        headers={"Message-ID": f"<{notice.message_id}@{domain}>"},
    )
    if notice.html:
        message.attach_alternative(notice.html, "text/html")
    try:
        message.message()
    except ValueError as error:
        raise Undelivered(f"no message can be made of it: {error}", is_permanent=True) from error
    try:
        mail.send(message, connection)
    except SMTPRecipientsRefused as refused:
        codes = [code for code, _ in refused.recipients.values()]
        final = bool(codes) and all(500 <= code < 600 for code in codes)
        raise Undelivered(
            f"the mail server refused the address ({', '.join(map(str, codes))}).", is_permanent=final
        ) from refused


def _failed(notice: Notice, number: int, error: Exception) -> None:
    """Set when to try again, or give up; whoever took over in the meantime has another number."""
    now = conf.now()
    wish = getattr(error, "retry_after_seconds", None)
    pause = None if getattr(error, "is_permanent", False) else _pause(notice, wish)
    log.warning("notice %s: %s (attempt %s)", notice.message_id, type(error).__name__, notice.tries)
    Notice.objects.filter(Q(state=NoticeState.SENDING), pk=notice.pk, lease_number=number).update(
        state=NoticeState.FAILED if pause is None else NoticeState.WAITING,
        error=str(error) if isinstance(error, RaseedError) else words_of(error),
        next_try_at=None if pause is None else now + pause,
        lease_until=None,
    )


def _pause(notice: Notice, wish_seconds: int | None) -> timedelta | None:
    """How long to wait after this many attempts, or None after the last one.

    Up to a tenth longer, by the notice's id: what failed together must not come back together.
    """
    if notice.tries > len(PAUSES_SECONDS):
        return None
    share = int(hashlib.sha256(f"{notice.key}:{notice.tries}".encode()).hexdigest()[:4], 16) / 0xFFFF
    planned = PAUSES_SECONDS[notice.tries - 1] * (1 + share / 10)
    return timedelta(seconds=max(planned, min(wish_seconds or 0, _LONGEST_WISH_SECONDS)))
