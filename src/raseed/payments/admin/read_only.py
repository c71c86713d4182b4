"""What all of Raseed's admin pages share: they show, and change nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.contrib.auth import get_permission_codename
from django.http import HttpRequest, HttpResponse
from django.urls import NoReverseMatch, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

if TYPE_CHECKING:
    from django.db.models import Model

    Base = admin.ModelAdmin[Any]
else:
    Base = admin.ModelAdmin


class ReadOnlyAdmin(Base):
    """Lists and pages for people with the view permission. Only the flows write; nobody adds or deletes."""

    actions = None
    empty_value_display = ""
    list_per_page = 50
    show_full_result_count = False  # counting a whole table of payments costs more than the page

    class Media:
        css = {"all": ("raseed/admin.css",)}

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Nobody."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody."""
        return False

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Whoever holds the view permission itself; the one to change does not stand in for it."""
        return may_view(request, self.model)

    def page(self, request: HttpRequest, row: Any, /) -> dict[str, Any]:
        """What the page of one row shows besides its fields."""
        return {}

    def render_change_form(
        self,
        request: HttpRequest,
        context: dict[str, Any],
        add: bool = False,
        change: bool = False,
        form_url: str = "",
        obj: Any = None,
    ) -> HttpResponse:
        """Django's page with what `page` adds."""
        context |= self.page(request, obj)
        return super().render_change_form(request, context, add, change, form_url, obj)


def may_view(request: HttpRequest, model: type[Model]) -> bool:
    """Does the person behind this request hold the model's view permission?"""
    opts = model._meta
    return bool(request.user.has_perm(f"{opts.app_label}.{get_permission_codename('view', opts)}"))


def page_url(site: admin.AdminSite, row: Model) -> str:
    """The admin page of a row, or an empty text where its model has none."""
    opts = row._meta
    try:
        return reverse(f"{site.name}:{opts.app_label}_{opts.model_name}_change", args=[row.pk])
    except NoReverseMatch:
        return ""


def link(site: admin.AdminSite, row: Model, text: str) -> SafeString | str:
    """The text, leading to the row's admin page."""
    url = page_url(site, row)
    return format_html('<a href="{}">{}</a>', url, text) if url else text


def badge(text: str, tone: str = "") -> SafeString:
    """A word in a box; the colour repeats what the word says."""
    return format_html('<span class="raseed-badge {}">{}</span>', tone, text)
