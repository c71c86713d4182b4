"""Each peer in turn: its site is started, checked with one good delivery, and put into every situation."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from bench.peers.dj_stripe.driver import DjStripe
from bench.peers.django_payments.driver import DjangoPayments
from bench.peers.environments import NoEnvironment
from bench.peers.getpaid.driver import Getpaid
from bench.peers.peer import Peer, started
from bench.peers.raseed.driver import Raseed
from bench.peers.report import Column
from bench.peers.situations import ControlFailed, Run, Situation, check_control, judged
from bench.peers.verdicts import Verdict
from raseed.cli.processes import ProcessFailed

PEERS: tuple[type[Peer], ...] = (Raseed, DjangoPayments, DjStripe, Getpaid)

#: Called with the name of a peer and what is being done.
Progress = Callable[[str, str], None]


def column(
    kind: type[Peer],
    directory: Path,
    server_url: str,
    *,
    rounds: int,
    workers: int,
    situations: Sequence[Situation],
    progress: Progress,
) -> Column:
    """One peer in these situations; void, with the reason, where it could not be driven.

    Raises DatabaseRefused.
    """
    verdicts: dict[str, Verdict] = {}
    versions: dict[str, str] = {}
    progress(kind.name, "environment, tables, server")
    try:
        with started(kind, directory / kind.name, server_url, workers=workers) as peer:
            versions = peer.versions()
            run = Run(peer, rounds)
            check_control(run)
            for situation in situations:
                progress(kind.name, situation.title)
                verdicts[situation.key] = judged(situation, run)
    except (NoEnvironment, ProcessFailed, ControlFailed) as error:
        return Column(kind.name, versions, {}, kind.notes, void=str(error))
    return Column(kind.name, versions, verdicts, kind.notes)
