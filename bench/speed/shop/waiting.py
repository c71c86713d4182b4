"""Run in the site's environment: the tokens of the status pages of payments; prints JSON."""

from __future__ import annotations

import json
import sys

import django

django.setup()

from raseed.payments.tokens import status_token  # noqa: E402 after setup

if __name__ == "__main__":
    sys.stdout.write(json.dumps([status_token(reference) for reference in json.load(sys.stdin)]))
