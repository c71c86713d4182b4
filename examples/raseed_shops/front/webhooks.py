"""One address for the webhooks of several gateways: each is known by where it puts its signature.

Which gateway it is said to be from is believed by nobody: the account that is chosen verifies it.
"""

from __future__ import annotations

from collections.abc import Callable

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt

import raseed
from raseed_shops.services import webhook

#: Account → whether a request looks like one of its gateway's.
#: PayMongo: https://developers.paymongo.com/docs/securing-webhook
#: Paymob, also when the browser comes back: https://developers.paymob.com/paymob-docs/webhook-callbacks-and-hmac
_SIGNED: dict[str, Callable[[HttpRequest], bool]] = {
    "paymongo": lambda request: "Paymongo-Signature" in request.headers,
    "paymob": webhook.looks_like,
}
#: What looks like nobody's is refused, and kept on record, by the first account.
_FIRST = next(iter(_SIGNED))
_VIEWS = {"paymongo": raseed.webhook(account="paymongo"), "paymob": webhook.paymob}


@csrf_exempt
@transaction.non_atomic_requests
def by_signature(request: HttpRequest) -> HttpResponse:
    """The answer of the account whose gateway signs like this."""
    account = next((name for name, looks_like in _SIGNED.items() if looks_like(request)), _FIRST)
    return _VIEWS[account](request)
