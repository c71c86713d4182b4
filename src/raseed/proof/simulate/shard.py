"""A process of its own that plays some worlds, one after the other, and tells of each in one line of JSON."""

from __future__ import annotations

import json
import os
import sys
from dataclasses import asdict


def main() -> None:
    """`seed first step last`: play worlds first, first + step, … below last.

    Each in a fork of its own: what one leaves in memory, such as a warm cache, is nothing to the next.
    """
    seed, first, step, last = map(int, sys.argv[1:])
    _stay_on_one_processor(first)
    import django

    django.setup()
    from django.core.management import call_command
    from django.core.wsgi import get_wsgi_application

    from raseed.proof.simulate import play
    from raseed.proof.warm import load_everything

    call_command("prepare_demo", stdout=sys.stderr)
    get_wsgi_application()
    load_everything("127.0.0.1")
    for number in range(first, last, step):
        child = os.fork()
        if child == 0:
            status = 1
            try:
                print(json.dumps(asdict(play.play(seed, number))), flush=True)
                status = 0
            finally:
                os._exit(status)
        if os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]):
            sys.exit(f"world {number} ended early; what it said is above")


def _stay_on_one_processor(number: int) -> None:
    """Strands hand the baton to each other: waking another processor for that takes a quarter of the time."""
    if hasattr(os, "sched_setaffinity"):  # Linux
        ours = sorted(os.sched_getaffinity(0))
        os.sched_setaffinity(0, {ours[number % len(ours)]})


if __name__ == "__main__":
    main()
