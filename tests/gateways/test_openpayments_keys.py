"""Keys: in whatever form they are kept, made, rotated, published, and shown to nobody."""

from __future__ import annotations

import base64
import json
import stat
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from raseed.core.errors import ConfigurationError, GatewayRefused
from raseed.core.facts import FactKind
from raseed.gateways import registry
from raseed.gateways.openpayments.gateway import OpenPayments
from raseed.gateways.openpayments.keys import Keyring, private_key_of
from raseed.testing_sandbox import clock
from tests.gateways import openpayments_account as op
from tests.gateways.openpayments_wallets import Wallets
from tests.gateways.test_outside import says, serving

AT = datetime(2026, 3, 1, 8, 0, tzinfo=UTC)
DAY = timedelta(days=1)
#: The public half of the test seed, from the vectors.
X = "3MSPAkvfjrHnY0gh_nOoouXTirkePM4k1bO-6E13ppc"


def pem(key: Any) -> str:
    return str(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode())


PEM = pem(Ed25519PrivateKey.from_private_bytes(op.SEED))
FORMS = {
    "a key": Ed25519PrivateKey.from_private_bytes(op.SEED),
    "the seed": op.SEED,
    "the seed in hexadecimal": op.SEED.hex(),
    "the seed in base64": base64.b64encode(op.SEED).decode(),
    "the seed in base64url": base64.urlsafe_b64encode(op.SEED).decode().rstrip("="),
    "PEM": PEM,
    "PEM as bytes": PEM.encode(),
    "PEM with a margin": f"\n  {PEM}  \n",
    "PEM on one line": PEM.replace("\n", "\\n"),
    "PEM in base64": base64.b64encode(PEM.encode()).decode(),
}


class TestForms:
    @pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
    def test_every_form_in_which_people_keep_one(self, form: Any) -> None:
        keyring = Keyring("market-2026-01", form)
        assert keyring.jwks(AT) == {
            "keys": [
                {
                    "kid": "market-2026-01",
                    "alg": "EdDSA",
                    "use": "sig",
                    "kty": "OKP",
                    "crv": "Ed25519",
                    "x": X,
                }
            ]
        }

    @pytest.mark.parametrize(
        "wrong",
        [
            "",
            "planted5ecret",
            "planted5ecret" * 5,
            b"planted5ecret",
            7,
            pem(ec.generate_private_key(ec.SECP256R1())),
            pem(rsa.generate_private_key(65537, 2048)),
            PEM.replace("M", "N"),
        ],
    )
    def test_what_is_no_such_key_is_refused_without_being_shown(self, wrong: Any) -> None:
        with pytest.raises(ConfigurationError) as caught:
            private_key_of(wrong)
        assert "PRIVATE_KEY" in str(caught.value)
        assert "planted" not in str(caught.value)
        assert caught.value.__cause__ is None

    @pytest.mark.parametrize(
        ("settings", "said"),
        [
            ({"key_id": "k"}, "PRIVATE_KEY is missing"),
            ({"private_key": PEM}, "KEY_ID is missing"),
            ({}, "KEYS_FILE, or KEY_ID"),
            ({"key_id": "k", "private_key": PEM, "keys_file": "keys.json"}, "one of the two"),
            ({"key_id": 'k"', "private_key": PEM}, "KEY_ID must be"),
            ({"key_id": "k\n", "private_key": PEM}, "KEY_ID must be"),
        ],
    )
    def test_settings_that_do_not_go_together(self, settings: dict[str, str], said: str) -> None:
        with pytest.raises(ConfigurationError, match=said):
            Keyring(**settings)

    def test_a_key_in_the_settings_is_not_rotated(self) -> None:
        keyring = Keyring("k", PEM)
        with pytest.raises(ConfigurationError, match="KEYS_FILE"):
            keyring.rotate(AT, DAY)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "keys" / "openpayments.json"


@pytest.fixture
def keyring(path: Path) -> Keyring:
    return Keyring(keys_file=str(path))


def published(keyring: Keyring, now: datetime) -> list[str]:
    return [key["kid"] for key in keyring.jwks(now)["keys"]]


