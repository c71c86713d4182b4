"""The doctor on a site in this process: each finding is provoked, and a good site is passed."""

import socket
from email.utils import formatdate
from types import SimpleNamespace

import httpx2
import pytest
from cryptography.fernet import Fernet

import raseed
from raseed import testing
from raseed.core.errors import GatewayRefused, GatewayUnavailable, Unreachable
from raseed.gateways.base import WebhookEndpoint
from raseed.outgoing.http import Answer
from raseed.payments import conf
from raseed.payments.doctor import (
    addresses,
    clock,
    endpoints,
    events,
    letters,
    secrets,
    site,
)
from tests.letters import go_through

STRONG = "k5b1c0f7e9a84d2b96f3c1e0d7a5b8c2f4e6"


class Vendor(testing.FakeGateway):
    """A gateway with an address and credentials, that can be live."""

    def __init__(self, livemode=False, base_url="https://api.vendor.example", secret_key=STRONG, salt=STRONG):
        super().__init__(livemode=livemode)


class Listed(Vendor):
    """One whose webhooks can be listed."""

    hooks: list = []
    trouble_listing = None

    def __init__(self, base_url="https://api.vendor.example"):
        super().__init__()
        self.webhooks = SimpleNamespace(events=frozenset({"paid"}), all=self._all)

    def _all(self):
        if Listed.trouble_listing:
            raise Listed.trouble_listing
        return Listed.hooks


@pytest.fixture
def account(settings):
    """The account "fake" with another gateway; for real where it is live."""

    def use(kind="Vendor", **entry):
        Listed.hooks, Listed.trouble_listing = [], None
        entry = {"GATEWAY": f"{__name__}.{kind}", **entry}
        settings.RASEED = settings.RASEED | {"ACCOUNTS": {"fake": entry}}
        return conf.current()

    return use


def ids(examine_one, settings=None):
    return [message.id for message in examine_one(settings or conf.current())]


class TestSite:
    def test_a_good_one(self, account):
        assert ids(site.examine, account(LIVEMODE=True)) == ["raseed.E012"]  # the tests' own clock

    def test_hosts(self, settings):
        settings.DEBUG = True
        settings.ALLOWED_HOSTS = ["other.example"]
        assert ids(site.examine) == ["raseed.E010"]
        settings.ALLOWED_HOSTS = [".example"]
        assert ids(site.examine) == []

    def test_live_with_debug_and_a_rehearsals_clock(self, settings, account):
        settings.DEBUG = True
        assert ids(site.examine, account(LIVEMODE=True)) == ["raseed.E011", "raseed.E012"]

    def test_modes_that_do_not_go_together(self, settings):
        fake = {"GATEWAY": f"{__name__}.Vendor"}
        settings.RASEED = settings.RASEED | {
            "ACCOUNTS": {"a": fake, "b": fake | {"LIVEMODE": True}},
            "CLOCK": None,
        }
        assert ids(site.examine) == ["raseed.W011"]

    def test_a_public_site_in_test_mode(self, settings):
        settings.RASEED = settings.RASEED | {"SITE_URL": "https://shop.example.org"}
        assert ids(site.examine) == ["raseed.W012"]
        settings.RASEED = settings.RASEED | {"SITE_URL": "https://shop.local"}
        settings.ALLOWED_HOSTS = ["*"]
        assert ids(site.examine) == []


class TestSecrets:
    def test_a_rehearsal_is_left_alone(self, settings):
        settings.RASEED = settings.RASEED | {"SITE_URL": "http://127.0.0.1:8000"}
        assert ids(secrets.examine) == []

    def test_djangos_key_and_keys_at_rest_for_real(self, settings, account):
        account(LIVEMODE=True)
        assert ids(secrets.examine) == ["raseed.E013", "raseed.W013"]
        settings.SECRET_KEY = STRONG * 2
        settings.RASEED = settings.RASEED | {"ENCRYPTION_KEYS": [Fernet.generate_key().decode()]}
        assert ids(secrets.examine) == []

    @pytest.mark.parametrize(
        "placeholder", ["sk_live_…", "sk_test_x", "changeme-please-now", "sk_test_raseed_demo"]
    )
    def test_placeholders(self, settings, account, placeholder):
        account(SECRET_KEY=placeholder)
        settings.DEBUG = True
        (told,) = secrets.examine(conf.current())
        assert told.id == "raseed.E014"
        assert placeholder not in told.msg + told.hint

    def test_vendors_with_several_addresses_are_no_rehearsal(self, settings):
        settings.DEBUG = True
        phonepe = {"GATEWAY": "phonepe", "CLIENT_ID": "a", "CLIENT_SECRET": "changeme-please"}
        settings.RASEED = settings.RASEED | {"ACCOUNTS": {"p": phonepe}}
        assert ids(secrets.examine) == ["raseed.E014"]
        settings.RASEED = settings.RASEED | {
            "ACCOUNTS": {"p": phonepe | {"BASE_URL": "http://127.0.0.1:8900"}}
        }
        assert ids(secrets.examine) == []

    def test_keys_cut_short(self, settings, account):
        settings.DEBUG = True
        assert ids(secrets.examine, account(SALT="0123456")) == ["raseed.E015"]

    def test_accounts_at_the_sandbox_may_have_any(self, settings, account):
        settings.DEBUG = True
        assert ids(secrets.examine, account(SECRET_KEY="x", BASE_URL="http://127.0.0.1:8900")) == []

    @pytest.mark.django_db
    def test_what_was_stored_must_open(self, settings):
        secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
        raseed.send_webhook("https://a.example/", secret, {"type": "a"}, "k")
        assert ids(secrets.examine_stored) == []
        before, settings.SECRET_KEY = settings.SECRET_KEY, "another"
        assert ids(secrets.examine_stored) == ["raseed.E016"]
        settings.SECRET_KEY_FALLBACKS = [before]
        assert ids(secrets.examine_stored) == []


