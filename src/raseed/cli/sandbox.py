"""`raseed sandbox`: serve the sandbox until it is stopped."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
from rich.console import Console

from raseed.sandbox.box import Options, Sandbox
from raseed.sandbox.exchange import ControlError
from raseed.sandbox.paymongo.settings import with_minimum
from raseed.sandbox.server import bind, create_app, serve


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option(
    "--port", default=8900, show_default=True, type=click.IntRange(0, 65535), help="0 picks a free one."
)
@click.option("--seed", type=int, help="Makes every identifier come out the same again.")
@click.option(
    "--clock-file", type=click.Path(dir_okay=False, path_type=Path), help="Publish the clock here as JSON."
)
@click.option(
    "--paymongo-minimum", type=click.IntRange(1), help="Smallest amount PayMongo takes, in centavos."
)
@click.option(
    "--paymongo-webhook",
    "paymongo_webhooks",
    type=(str, str),
    multiple=True,
    metavar="URL SECRET",
    help="Where PayMongo's webhooks go, and the secret that signs them; may be repeated.",
)
@click.option(
    "--state", type=click.Path(dir_okay=False, path_type=Path), help="Read at start, written at the end."
)
@click.option("--allow-host", multiple=True, help="Another Host name under which the control API answers.")
def command(
    host: str,
    port: int,
    seed: int | None,
    clock_file: Path | None,
    paymongo_minimum: int | None,
    paymongo_webhooks: tuple[tuple[str, str], ...],
    state: Path | None,
    allow_host: tuple[str, ...],
) -> None:
    """Serve the sandbox: an imitation of the payment gateways, with faults and a clock of its own."""
    try:
        listener = bind(host, port)
    except OSError as error:
        raise click.ClickException(
            f"cannot listen on {host}:{port}: {error.strerror}. Try --port 0."
        ) from error
    port = listener.getsockname()[1]
    paymongo: dict[str, Any] = {} if paymongo_minimum is None else with_minimum(paymongo_minimum)
    options = Options(host, port, seed, clock_file, state, allow_host, paymongo)
    try:
        app = create_app(options)
        for url, secret in paymongo_webhooks:
            _register(app.state.sandbox, url, secret)
    except (ControlError, OSError) as error:
        raise click.ClickException(str(error)) from error
    serve(app, listener, ready=lambda: _announce(options, app.state.sandbox.ids.seed))


def _register(sandbox: Sandbox, url: str, secret: str) -> None:
    """As its control API would: the same address again, from the state file, gets this secret."""
    try:
        sandbox.gateways["paymongo"].control("POST", ["webhooks"], {"url": url, "secret_key": secret}, {})
    except ControlError as error:
        raise click.BadParameter(str(error), param_hint="--paymongo-webhook") from error


def _announce(options: Options, seed: int) -> None:
    host = f"[{options.host}]" if ":" in options.host else options.host
    base = f"http://{host}:{options.port}"
    console = Console(soft_wrap=True, highlight=False)  # a URL must never be cut
    console.print(f"[bold]Raseed sandbox[/bold]: nothing here moves money. Seed {seed}. Stop it with Ctrl-C.")
    console.print(f"  PayMongo       [cyan]{base}/paymongo[/cyan]  any pk_ or sk_ key, test or live")
    console.print(f"  Paymob         [cyan]{base}/paymob[/cyan]  keys such as egy_sk_test_shop, any API key")
    console.print(
        f"  PhonePe        [cyan]{base}/phonepe[/cyan]  any client id and secret; version 1: PGTESTPAYUAT"
    )
    console.print(f"  Open Payments  [cyan]{base}/openpayments/alice[/cyan]  and other wallets")
    console.print(f"  What happened  [cyan]{base}/_sandbox/[/cyan]  log, books, deliveries, faults, clock")
    console.print(f"  Control API    [cyan]{base}/_sandbox/api[/cyan]")
