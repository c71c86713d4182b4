"""Orders that wait for their money, and the signed deliveries that bring it."""

from __future__ import annotations

import hmac
import json
import time
from dataclasses import dataclass
from typing import Any

import psycopg

from bench.speed.load import request

MINOR = 20_000

#: What `raseed.start_payment` leaves behind once the gateway has answered: order, payment and gateway's id.
FILL = """
WITH made AS (
    INSERT INTO benchshop_order (title, minor)
    SELECT %(batch)s || '-' || n, %(minor)s FROM generate_series(1, %(count)s) AS n
    RETURNING id, title
), paying AS (
    INSERT INTO raseed_payment
        (reference, account, purpose, payable_key, occasion, method, minor, currency, description, state,
         concern, attention, detail, first_channel, livemode, gateway_ref, ids, client, checkout_url,
         payer_wallet, payee, wallet, next_url, created_at, expires_at, next_check_at, check_channel,
         check_error, lease_number, version)
    SELECT 'bench-' || title, 'paymongo', 'order', id::text, '', 'gcash', %(minor)s, 'PHP', title, 'pending',
           '', '', '', '', false, 'pi_' || replace(title, '-', ''), '{}', '{}',
           'https://pay.example/' || title, '', '', '', '', now(), now() + interval '1 hour',
           now() + interval '1 hour', 'poll', '', 1, 1
    FROM made
    RETURNING id, gateway_ref
)
INSERT INTO raseed_gatewayid (account, value, payment_id) SELECT 'paymongo', gateway_ref, id FROM paying
"""


def fill(connection: psycopg.Connection[Any], batch: str, count: int) -> list[str]:
    """Insert this many orders with open payments; their names, which make their references and ids."""
    connection.execute(FILL, {"batch": batch, "count": count, "minor": MINOR})
    return [f"{batch}-{number}" for number in range(1, count + 1)]


@dataclass(frozen=True)
class Signer:
    """Makes PayMongo's `payment.paid` for orders, as PayMongo would send it."""

    secret: str

    def delivery(self, path: str, name: str, copy: int = 0) -> bytes:
        """The whole HTTP request for one order; another `copy` is another event with the same news."""
        body = json.dumps(event(name, copy)).encode()
        now = int(time.time())
        signature = hmac.digest(self.secret.encode(), f"{now}.".encode() + body, "sha256").hex()
        return request(path, body, {"Paymongo-Signature": f"t={now},te={signature},li="})


def event(name: str, copy: int = 0) -> dict[str, Any]:
    """The event's document. Same members as a recorded one."""
    ident = name.replace("-", "")
    moment = 1_700_000_000
    attributes: dict[str, Any] = {
        "access_url": None,
        "amount": MINOR,
        "balance_transaction_id": f"bal_txn_{ident}",
        "billing": {
            "address": {"city": "", "country": "", "line1": "", "line2": "", "postal_code": "", "state": ""},
            "email": "payer@example.com",
            "name": "A Payer",
            "phone": "+639170000000",
        },
        "currency": "PHP",
        "description": name,
        "disputed": False,
        "external_reference_number": None,
        "fee": 440,
        "livemode": False,
        "net_amount": MINOR - 440,
        "origin": "api",
        "payment_intent_id": f"pi_{ident}",
        "payout": None,
        "source": {"id": f"src_{ident}", "type": "gcash"},
        "statement_descriptor": "Bench",
        "status": "paid",
        "tax_amount": None,
        "metadata": {"reference": f"bench-{name}"},
        "refunds": [],
        "taxes": [],
        "available_at": moment + 432_000,
        "created_at": moment,
        "credited_at": moment + 1_036_800,
        "paid_at": moment,
        "updated_at": moment,
    }
    payment = {"id": f"pay_{ident}", "type": "payment", "attributes": attributes}
    times = {"created_at": moment, "updated_at": moment}
    said = {"type": "payment.paid", "livemode": False, "data": payment, "previous_data": {}, **times}
    return {"data": {"id": f"evt_{ident}{copy:04}", "type": "event", "attributes": said}}
