"""The source with one rule broken on purpose, and what runs against such a copy.

Each mutation is a promise of the design taken away by a small edit, as a mistake or a clever shortcut would
take it away. The edits are text: an edit that finds nothing any more fails loudly, so that no mutation can
quietly turn into the genuine source.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from tests.repo.findings import ROOT

SOURCE = ROOT / "src"


@dataclass(frozen=True)
class Edit:
    """In the file (under src), this text, which stands there exactly once, becomes that one."""

    file: str
    text: str
    instead: str


@dataclass(frozen=True)
class Mutation:
    """What is taken away, in words, and the edits that do it."""

    name: str
    edits: tuple[Edit, ...]


NO_ROW_LOCK = Mutation(
    "no row lock",
    (
        Edit(
            "raseed/payments/flows/statements.py",
            'lock = " FOR NO KEY UPDATE" if connection.features.has_select_for_no_key_update else ""',
            'lock = ""',
        ),
    ),
)

NO_UNIQUE_FULFILMENT = Mutation(
    "no unique fulfilment",
    (
        Edit(
            "raseed/payments/migrations/0001_initial.py",
            'condition=models.Q(("state__in", ["done", "due"])),\n'
            '                fields=("purpose", "payable_key", "occasion"),',
            'condition=models.Q(("state__in", ["done", "due"])),\n'
            '                fields=("purpose", "payable_key", "occasion", "id"),',
        ),
        Edit(
            "raseed/payments/flows/fulfil.py",
            'NewRow("raseed_fulfilment", row, conflict=statements.FULFILMENT_CONFLICT)',
            'NewRow("raseed_fulfilment", row, conflict="(id)")',
        ),
    ),
)

REDIRECT_TRUSTED = Mutation(
    "the redirect is trusted",
    (
        Edit(
            "raseed/payments/flows/receive_return.py",
            '    leases.outside_transaction("a return")\n',
            '    leases.outside_transaction("a return")\n'
            "    apply_answer(\n"
            "        payment.pk,\n"
            "        [\n"
            "            Fact(\n"
            "                FactKind.PAID,\n"
            "                Weight.PROOF,\n"
            "                reference=payment.reference,\n"
            "                charge_ref=f'redirect-{payment.pk}',\n"
            "                money=payment.money,\n"
            "            )\n"
            "        ],\n"
            "        channel=Channel.RETURN,\n"
            "        account=payment.account,\n"
            "    )\n",
        ),
    ),
)

TIME_OUT_IS_FAILURE = Mutation(
    "a time-out is taken for a failure",
    (
        Edit(
            "raseed/payments/flows/refund.py",
            "        _hand_back(refund_id, number, error=words_of(problem), lost=True)\n",
            "        _refused(refund, number, GatewayRefused(words_of(problem)))\n",
        ),
        Edit(
            "raseed/payments/flows/check_payment.py",
            "        error, left = words_of(problem), Channel(channel)\n        wait =",
            "        from raseed.core.facts import Weight\n\n"
            "        lost = Fact(FactKind.FAILED, Weight.PROOF, reference=current.reference)\n"
            "        apply_answer(payment_id, [lost], channel=Channel(channel), account=current.account)\n"
            "        error, left = words_of(problem), Channel(channel)\n        wait =",
        ),
    ),
)

CONTENT_IGNORED = Mutation(
    "the key of duplicates ignores the content",
    (
        Edit(
            "raseed/payments/flows/receive_delivery.py",
            "urlencode(query).encode(), raw.body])",
            "urlencode(query).encode(), raw.path.encode()])",
        ),
    ),
)

GENUINE = Mutation("nothing is broken", ())

MUTATIONS = [NO_ROW_LOCK, NO_UNIQUE_FULFILMENT, REDIRECT_TRUSTED, TIME_OUT_IS_FAILURE, CONTENT_IGNORED]


class EditIsStale(Exception):
    """The text to break is not there once. The message says which edit must follow the source."""


def break_copy(mutation: Mutation, folder: Path) -> Path:
    """A copy of the source in this folder with the rule broken; the folder goes first on PYTHONPATH."""
    copy = folder / "src"
    shutil.copytree(SOURCE, copy, ignore=shutil.ignore_patterns("__pycache__"))
    for edit in mutation.edits:
        path = copy / edit.file
        source = path.read_text()
        if source.count(edit.text) != 1:
            raise EditIsStale(
                f"mutation {mutation.name!r}: {edit.file} holds this {source.count(edit.text)} times:\n"
                f"{edit.text}\nBring tests/mutations/broken.py up to date with the source."
            )
        path.write_text(source.replace(edit.text, edit.instead))
    return copy


def run_against(copy: Path, *command: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run Python with the copy's `raseed`, from the repository's root."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("PYTEST_", "RASEED_"))}
    environment.pop("DJANGO_SETTINGS_MODULE", None)
    own = {"RASEED_TEST_RUN": str(copy)}  # its database: another run may be at work in this checkout
    return subprocess.run(
        [sys.executable, *command],
        cwd=ROOT,
        env={**environment, "PYTHONPATH": str(copy), "PYTHONDONTWRITEBYTECODE": "1", **own, **variables},
        capture_output=True,
        text=True,
        timeout=900,
        check=False,
    )
