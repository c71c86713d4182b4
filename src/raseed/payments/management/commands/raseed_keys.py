"""`manage.py raseed_keys`: the keys that sign our requests, where a gateway checks signatures of ours."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from datetime import datetime, timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from raseed.core.errors import ConfigurationError
from raseed.gateways.base import HasKeys, SigningKey, SigningKeys
from raseed.payments import conf

ACTIONS = ("list", "make", "rotate", "show")

#: Long enough for whoever keeps our keys to look at them again.
OVERLAP_HOURS = 24


class Command(BaseCommand):
    """List, make and rotate the keys of one account; show what is published."""

    help = "Makes and rotates the keys of an account. The public halves are served by raseed.jwks."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """What to do, and with which account."""
        parser.add_argument("action", choices=ACTIONS)
        parser.add_argument("--account", default="", help="default: the only account that has keys")
        parser.add_argument(
            "--overlap-hours",
            type=int,
            default=OVERLAP_HOURS,
            help="rotate: how long the new key is published before it signs, and the old one afterwards",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Do it. Every refusal is a CommandError in plain words."""
        now = conf.now()
        overlap = timedelta(hours=options["overlap_hours"])
        if overlap < timedelta(0):
            raise CommandError("--overlap-hours must be 0 or more.")
        try:
            keys = _keys(options["account"])
            match options["action"]:
                case "make":
                    self._made(keys, keys.make(now), now)
                case "rotate":
                    self._made(keys, keys.rotate(now, overlap), now)
                case "show":
                    self.stdout.write(json.dumps(keys.jwks(now), indent=2))
                case _:
                    self._list(keys, now)
        except (ConfigurationError, OSError) as error:
            raise CommandError(str(error)) from error

    def _list(self, keys: SigningKeys, now: datetime) -> None:
        found = keys.all(now)
        for key in found:
            self.stdout.write(_line(key))
        if not found:
            self.stdout.write("There is no key. Make one: manage.py raseed_keys make")

    def _made(self, keys: SigningKeys, kid: str, now: datetime) -> None:
        """The new key, and what is left to do."""
        key = next(key for key in keys.all(now) if key.kid == kid)
        self.stdout.write(_line(key))
        self.stdout.write(json.dumps(dict(key.jwk)))
        self.stdout.write(
            "Its public half (above) is served by raseed.jwks. Where your wallet's provider publishes your "
            "keys for you, enter it there now."
        )


def _line(key: SigningKey) -> str:
    state = "signs" if key.is_signing else "published" if key.is_published else "not published any more"
    since = f", signs from {key.signs_from_at:%Y-%m-%d %H:%M %Z}" if key.signs_from_at else ""
    until = f", published until {key.published_until_at:%Y-%m-%d %H:%M %Z}" if key.published_until_at else ""
    return f"{key.kid}  {state}{since}{until}"


def _keys(account: str) -> SigningKeys:
    """The account's keys. Raises CommandError where there is no choice or more than one."""
    gateways = conf.current().gateways
    able = {name: gateway for name, gateway in gateways.items() if isinstance(gateway, HasKeys)}
    if account:
        conf.current().gateway(account)
        if account not in able:
            raise CommandError(f"account {account!r} signs with no keys; its gateway gives out secrets.")
        return able[account].keys
    if len(able) != 1:
        known = ", ".join(sorted(able)) or "none of the accounts in RASEED['ACCOUNTS'] has keys"
        raise CommandError(f"name the account with --account: {known}.")
    return next(iter(able.values())).keys
