"""`raseed doctor`: looks over a site's installation and says, for each thing that is wrong, what to do."""

from __future__ import annotations

import contextlib
import json
import logging
import os
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from raseed.core.errors import ConfigurationError

if TYPE_CHECKING:
    from raseed.payments.doctor.examination import Outcome

_COLOURS = {"error": "bold red", "warning": "yellow", "info": "cyan", "fine": "green", "skipped": "dim"}
_NAMED = re.compile(r"""["']DJANGO_SETTINGS_MODULE["']\s*,\s*["']([\w.]+)["']""")


class CannotLook(click.ClickException):
    """The site could not be loaded, so nothing was examined."""

    exit_code = 2


@click.command("doctor")
@click.option(
    "--settings", metavar="MODULE", help="Default: DJANGO_SETTINGS_MODULE, or what manage.py names."
)
@click.option("--json", "as_json", is_flag=True, help="One JSON document on standard output, and no table.")
@click.option("--offline", is_flag=True, help="Ask nobody over the network.")
@click.option("--strict", is_flag=True, help="End with 1 for warnings too.")
@click.pass_context
def command(context: click.Context, settings: str | None, as_json: bool, offline: bool, strict: bool) -> None:
    """Look over settings, secrets, database, worker, gateways and addresses. Changes nothing."""
    _load(settings)
    # What a failed call would log is among the findings; a site that has set up logging logs it too.
    logging.getLogger("raseed").addHandler(logging.NullHandler())
    from raseed.payments.doctor.report import document, exit_code, summary

    console = Console(stderr=as_json)
    outcomes = _examine(console, network=not offline)
    if as_json:
        click.echo(json.dumps(document(outcomes), indent=2, ensure_ascii=False))
    else:
        console.print(_table(outcomes))
        console.print(summary(outcomes))
    context.exit(exit_code(outcomes, strict=strict))


def _load(settings: str | None) -> None:
    """Make Django ready as manage.py would. Settings of ours that are wrong are a finding, not an end."""
    sys.path.insert(0, str(Path.cwd()))
    name = settings or os.environ.get("DJANGO_SETTINGS_MODULE") or _named_by_manage()
    if not name:
        raise CannotLook(
            "no Django site here. Run it where manage.py is, or name its settings: --settings shop.settings"
        )
    os.environ["DJANGO_SETTINGS_MODULE"] = name
    import django
    from django.apps import apps

    try:
        with contextlib.suppress(ConfigurationError):
            django.setup()
        installed = apps.is_installed("raseed.payments")
    except Exception as error:  # a site's settings and apps are code, which may raise anything
        raise CannotLook(f"the site {name} cannot be loaded: {type(error).__name__}: {error}") from error
    if not installed:
        raise CannotLook(f"the site {name} does not use Raseed: add 'raseed.payments' to INSTALLED_APPS.")


def _named_by_manage() -> str:
    script = Path("manage.py")
    named = _NAMED.search(script.read_text(errors="replace")) if script.is_file() else None
    return named.group(1) if named else ""


def _examine(console: Console, *, network: bool) -> list[Outcome]:
    from raseed.payments.doctor.examination import Subject, examine

    with console.status("Looking …") as status:

        def begun(subject: Subject) -> None:
            status.update(f"{subject.title} …")

        return list(examine(network=network, begun=begun))


def _table(outcomes: list[Outcome]) -> Table:
    from raseed.payments.doctor.report import MARKS

    table = Table(show_header=False, box=None, padding=(0, 1))
    table.add_column("", no_wrap=True)
    table.add_column("", no_wrap=True)
    table.add_column("", overflow="fold")
    for outcome in outcomes:
        mark = Text(MARKS[outcome.worst], style=_COLOURS[outcome.worst])
        table.add_row(mark, Text(outcome.subject.title, style="bold"), _told(outcome))
    return table


def _told(outcome: Outcome) -> Text:
    from raseed.payments.doctor.findings import level_of, place_of

    text = Text(f"not looked at: {outcome.skipped}" if outcome.skipped else "", style="dim")
    for message in outcome.findings:
        if text:
            text.append("\n")
        text.append(f"{message.id} ", style=_COLOURS[level_of(message)])
        if place_of(message):
            text.append(f"{place_of(message)}: ", style="bold")
        text.append(message.msg, style="not dim")
        if message.hint:
            text.append(f"\n→ {message.hint}", style="not dim green")
    return text
