"""A sandbox in this process and a shop that receives its webhooks; time stands still unless it is moved."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any

import httpx2

from raseed.sandbox.box import Options, Sandbox
from raseed.sandbox.server import create_app

START = 1_767_225_600  # 2026-01-01T00:00:00Z
HOOK = "http://shop.test/hook"
SECRET_KEY = "sk_test_bench"


@dataclass
class Shop:
    """What a merchant's webhook endpoint saw, and how it answers."""

    answers: list[httpx2.Response | Exception] = field(default_factory=list)
    always: int | Exception = 200
    seen: list[httpx2.Request] = field(default_factory=list)
    on_delivery: Callable[[dict[str, Any]], Coroutine[Any, Any, None]] | None = None

    async def __call__(self, request: httpx2.Request) -> httpx2.Response:
        self.seen.append(request)
        if self.on_delivery is not None:
            await self.on_delivery(json.loads(request.content))
        if self.answers:
            answer = self.answers.pop(0)
            if isinstance(answer, Exception):
                raise answer
            return answer
        if isinstance(self.always, Exception):
            raise self.always
        return httpx2.Response(self.always, json={})

    @property
    def bodies(self) -> list[dict[str, Any]]:
        return [json.loads(request.content)["data"] for request in self.seen]

    @property
    def events(self) -> list[str]:
        return [body["attributes"]["type"] for body in self.bodies]


class Bench:
    """Drives the sandbox from plain, synchronous tests."""

    def __init__(
        self, phonepe: dict[str, Any] | None = None, paymob: dict[str, Any] | None = None, **paymongo: Any
    ) -> None:
        self.shop = Shop()
        self._runner = asyncio.Runner()
        self.app = create_app(
            Options(seed=7, paymongo=paymongo, phonepe=phonepe or {}, paymob=paymob or {}),
            httpx2.MockTransport(self.shop),
        )
        self.sandbox: Sandbox = self.app.state.sandbox
        self.sandbox.clock.set_mode("frozen")
        self.sandbox.clock.set(START)
        self.run(self.sandbox.start())
        transport = httpx2.ASGITransport(self.app, raise_app_exceptions=True)
        self.client = httpx2.AsyncClient(transport=transport, base_url="http://127.0.0.1:8900")

    def run(self, coroutine: Coroutine[Any, Any, Any]) -> Any:
        return self._runner.run(coroutine)

    def close(self) -> None:
        self.run(self.client.aclose())
        self.run(self.sandbox.stop())
        self._runner.close()

    # -- as a merchant ---------------------------------------------------------------------------------

    def api(
        self, method: str, path: str, attributes: Any = None, *, key: str = SECRET_KEY, **more: Any
    ) -> httpx2.Response:
        """An API call; `attributes` are put into PayMongo's envelope."""
        if attributes is not None:
            more["json"] = {"data": {"attributes": attributes}}
        return self.run(self.client.request(method, f"/paymongo{path}", auth=(key, ""), **more))

    def made(self, path: str, attributes: dict[str, Any], **more: Any) -> dict[str, Any]:
        """The resource a POST made."""
        response = self.api("POST", path, attributes, **more)
        assert response.status_code == 200, response.text
        return response.json()["data"]

    def got(self, path: str, **more: Any) -> dict[str, Any]:
        response = self.api("GET", path, **more)
        assert response.status_code == 200, response.text
        return response.json()["data"]

    def source(self, **changes: Any) -> dict[str, Any]:
        redirect = {"success": "http://shop.test/ok", "failed": "http://shop.test/no"}
        return self.made(
            "/v1/sources",
            {"type": "gcash", "amount": 10000, "currency": "PHP", "redirect": redirect} | changes,
        )

    def charge(self, source: dict[str, Any], /, **changes: Any) -> httpx2.Response:
        named = {"id": source["id"], "type": "source"}
        amount = source["attributes"]["amount"]
        return self.api(
            "POST", "/v1/payments", {"amount": amount, "currency": "PHP", "source": named} | changes
        )

    def paid(self, **changes: Any) -> dict[str, Any]:
        """A payment through a source, up to and with the charge."""
        source = self.source(**changes)
        self.control("POST", f"paymongo/sources/{source['id']}/authorize")
        return self.charge(source).json()["data"]

    def session(self, **changes: Any) -> dict[str, Any]:
        line = {"name": "Bill", "amount": 5000, "currency": "PHP", "quantity": 2}
        attributes = {
            "line_items": [line],
            "payment_method_types": ["gcash", "grab_pay", "paymaya", "card"],
            "success_url": "http://shop.test/ok",
            "cancel_url": "http://shop.test/back",
        }
        return self.made("/v1/checkout_sessions", attributes | changes)

    def hook(self, **changes: Any) -> dict[str, Any]:
        """A registered endpoint, by default for everything."""
        return self.control("POST", "paymongo/webhooks", {"url": HOOK} | changes)

    # -- as a payer --------------------------------------------------------------------------------------

    def page(self, url: str) -> httpx2.Response:
        return self.run(self.client.get(url.partition("#")[0]))

    def submit(self, url: str, **fields: str) -> httpx2.Response:
        """Send a form of the page at `url`, as a browser without JavaScript would."""
        return self.run(self.client.post(url.partition("#")[0], data=fields))

    # -- as the tester -----------------------------------------------------------------------------------

    def control(self, method: str, path: str, body: Any = None, status: int = 200) -> Any:
        response = self.run(self.client.request(method, f"/_sandbox/api/{path}", json=body))
        assert response.status_code == status, response.text
        return response.json()

    def fault(self, on: str, fault: str, **more: Any) -> dict[str, Any]:
        return self.control("POST", "faults", {"gateway": "paymongo", "on": on, "fault": fault} | more)

    def flush(self) -> list[dict[str, Any]]:
        return self.control("POST", "deliveries/flush")["deliveries"]

    def advance(self, seconds: float) -> None:
        self.control("POST", "clock", {"advance_seconds": seconds})


def signature_parts(request: httpx2.Request) -> dict[str, str]:
    return dict(part.split("=") for part in request.headers["Paymongo-Signature"].split(","))


def buttons(page: str) -> list[tuple[str, str]]:
    """The named buttons of a page: (name, value)."""
    return re.findall(r'<button name="([^"]+)" value="([^"]+)"', page)
