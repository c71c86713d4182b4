"""What the adapter signs is accepted by the official verifier, and nothing else is."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import httpx2
import pytest

from raseed.testing_sandbox import LocalSandbox
from tests.gateways.openpayments_wallets import Wallets, settle
from tests.sdk.conftest import Purchase

pytestmark = pytest.mark.slow


class Recorder(httpx2.HTTPTransport):
    """Lets everything through, and keeps what was signed as the verifier wants it."""

    def __init__(self) -> None:
        super().__init__(trust_env=False)
        self.signed: list[dict[str, Any]] = []

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        body = request.read()
        if "Signature" in request.headers:
            kept = {"method": request.method, "url": str(request.url), "headers": dict(request.headers)}
            self.signed.append(kept | ({"body": body.decode()} if body else {}))
        return super().handle_request(request)


def spoilt(request: dict[str, Any], **changes: str) -> dict[str, Any]:
    return {**request, "headers": {**request["headers"], **changes}}


def test_the_official_verifier(purchase: Purchase, sandbox: LocalSandbox, tmp_path: Path) -> None:
    recorder = Recorder()
    sandbox.arm("token-expired+wallet-slow")
    wallets = Wallets(sandbox, http=recorder)
    wallets.open()
    wallets.pay()
    settle(wallets)
    settle(wallets, 700)
    wallets.close()
    wallets.browser.close()
    recorder.close()
    genuine = recorder.signed
    assert {request["method"] for request in genuine} == {"GET", "POST", "DELETE"}
    with_body = next(request for request in genuine if "body" in request)
    with_token = next(request for request in genuine if "authorization" in request["headers"])
    wrong = [
        {**with_body, "body": with_body["body"].replace("{", "{ ", 1)},
        {**with_body, "url": with_body["url"] + "?x=1"},
        {**with_token, "method": "PUT"},
        spoilt(with_token, authorization="GNAP other"),
        spoilt(with_token, signature=with_body["headers"]["signature"]),
    ]
    (jwk,) = wallets.gateway.keys.jwks(sandbox.now())["keys"]
    path = tmp_path / "requests.json"
    path.write_text(json.dumps({"jwk": jwk, "requests": [*genuine, *wrong]}), encoding="utf-8")
    found = purchase("verify_open_payments.cjs", REQUESTS=str(path))["found"]
    assert found[: len(genuine)] == [[True, True]] * len(genuine)
    assert [verdict for _, verdict in found[len(genuine) :]] == [False] * len(wrong)
