"""Logging in: user name or e-mail address, and password, for a pair of tokens."""

from __future__ import annotations

from typing import Any

from django.contrib.auth import get_user_model
from rest_framework import serializers
from rest_framework_simplejwt.serializers import TokenObtainPairSerializer
from rest_framework_simplejwt.views import TokenObtainPairView

from raseed_shops.front.bodies import PARSERS

#: The members of a request that name the user, in the order in which they are looked for.
_NAMES = ("username", "email")


class Credentials(TokenObtainPairSerializer):
    """`username` or `email` (either may hold either), and `password`."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["username"].required = False
        self.fields["email"] = serializers.CharField(required=False, write_only=True)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """The tokens, and who it is."""
        name = next((attrs[member] for member in _NAMES if attrs.get(member)), "")
        if not name:
            raise serializers.ValidationError({"username": ["Send username or email, and password."]})
        tokens: dict[str, Any] = super().validate(
            {"username": _username(name), "password": attrs["password"]}
        )
        user: Any = self.user
        who = {"id": user.pk, "username": user.get_username(), "email": user.email}
        return {**tokens, "user": who}


def _username(name: str) -> str:
    """The user name to an e-mail address that exactly one user has."""
    if "@" not in name:
        return name
    users = get_user_model()._default_manager.filter(email__iexact=name)[:2]
    return users[0].get_username() if len(users) == 1 else name


class Login(TokenObtainPairView):
    """`{access, refresh, user}`; send `Authorization: Bearer <access>` with every other call."""

    serializer_class = Credentials
    parser_classes = PARSERS
