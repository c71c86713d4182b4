"""Webhook endpoints: which addresses PayMongo calls. They can be switched off, never deleted."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from raseed.core.errors import GatewayUnavailable
from raseed.gateways.base import WebhookEndpoint
from raseed.gateways.http import Api, Document
from raseed.gateways.paymongo.members import Resource, resource
from raseed.gateways.paymongo.requests import body, path, retrieved
from raseed.gateways.paymongo.vocabulary import REGISTERED_EVENTS
from raseed.gateways.signatures import Secrets

#: Why PayMongo switched an endpoint off.
NOTES = {
    "disabled_by_merchant": "switched off by the merchant",
    "max_retries_exceeded": "switched off by PayMongo: several events in a row could not be delivered",
}


@dataclass(frozen=True)
class Endpoints:
    """The webhook endpoints of one account and mode. Implements `gateways.base.WebhookEndpoints`.

    One per site is right; a URL can be registered once.
    """

    calling: Callable[[], Api]
    secrets: Secrets
    events: frozenset[str] = frozenset(REGISTERED_EVENTS)

    def all(self) -> list[WebhookEndpoint]:
        """Every endpoint. PayMongo's list has no pages."""
        items = self.calling().get("/v1/webhooks").get("data")
        if not isinstance(items, list):
            raise GatewayUnavailable("PayMongo answered without a list of webhooks; ask again later.")
        return [self._endpoint(resource(item)) for item in items if isinstance(item, dict)]

    def register(self, url: str) -> WebhookEndpoint:
        """The endpoint of this URL: made if there is none, given the events it lacks if there is one.

        It looks first, so repeating it after a lost answer makes no second one. An endpoint that is
        switched off stays so: somebody, or too many failures, switched it off.
        """
        known = next((endpoint for endpoint in self.all() if endpoint.url == url), None)
        if known is None:
            return self._made({"url": url, "events": sorted(self.events)})
        if self.events <= known.events:
            return known
        changes: Document = {"events": sorted(self.events | known.events)}
        return self._answered(self.calling().put(path("webhooks", known.id), body(changes)))

    def enable(self, endpoint: str) -> WebhookEndpoint:
        """Switch one on. Events it missed are not sent again; Raseed asks for what they told."""
        return self._answered(self.calling().post(f"{path('webhooks', endpoint)}/enable"))

    def disable(self, endpoint: str) -> WebhookEndpoint:
        """Switch one off."""
        return self._answered(self.calling().post(f"{path('webhooks', endpoint)}/disable"))

    def _made(self, attributes: Document) -> WebhookEndpoint:
        return self._answered(self.calling().post("/v1/webhooks", body(attributes)))

    def _answered(self, answer: Document) -> WebhookEndpoint:
        return self._endpoint(retrieved(answer, "webhook"))

    def _endpoint(self, webhook: Resource) -> WebhookEndpoint:
        events = webhook.attributes.get("events")
        listed: list[object] = events if isinstance(events, list) else []
        reason = webhook.text("disabled_reason")
        secret = webhook.text("secret_key")
        return WebhookEndpoint(
            id=webhook.id or "",
            url=webhook.text("url"),
            events=frozenset(event for event in listed if isinstance(event, str)),
            is_enabled=webhook.text("status") == "enabled",
            is_configured=self.secrets.holds(secret),
            note=NOTES.get(reason, reason),
            secret=secret,
        )
