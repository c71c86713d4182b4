"""The gateways' counters: what payers and dashboards do there, through the sandbox's own control."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from typing import Any

import httpx2
from django.conf import settings

from raseed.payments.models import Charge, Payment
from raseed.proof.simulate.scheduler import Scheduler
from raseed.sandbox.exchange import ControlError
from raseed.sandbox.faults import parse
from raseed.sandbox.paymob import returning
from raseed.sandbox.paymob.world import World

Document = dict[str, Any]


class Counter:
    """All four gateways. What can no longer be done there is not done; the words say so."""

    def __init__(self, scheduler: Scheduler) -> None:
        self._sandbox = scheduler.world.sandbox
        self._disputes: dict[int, str] = {}
        #: references of payments of which a gateway was made to state another amount
        self.misstated: set[str] = set()

    def act(self, payment: Payment, verb: str, minor: int | None = None) -> str:
        """One of the director's verbs, at the checkout of this payment."""
        checkout = self._checkout(payment)
        if not checkout:
            return "no checkout"
        if verb == "charge_again" and not self._may_charge_again(payment):
            return "not charged again"
        try:
            self._sandbox.director.act(checkout, verb, minor=minor)
        except ControlError as refused:
            return f"not done: {refused.status}"
        return "done"

    def _may_charge_again(self, payment: Payment) -> bool:
        """Only what is paid, where a later look tells of it if no webhook does.

        Nobody but the shop charges one of PayMongo's sources; PhonePe's paid orders are not looked at again.
        """
        is_source = payment.gateway_ref.startswith("src_")
        return payment.charges.exists() and not is_source and payment.account != "phonepe"

    def misstate(self, payment: Payment, percent: int) -> str:
        """Until the storm is over, every word about this payment states so much of the amount.

        Not at Open Payments, where that would state money that never moved.
        """
        checkout, faults = self._checkout(payment), self._sandbox.faults
        if not checkout or payment.account == "openpayments":
            return "nothing to misstate"
        stated = {"gateway": payment.account, "fault": "amount", "percent": percent}
        both = [parse({**stated, "on": on}, list(self._sandbox.gateways)) for on in ("delivery", "request")]
        faults.bind(checkout, [*faults.bound(checkout), *both])
        self.misstated.add(payment.reference)
        return "done"

    def dispute(self, payment: Payment) -> str:
        """PayMongo's payer asks their bank for the money."""
        charge = Charge.objects.filter(payment=payment, account="paymongo").order_by("pk").first()
        if charge is None:
            return "nothing to dispute"
        try:
            made = self._control("paymongo", "payments", charge.ref, "dispute")
        except ControlError as refused:
            return f"not done: {refused.status}"
        self._disputes[payment.pk] = str(made["id"])
        return "done"

    def end_dispute(self, payments: Iterable[int], end: str) -> str:
        """`win` or `lose`."""
        for payment_id in payments:
            if payment_id in self._disputes:
                self._control("paymongo", "disputes", self._disputes.pop(payment_id), end)
                return "done"
        return "no dispute"

    def _control(self, gateway: str, *path: str) -> Document:
        base_url = f"{settings.SANDBOX_URL}/{gateway}"
        done = self._sandbox.gateways[gateway].control("POST", path, {"base_url": base_url}, {})
        return done if isinstance(done, dict) else {}

    def way_back(self, payment: Payment) -> str:
        """Where a gateway that signs its redirect sends the browser; "" where the usual address will do."""
        if payment.account == "openpayments":
            grants = self._books("openpayments")["grants"]
            checkout = self._checkout(payment)
            return next((str(g["finish_url"] or "") for g in grants if g["id"] == checkout), "")
        if payment.account == "paymob":
            world = World(self._sandbox)
            order = self._checkout(payment)
            rows = [row for row in world.table("transactions").values() if str(row["order"]) == order]
            return returning.target(world, rows[-1]) if rows else ""
        return ""

    def _books(self, gateway: str) -> Any:
        return self._sandbox.gateways[gateway].control("GET", ["books"], {}, {})

    def _checkout(self, payment: Payment) -> str:
        """What the gateway calls it."""
        names = {"merchant_order_id": payment.reference, "merchantOrderId": payment.reference}
        text = json.dumps({**names, "ids": [payment.gateway_ref, *payment.ids.values()]})
        gateway, known = self._sandbox.gateways[payment.account], self._sandbox.director.checkouts
        return next((found for found in sorted(gateway.stage.about(text)) if found in known), "")

    def lie(self, payment: Payment) -> httpx2.Request | None:
        """A webhook that says that it is paid. PhonePe's credentials are in every webhook of PhonePe's."""
        site = settings.SITE_URL
        if payment.account == "paymongo":
            body = {"data": {"id": "evt_lie", "type": "event", "attributes": {"type": "payment.paid"}}}
            return httpx2.Request("POST", f"{site}/webhook/paymongo/", json=body)
        if payment.account != "phonepe":
            return None
        account = settings.RASEED["ACCOUNTS"]["phonepe"]
        known = f"{account['WEBHOOK_USERNAME']}:{account['WEBHOOK_PASSWORD']}"
        payload = {
            "merchantId": "RASEEDUAT",
            "merchantOrderId": payment.reference,
            "orderId": payment.gateway_ref,
            "state": "COMPLETED",
            "amount": payment.minor,
            "paymentDetails": [{"transactionId": "OM0000000000000000000000", "state": "COMPLETED"}],
        }
        return httpx2.Request(
            "POST",
            f"{site}/api/payments/webhook/phonepe/",
            json={"event": "checkout.order.completed", "payload": payload},
            headers={"Authorization": hashlib.sha256(known.encode()).hexdigest()},
        )
