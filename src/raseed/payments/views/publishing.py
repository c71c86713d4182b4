"""What a site publishes about itself: the public halves of the keys that sign its requests."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_safe

from raseed.core.errors import ConfigurationError
from raseed.gateways.base import HasKeys, SigningKeys
from raseed.payments import conf
from raseed.payments.views.receiving import View, refuse_unknown

#: Shorter than any overlap of a rotation.
KEPT_SECONDS = 300


def jwks(account: str) -> View:
    """A view of this account's JSON Web Key Set; mount it where the gateway looks for it.

    For Open Payments that is the client's wallet address with `/jwks.json` behind it. Raises
    ConfigurationError at once for an account that is not in RASEED["ACCOUNTS"] or signs with no keys.
    """
    refuse_unknown(account)

    @require_safe
    def publish(request: HttpRequest) -> HttpResponse:
        answer = JsonResponse(_keys(account).jwks(conf.now()))
        answer["Cache-Control"] = f"public, max-age={KEPT_SECONDS}"
        return answer

    return publish


def _keys(account: str) -> SigningKeys:
    gateway = conf.current().gateway(account)
    if not isinstance(gateway, HasKeys):
        raise ConfigurationError(f"account {account!r} signs with no keys: there is nothing to publish.")
    return gateway.keys
