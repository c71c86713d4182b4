"""A client of the imitated wallets that signs for itself, and the way of one purchase in steps."""

from __future__ import annotations

import base64
import hashlib
import json
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx2
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from tests.sandbox.bench import Bench

BASE = "http://127.0.0.1:8900/openpayments"
FINISH = "http://shop.test/finish?pendingId=7"
Doc = dict[str, Any]


@dataclass
class Signer:
    """Makes the three headers of a signature as the profile wants them; each part can be spoilt."""

    key: Ed25519PrivateKey
    key_id: str

    def headers(
        self, method: str, url: str, body: bytes, token: str | None, created: int, more: str = ""
    ) -> dict[str, str]:
        covered = {"@method": method, "@target-uri": url}
        headers: dict[str, str] = {}
        if token is not None:
            headers["Authorization"] = covered["authorization"] = f"GNAP {token}"
        if body:
            digest = base64.b64encode(hashlib.sha512(body).digest()).decode()
            added = {"Content-Digest": f"sha-512=:{digest}:", "Content-Type": "application/json"}
            headers |= added | {"Content-Length": str(len(body))}
            covered |= {"content-digest": added["Content-Digest"], "content-length": str(len(body))}
        names = " ".join(f'"{name}"' for name in covered)
        parameters = f'({names});keyid="{self.key_id}";created={created}{more}'
        lines = [f'"{name}": {value}' for name, value in covered.items()]
        base = "\n".join([*lines, f'"@signature-params": {parameters}'])
        signature = base64.b64encode(self.key.sign(base.encode())).decode()
        return {**headers, "Signature-Input": f"sig1={parameters}", "Signature": f"sig1=:{signature}:"}


