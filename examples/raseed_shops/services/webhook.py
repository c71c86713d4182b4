"""Paymob's address, in the words this shop promised: `{"detail": "Invalid HMAC Signature"}`."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from django.core.exceptions import SuspiciousOperation
from django.db import transaction
from django.http import HttpRequest, HttpResponse, JsonResponse, QueryDict
from django.views.decorators.csrf import csrf_exempt

import raseed
from raseed_shops.services.payments import ACCOUNT

#: No callback of Paymob's is larger.
_LARGEST = 256 * 1024
_KINDS = ("TRANSACTION", "TOKEN", "DELIVERY_STATUS")
#: What stands in bodies that are signed inside: a split payment's, a subscription's, a form of flat members.
_SIGNED_INSIDE = ("is_split_payment", "subscription_data", "hmac")
_FORM = "application/x-www-form-urlencoded"
_receive = raseed.webhook(account=ACCOUNT)


def looks_like(request: HttpRequest) -> bool:
    """Whether a request is of Paymob's kind: signed in the query, or a body of one of its shapes."""
    if "hmac" in request.GET:
        return True
    said = _said(request)
    return said.get("type") in _KINDS or any(name in said for name in _SIGNED_INSIDE)


@csrf_exempt
@transaction.non_atomic_requests
def paymob(request: HttpRequest) -> HttpResponse:
    """Keep what Paymob tells. News of a parcel's delivery is acknowledged: nothing here is delivered."""
    if _said(request).get("type") == "DELIVERY_STATUS":
        return JsonResponse({})
    answer = _receive(request)
    if answer.status_code >= 400 and answer.get("Content-Type") == "application/json":
        why = json.loads(answer.content)["error"]
        answer.content = json.dumps({"detail": _INVALID if answer.status_code == 401 else why})
    return answer


paymob.raseed_account = ACCOUNT  # type: ignore[attr-defined]  # so that the doctor tries this address

_INVALID = "Invalid HMAC Signature"


def _said(request: HttpRequest) -> Mapping[str, Any]:
    """The members of the body, JSON or a form; none where there is no such body."""
    length = request.headers.get("Content-Length", "")
    if request.method != "POST" or not length.isdecimal() or int(length) > _LARGEST:
        return {}
    try:
        if request.content_type == _FORM:
            return QueryDict(request.body)
        said = json.loads(request.body)
    except (ValueError, RecursionError, SuspiciousOperation):
        return {}
    return said if isinstance(said, dict) else {}
