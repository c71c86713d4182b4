"""QR Ph codes: what the payer scans, until it expires.

https://developers.paymongo.com/docs/payment-acceptance-qr-ph-api. The image holds the address of the test
page, so that nothing here can be paid by mistake.
"""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import segno

from raseed.sandbox.paymongo.account import ORGANIZATION_ID
from raseed.sandbox.paymongo.events import emit, emit_new_name
from raseed.sandbox.paymongo.world import World
from raseed.sandbox.store import Doc

MANILA = timezone(timedelta(hours=8))


def manila(at: float) -> str:
    """A moment as PayMongo writes it in QR objects: ISO 8601 with milliseconds and +08:00."""
    return datetime.fromtimestamp(at, MANILA).isoformat(timespec="milliseconds")


def code(world: World, attempt: Doc, url: str) -> Doc:
    """A code that leads to the test page at `url`."""
    now = world.sandbox.clock.now()
    return {
        "id": world.new_id("code"),
        "qrph_id": world.new_id("qrph"),
        "image_url": segno.make(url, error="m").png_data_uri(scale=6, border=4),
        "test_url": url,
        "created_at": now,
        "expires_at": now + attempt["seconds"],
    }


def next_action(code: Doc) -> Doc:
    """`image_url` and `expires_at` are documented; where `test_url` belongs is our choice."""
    shown = {"id": code["id"], "image_url": code["image_url"], "test_url": code["test_url"]}
    return {"type": "consume_qr", "code": {**shown, "expires_at": manila(code["expires_at"])}}


def tell_expired(world: World, attempt: Doc) -> None:
    """Say that a code expired; `created_at` inside is a text, unlike everywhere else."""
    code = attempt["code"]
    qrph: Doc = {
        "id": code["qrph_id"],
        "type": "qrph",
        "attributes": {
            "code_id": code["id"],
            "livemode": world.livemode,
            "organization_id": ORGANIZATION_ID,
            "created_at": manila(code["created_at"]),
            "source_id": attempt["id"],
            "source_status": "expired",
            "payment_intent_id": attempt["intent"],
        },
    }
    emit(world, "qrph.expired", qrph)
    emit_new_name(world, "qr.expired", lambda: qrph)
