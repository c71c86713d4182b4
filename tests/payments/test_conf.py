"""Every mistake in the settings is told at start: which key, what is wrong, what to write instead."""

import os
import subprocess
import sys
from datetime import UTC, datetime

import pytest
from cryptography.fernet import Fernet
from django.core.checks import run_checks

import raseed
from raseed.core.errors import ConfigurationError
from raseed.payments import conf
from tests.bookshop.models import Book
from tests.bookshop.payments import BuyBook

GOOD = {
    "SITE_URL": "https://shop.example",
    "ACCOUNTS": {"fake": {"GATEWAY": "raseed.testing.FakeGateway"}},
    "PURPOSES": {"book": "tests.bookshop.payments.BuyBook"},
}
HERE = __name__


def parse(**changes):
    return conf.parse(GOOD | changes)


def mistake(**changes):
    """What the site's owner is told."""
    with pytest.raises(ConfigurationError) as told:
        parse(**changes)
    return str(told.value)


class TestGoodSettings:
    def test_five_lines_are_enough(self):
        settings = parse()
        assert settings.site_url == "https://shop.example"
        assert settings.purpose("book").payable is Book
        assert settings.gateway("fake").name == "fake"
        assert (settings.max_body_bytes, settings.return_query_seconds) == (262144, 5)
        assert settings.clock().tzinfo is not None

    @pytest.mark.parametrize(
        ("given", "kept"),
        [
            ("https://shop.example/", "https://shop.example"),
            ("http://localhost:8000", "http://localhost:8000"),
            ("http://[::1]:8000", "http://[::1]:8000"),
        ],
    )
    def test_the_site_url_is_kept_without_its_slash(self, given, kept):
        assert parse(SITE_URL=given).site_url == kept

    def test_the_reference_prefix_is_made_from_the_site(self):
        first, second = parse().reference_prefix, parse(SITE_URL="https://other.example").reference_prefix
        assert (len(first), first != second, parse(REFERENCE_PREFIX="shop1").reference_prefix) == (
            6,
            True,
            "shop1",
        )

    def test_keys_may_be_text_or_bytes_as_fernet_makes_them(self):
        key = Fernet.generate_key()
        assert parse(ENCRYPTION_KEYS=[key, key.decode()]).encryption_keys == (key.decode(), key.decode())

    def test_they_are_parsed_once_and_again_when_they_are_replaced(self, settings):
        assert conf.current() is conf.current()
        before = conf.current()
        settings.RASEED = settings.RASEED | {"REFERENCE_PREFIX": "fresh"}
        assert conf.current() is not before
        assert conf.current().reference_prefix == "fresh"

    def test_every_key_has_its_meaning(self):
        assert all(len(meaning) > 20 for _, meaning in conf.KEYS.values())


class TestMissing:
    @pytest.mark.parametrize("source", [None, [], "RASEED", 5])
    def test_no_dictionary_at_all(self, source):
        with pytest.raises(
            ConfigurationError, match=r"settings.RASEED is missing. Add RASEED = \{'SITE_URL'"
        ):
            conf.parse(source)

    @pytest.mark.parametrize("key", ["SITE_URL", "ACCOUNTS", "PURPOSES"])
    def test_a_key_that_must_be_there(self, key):
        with pytest.raises(ConfigurationError, match=rf"RASEED\['{key}'\] is missing: "):
            conf.parse({name: value for name, value in GOOD.items() if name != key})

    @pytest.mark.parametrize(
        ("key", "hint"),
        [("SITE_ULR", "Did you mean SITE_URL?"), ("account", "Known: SITE_URL"), (7, "Known: SITE_URL")],
    )
    def test_a_key_that_is_not_one_gets_a_suggestion(self, key, hint):
        with pytest.raises(ConfigurationError, match="is not a setting") as told:
            conf.parse(GOOD | {key: "x"})
        assert hint in str(told.value)


