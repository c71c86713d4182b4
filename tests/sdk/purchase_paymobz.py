"""A purchase with a public client of Paymob's intention API, paymobz. Prints what a test compares, as JSON.

Only the client's base URL is changed, by its own setting; the page's address, which the client writes with
Paymob's host, is opened at the sandbox. Runs in an environment of its own: `python -S`, with PYTHONPATH.
"""

import json
import os
import sys
import threading
import urllib.parse
import urllib.request
from http.server import BaseHTTPRequestHandler, HTTPServer

from paymobz.client.sync import PaymobClient
from paymobz.config import PaymobConfig
from paymobz.exceptions import APIError, ValidationError
from paymobz.models.transaction_action import TransactionActionRequest
from paymobz.models.unified_checkout import CheckoutRequest

SANDBOX, CONTROL = os.environ["SANDBOX"], os.environ["CONTROL"]
PAYMOB = "https://accept.paymob.com"
BILLING = {"first_name": "Dev", "last_name": "Buyer", "email": "a@example.com", "phone_number": "+201"}
CARD = {
    "card_number": "5123456789012346", "card_holdername": "Test Account", "card_expiry_mm": "01",
    "card_expiry_yy": "39", "card_cvn": "123",
}  # fmt: skip


def control(path, body=None):
    request = urllib.request.Request(f"{CONTROL}/{path}", json.dumps(body or {}).encode(), method="POST")
    with urllib.request.urlopen(request) as answer:
        return json.load(answer)


class Shop(BaseHTTPRequestHandler):
    """Takes callbacks as the client documents it, and payers who come back."""

    client = None
    told = []

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        query = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(self.path).query))
        is_valid = self.client.webhooks.verify_mac(body, query["hmac"])
        self.told.append([body["obj"]["success"], body["obj"]["refunded_amount_cents"], is_valid])
        self.do_GET()

    def do_GET(self):
        self.send_response(200)
        self.end_headers()

    def log_message(self, *args):
        """Says nothing."""


def refused(call):
    """The error that a call raises, in the client's own words."""
    try:
        call()
    except (APIError, ValidationError) as error:
        return [type(error).__name__, str(error)]
    return None


def checkout(methods, **more):
    return CheckoutRequest(amount=10000, payment_methods=methods, billing_data=BILLING, **more)


def purchase(client):
    made = client.unified_checkout.create(checkout([4000111], special_reference="inv-1"))
    page = made.intention_url.replace(PAYMOB, SANDBOX)
    with urllib.request.urlopen(page, urllib.parse.urlencode(CARD).encode()) as answer:
        back = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(answer.url).query))
    control("deliveries/flush")
    number = int(back["id"])
    refund = client.refunds.create(TransactionActionRequest(transaction_id=number, amount_cents=2500))
    later = client.transactions.retrieve(number)
    too_much = TransactionActionRequest(transaction_id=number, amount_cents=7501)
    return {
        "secret": made.client_secret.startswith("egy_csk_test_"),
        "back": [back["success"], back["merchant_order_id"]],
        "refund": [refund.success, refund.raw["is_refund"]],
        "later": [later.success, later.is_refunded, later.refunded_amount_cents],
        "refused": refused(lambda: client.refunds.create(too_much)),
    }


def held(client):
    made = client.unified_checkout.create(checkout([4000555], special_reference="inv-2"))
    page = made.intention_url.replace(PAYMOB, SANDBOX)
    with urllib.request.urlopen(page, urllib.parse.urlencode(CARD).encode()) as answer:
        number = int(dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(answer.url).query))["id"])
    capture = client.captures.create(TransactionActionRequest(transaction_id=number, amount_cents=4000))
    iframe = client.iframe.get_url(10000, dict.fromkeys((*BILLING, "street", "building", "floor", "apartment",
        "city", "state", "country", "postal_code"), "NA"), 4000111, 77)  # fmt: skip
    with urllib.request.urlopen(iframe.replace(PAYMOB, SANDBOX)) as answer:
        shown = answer.read().decode()
    return {
        "capture": [capture.raw["is_capture"], client.transactions.retrieve(number).is_captured],
        "iframe": "EGP 100.00" in shown,
        "missing": refused(lambda: client.unified_checkout.create(checkout([], special_reference="inv-3"))),
        "used": refused(lambda: client.unified_checkout.create(checkout([1], special_reference="inv-1"))),
    }


def main():
    server = HTTPServer(("127.0.0.1", 0), Shop)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    address = f"http://127.0.0.1:{server.server_port}/"
    control("paymob/webhooks", {"url": address, "response_url": address})
    config = PaymobConfig(
        api_key="any", secret_key="egy_sk_test_shop", public_key="egy_pk_test_shop",
        hmac_key="sandbox-hmac-secret", base_url=SANDBOX,
    )  # fmt: skip
    with PaymobClient(config) as client:
        Shop.client = client
        told = {**purchase(client), **held(client)}
    control("deliveries/flush")
    sys.stdout.write(json.dumps({**told, "told": Shop.told}))
    sys.stdout.flush()
    server.shutdown()
    server.server_close()


main()
