"""The front page and the demo's log-ins."""

from __future__ import annotations

from django.conf import settings
from django.contrib.auth import get_user_model, login, logout
from django.contrib.auth.decorators import login_required
from django.db import connection
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from raseed_shops.errands.models import Notification
from raseed_shops.front import outbox as mail
from raseed_shops.front.people import PEOPLE
from raseed_shops.front.shops import SHOPS, shop_of


@require_GET
def home(request: HttpRequest) -> HttpResponse:
    """The shops, and who one can be."""
    everywhere = [person for person in PEOPLE if not person.shop]
    context = {"shops": SHOPS, "everywhere": everywhere, "sandbox_url": settings.SANDBOX_URL}
    return render(request, "front/home.html", context)


@require_GET
def health(request: HttpRequest) -> HttpResponse:
    """200 once the shop answers and its database does."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return HttpResponse("ok", content_type="text/plain")


@require_http_methods(["GET", "POST"])
def log_in(request: HttpRequest) -> HttpResponse:
    """Log in as one of the demo's people, without a password."""
    if request.method == "GET":
        return render(request, "front/login.html", {"people": PEOPLE, "next": _next(request)})
    username = request.POST.get("username", "")
    person = next((person for person in PEOPLE if person.username == username), None)
    if not settings.DEMO_LOGINS or person is None:
        raise Http404("nobody of that name is in the demo")
    login(request, get_object_or_404(get_user_model(), username=username))
    return redirect(_next(request) or reverse(shop_of(person.shop).start if person.shop else "admin:index"))


@require_POST
def log_out(request: HttpRequest) -> HttpResponse:
    """Log out and go back to the front page."""
    logout(request)
    return redirect("front:home")


@login_required
@require_http_methods(["GET", "POST"])
def notifications(request: HttpRequest) -> HttpResponse:
    """What the shop told me, newest first; POST marks all of it as read."""
    mine = Notification.objects.filter(user=request.user.pk).select_related("task").order_by("-pk")
    if request.method == "POST":
        mine.update(read=True)
        return redirect("front:notifications")
    return render(request, "front/notifications.html", {"notifications": mine[:100]})


@require_GET
def outbox(request: HttpRequest) -> HttpResponse:
    """The letters of all shops. Anyone may be anyone here, so anyone may read them."""
    return render(request, "front/outbox.html", {"letters": mail.newest()})


def _next(request: HttpRequest) -> str:
    """Where to go after logging in; only addresses of this site count."""
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    safe = url_has_allowed_host_and_scheme(wanted, {request.get_host()}, require_https=request.is_secure())
    return wanted if safe else ""
