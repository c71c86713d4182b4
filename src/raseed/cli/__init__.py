"""The `raseed` command. Each subcommand lives in a module of its own and is imported only when it runs."""

from __future__ import annotations

import sys
from importlib import import_module

#: command -> (the extra that brings what it needs, one line of help)
COMMANDS = {
    "sandbox": ("sandbox", "Serve the gateways' sandbox: API, hosted pages, webhooks, faults, clock."),
    "demo": ("demo", "Run sandbox, shop and worker together and print where to click."),
    "doctor": ("sandbox", "Look over a site's installation and say what to put right."),
    "payments-service": ("demo", "Pay from wallet to wallet for a shop, as a program of its own."),
    "tour": ("demo", "Pay in every situation without a person and check the shop's own rows."),
    "torture": ("demo", "Break things on purpose, in numbers, and count what was lost or doubled."),
}


def module_of(command: str) -> str:
    """The module of `raseed.cli` that a command is in."""
    return command.replace("-", "_")


try:
    import click
except ModuleNotFoundError:  # click comes with the extras; the library alone does not need it

    def main() -> None:
        """Say what is missing, in one line."""
        sys.exit("raseed: the command line needs click. Run: pip install 'raseed[sandbox]'")

else:

    class LazyGroup(click.Group):
        """A group that knows its commands by name and imports one only to run it."""

        def list_commands(self, ctx: click.Context) -> list[str]:
            return list(COMMANDS)

        def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
            if cmd_name not in COMMANDS:
                return None
            try:
                module = import_module(f"raseed.cli.{module_of(cmd_name)}")
            except ModuleNotFoundError as error:
                raise click.ClickException(_missing(cmd_name, error.name or "a module")) from error
            command: click.Command = module.command
            return command

        def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
            with formatter.section("Commands"):
                formatter.write_dl([(name, help_line) for name, (_, help_line) in COMMANDS.items()])

    def _missing(command: str, module: str) -> str:
        if module == f"raseed.cli.{module_of(command)}":
            return f"raseed {command} is not part of this version."
        extra = COMMANDS[command][0]
        return f"raseed {command} needs {module}, which is not installed. Run: pip install 'raseed[{extra}]'"

    @click.group(cls=LazyGroup)
    @click.version_option(package_name="raseed")
    def main() -> None:
        """Payments confirmed by whichever channel speaks first, fulfilled exactly once."""
