"""Raseed: PayMongo, signed, with the worker that its documentation asks for and the sandbox as the gateway.

The bodies are made here from PayMongo's documentation, not by the sandbox: it plays the API only.
https://developers.paymongo.com/docs/webhooks
"""

from __future__ import annotations

import hashlib
import hmac
import json
import sys
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.request import ProxyHandler, build_opener

from bench.peers.delivery import Delivery
from bench.peers.peer import HOST, PRICE_MINOR, Books, Checkout, Peer, Standing
from raseed.cli.ports import HeldPorts
from raseed.cli.processes import Watchdog, post_json

SECRET = "whsk_of_the_measurement"  # noqa: S105
Json = dict[str, Any]

_direct = build_opener(ProxyHandler({}))
_STANDINGS = {
    "new": Standing.OPEN,
    "pending": Standing.OPEN,
    "authorized": Standing.OPEN,
    "paid": Standing.PAID,
    "review": Standing.HELD,
}

_WENT_BACK = """
    SELECT sum(r.minor) FROM raseed_refund r JOIN raseed_payment p ON p.id = r.payment_id
    WHERE r.state = 'succeeded' AND p.gateway_ref = %s
"""


def sign(body: bytes, at: int) -> Mapping[str, str]:
    """`Paymongo-Signature` of a test event: HMAC-SHA256 over time, full stop and body."""
    digest = hmac.new(SECRET.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()
    return {"Paymongo-Signature": f"t={at},te={digest},li="}


class Raseed(Peer):
    """PayMongo carries our reference in the session and in the metadata of its payment."""

    name = "raseed"
    reported = ("raseed", "django")
    notes = {
        "expiry": "PayMongo tells nobody that a session expired; an attempt that fails late stands in",
        "order-later": "the payment is committed before PayMongo is called; "
        "the delivery comes while that call has no answer",
    }

    def __init__(self, directory: Path, database_url: str, watchdog: Watchdog, ports: HeldPorts) -> None:
        sandbox_port = ports.take()
        self._sandbox_url = f"http://{HOST}:{sandbox_port}"
        super().__init__(directory, database_url, watchdog, ports)
        command = [sys.executable, "-c", "from raseed.cli import main; main()", "sandbox"]
        sandbox = self.child("sandbox", [*command, "--host", HOST, "--port", str(sandbox_port)])
        self.gateways.append((sandbox, f"{self._sandbox_url}/_sandbox/api/health"))
        self.besides.append(self.child("worker", [sys.executable, "-m", "django", "raseed_work"]))
        self._opening: list[threading.Thread] = []

    def settings(self) -> Mapping[str, str]:
        return {"PEER_PAYMONGO_SECRET": SECRET, "PEER_PAYMONGO_API": f"{self._sandbox_url}/paymongo"}

    def paid(self, checkout: Checkout, minor: int = PRICE_MINOR) -> Delivery:
        payment = _payment(checkout, "paid", minor)
        return _event("checkout_session.payment.paid", _session(checkout, payment))

    def expired(self, checkout: Checkout) -> Delivery:
        """PayMongo sends no event when a session expires. What comes late is the failure of an attempt."""
        failed = _payment(checkout, "failed", PRICE_MINOR)
        return _event("payment.failed", {**failed, "id": f"{failed['id']}failed"})

    def refunded(self, checkout: Checkout) -> Delivery:
        payment = _payment(checkout, "paid", PRICE_MINOR)
        refund = {
            "amount": PRICE_MINOR,
            "currency": "PHP",
            "payment_id": payment["id"],
            "reason": "requested_by_customer",
            "status": "succeeded",
        }
        number = f"ref_{checkout.ids['intent'][3:]}"
        payment["attributes"]["refunds"] = [{"id": number, "type": "refund", "attributes": refund}]
        return _event("payment.refunded", payment)

    def announced(self) -> Checkout:
        """PayMongo has the session, and its answer has not reached the site yet."""
        known = {found["id"] for found in self._control("checkouts")["checkouts"]}
        fault = {"gateway": "paymongo", "on": "request", "fault": "hang_after", "seconds": 5}
        self._post("faults", {**fault, "match": {"call": "open"}, "times": 1})
        opening = threading.Thread(target=self.prepare, args=(1,), daemon=True)
        opening.start()
        self._opening.append(opening)
        while True:
            time.sleep(0.05)
            for found in self._control("paymongo/books?mode=test")["checkout_sessions"]:
                if found["id"] not in known:
                    return Checkout(0, _ids(found))

    def create(self, checkout: Checkout) -> Checkout:
        self._opening.pop().join()
        order = self.one(
            "SELECT payable_key::int FROM raseed_payment WHERE gateway_ref = %s", checkout.ids["session"]
        )
        return Checkout(order, checkout.ids)

    def pay_silently(self, checkout: Checkout) -> None:
        self._post(f"paymongo/checkout_sessions/{checkout.ids['session']}/pay", {})

    def asked(self, checkout: Checkout) -> int:
        """Reads of the session in the sandbox's own log."""
        path = f"/v1/checkout_sessions/{checkout.ids['session']}"
        entries = self._control("log")["entries"]
        return sum(
            entry["kind"] == "request" and entry["method"] == "GET" and entry["path"].endswith(path)
            for entry in entries
        )

    def books(self, checkout: Checkout) -> Books:
        session = checkout.ids["session"]
        word = self.one("SELECT state FROM raseed_payment WHERE gateway_ref = %s", session)
        if word is None:
            return Books(Standing.NONE, "unknown")
        concern = self.one("SELECT concern FROM raseed_payment WHERE gateway_ref = %s", session)
        back = self.one(_WENT_BACK, session)
        if back:
            return Books(Standing.REFUNDED, f"{word}, refunded")
        if concern:
            return Books(Standing.HELD, f"{word}: {concern}")
        return Books(_STANDINGS.get(word, Standing.ENDED), word)

    def _control(self, path: str) -> Any:
        with _direct.open(f"{self._sandbox_url}/_sandbox/api/{path}", timeout=10) as answer:
            return json.load(answer)

    def _post(self, path: str, document: Mapping[str, object]) -> None:
        post_json(f"{self._sandbox_url}/_sandbox/api/{path}", json.dumps(document).encode())


def _ids(session: Mapping[str, Any]) -> dict[str, str]:
    intent = session["payment_intent_id"]
    return {"reference": session["reference_number"], "session": session["id"], "intent": intent}


def _payment(checkout: Checkout, status: str, minor: int) -> Json:
    now = int(time.time())
    intent = checkout.ids["intent"]
    attributes = {
        "amount": minor,
        "currency": "PHP",
        "fee": minor // 40,
        "net_amount": minor - minor // 40,
        "livemode": False,
        "metadata": {"reference": checkout.ids["reference"]},
        "origin": "api",
        "payment_intent_id": intent,
        "source": {"id": f"src_{intent[3:]}", "type": "gcash"},
        "status": status,
        "refunds": [],
        "created_at": now,
        "paid_at": now if status == "paid" else None,
        "updated_at": now,
    }
    return {"id": f"pay_{intent[3:]}", "type": "payment", "attributes": attributes}


def _session(checkout: Checkout, payment: Json) -> Json:
    intent = {"status": "succeeded", "amount": PRICE_MINOR, "currency": "PHP", "payments": [payment]}
    attributes = {
        "status": "active",  # and stays so when it is paid
        "reference_number": checkout.ids["reference"],
        "metadata": {"reference": checkout.ids["reference"]},
        "livemode": False,
        "payments": [payment],
        "payment_intent": {"id": checkout.ids["intent"], "type": "payment_intent", "attributes": intent},
    }
    return {"id": checkout.ids["session"], "type": "checkout_session", "attributes": attributes}


def _event(kind: str, carried: Json) -> Delivery:
    attributes = {"type": kind, "livemode": False, "data": carried, "created_at": int(time.time())}
    number = f"evt_{kind.replace('.', '_')}_{carried['id']}"
    document = {"data": {"id": number, "type": "event", "attributes": attributes}}
    return Delivery("/webhook/paymongo/", json.dumps(document).encode(), sign)