@dataclass
class Merchant:
    """Talks to a bench's wallets as `market`, or as whichever client it is told to be."""

    bench: Bench
    client: Any = ""
    signer: Signer = field(init=False)

    def __post_init__(self) -> None:
        told = self.bench.control("GET", "openpayments/client")
        key = load_pem_private_key(told["private_key"].encode(), None)
        assert isinstance(key, Ed25519PrivateKey)
        self.signer = Signer(key, told["key_id"])
        self.client = self.client or told["wallet_address"]
        self.auth, self.op = f"{BASE}/auth", f"{BASE}/op"

    def signed(
        self, method: str, url: str, doc: Any = None, token: str | None = None
    ) -> tuple[bytes, dict[str, str]]:
        """The body and the headers of a signed call."""
        body = b"" if doc is None else json.dumps(doc, separators=(",", ":"), ensure_ascii=False).encode()
        created = int(self.bench.sandbox.clock.now())
        return body, self.signer.headers(method, url, body, token, created)

    def call(self, method: str, url: str, doc: Any = None, token: str | None = None) -> httpx2.Response:
        """A signed call."""
        return self.send(method, url, *self.signed(method, url, doc, token))

    def send(self, method: str, url: str, body: bytes, headers: dict[str, str]) -> httpx2.Response:
        """A call with exactly these headers."""
        return self.bench.run(self.bench.client.request(method, url, content=body, headers=headers))

    def made(self, method: str, url: str, doc: Any = None, token: str | None = None) -> Doc:
        """What a call that must succeed answers."""
        response = self.call(method, url, doc, token)
        assert response.status_code in (200, 201), response.text
        return response.json()

    # -- steps -------------------------------------------------------------------------------------------

    def grant(self, *access: Doc, **more: Any) -> Doc:
        return self.made(
            "POST", self.auth, {"access_token": {"access": list(access)}, "client": self.client} | more
        )

    def token(self, kind: str, *actions: str) -> str:
        """A token that needs nobody's consent."""
        return self.grant({"type": kind, "actions": list(actions)})["access_token"]["value"]

    def incoming(self, value: str = "2500", wallet: str = "bob", **changes: Any) -> Doc:
        """An incoming payment, and the token that may see it as `token`."""
        token = self.token("incoming-payment", "create", "read", "complete", "list")
        asset = self.made_asset(wallet)
        doc = {"walletAddress": f"{BASE}/{wallet}", "incomingAmount": {"value": value, **asset}}
        wanted = {key: part for key, part in (doc | changes).items() if part is not None}
        return {**self.made("POST", f"{self.op}/incoming-payments", wanted, token), "token": token}

    def made_asset(self, wallet: str) -> Doc:
        shown = self.bench.run(self.bench.client.get(f"{BASE}/{wallet}")).json()
        return {"assetCode": shown["assetCode"], "assetScale": shown["assetScale"]}

    def quote(self, incoming: Doc, wallet: str = "alice", **changes: Any) -> Doc:
        token = self.token("quote", "create", "read")
        doc = {"walletAddress": f"{BASE}/{wallet}", "receiver": incoming["id"], "method": "ilp"} | changes
        return {**self.made("POST", f"{self.op}/quotes", doc, token), "token": token}

    def consent(self, incoming: Doc, quote: Doc, *, finish: bool = True, **limits: Any) -> Doc:
        """The interactive grant for exactly this payment."""
        response = self.ask(incoming, quote, finish=finish, **limits)
        assert response.status_code == 200, response.text
        return response.json()

    def ask(self, incoming: Doc, quote: Doc, *, finish: bool = True, **limits: Any) -> httpx2.Response:
        limits = {"receiver": incoming["id"], "debitAmount": quote["debitAmount"]} | limits
        access = {
            "type": "outgoing-payment",
            "actions": ["create", "read", "list"],
            "identifier": quote["walletAddress"],
            "limits": {key: part for key, part in limits.items() if part is not None},
        }
        interact: Doc = {"start": ["redirect"]}
        if finish:
            interact["finish"] = {"method": "redirect", "uri": FINISH, "nonce": "6fb0c3d2a7e94c8b"}
        doc = {"access_token": {"access": [access]}, "client": self.client, "interact": interact}
        return self.call("POST", self.auth, doc)

    def agree(self, grant: Doc, action: str = "accept") -> dict[str, str]:
        """The payer's browser from the start to the shop: what it brought along."""
        started = self.bench.page(grant["interact"]["redirect"])
        decided = self.bench.submit(started.headers["location"], action=action)
        return _brought(self.bench.page(decided.headers["location"]).headers["location"])

    def come_back(self, grant: Doc) -> dict[str, str]:
        """The browser's last step alone, as a reload makes it."""
        page = grant["interact"]["redirect"].partition("?")[0]
        found = self.bench.page(f"{page}/finish")
        if found.status_code == 401:  # it never came through the start
            return _brought(self.bench.page(grant["interact"]["redirect"]).headers["location"])
        return _brought(found.headers["location"])

    def proceed(self, grant: Doc, reference: str | None, wait: float = 5) -> httpx2.Response:
        self.bench.advance(wait)
        doc = None if reference is None else {"interact_ref": reference}
        return self.call("POST", grant["continue"]["uri"], doc, grant["continue"]["access_token"]["value"])

    def granted(self, incoming: Doc, quote: Doc, **limits: Any) -> Doc:
        """The answer that brings the token for the outgoing payment."""
        grant = self.consent(incoming, quote, **limits)
        response = self.proceed(grant, self.agree(grant)["interact_ref"])
        assert response.status_code == 200, response.text
        return response.json()

    def payment(self, quote: Doc, token: str, **changes: Any) -> tuple[str, bytes, dict[str, str]]:
        """Address, body and headers of the call that makes the payment."""
        doc = {"walletAddress": quote["walletAddress"], "quoteId": quote["id"]}
        url = f"{self.op}/outgoing-payments"
        return url, *self.signed("POST", url, doc | {"metadata": {"pendingId": "7"}} | changes, token)

    def pay(self, quote: Doc, token: str, **changes: Any) -> httpx2.Response:
        return self.send("POST", *self.payment(quote, token, **changes))

    def purchase(self, value: str = "2500", payee: str = "bob", payer: str = "alice") -> Purchase:
        """Everything up to and with the outgoing payment, which is not yet funded."""
        incoming = self.incoming(value, payee)
        quote = self.quote(incoming, payer)
        token = self.granted(incoming, quote)["access_token"]
        response = self.pay(quote, token["value"])
        assert response.status_code == 201, response.text
        return Purchase(self, incoming, quote, token, response.json())


@dataclass
class Purchase:
    """A payment on its way."""

    merchant: Merchant
    incoming: Doc
    quote: Doc
    token: Doc
    outgoing: Doc

    def look(self) -> tuple[Doc, Doc]:
        """The outgoing and the incoming payment as they are now."""
        made = self.merchant.made
        return (
            made("GET", self.outgoing["id"], token=self.token["value"]),
            made("GET", self.incoming["id"], token=self.incoming["token"]),
        )


def _brought(url: str) -> dict[str, str]:
    """What a browser brings to the shop; a parameter that is there twice is a mistake of the wallet."""
    found = parse_qs(urlsplit(url).query)
    assert all(len(values) == 1 for values in found.values()), url
    return {name: values[0] for name, values in found.items()}