@pytest.mark.parametrize(
    "value",
    [
        "",
        None,
        5,
        b"https://shop.example",
        "shop.example",
        "//shop.example",
        "ftp://shop.example",
        "https://",
        "https://:8000",
        "https://shop.example/shop",
        "https://shop.example?x=1",
        "https://shop.example#top",
        "https://user:secret@shop.example",
        "https://shop.example:abc",
        "https://shop.example:99999",
        "https://[shop.example",
        "https://shop example",
    ],
)
def test_site_url(value):
    said = mistake(SITE_URL=value)
    assert said.startswith("RASEED['SITE_URL'] is ")
    assert "Write scheme and host only, such as 'https://shop.example'." in said


def naive_clock():
    return datetime(2026, 1, 1)


def text_clock():
    return "now"


def broken_clock():
    raise RuntimeError("the battery is flat")


def good_clock():
    return datetime(2026, 1, 1, tzinfo=UTC)


NOT_A_CLOCK = datetime(2026, 1, 1, tzinfo=UTC)


class TestClock:
    def test_any_callable_that_returns_an_aware_moment(self):
        assert parse(CLOCK=f"{HERE}.good_clock").clock() == NOT_A_CLOCK

    @pytest.mark.parametrize(
        ("path", "why"),
        [
            (f"{HERE}.naive_clock", "must return an aware datetime"),
            (f"{HERE}.text_clock", "must return an aware datetime, not 'now'"),
            (f"{HERE}.broken_clock", "cannot be called: the battery is flat"),
            (f"{HERE}.NOT_A_CLOCK", "cannot be called"),
            (f"{HERE}.no_such_clock", "cannot be imported"),
            ("no_such_module.clock", "cannot be imported"),
            ("clock", "cannot be imported"),
            ("", "cannot be imported"),
            (".clock", "cannot be imported"),
            (good_clock, "must be a dotted path as text"),
            (5, "must be a dotted path as text"),
        ],
    )
    def test_anything_else_is_told(self, path, why):
        said = mistake(CLOCK=path)
        assert said.startswith("RASEED['CLOCK']")
        assert why in said


class TestEncryptionKeys:
    @pytest.mark.parametrize(
        "value",
        [None, 5, "a" * 43 + "=", ["short"], [Fernet.generate_key().decode(), ""], [None], [5], ["é"]],
    )
    def test_what_is_no_list_of_fernet_keys_is_told_with_how_to_make_one(self, value):
        said = mistake(ENCRYPTION_KEYS=value)
        assert said.startswith("RASEED['ENCRYPTION_KEYS'] must be a list of Fernet keys, newest first.")
        assert "Fernet.generate_key()" in said

    def test_the_key_itself_is_not_shown(self):
        assert "half-a-secret" not in mistake(ENCRYPTION_KEYS=["half-a-secret"])


@pytest.mark.parametrize(
    "key", ["MAX_BODY_BYTES", "RETURN_QUERY_SECONDS", "LEASE_SECONDS", "FULFIL_RETRY_SECONDS"]
)
@pytest.mark.parametrize("value", [0, -1, None, "5", True, float("nan"), float("inf"), 10**12, [5]])
def test_numbers(key, value):
    assert mistake(**{key: value}) == f"RASEED[{key!r}] is {value!r}. It must be a number above zero."


def test_half_a_byte_is_no_limit():
    assert "whole number of bytes" in mistake(MAX_BODY_BYTES=0.5)


@pytest.mark.parametrize("value", ["with space", "a-b", "ten-letters", "é", "0123456789", 12, ["x"]])
def test_reference_prefix(value):
    assert mistake(REFERENCE_PREFIX=value).startswith("RASEED['REFERENCE_PREFIX'] = ")


class Picky:
    """A gateway of the site's own that turns what it gets into numbers."""

    capabilities = None
    livemode = False

    def __init__(self, secret_key, window=5, hosts=(), optional=None):
        int(secret_key)


