"""A clerk at the admin: opens an action's page, fills in its form, and presses the button."""

import re

from django.contrib.auth.models import Permission
from django.urls import reverse

_HIDDEN = re.compile(r'<input type="hidden" name="(\w+)" value="([^"]*)"')
_MESSAGE = re.compile(r'<li class="(success|warning|error)">(.*?)</li>', re.DOTALL)
_TROUBLE = re.compile(r'role="alert">(.*?)</p>', re.DOTALL)


def plain(html):
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


class Desk:
    """One person with a browser."""

    def __init__(self, client):
        self.client = client

    def url(self, payment, act):
        return reverse("admin:raseed_payment_act", args=[payment.pk, act])

    def open(self, payment, act):
        return self.client.get(self.url(payment, act))

    def form(self, payment, act):
        """The form as it was rendered: its hidden fields."""
        answer = self.open(payment, act)
        assert answer.status_code == 200, answer.status_code
        return dict(_HIDDEN.findall(answer.content.decode()))

    def send(self, payment, act, form, **fields):
        return self.client.post(self.url(payment, act), form | {"reason": "as agreed"} | fields)

    def do(self, payment, act, **fields):
        """The whole way: open, fill in, press. What the person reads afterwards."""
        return self.said(self.send(payment, act, self.form(payment, act), **fields))

    def said(self, answer):
        """`(kind, words)`: success or warning after a redirect, trouble where the page comes again."""
        if answer.status_code == 302:
            page = self.client.get(answer.url).content.decode()
            kind, words = _MESSAGE.findall(page)[-1]
            return kind, plain(words)
        assert answer.status_code == 200, answer.status_code
        return "trouble", plain(" ".join(_TROUBLE.findall(answer.content.decode())))


def clerk(django_user_model, client, *codenames, name="clerk"):
    """A staff member with these permissions, logged in."""
    user = django_user_model.objects.create_user(name, is_staff=True)
    permissions = Permission.objects.filter(content_type__app_label="raseed", codename__in=codenames)
    assert len(permissions) == len(codenames), codenames
    user.user_permissions.set(permissions)
    client.force_login(user)
    return Desk(client)
