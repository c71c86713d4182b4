"""PhonePe as the tests of the door need it: it holds orders and refunds and answers as the documents say."""

import json
import re

import httpx2

from raseed import testing
from raseed.gateways.base import RawDelivery
from raseed.payments.flows.receive_delivery import receive_delivery
from tests.gateways import phonepe_account as pp
from tests.gateways.contract import SECRET

ACCOUNT = {
    "GATEWAY": "phonepe",
    "CLIENT_ID": "CLIENT",
    "CLIENT_SECRET": SECRET,
    "CLIENT_VERSION": 1,
    "WEBHOOK_USERNAME": pp.USER,
    "WEBHOOK_PASSWORD": SECRET,
}


class PhonePeServer:
    """`orders` and `refunds` by our ids, as status answers; `trouble`: statuses instead, by path's end."""

    def __init__(self):
        self.orders = {}
        self.refunds = {}
        self.trouble = {}
        self.calls = []
        self.tokens = 0

    def __call__(self, request):
        path = request.url.path.removeprefix("/apis/pg-sandbox")
        self.calls.append(f"{request.method} {path}")
        for end, statuses in self.trouble.items():
            if path.endswith(end) and statuses:
                return httpx2.Response(statuses.pop(0), content=b"R999")
        if path == "/v1/oauth/token":
            self.tokens += 1
            return httpx2.Response(200, json=pp.token(f"token{self.tokens}")[1])
        if request.headers["Authorization"] != f"O-Bearer token{self.tokens}":
            return httpx2.Response(401, json={"success": False, "code": "401"})
        return self._answer(path, json.loads(request.content or b"{}"))

    def _answer(self, path, sent):
        if path == "/checkout/v2/pay":
            return self._pay(sent)
        if path == "/payments/v2/refund":
            return self._refund(sent)
        kept, found = (
            (self.orders, re.fullmatch(r"/checkout/v2/order/([^/]+)/status", path))
            if path.startswith("/checkout")
            else (self.refunds, re.fullmatch(r"/payments/v2/refund/([^/]+)/status", path))
        )
        if found and found[1] in kept:
            return httpx2.Response(200, json=kept[found[1]])
        code = "MERCHANT_ORDER_MAPPING_NOT_FOUND" if kept is self.orders else "REFUND_NOT_FOUND"
        return httpx2.Response(400, json={"success": False, "code": code, "data": {}})

    def _pay(self, sent):
        reference = sent["merchantOrderId"]
        if reference in self.orders:
            return httpx2.Response(400, json={"code": "BAD_REQUEST"})
        expires = int(testing.clock().timestamp() + sent.get("expireAfter", 1200)) * 1000
        order = pp.order_document(
            "PENDING", orderId=f"OMO{len(self.orders)}", amount=sent["amount"], expireAt=expires
        )
        self.orders[reference] = order
        url = f"https://mercury-uat.phonepe.com/transact?token={order['orderId']}"
        made = {"orderId": order["orderId"], "state": "PENDING", "expireAt": expires, "redirectUrl": url}
        return httpx2.Response(200, json=made)

    def _refund(self, sent):
        made = {"refundId": f"OMR{len(self.refunds)}", "amount": sent["amount"], "state": "PENDING"}
        named = {key: sent[key] for key in ("merchantRefundId", "originalMerchantOrderId")}
        self.refunds[sent["merchantRefundId"]] = {**made, **named}
        return httpx2.Response(200, json=made)

    def attempt(self, payment, state="COMPLETED"):
        """The customer tries; the order follows a success, and stays open after a failure."""
        order = self.orders[payment.reference]
        ref = f"OM{order['orderId']}{len(order['paymentDetails'])}"
        order["paymentDetails"].append(pp.attempt(state, ref, amount=order["amount"]))
        if state == "COMPLETED":
            order["state"] = state
        return order

    def asked(self, payment):
        """How often the order of this payment was asked about."""
        return self.calls.count(f"GET /checkout/v2/order/{payment.reference}/status")


def tell(name, payload, *, account="phonepe", salt=0, password=SECRET):
    """A delivery with the right header, whoever sends it; a salt makes it another one."""
    body = json.dumps({"event": name, "payload": payload, "salt": salt}).encode()
    headers = {"Authorization": pp.hashed(password)}
    return receive_delivery(account, RawDelivery("POST", "/hook", {}, headers, body, testing.clock()))


def completed(payment, server, **changes):
    """What PhonePe tells when an order is paid."""
    order = server.orders[payment.reference]
    return {"merchantId": pp.MERCHANT, "merchantOrderId": payment.reference, **order, **changes}
