"""`raseed torture`: break things on purpose, in numbers, and count what was lost or doubled."""

from __future__ import annotations

import click

from raseed.cli.crash import crash
from raseed.cli.simulate import simulate
from raseed.cli.stopped import postgres


@click.group("torture")
def command() -> None:
    """Break things on purpose, in numbers, and count what was lost or doubled."""


command.add_command(crash)
command.add_command(postgres)
command.add_command(simulate)
