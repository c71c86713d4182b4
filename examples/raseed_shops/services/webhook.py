"""Paymob's address, in the words this shop promised: `{"detail": "Invalid HMAC Signature"}`."""

from __future__ import annotations

import json
from typing import Any

from django.db import transaction
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt

import raseed
from raseed_shops.services.payments import ACCOUNT

#: No callback of Paymob's is larger.
_LARGEST = 256 * 1024
_KINDS = ("TRANSACTION", "TOKEN", "DELIVERY_STATUS")
_receive = raseed.webhook(account=ACCOUNT)


def looks_like(request: HttpRequest) -> bool:
    """Whether a request is of Paymob's kind: signed in the query, or a body of its shape."""
    return "hmac" in request.GET or _kind(request) in _KINDS


@csrf_exempt
@transaction.non_atomic_requests
def paymob(request: HttpRequest) -> HttpResponse:
    """Keep what Paymob tells. News of a parcel's delivery is acknowledged: nothing here is delivered."""
    if _kind(request) == "DELIVERY_STATUS":
        return JsonResponse({})
    answer = _receive(request)
    if answer.status_code >= 400 and answer.get("Content-Type") == "application/json":
        why = json.loads(answer.content)["error"]
        answer.content = json.dumps({"detail": _INVALID if answer.status_code == 401 else why})
    return answer


paymob.raseed_account = ACCOUNT  # type: ignore[attr-defined]  # so that the doctor tries this address

_INVALID = "Invalid HMAC Signature"


def _kind(request: HttpRequest) -> Any:
    """The type that a JSON body states, or None."""
    length = request.headers.get("Content-Length", "")
    if request.method != "POST" or not length.isdecimal() or int(length) > _LARGEST:
        return None
    try:
        said = json.loads(request.body)
    except (ValueError, RecursionError):
        return None
    kind = said.get("type") if isinstance(said, dict) else None
    return kind if isinstance(kind, str) else None
