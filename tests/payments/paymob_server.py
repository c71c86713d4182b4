"""Paymob as the tests of the door need it: it holds transactions, answers about them, and signs."""

import json
from urllib.parse import urlsplit

import httpx2
from django.test import RequestFactory

import raseed
from tests.gateways import paymob_account as pm
from tests.gateways.contract import SECRET

ACCOUNT = {
    "GATEWAY": "paymob",
    "API_KEY": "any",
    "SECRET_KEY": "egy_sk_test_shop",
    "PUBLIC_KEY": "egy_pk_test_shop",
    "HMAC_SECRETS": [SECRET],
    "INTEGRATION_IDS": {"card": pm.CARD, "auth": pm.AUTH},
    "OWNER": pm.OWNER,
}


class PaymobServer:
    """`transactions` by id, as inquiries answer them; `calls`: what was asked."""

    def __init__(self):
        self.transactions = {}
        self.orders = 0
        self.calls = []

    def __call__(self, request):
        path = request.url.path
        self.calls.append(f"{request.method} {path}")
        if path == "/api/auth/tokens":
            return httpx2.Response(201, json={"token": "auth"})
        if path == "/v1/intention/":
            return self._intention(json.loads(request.content))
        if path == "/api/acceptance/transactions":
            asked = dict(request.url.params)
            found = [told for told in list(self.transactions.values()) if _fits(told, asked)]
            return httpx2.Response(200, json={"count": len(found), "next": None, "results": found[::-1]})
        told = self.transactions.get(int(path.rpartition("/")[2])) if path[-1].isdigit() else None
        return httpx2.Response(200 if told else 404, json=told or {"detail": "Transaction Not Found"})

    def _intention(self, sent):
        self.orders += 1
        number = 330_000_200 + self.orders
        made = pm.intended()[1]
        made |= {"intention_order_id": number, "id": f"pi_test_{number}"}
        return httpx2.Response(201, json={**made, "client_secret": f"egy_csk_test_{number}"})

    def tell(self, payment, document=None, /, **changes):
        """A transaction of this payment's order, from now on as the books have it."""
        order = {"id": int(payment.gateway_ref), "merchant_order_id": payment.reference}
        number = 310_000_000 + int(payment.gateway_ref) % 1_000 * 10 + changes.pop("number", 1)
        minor = (
            {} if document and document["amount_cents"] != pm.MONEY.minor else {"amount_cents": payment.minor}
        )
        document = {**(document or pm.told()), **minor, "id": number, "order": order, **changes}
        self.transactions[number] = document
        return document


def _fits(told, asked):
    by_order = str(told["order"]["id"]) == asked.get("order_id")
    return by_order or told["order"]["merchant_order_id"] == asked.get("merchant_order_id")


def posted(document):
    """A callback about it, given to the real view; the status it is answered with."""
    return _post(pm.posted(pm.callback(document)))


def card_told(payment, **changes):
    """The callback of a kept card."""
    return _post(pm.posted(pm.card_callback(order_id=payment.gateway_ref, **changes)))


def _post(delivery):
    target = f"/hook/?{delivery.query_string.decode()}"
    request = RequestFactory().post(target, delivery.body, "application/json")
    return raseed.webhook(account="paymob")(request).status_code


def came_back(document, payment, **changes):
    """The browser comes back to the address of a payment; the status it is answered with."""
    query = pm.returned(document, **changes).query_string.decode()
    address = urlsplit(payment_address(payment))
    request = RequestFactory().get(f"{address.path}?{address.query}&{query}")
    return raseed.returned(request).status_code


def payment_address(payment):
    from raseed.payments.links import gateway_return_url

    return gateway_return_url("", payment.reference)