class TestAddresses:
    @pytest.fixture
    def answers(self, monkeypatch):
        def with_(answer):
            def exchange(method, url, **options):
                if isinstance(answer, Exception):
                    raise answer
                return answer

            monkeypatch.setattr(addresses, "exchange", exchange)

        return with_

    def test_where_webhooks_come_in(self):
        assert addresses.webhook_paths()["fake"] == ["/hooks/fake/"]
        told = [message.msg for message in addresses.examine(conf.current()) if message.id == "raseed.W020"]
        assert any("account 'other'" in text for text in told)
        assert not any("account 'fake'" in text for text in told)

    def test_ours_answers(self, client, answers):
        real = client.get("/hooks/fake/")
        answers(Answer(real.status_code, {"allow": real["Allow"]}))
        assert ids(addresses.examine_reach) == []

    @pytest.mark.parametrize(
        ("status", "hint"),
        [
            (301, "redirects to https://www.shop.example/"),
            (400, "ALLOWED_HOSTS"),
            (403, "firewall"),
            (404, "Another site"),
            (502, "error"),
            (200, "proxy"),
            (405, "proxy"),
        ],
    )
    def test_something_else_answers(self, answers, status, hint):
        answers(Answer(status, {"location": "https://www.shop.example/"}))
        (told,) = addresses.examine_reach(conf.current())
        assert told.id == "raseed.E022"
        assert hint in told.hint

    def test_nobody_answers(self, answers):
        answers(Unreachable("shop.example: no connection."))
        assert ids(addresses.examine_reach) == ["raseed.E021"]

    def test_a_name_that_leads_to_a_private_address(self, answers, account, monkeypatch):
        answers(Answer(405, {"allow": "POST"}))
        monkeypatch.setattr(socket, "getaddrinfo", lambda *a: [(0, 0, 0, "", ("10.1.2.3", 443))])
        assert ids(addresses.examine_reach, account()) == ["raseed.W021"]
        monkeypatch.setattr(socket, "getaddrinfo", lambda *a: [(0, 0, 0, "", ("93.184.215.14", 443))])
        assert ids(addresses.examine_reach) == []


