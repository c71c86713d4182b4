"""`manage.py raseed_webhooks`: which addresses a gateway calls, where it can be managed over its API."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any
from urllib.parse import urlsplit

from django.core.management.base import BaseCommand, CommandError

from raseed.core.errors import ConfigurationError, GatewayError
from raseed.gateways.base import HasWebhookEndpoints, WebhookEndpoint, WebhookEndpoints
from raseed.payments import conf

ACTIONS = ("list", "register", "enable", "disable", "secret")


class Command(BaseCommand):
    """List, register, enable and disable the webhook endpoints of one account; show a secret on request."""

    help = "Manages the webhook endpoints of an account at its gateway. Register one per site, once."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """What to do, and with which endpoint of which account."""
        parser.add_argument("action", choices=ACTIONS)
        parser.add_argument(
            "endpoint", nargs="?", default="", help="its id or its address; register: a path of this site too"
        )
        parser.add_argument("--account", default="", help="default: the only account that can do this")
        parser.add_argument("--show-secret", action="store_true", help="print the endpoint's signing secret")

    def handle(self, *args: Any, **options: Any) -> None:
        """Do it. Every refusal is a CommandError in plain words."""
        action = options["action"]
        try:
            account, endpoints = _endpoints(options["account"])
            if action == "list":
                self._list(account, endpoints)
                return
            if not options["endpoint"]:
                raise CommandError(f"{action} what? Name the endpoint's address or id.")
            endpoint = _act(action, endpoints, options["endpoint"])
        except (ConfigurationError, GatewayError) as error:
            raise CommandError(str(error)) from error
        self._tell(account, endpoint, show_secret=options["show_secret"])

    def _list(self, account: str, endpoints: WebhookEndpoints) -> None:
        found = endpoints.all()
        for endpoint in found:
            self._show(endpoint)
        if not found:
            self.stdout.write(
                f"Account {account!r} has no webhook endpoint. Add one: "
                "manage.py raseed_webhooks register /your/webhook/path/"
            )

    def _show(self, endpoint: WebhookEndpoint) -> None:
        state = "on" if endpoint.is_enabled else f"off ({endpoint.note})" if endpoint.note else "off"
        known = "secret in settings" if endpoint.is_configured else "secret NOT in settings"
        self.stdout.write(f"{endpoint.id}  {state}  {known}  {endpoint.url}")
        self.stdout.write(f"    {', '.join(sorted(endpoint.events))}")

    def _tell(self, account: str, endpoint: WebhookEndpoint, *, show_secret: bool) -> None:
        """The endpoint as it is now, and what is left to do."""
        self._show(endpoint)
        if not endpoint.is_enabled:
            self.stdout.write(f"It is off. Switch it on: manage.py raseed_webhooks enable {endpoint.id}")
        if show_secret:
            self.stdout.write(endpoint.secret or "The gateway did not tell its secret.")
        if not endpoint.is_configured:
            shown = "" if show_secret else " (print it with --show-secret)"
            self.stdout.write(
                f"Put its secret{shown} into RASEED['ACCOUNTS'][{account!r}]['WEBHOOK_SECRETS']; "
                "until then its deliveries are refused."
            )


def _endpoints(account: str) -> tuple[str, WebhookEndpoints]:
    """The account's endpoints. Raises CommandError where there is no choice or more than one."""
    gateways = conf.current().gateways
    able = {name: gateway for name, gateway in gateways.items() if isinstance(gateway, HasWebhookEndpoints)}
    if account:
        conf.current().gateway(account)
        if account not in able:
            raise CommandError(f"account {account!r} has no webhook endpoints here; use its dashboard.")
        return account, able[account].webhooks
    if len(able) != 1:
        known = ", ".join(sorted(able)) or "none of the accounts in RASEED['ACCOUNTS'] can do this"
        raise CommandError(f"name the account with --account: {known}.")
    name, gateway = next(iter(able.items()))
    return name, gateway.webhooks


def _act(action: str, endpoints: WebhookEndpoints, named: str) -> WebhookEndpoint:
    if action == "register":
        return endpoints.register(_address(named))
    endpoint = _find(endpoints, named)
    match action:
        case "enable":
            return endpoints.enable(endpoint.id)
        case "disable":
            return endpoints.disable(endpoint.id)
    return endpoint


def _find(endpoints: WebhookEndpoints, named: str) -> WebhookEndpoint:
    address = _address(named) if named.startswith("/") else named
    found = [endpoint for endpoint in endpoints.all() if address in {endpoint.id, endpoint.url}]
    if not found:
        raise CommandError(f"there is no webhook endpoint {address}. See: manage.py raseed_webhooks list")
    return found[0]


def _address(named: str) -> str:
    """A full address; a path is one of this site. Raises CommandError for anything else."""
    address = conf.current().site_url + named if named.startswith("/") else named
    parts = urlsplit(address)
    if parts.scheme not in {"http", "https"} or not parts.netloc:
        raise CommandError(f"{named!r} is no address. Write a path of this site, or https://…")
    return address
