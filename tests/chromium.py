"""Debian's Chromium: where it is, and how it is started for tests."""

import shutil

#: The packages call it differently; all speak the protocol that Playwright needs.
NAMES = ("chromium", "chromium-browser", "google-chrome")

#: It runs in containers, as whoever runs the tests, and calls nobody.
ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


def find() -> str | None:
    """The path of the program, or None where it is not installed."""
    return next(filter(None, map(shutil.which, NAMES)), None)