class TestAccounts:
    @pytest.mark.parametrize("value", [None, [], "paymongo", 5])
    def test_not_a_mapping(self, value):
        assert mistake(ACCOUNTS=value).startswith(
            "RASEED['ACCOUNTS'] must map names to accounts: {'paymongo'"
        )

    @pytest.mark.parametrize("name", ["", "x" * 65, 5, None])
    def test_a_name_that_no_row_could_refer_to(self, name):
        assert "text of 1 to 64 characters" in mistake(ACCOUNTS={name: {"GATEWAY": "paymongo"}})

    @pytest.mark.parametrize("entry", [None, "paymongo", [], {}, {"GATEWAY": None}, {"GATEWAY": 5}])
    def test_an_account_without_its_gateway(self, entry):
        assert mistake(ACCOUNTS={"shop": entry}) == (
            "RASEED['ACCOUNTS']['shop'] needs 'GATEWAY', such as 'paymongo'."
        )

    @pytest.mark.parametrize(
        ("entry", "why"),
        [
            ({"GATEWAY": "paymungo"}, "there is no gateway 'paymungo'. Known: "),
            ({"GATEWAY": "no_such.Gateway"}, "cannot be imported"),
            (
                {"GATEWAY": "paymongo", "SECRET_KEYS": "x"},
                "has no setting SECRET_KEYS. Did you mean SECRET_KEY?",
            ),
            (
                {"GATEWAY": "paymongo", "SECRET_KEY": None},
                "SECRET_KEY is None. Is the environment variable set?",
            ),
            ({"GATEWAY": "paymongo", "WEBHOOK_SECRETS": None}, "WEBHOOK_SECRETS is None."),
            ({"GATEWAY": "paymongo"}, "set SECRET_KEY (sk_test_… or sk_live_…)"),
            ({"GATEWAY": "paymongo", "SECRET_KEY": "sk_test_a", "WEBHOOK_SECRETS": [""]}, "WEBHOOK_SECRETS"),
            ({"GATEWAY": f"{HERE}.Picky"}, "needs SECRET_KEY"),
            ({"GATEWAY": f"{HERE}.Picky", "SECRET_KEY": None}, "SECRET_KEY is None."),
            ({"GATEWAY": f"{HERE}.Picky", "SECRET_KEY": "x", 5: "y"}, "has no setting 5."),
        ],
    )
    def test_a_wrong_entry_names_the_account_and_the_key(self, entry, why):
        said = mistake(ACCOUNTS={"shop": entry})
        assert said.startswith("RASEED['ACCOUNTS']['shop']: ")
        assert why in said

    def test_a_value_of_the_wrong_kind_names_the_keys_and_keeps_the_secret(self):
        entry = {"GATEWAY": f"{HERE}.Picky", "SECRET_KEY": "sk_of_somebody"}
        said = mistake(ACCOUNTS={"shop": entry})
        assert "SECRET_KEY is not of the right kind (ValueError)" in said
        assert "sk_of_somebody" not in said

    def test_none_is_taken_where_it_means_something(self):
        entry = {"GATEWAY": f"{HERE}.Picky", "SECRET_KEY": "5", "WINDOW": None, "OPTIONAL": None}
        assert "shop" in parse(ACCOUNTS={"shop": entry}).gateways

    def test_asking_for_an_account_that_is_not_there_lists_those_that_are(self):
        with pytest.raises(ConfigurationError, match=r"no account 'x' in RASEED\['ACCOUNTS'\]. Known: fake."):
            parse().gateway("x")


class NoPayable(raseed.Purpose):
    pass


class TextPayable(BuyBook):
    payable = "bookshop.Book"


class NoPrice(raseed.Purpose):
    payable = Book

    def fulfil(self, payable, payment):
        return None


class NoFulfil(raseed.Purpose):
    payable = Book

    def price(self, payable):
        return raseed.Money(1, "PHP")


class WrongPolicy(BuyBook):
    late = "burn"


class NeverOpen(BuyBook):
    open_for_seconds = 0


