"""What the gateways know of us: are the keys in force; is the webhook registered, enabled and complete?"""

from __future__ import annotations

from collections.abc import Iterator

from django.core.checks import CheckMessage

from raseed.core.errors import GatewayError, GatewayRefused
from raseed.gateways.base import Gateway, HasCheckup, HasWebhookEndpoints, WebhookEndpoint, WebhookEndpoints
from raseed.payments import conf
from raseed.payments.doctor import accounts
from raseed.payments.doctor.addresses import webhook_paths
from raseed.payments.doctor.findings import found


def examine(settings: conf.Settings) -> Iterator[CheckMessage]:
    """What each gateway's own look at its account finds, without asking it anything."""
    for account, gateway in settings.gateways.items():
        yield from _advice(account, gateway, ask=False)


def examine_asking(settings: conf.Settings) -> Iterator[CheckMessage]:
    """The same with the gateway asked, and its list of webhooks where it has one."""
    paths = webhook_paths()
    for account, gateway in settings.gateways.items():
        urls = [settings.site_url + path for path in paths.get(account, [])]
        try:
            yield from _advice(account, gateway, ask=True)
            yield from _registered(account, gateway, urls, rehearses=accounts.is_rehearsal(settings, account))
        except GatewayRefused as refused:
            yield found(
                "raseed.E030",
                _where(account),
                f"the gateway refuses us: {refused}",
                "Are the keys of this account complete and in force? Compare them with its dashboard.",
            )
        except GatewayError as silent:
            yield found(
                "raseed.W030",
                _where(account),
                f"the gateway could not be asked: {silent}",
                _unreachable(settings, account),
            )


def _unreachable(settings: conf.Settings, account: str) -> str:
    if accounts.is_rehearsal(settings, account):
        return f"Does the sandbox run (raseed sandbox), at {accounts.base_url(settings, account)}?"
    return "Try again later. If it stays so: may this machine reach it?"


def _where(account: str) -> str:
    return f"RASEED['ACCOUNTS'][{account!r}]"


def _advice(account: str, gateway: Gateway, *, ask: bool) -> Iterator[CheckMessage]:
    if isinstance(gateway, HasCheckup):
        for advice in gateway.checkup(ask=ask):
            yield found(advice.id, _where(account), advice.what, advice.remedy)


def _registered(
    account: str, gateway: Gateway, urls: list[str], *, rehearses: bool
) -> Iterator[CheckMessage]:
    if not isinstance(gateway, HasWebhookEndpoints):
        if urls:
            yield found(
                "raseed.I030",
                _where(account),
                f"whether {gateway.name} calls this site cannot be asked over its API.",
                f"See in its dashboard that it calls {' or '.join(urls)}.",
            )
        return
    endpoints = gateway.webhooks
    ours = [endpoint for endpoint in endpoints.all() if endpoint.url in urls]
    if urls and not ours:
        # A sandbox forgets its webhooks when it ends, unless it is told again or keeps its state.
        hint = "Name it when the sandbox starts (raseed sandbox --help), or: " if rehearses else ""
        yield found(
            "raseed.E031",
            _where(account),
            f"no webhook is registered at {gateway.name} for {' or '.join(urls)}.",
            f"{hint}manage.py raseed_webhooks register {urls[0]} --account {account} --show-secret",
        )
    for endpoint in ours:
        yield from _endpoint(account, endpoint, endpoints)


def _endpoint(account: str, endpoint: WebhookEndpoint, endpoints: WebhookEndpoints) -> Iterator[CheckMessage]:
    where = f"webhook {endpoint.id} of account {account!r}"
    if not endpoint.is_enabled:
        note = f" ({endpoint.note})" if endpoint.note else ""
        yield found(
            "raseed.E032",
            where,
            f"it is switched off{note}.",
            f"Correct the cause, then: manage.py raseed_webhooks enable {endpoint.id} --account {account}",
        )
    missing = sorted(endpoints.events - endpoint.events)
    if missing:
        yield found(
            "raseed.W031",
            where,
            f"it does not tell of {', '.join(missing)}.",
            f"manage.py raseed_webhooks register {endpoint.url} --account {account}",
        )
    if not endpoint.is_configured:
        yield found(
            "raseed.E033",
            where,
            "its secret is not in WEBHOOK_SECRETS, so all that it sends is refused.",
            f"manage.py raseed_webhooks secret {endpoint.id} --account {account} --show-secret",
        )
