"""The consent page: who asks, for how much, and the payer's answer. It works without JavaScript.

The browser must have come through the start of the interaction: it leaves a cookie that every step asks for.
"""

from __future__ import annotations

import hmac
import re
from dataclasses import dataclass
from http.cookies import CookieError, SimpleCookie
from urllib.parse import parse_qs, urlencode, urlsplit

from raseed.sandbox.exchange import Answer, Exchange
from raseed.sandbox.openpayments import grants, interaction, keys
from raseed.sandbox.openpayments.world import World
from raseed.sandbox.rendering import amount_text, render
from raseed.sandbox.store import Doc

START = re.compile(r"/auth/interact/([^/]+)/([^/]+)(/finish)?")
DECISIONS = {"accept": "accept", "empty": "accept_without_money", "reject": "reject", "wait": ""}


def is_page(path: str) -> bool:
    """Whether this address is a payer's, and no client's call."""
    return path.rstrip("/") == "/consent" or bool(START.fullmatch(path.rstrip("/")))


def answer(world: World, exchange: Exchange) -> Answer:
    """Answer a payer's browser."""
    visit = _visit(world, exchange)
    if visit is None:
        return _closed("There is no such consent to give.", status=404)
    if exchange.path.rstrip("/") == "/consent":
        return visit.page()
    if exchange.method != "GET":
        return Answer(405)
    return visit.finish() if exchange.path.rstrip("/").endswith("/finish") else visit.start()


def grant_of(world: World, exchange: Exchange) -> Doc | None:
    """The grant that a payer's page is about."""
    found = START.fullmatch(exchange.path.rstrip("/"))
    if found:
        return interaction.find(world, found[1], found[2])
    return interaction.find(world, exchange.query.get("interactId", ""), exchange.query.get("nonce", ""))


def fields_of(exchange: Exchange) -> dict[str, str]:
    """The fields of a submitted form; {} where it is none."""
    if "application/x-www-form-urlencoded" not in exchange.headers.get("content-type", ""):
        return {}
    try:
        fields = parse_qs(exchange.body.decode(), max_num_fields=20)
    except ValueError:
        return {}
    return {name: values[0] for name, values in fields.items()}


def _visit(world: World, exchange: Exchange) -> _Visit | None:
    grant = grant_of(world, exchange)
    return None if grant is None else _Visit(world, exchange, grant)


def _closed(text: str, back: str | None = None, status: int = 200) -> Answer:
    return Answer.html(render("openpayments/closed.html", text=text, back=back), status)


@dataclass(frozen=True)
class _Visit:
    """A browser at one step of one interaction."""

    world: World
    exchange: Exchange
    grant: Doc

    @property
    def _cookie(self) -> str:
        return f"interaction-{self.grant['interact_id']}"

    def start(self) -> Answer:
        """Leave the cookie and show the consent page; or say that it is over."""
        if interaction.was_decided_elsewhere(self.grant):
            return self._leave()
        if self.grant["state"] != "pending" or interaction.is_over(self.world, self.grant):
            back = interaction.too_late_url(self.grant)
            return Answer(302, location=back) if back else self._leave()
        if not self.grant["session"]:
            self.grant["session"] = self.world.secret(32)
        path = urlsplit(self.exchange.base_url).path or "/"
        cookie = f"{self._cookie}={self.grant['session']}; Path={path}; HttpOnly; SameSite=Lax"
        return Answer(302, location=self._address(), headers={"Set-Cookie": cookie})

    def _address(self) -> str:
        name = keys.display_name(
            self.world, self.world.addresses(self.grant["base_url"]), self.grant["client"]
        )
        query = urlencode(
            {
                "interactId": self.grant["interact_id"],
                "nonce": self.grant["nonce"],
                "clientName": name,
                "clientUri": self.grant["client"],
            }
        )
        return f"{self.exchange.base_url}/consent?{query}"

    def _came_through_the_start(self) -> bool:
        try:
            cookies = SimpleCookie(self.exchange.headers.get("cookie", ""))
        except CookieError:
            return False
        found = cookies.get(self._cookie)
        session = self.grant["session"]
        return (
            bool(session)
            and found is not None
            and hmac.compare_digest(found.value.encode(), session.encode())
        )

    def page(self) -> Answer:
        """Show what is asked, or note the answer and go on."""
        if not self._came_through_the_start():
            return _closed("This consent was opened in another browser. Start again at the shop.", status=401)
        if self.exchange.method == "POST":
            return self._decided()
        if self.exchange.method != "GET":
            return Answer(405)
        if self.grant["state"] != "pending" or interaction.is_over(self.world, self.grant):
            return _closed(
                "There is nothing to decide any more.", interaction.finish_url(self.world, self.grant)
            )
        return self._shown()

    def _decided(self) -> Answer:
        action = fields_of(self.exchange).get("action", "")
        if action not in DECISIONS:
            return self._shown(400)
        if DECISIONS[action]:
            interaction.decide(self.world, self.grant, DECISIONS[action])
        found = self.world.addresses(self.exchange.base_url)
        return Answer.see_other(f"{found.interaction(self.grant['interact_id'], self.grant['nonce'])}/finish")

    def finish(self) -> Answer:
        """The decision counts from here on; the browser goes back to the shop."""
        if not self._came_through_the_start():
            return _closed("This consent was opened in another browser. Start again at the shop.", status=401)
        if not interaction.is_over(self.world, self.grant):
            interaction.settle(self.world, self.grant)
        return self._leave()

    def _leave(self) -> Answer:
        back = interaction.finish_url(self.world, self.grant)
        if back is not None:
            return Answer(302, location=back)
        words = {"approved": "You agreed.", "rejected": "You declined.", "pending": "You can decide later."}
        return _closed(words.get(self.grant["state"], "There is nothing to decide any more."))

    def _payee(self) -> tuple[str, str] | None:
        """Who gets the money, and how much of it; where the grant is for one incoming payment."""
        payment = grants.receiver(self.world, self.grant)
        if payment is None:
            return None
        wallet = self.world.table("wallets")[payment["wallet"]]
        name = wallet["public_name"] or wallet["name"]
        return name, _wallet_money(wallet, payment["incoming"]) if payment["incoming"] else "any amount"

    def _shown(self, status: int = 200) -> Answer:
        world, grant = self.world, self.grant
        addresses = world.addresses(grant["base_url"])
        item, wallet = grants.outgoing(grant), grants.payer(world, grant)
        limits = (item or {}).get("limits", {})
        debit = limits.get("debitAmount")
        page = render(
            "openpayments/consent.html",
            client=keys.display_name(world, addresses, grant["client"]),
            client_url=grant["client"],
            wallet=wallet,
            wallet_url=addresses.wallet(wallet["name"]) if wallet else "",
            balance=wallet and _wallet_money(wallet, wallet["balance"]),
            is_payment=item is not None,
            payee=self._payee(),
            debit=debit and _money(debit),
            receive=_money(limits["receiveAmount"]) if "receiveAmount" in limits else None,
            interval=limits.get("interval"),
            too_little=bool(wallet and debit and wallet["balance"] < int(debit["value"])),
        )
        return Answer.html(page, status)


def _wallet_money(wallet: Doc, minor: int) -> str:
    return amount_text(minor, wallet["asset_code"], wallet["asset_scale"])


def _money(amount: Doc) -> str:
    return amount_text(int(amount["value"]), amount["assetCode"], amount["assetScale"])
