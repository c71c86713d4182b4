"""One purchase with PhonePe's own Python client, of either release. Prints what a test compares, as JSON.

Only the client's base URLs are changed. Runs in an environment of its own: `python -S`, with PYTHONPATH.
"""

import json
import os
import sys
import threading
import urllib.request
from http.server import BaseHTTPRequestHandler, HTTPServer

from phonepe.sdk.pg.common.constants import base_urls

base_urls.SANDBOX_PG_BASE_URL = base_urls.SANDBOX_OAUTH_BASE_URL = os.environ["SANDBOX"]

# the client copies its base URLs when these are imported
from phonepe.sdk.pg.common.exceptions import PhonePeException  # noqa: E402
from phonepe.sdk.pg.common.models.request.meta_info import MetaInfo  # noqa: E402
from phonepe.sdk.pg.common.models.request.refund_request import RefundRequest  # noqa: E402
from phonepe.sdk.pg.env import Env  # noqa: E402
from phonepe.sdk.pg.payments.v2.models.request.create_sdk_order_request import CreateSdkOrderRequest  # noqa: E402
from phonepe.sdk.pg.payments.v2.models.request.standard_checkout_pay_request import (  # noqa: E402
    StandardCheckoutPayRequest,
)
from phonepe.sdk.pg.payments.v2.standard_checkout_client import StandardCheckoutClient  # noqa: E402

USERNAME, PASSWORD = "shop_hooks", "Secret123"
BACK = "http://shop.test/back"


def control(path, body=None, method="POST"):
    request = urllib.request.Request(
        f"{os.environ['CONTROL']}/{path}", json.dumps(body or {}).encode(), method=method
    )
    with urllib.request.urlopen(request) as answer:
        return json.load(answer)


class Shop(BaseHTTPRequestHandler):
    """Takes webhooks as the client documents it: it verifies, then reads."""

    client = None
    events = []

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        told = self.client.validate_callback(USERNAME, PASSWORD, self.headers["Authorization"], body)
        self.events.append([told.event, told.payload.state])
        self.send_response(200)
        self.end_headers()

    def log_message(self, *args):
        """Says nothing."""


def refused(call):
    """The error that a call raises, in the client's own words."""
    try:
        call()
    except PhonePeException as error:
        return [type(error).__name__, error.code]
    return None


def order(reference, amount=49900, **more):
    return StandardCheckoutPayRequest.build_request(
        merchant_order_id=reference, amount=amount, redirect_url=BACK, **more
    )


def purchase(client):
    made = client.pay(order("DS-1", meta_info=MetaInfo(udf1="cart-77")))
    control(f"checkouts/{made.order_id}/decline")
    declined = client.get_order_status("DS-1")
    control(f"checkouts/{made.order_id}/pay")
    paid = client.get_order_status("DS-1", details=True)
    attempt = client.get_transaction_status(paid.payment_details[-1].transaction_id)
    return {
        "page": made.redirect_url.startswith(os.environ["SANDBOX"]),
        "states": [made.state, declined.state, paid.state, attempt.state],
        "meta": paid.meta_info.udf1,
        "attempts": [detail.state for detail in paid.payment_details],
        "latest": [detail.state for detail in client.get_order_status("DS-1").payment_details],
        "rail": paid.payment_details[-1].split_instruments[0].rail.type,
        "sdk_order": bool(
            client.create_sdk_order(
                CreateSdkOrderRequest.build_standard_checkout_request(
                    merchant_order_id="DS-2", amount=100, redirect_url=BACK
                )
            ).token
        ),
    }


def refund(client):
    request = RefundRequest.build_refund_request(
        merchant_refund_id="R-1", original_merchant_order_id="DS-1", amount=10000
    )
    states = [client.refund(request).state]
    for _ in range(2):
        control("clock", {"advance_seconds": 2})
        states.append(client.get_refund_status("R-1").state)
    return {"refund": states}


def errors(client):
    said = {
        "small": refused(lambda: client.pay(order("DS-3", amount=1))),
        "used": refused(lambda: client.pay(order("DS-1"))),
        "unknown": refused(lambda: client.get_order_status("DS-9")),
    }
    control("faults", {"on": "request", "fault": "error_before", "status": 503, "match": {"call": "read"}})
    said["trouble"] = refused(lambda: client.get_order_status("DS-1"))[0]
    control("faults", method="DELETE")
    control("phonepe/tokens", method="DELETE")
    said["token"] = refused(lambda: client.get_order_status("DS-1"))
    said["after"] = client.get_order_status("DS-1").state
    return said


def main():
    server = HTTPServer(("127.0.0.1", 0), Shop)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    hook = {"url": f"http://127.0.0.1:{server.server_port}/", "username": USERNAME, "password": PASSWORD}
    control("phonepe/webhooks", hook)
    client = Shop.client = StandardCheckoutClient.get_instance(
        client_id="SHOP", client_version=1, client_secret="secret", env=Env.SANDBOX,
        should_publish_events=False,
    )  # fmt: skip
    told = {**purchase(client), **refund(client), **errors(client)}
    control("deliveries/flush")
    sys.stdout.write(json.dumps({**told, "events": Shop.events}))
    sys.stdout.flush()
    os._exit(0)  # the client's own threads would keep the process


main()
