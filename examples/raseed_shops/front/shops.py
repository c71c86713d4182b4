"""Which shops there are, and in which one a page is."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import HttpRequest

from raseed_shops.errands.models import Notification


@dataclass(frozen=True)
class Shop:
    """One example shop as the front page shows it. `start` is the name of its first page."""

    label: str
    name: str
    summary: str
    start: str


SHOPS = [
    Shop(
        "errands",
        "Errands",
        "Neighbours do errands for each other. A ₱2.00 fee, paid with GCash, opens the chat between them.",
        "errands:list",
    ),
]


def current_shop(request: HttpRequest) -> dict[str, object]:
    """`shop` for templates: the one whose page this is, else the only or first one."""
    app = request.resolver_match.app_name if request.resolver_match else ""
    return {"shop": next((shop for shop in SHOPS if shop.label == app), SHOPS[0])}


def unread_notifications(request: HttpRequest) -> dict[str, int]:
    """`unread` for the top bar of every page."""
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return {}
    return {"unread": Notification.objects.filter(user=user, read=False).count()}