class TestRotation:
    def test_the_first_one_signs_at_once(self, keyring: Keyring) -> None:
        with pytest.raises(ConfigurationError, match="raseed_keys make"):
            keyring.signing(AT)
        kid = keyring.make(AT)
        assert keyring.signing(AT).kid == kid
        assert published(keyring, AT) == [kid]
        with pytest.raises(ConfigurationError, match="rotate"):
            keyring.make(AT)

    def test_a_new_one_is_published_before_it_signs_and_the_old_one_after(self, keyring: Keyring) -> None:
        old = keyring.make(AT)
        new = keyring.rotate(AT + DAY, DAY)
        for days, signs, shown in (
            (1, old, [old, new]),
            (1.99, old, [old, new]),
            (2, new, [old, new]),
            (2.99, new, [old, new]),
            (3, new, [new]),
            (300, new, [new]),
        ):
            now = AT + days * DAY
            assert (keyring.signing(now).kid, published(keyring, now)) == (signs, shown), days
        assert [key.is_signing for key in keyring.all(AT + 2 * DAY)] == [False, True]

    def test_a_signature_always_fits_a_published_key(self, keyring: Keyring) -> None:
        keyring.make(AT)
        for month in range(1, 4):
            keyring.rotate(AT + month * 30 * DAY, DAY)
            for hours in range(0, 96, 6):
                now = AT + month * 30 * DAY + timedelta(hours=hours)
                key = keyring.signing(now)
                (jwk,) = [jwk for jwk in keyring.jwks(now)["keys"] if jwk["kid"] == key.kid]
                public = Ed25519PublicKey.from_public_bytes(base64.urlsafe_b64decode(jwk["x"] + "="))
                public.verify(key.private.sign(b"base"), b"base")

    def test_one_rotation_at_a_time(self, keyring: Keyring) -> None:
        with pytest.raises(ConfigurationError, match="no key to replace"):
            keyring.rotate(AT, DAY)
        keyring.make(AT)
        keyring.rotate(AT, DAY)
        with pytest.raises(ConfigurationError, match="under way"):
            keyring.rotate(AT, DAY)
        keyring.rotate(AT + DAY, DAY)
        assert len(published(keyring, AT + DAY)) == 3

    def test_other_processes_see_the_new_one(self, keyring: Keyring, path: Path) -> None:
        """Each has its own Keyring, and reads the file anew when it changed."""
        other = Keyring(keys_file=str(path))
        kid = keyring.make(AT)
        assert other.signing(AT).kid == kid
        new = keyring.rotate(AT, timedelta(0))
        assert other.signing(AT).kid == new

    @pytest.mark.parametrize("content", ["", "[]", "{}", '{"keys": [{}]}', '{"keys": 7}', "\xff", "planted"])
    def test_a_file_that_holds_no_keys(self, keyring: Keyring, path: Path, content: str) -> None:
        path.parent.mkdir()
        path.write_text(content, encoding="latin-1")
        with pytest.raises(ConfigurationError, match="cannot be read") as caught:
            keyring.keys()
        assert "planted" not in str(caught.value)

    def test_no_half_written_file_stays(self, keyring: Keyring, path: Path) -> None:
        keyring.make(AT)
        keyring.rotate(AT, DAY)
        assert [entry.name for entry in path.parent.iterdir()] == [path.name]


class TestSecrets:
    def test_only_its_owner_can_read_the_file(self, keyring: Keyring, path: Path) -> None:
        keyring.make(AT)
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        path.chmod(0o644)
        keyring.rotate(AT, DAY)
        assert stat.S_IMODE(path.stat().st_mode) == 0o600

    def test_what_is_shown_holds_no_private_half(self, keyring: Keyring, path: Path) -> None:
        keyring.make(AT)
        seeds = [entry["private_key"] for entry in json.loads(path.read_text())["keys"]]
        (key,) = keyring.keys()
        raw = key.private.private_bytes_raw()
        encoded = base64.urlsafe_b64encode(raw).decode().rstrip("=")
        gateway = op.account(key_id="", private_key="", keys_file=str(path))
        for shown in (repr(keyring), repr(key), repr(gateway), repr(keyring.all(AT)), str(keyring.jwks(AT))):
            assert not [seed for seed in seeds if seed in shown]
            assert encoded not in shown
            assert raw.hex() not in shown
            assert '"d"' not in shown


class TestWithWallets:
    """The keys are served as a site serves them, and wallets read them there."""

    @pytest.fixture
    def market(self, wallets: Wallets, keyring: Keyring, path: Path) -> Iterator[Wallets]:
        keyring.make(clock())

        def publish(handler: BaseHTTPRequestHandler) -> None:
            says(200, json.dumps(keyring.jwks(clock())).encode())(handler)

        with serving(publish) as port:
            served = f"http://127.0.0.1:{port}/jwks.json"
            named = {"name": "shop", "public_name": "Shop", "jwks_url": served}
            wallets.sandbox.control("POST", "openpayments/wallets", named)
            gateway = registry.load(
                "openpayments",
                clock=clock,
                base_url=wallets.base,
                wallet_address=wallets.wallet("shop"),
                keys_file=str(path),
            )
            assert isinstance(gateway, OpenPayments)
            wallets.gateway = gateway
            yield wallets

    def test_a_purchase_during_which_the_key_is_rotated(self, market: Wallets, keyring: Keyring) -> None:
        market.settings(wait_seconds=0, funding_seconds=0, sending_seconds=0)
        old = keyring.signing(clock()).kid
        market.open()
        new = keyring.rotate(clock(), timedelta(minutes=5))
        fact = market.agree(wait=0)
        market.sandbox.advance(299)
        assert keyring.signing(clock()).kid == old
        market.pay(fact)  # still signed with the old one
        market.sandbox.advance(1)
        assert keyring.signing(clock()).kid == new
        assert market.ask().kind is FactKind.PAID  # with the new one
        market.sandbox.advance(300)
        assert published(keyring, clock()) == [new]
        assert market.ask().kind is FactKind.PAID

    def test_a_key_that_nobody_publishes_is_refused(self, market: Wallets, path: Path) -> None:
        path.unlink()
        Keyring(keys_file=str(path)).make(clock())
        market.sandbox.control(
            "POST", "openpayments/wallets", {"name": "shop", "jwks_url": "http://127.0.0.1:1/none"}
        )
        with pytest.raises(GatewayRefused, match="does not accept our key"):
            market.open()