class TestGateways:
    URL = "https://shop.example/hooks/fake/"

    def hook(self, **changes):
        values = {
            "id": "h",
            "url": self.URL,
            "events": frozenset({"paid"}),
            "is_enabled": True,
            "is_configured": True,
        }
        return WebhookEndpoint(**{**values, **changes})

    @pytest.mark.parametrize(
        ("changes", "told"),
        [
            ({}, []),
            ({"is_enabled": False, "note": "too many failures"}, ["raseed.E032"]),
            ({"is_configured": False}, ["raseed.E033"]),
            ({"events": frozenset()}, ["raseed.W031"]),
            ({"url": "https://other.example/"}, ["raseed.E031"]),
        ],
        ids=["good", "off", "no secret", "events", "not registered"],
    )
    def test_the_webhook(self, account, changes, told):
        account("Listed")
        Listed.hooks = [self.hook(**changes)]
        assert ids(endpoints.examine_asking) == told

    @pytest.mark.parametrize(
        ("trouble", "told"),
        [(GatewayRefused("no"), "raseed.E030"), (GatewayUnavailable("away"), "raseed.W030")],
    )
    def test_asking_in_vain(self, account, trouble, told):
        account("Listed")
        Listed.trouble_listing = trouble
        assert ids(endpoints.examine_asking) == [told]

    def test_a_sandbox_that_is_away_or_forgot(self, account):
        account("Listed", BASE_URL="http://127.0.0.1:8900")
        (told,) = endpoints.examine_asking(conf.current())
        assert (told.id, "when the sandbox starts" in told.hint) == ("raseed.E031", True)
        Listed.trouble_listing = GatewayUnavailable("away")
        (told,) = endpoints.examine_asking(conf.current())
        assert (told.id, "Does the sandbox run" in told.hint) == ("raseed.W030", True)

    def test_where_there_is_no_api_it_says_where_to_look(self, account):
        (told,) = endpoints.examine_asking(account())
        assert (told.id, self.URL in told.hint) == ("raseed.I030", True)

    @pytest.mark.parametrize(
        ("entry", "told"),
        [
            ({}, ["raseed.W101", "raseed.I102"]),
            ({"WEBHOOK_SECRETS": ["whsk_" + STRONG], "PUBLIC_KEY": "pk_live_" + STRONG}, []),
            (
                {
                    "WEBHOOK_SECRETS": ["whsk_" + STRONG],
                    "PUBLIC_KEY": "pk_live_1",
                    "REPLAY_WINDOW_SECONDS": None,
                    "MINIMUM": 1,
                },
                ["raseed.W103", "raseed.W104"],
            ),
        ],
        ids=["bare", "good", "lax"],
    )
    def test_paymongos_own_look(self, settings, entry, told):
        accounts = {"p": {"GATEWAY": "paymongo", "SECRET_KEY": "sk_live_" + STRONG, **entry}}
        settings.RASEED = settings.RASEED | {"ACCOUNTS": accounts}
        assert ids(endpoints.examine) == told


class TestEvents:
    @pytest.mark.parametrize(
        ("answer", "told"),
        [(Answer(200), []), (Answer(502), ["raseed.W051"]), (Unreachable("away"), ["raseed.W051"])],
    )
    def test_the_process_of_event_streams(self, settings, monkeypatch, answer, told):
        asked = []

        def exchange(method, url, **options):
            asked.append(url)
            if isinstance(answer, Exception):
                raise answer
            return answer

        monkeypatch.setattr(events, "exchange", exchange)
        assert ids(events.examine) == []
        settings.RASEED = settings.RASEED | {"EVENTS_URL": "/streams/"}
        assert ids(events.examine) == told
        assert asked == ["https://shop.example/streams/health"]


class TestClock:
    @pytest.mark.parametrize(
        ("ahead", "told"), [(0, []), (20, ["raseed.W040"]), (-20, ["raseed.W040"]), (-400, ["raseed.E040"])]
    )
    def test_against_a_header(self, monkeypatch, ahead, told):
        def exchange(method, url, **options):
            return Answer(404, {"date": formatdate(clock.time.time() + ahead, usegmt=True)})

        monkeypatch.setattr(clock, "exchange", exchange)
        assert ids(clock.examine) == told

    @pytest.mark.parametrize("headers", [{}, {"date": "yesterday"}])
    def test_nobody_to_compare_with(self, monkeypatch, headers):
        monkeypatch.setattr(clock, "exchange", lambda *a, **k: Answer(200, headers))
        assert ids(clock.examine) == ["raseed.I040"]


class TestMail:
    def test_a_rehearsal_is_left_alone(self, settings):
        settings.DEBUG = True
        assert ids(letters.examine) == []

    def test_letters_that_go_nowhere(self, settings, account):
        account(LIVEMODE=True)
        go_through(settings, "django.core.mail.backends.console.EmailBackend")
        settings.DEFAULT_FROM_EMAIL = "webmaster@localhost"
        assert ids(letters.examine) == ["raseed.W080", "raseed.W081"]
        go_through(settings, "mail.company.Backend")
        settings.DEFAULT_FROM_EMAIL = "shop@shop.example"
        assert ids(letters.examine) == []

    def test_a_mail_server_that_is_away(self, settings, account):
        account(LIVEMODE=True)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            smtp = "django.core.mail.backends.smtp.EmailBackend"
            go_through(settings, smtp, host="127.0.0.1", port=free.getsockname()[1])
            assert ids(letters.examine_server) == ["raseed.E080"]


def test_the_request_is_bounded_and_not_redirected():
    from raseed.outgoing.http import LARGEST_ANSWER_BYTES, exchange

    def flood(request):
        return httpx2.Response(302, headers={"Location": "http://elsewhere/"}, content=b"x" * 100_000)

    answer = exchange("GET", "https://a.example/", http=flood)
    assert (answer.status, len(answer.body)) == (302, LARGEST_ANSWER_BYTES)

    def hang(request):
        raise httpx2.ReadTimeout("slow")

    with pytest.raises(Unreachable, match=r"a\.example: no answer in time"):
        exchange("GET", "https://user:word@a.example/secret", http=hang)