class TestPurposes:
    @pytest.mark.parametrize("value", [None, [], "shop.payments.Bill"])
    def test_not_a_mapping(self, value):
        assert mistake(PURPOSES=value).startswith("RASEED['PURPOSES'] must map names to purposes: {'bill'")

    @pytest.mark.parametrize("name", ["", "x" * 65, 5])
    def test_a_name_that_no_row_could_refer_to(self, name):
        assert "text of 1 to 64 characters" in mistake(PURPOSES={name: "tests.bookshop.payments.BuyBook"})

    @pytest.mark.parametrize(
        ("path", "why"),
        [
            ("tests.bookshop.payments.NoSuch", "cannot be imported"),
            ("no_such.Purpose", "cannot be imported"),
            ("Purpose", "cannot be imported"),
            (".Purpose", "cannot be imported"),
            (BuyBook, "must be a dotted path as text"),
            (None, "must be a dotted path as text"),
            ("tests.bookshop.models.Book", "is not a raseed.Purpose class"),
            (f"{HERE}.GOOD", "is not a raseed.Purpose class"),
            (f"{HERE}.TextPayable", "`payable` of"),
            (f"{HERE}.NoPrice", "must define `price`"),
            (f"{HERE}.NoFulfil", "must define `fulfil`"),
            (f"{HERE}.NeverOpen", "`open_for_seconds`"),
        ],
    )
    def test_what_is_no_purpose_is_told_by_its_key(self, path, why):
        said = mistake(PURPOSES={"bill": path})
        assert said.startswith("RASEED['PURPOSES']['bill']")
        assert why in said

    @pytest.mark.parametrize(
        ("path", "why"),
        [
            (f"{HERE}.NoPayable", "purpose 'bill' (NoPayable) needs `payable = YourModel`"),
            (f"{HERE}.WrongPolicy", "purpose 'bill': late = 'burn' is none of hold, fulfil, refund"),
        ],
    )
    def test_a_purpose_that_is_not_finished_says_so_itself(self, path, why):
        assert why in mistake(PURPOSES={"bill": path})

    def test_asking_for_a_purpose_that_is_not_there_lists_those_that_are(self):
        with pytest.raises(ConfigurationError, match=r"no purpose 'x' in RASEED\['PURPOSES'\]. Known: book."):
            parse().purpose("x")


class TestAtStart:
    @pytest.mark.django_db
    def test_the_system_check_tells_it(self, settings):
        settings.RASEED = GOOD | {"LEASE_SECONDS": 0}
        (told,) = run_checks(tags=["raseed"])
        assert (told.id, told.msg) == (
            "raseed.E001",
            "RASEED['LEASE_SECONDS'] is 0. It must be a number above zero.",
        )

    @pytest.fixture
    def run(self, tmp_path):
        """Run a process on settings with one mistake."""
        (tmp_path / "broken_settings.py").write_text(
            "from tests.settings import *\n"
            "RASEED = RASEED | {'LEASE_SECONDS': 0}\n"
            f"STATIC_ROOT = {str(tmp_path / 'static')!r}\n"
        )
        environment = os.environ | {
            "DJANGO_SETTINGS_MODULE": "broken_settings",
            "PYTHONPATH": os.pathsep.join([str(tmp_path), *sys.path]),
        }

        def process(*arguments):
            command = [sys.executable, *arguments]
            return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60)

        return process

    @pytest.mark.parametrize("kind", ["wsgi", "asgi"])
    def test_a_web_server_which_runs_no_checks_does_not_start(self, run, kind):
        ended = run("-c", f"from django.core.{kind} import get_{kind}_application as start; start()")
        assert ended.returncode != 0
        assert "RASEED['LEASE_SECONDS'] is 0. It must be a number above zero." in ended.stderr

    def test_a_command_tells_it_as_a_check_without_a_traceback(self, run):
        ended = run("-m", "django", "raseed_work", "--once")
        assert ended.returncode != 0
        assert "(raseed.E001) RASEED['LEASE_SECONDS'] is 0." in ended.stderr
        assert "Traceback" not in ended.stderr

    def test_an_image_can_be_built_where_no_account_is_known(self, run):
        ended = run("-m", "django", "collectstatic", "--noinput", "--verbosity=0")
        assert (ended.returncode, ended.stderr) == (0, "")
