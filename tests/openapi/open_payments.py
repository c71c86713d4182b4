"""Holds every exchange that a sandbox's log remembers against the official Open Payments files.

from tests.openapi.open_payments import violations
assert violations(sandbox.log()) == []
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import Any

from tests.openapi.openapi_file import OpenApiFile, errors, official

VERSION = "open-payments-1.3.0"
#: What a payer's browser opens, of which no official file speaks.
PAGE = re.compile(r"/(consent|auth/interact)\b")
AUTH, RESOURCE, WALLET = (f"{name}-server" for name in ("auth", "resource", "wallet-address"))
#: Answers that the files do not list and the reference implementation gives, in the shape of an error.
UNLISTED = {
    # a body or a query that the schema refuses, an amount or an expiry that cannot be, a quote that is over
    (RESOURCE, "POST", "/incoming-payments", 400),
    (RESOURCE, "GET", "/incoming-payments", 400),
    (RESOURCE, "POST", "/outgoing-payments", 400),
    (RESOURCE, "GET", "/outgoing-payments", 400),
    # unknown quote
    (RESOURCE, "POST", "/outgoing-payments", 404),
    # completed twice
    (RESOURCE, "POST", "/incoming-payments/{id}/complete", 409),
    # a continuation whose body is not JSON: 400 is listed, but not with invalid_request
    (AUTH, "POST", "/continue/{id}", 400),
}
AUTH_ERROR = {
    "type": "object",
    "required": ["error"],
    "properties": {
        "error": {
            "type": "object",
            "required": ["code", "description"],
            "properties": {"code": {"enum": ["invalid_request", "too_fast", "invalid_client"]}},
        }
    },
}
RESOURCE_ERROR = {
    "type": "object",
    "required": ["error"],
    "properties": {"error": {"type": "object", "required": ["code", "description"]}},
}


def violations(entries: Iterable[dict[str, Any]], *, clients_err: bool = False) -> list[str]:
    """Everything in a sandbox's log that the official files do not allow, one line each.

    Requests must always be right, but with `clients_err`: then a wrong one must only be answered 4xx.
    Answers that a fault spoilt are passed over.
    """
    log = [entry for entry in entries if entry.get("gateway") == "openpayments"]
    answers = {entry["request"]: entry for entry in log if entry["kind"] == "response"}
    found = []
    for request in log:
        if request["kind"] != "request" or request["n"] not in answers or request.get("replay_of"):
            continue
        answer = answers[request["n"]]
        where = f"{request['n']} {request['method']} {request['path']} {answer['status']}"
        found += [f"{where}: {text}" for text in _wrong(request, answer, clients_err=clients_err)]
    return found


def checked(entries: Iterable[dict[str, Any]]) -> set[tuple[str, str, int]]:
    """Method, path of the official file and status of every exchange in a log: what was put to the test."""
    log = list(entries)
    requests = {entry["n"]: entry for entry in log if entry["kind"] == "request"}
    seen = set()
    for answer in log:
        if (
            answer["kind"] == "response"
            and answer["gateway"] == "openpayments"
            and answer["request"] in requests
        ):
            found = _operation(requests[answer["request"]])
            if found is not None:
                _, _, key = found
                seen.add((*key, answer["status"]))
    return seen


def _wrong(request: dict[str, Any], answer: dict[str, Any], *, clients_err: bool) -> list[str]:
    found = _operation(request)
    if found is None:
        is_page = PAGE.match(request["path"])
        return [] if is_page or answer["status"] == 404 else ["no such call in the official files"]
    file, name, key = found
    wrong = [
        f"request {text}"
        for text in file.wrong_request(key, request["headers"], request["query"], _body(request))
    ]
    if clients_err and wrong and 400 <= (answer["status"] or 400) <= 499:
        wrong = []
    if answer["fault"] or answer["status"] is None:
        return wrong
    return wrong + [f"answer {text}" for text in _wrong_answer(file, name, key, answer)]


def _wrong_answer(file: OpenApiFile, name: str, key: tuple[str, str], answer: dict[str, Any]) -> list[str]:
    status, body = answer["status"], _body(answer)
    is_listed = status in file.statuses(key)
    wrong = file.wrong_response(key, status, body) if is_listed else ["with a status that is not listed"]
    if wrong and (name, *key, status) in UNLISTED:
        return list(errors(AUTH_ERROR if name == AUTH else RESOURCE_ERROR, body))
    return wrong


def _operation(request: dict[str, Any]) -> tuple[OpenApiFile, str, tuple[str, str]] | None:
    """Which server was called, and which of its operations; None for pages and for what there is not."""
    if PAGE.match(request["path"]):
        return None
    root, _, rest = request["path"].strip("/").partition("/")
    for name, prefix in ((AUTH, "auth"), (RESOURCE, "op"), (WALLET, root)):
        if root != prefix:
            continue
        file = official(VERSION, name)
        for below in (f"/{rest}", f"/{rest.partition('/')[2]}"):  # the second: a tenant's id comes first
            key = file.find(request["method"], below)
            if key is not None:
                return file, name, key
        return None
    return None


def _body(entry: dict[str, Any]) -> Any:
    text = entry.get("body") or ""
    try:
        return json.loads(text) if text else None
    except ValueError:
        return text
