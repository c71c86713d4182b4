"""Purchases with a public client of Paymob's older calls, paymob-solutions. Prints JSON that a test compares.

Only the client's base URL is changed, by its own setting. Runs in an environment of its own: `python -S`,
with PYTHONPATH.
"""

import json
import os
import sys
import threading
import urllib.parse
import urllib.request
from http.server import BaseHTTPRequestHandler, HTTPServer

SANDBOX, CONTROL = os.environ["SANDBOX"], os.environ["CONTROL"]
os.environ |= {
    "PAYMOB_ACCEPT_BASE_URL": f"{SANDBOX}/",
    "ACCEPT_API_KEY": "any",
    "ACCEPT_HMAC_SECRET": "sandbox-hmac-secret",
}

from paymob.accept import AcceptAPIClient, AcceptUtils  # noqa: E402
from paymob.accept.callbacks import AcceptCallback  # noqa: E402

CARD, WALLET, MOTO, KIOSK = 4000111, 4000222, 4000333, 4000444
ADDRESS = dict.fromkeys(
    (
        "first_name", "last_name", "email", "phone_number", "apartment", "floor", "street", "building",
        "postal_code", "city", "country", "state",
    ),
    "NA",
)  # fmt: skip


def control(path, body=None, method="POST"):
    request = urllib.request.Request(f"{CONTROL}/{path}", json.dumps(body or {}).encode(), method=method)
    with urllib.request.urlopen(request) as answer:
        return json.load(answer)


def submitted(url, **form):
    """The page's answer, to which the browser is redirected."""
    with urllib.request.urlopen(url, urllib.parse.urlencode(form).encode()) as answer:
        return answer.url


class Shop(BaseHTTPRequestHandler):
    """Takes callbacks and payers as the client documents it: it verifies, then reads."""

    told = []
    cards = []

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        query = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(self.path).query))
        callback = AcceptCallback(incoming_hmac=query["hmac"], callback_dict=body)
        kind = body["type"] if body["type"] == "TOKEN" else callback.obj.data.txn_response_code
        self.told.append([kind, callback.is_valid])
        if body["type"] == "TOKEN":
            self.cards.append(callback.obj.token)
        self._done()

    def do_GET(self):
        self._done()

    def _done(self):
        self.send_response(200)
        self.end_headers()

    def log_message(self, *args):
        """Says nothing."""


def key_for(client, reference, integration, **more):
    """An order and its payment key, as the client makes them."""
    _, order, _ = client.create_order(merchant_order_id=reference, amount_cents="10000", currency="EGP")
    _, key, feedback = client.create_payment_key(
        order_id=order.id, amount_cents="10000", currency="EGP", billing_data=ADDRESS,
        integration_id=integration, **more,
    )  # fmt: skip
    return order, key, feedback


def by_card(client):
    order, key, _ = key_for(client, "card-1", CARD)
    page = AcceptUtils.create_iframe_url(77, key)
    card = {"card_expiry_mm": "12", "card_expiry_yy": "25", "card_cvn": "123", "card_holdername": "A"}
    submitted(page, card_number="0000000000001111", **card)
    submitted(page, card_number="0000000000000000", save_card="tokenize", **card)
    control("deliveries/flush")
    _, newest, _ = client.get_transaction("card-1", order.id)
    _, part, _ = newest.refund(2500)
    _, rest, _ = newest.refund(7500)
    code, _, refused = newest.refund(1)
    _, later, _ = client.get_transaction(newest.id)
    return {
        "page": page.startswith(SANDBOX),
        "paid": [newest.success, newest.amount_cents, newest.order.merchant_order_id],
        "refunds": [part.success, part.is_refund, rest.amount_cents],
        "refused": [code, refused.status_code, "greater" in refused.data["message"]],
        "refunded": [later.is_refunded, later.refunded_amount_cents],
    }


def by_other_means(client):
    _, key, _ = key_for(client, "wallet-1", WALLET)
    _, wallet, _ = client.proceed_wallet_payment(key, "01010101010")
    submitted(wallet.redirect_url, action="confirm", mpin="123456", otp="123456")
    _, wallet, _ = client.get_transaction(wallet.id)
    _, key, _ = key_for(client, "kiosk-1", KIOSK)
    _, kiosk, _ = client.proceed_kiosk_payment(key)
    control("clock", {"advance_seconds": 3 * 86400})
    control(f"paymob/transactions/{kiosk.id}/pay")
    renewed = AcceptAPIClient()  # a token is good for an hour
    _, paid, _ = renewed.get_transaction(kiosk.id)
    _, key, _ = key_for(renewed, "saved-1", MOTO)
    _, saved, _ = renewed.proceed_card_token_payment(key, Shop.cards[0])
    _, void, _ = renewed.get_transaction(saved.id)
    _, void, _ = void.void()
    return {
        "wallet": [wallet.success, wallet.source_data.type],
        "kiosk": [kiosk.pending, isinstance(kiosk.data.bill_reference, int), paid.success],
        "saved": [saved.success, saved.is_3d_secure],
        "void": [void.success, void.is_void],
    }


def main():
    server = HTTPServer(("127.0.0.1", 0), Shop)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    address = f"http://127.0.0.1:{server.server_port}/"
    control("paymob/webhooks", {"url": address, "response_url": address})
    client = AcceptAPIClient()
    told = {**by_card(client), **by_other_means(client)}
    code, _, used = AcceptAPIClient().create_order(
        merchant_order_id="card-1", amount_cents="10000", currency="EGP"
    )
    control("deliveries/flush")
    sys.stdout.write(json.dumps({**told, "used": [code, used.status_code], "told": Shop.told}))
    sys.stdout.flush()
    server.shutdown()
    server.server_close()


main()
