"""`manage.py raseed_keys` and the published half of what it makes."""

import io
import json
from pathlib import Path

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.test import RequestFactory

import raseed
from raseed import testing
from raseed.core.errors import ConfigurationError


@pytest.fixture
def path(settings, tmp_path):
    path = tmp_path / "keys.json"
    wallet = "https://wallet.example/market"
    account = {"GATEWAY": "openpayments", "WALLET_ADDRESS": wallet, "KEYS_FILE": str(path)}
    accounts = {**settings.RASEED["ACCOUNTS"], "openpayments": account}
    settings.RASEED = {**settings.RASEED, "ACCOUNTS": accounts}
    return path


def run(*words, **options):
    out = io.StringIO()
    call_command("raseed_keys", *words, stdout=out, skip_checks=True, **options)
    return out.getvalue()


def served(method="get"):
    view = raseed.jwks(account="openpayments")
    return view(getattr(RequestFactory(), method)("/market/jwks.json"))


def kids():
    return [key["kid"] for key in json.loads(served().content)["keys"]]


def secrets_of(path: Path):
    """Every line of every private key."""
    entries = json.loads(path.read_text())["keys"]
    return [line for entry in entries for line in entry["private_key"].splitlines() if "-----" not in line]


def test_making_rotating_and_what_is_served(path):
    assert "There is no key" in run("list")
    assert kids() == []
    made = run("make")
    (old,) = kids()
    assert old in made
    assert "jwks" in made
    rotated = run("rotate")
    assert kids()[0] == old
    new = kids()[1]
    assert new in rotated
    listed = run("list")
    assert f"{old}  signs" in listed
    assert f"{new}  published" in listed
    testing.travel(24 * 3600)
    assert f"{new}  signs" in run("list")
    testing.travel(24 * 3600)
    assert kids() == [new]
    assert f"{old}  not published any more" in run("list")


def test_no_word_of_the_private_half(path, caplog, capsys):
    said = run("make") + run("rotate") + run("list") + run("show") + served().content.decode()
    said += caplog.text + "".join(capsys.readouterr())
    assert not [secret for secret in secrets_of(path) if secret in said]
    assert path.stat().st_mode & 0o077 == 0


def test_the_published_half(path):
    run("make")
    answer = served()
    (key,) = json.loads(answer.content)["keys"]
    assert (set(key), answer["Content-Type"]) == (
        {"kid", "alg", "use", "kty", "crv", "x"},
        "application/json",
    )
    assert (key["alg"], key["kty"], key["crv"], len(key["x"])) == ("EdDSA", "OKP", "Ed25519", 43)
    assert answer["Cache-Control"] == "public, max-age=300"
    assert json.loads(run("show")) == json.loads(answer.content)


def test_it_is_only_read(path):
    assert served("post").status_code == 405
    assert served("head").status_code == 200


@pytest.mark.parametrize(
    ("words", "options", "said"),
    [
        (["rotate"], {}, "no key to replace"),
        (["make"], {"account": "fake"}, "signs with no keys"),
        (["make"], {"account": "nobody"}, "nobody"),
        (["rotate"], {"overlap_hours": -1}, "0 or more"),
    ],
)
def test_refusals_are_plain_words(path, words, options, said):
    with pytest.raises(CommandError, match=said):
        run(*words, **options)


def test_the_first_key_is_made_once(path):
    run("make")
    with pytest.raises(CommandError, match="raseed_keys rotate"):
        run("make")
    assert len(kids()) == 1


def test_a_file_that_cannot_be_written(path):
    path.parent.joinpath("keys.json").mkdir()
    with pytest.raises(CommandError):
        run("make")


def test_there_is_nothing_to_publish_for_other_gateways(path):
    view = raseed.jwks(account="fake")
    with pytest.raises(ConfigurationError, match="signs with no keys"):
        view(RequestFactory().get("/"))
    with pytest.raises(ConfigurationError):
        raseed.jwks(account="nobody")
