"""From Django's request to the bytes a gateway sent; what no gateway sends is refused with a plain answer.

Nothing here depends on the request's own charset, and nothing reads more than the limit.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from django.core.exceptions import SuspiciousOperation
from django.core.handlers.wsgi import WSGIRequest
from django.http import HttpRequest, QueryDict

from raseed.gateways.base import RawDelivery
from raseed.payments import conf

#: A longer Content-Length is no length, and turning it into a number would cost more than refusing it.
_LONGEST_LENGTH = 15


@dataclass(frozen=True)
class Refusal:
    """The HTTP status and one sentence for whoever sent the request."""

    status: int
    why: str
    headers: dict[str, str] = field(default_factory=dict)


#: Of nearly every delivery.
_NO_QUERY = QueryDict("", encoding="utf-8")

#: What browsers post when a gateway sends them back.
FORM = frozenset({"application/x-www-form-urlencoded"})


def read_request(
    request: HttpRequest, methods: frozenset[str], limit: int, types: frozenset[str]
) -> RawDelivery | Refusal:
    """The request as it came, or why it is not taken. `methods` and `types`: what the gateway uses."""
    if request.method not in methods:
        allowed = ", ".join(sorted(methods))
        return Refusal(405, f"this address takes {allowed}", {"Allow": allowed})
    if request.method != "GET" and not _is_one_of(types, request.headers.get("Content-Type", "")):
        return Refusal(415, f"send Content-Type: {' or '.join(sorted(types))}")
    body = _body(request, limit)
    if isinstance(body, Refusal):
        return body
    query_string = _query_string(request)
    try:
        query = QueryDict(query_string, encoding="utf-8") if query_string else _NO_QUERY
    except SuspiciousOperation:
        return Refusal(400, "there are too many query parameters")
    if any(len(values) > 1 for _, values in query.lists()):
        return Refusal(400, "a query parameter is repeated")
    return RawDelivery(
        method=request.method or "",
        path=request.path,
        query=query.dict(),
        headers=dict(request.headers),
        body=body,
        received_at=conf.now(),
        query_string=query_string,
    )


def _is_one_of(types: frozenset[str], content_type: str) -> bool:
    """A missing type is taken: the signature, not the label, says who wrote the body."""
    kind = content_type.partition(";")[0].strip().lower()
    is_json = kind.startswith("application/") and kind.endswith("+json")
    return not kind or kind in types or (is_json and "application/json" in types)


def _body(request: HttpRequest, limit: int) -> bytes | Refusal:
    declared = request.META.get("CONTENT_LENGTH") or ""
    too_large = Refusal(413, f"the body is larger than {limit} bytes")
    if declared and not (declared.isascii() and declared.isdecimal()):
        return Refusal(400, "Content-Length is not a number")
    if len(declared) > _LONGEST_LENGTH or int(declared or 0) > limit:
        return too_large
    stream = request
    if not declared and "HTTP_TRANSFER_ENCODING" in request.META and isinstance(request, WSGIRequest):
        # Django takes a WSGI request without a length for empty; some servers mark where a chunked one ends.
        if not request.environ.get("wsgi.input_terminated"):
            return Refusal(411, "send Content-Length: a chunked body cannot be read here")
        stream = request.environ["wsgi.input"]
    try:
        body = stream.read(limit + 1)
    except OSError:
        return Refusal(400, "the connection broke while the body was read")
    return too_large if len(body) > limit else body


def _query_string(request: HttpRequest) -> bytes:
    """The bytes after the question mark, as they came."""
    scope = getattr(request, "scope", None)  # ASGI keeps the bytes there and decodes them for META
    if scope is not None:
        return bytes(scope.get("query_string", b""))
    return str(request.META.get("QUERY_STRING", "")).encode("latin-1", "replace")
