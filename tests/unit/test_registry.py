"""Which gateways there are, and what a wrong setting is told (`gateways.registry`)."""

import pytest

from raseed.core.errors import ConfigurationError
from raseed.gateways.registry import GATEWAYS, gateway_class, load


class Till:
    """A site's own gateway: one secret is needed, the rest has defaults."""

    def __init__(self, secret_key, base_url="https://till.example", http=None, clock=None):
        self.secret_key, self.base_url, self.http, self.clock = secret_key, base_url, http, clock


class Slot:
    """A gateway that takes no seam at all."""

    def __init__(self, public_key="pk"):
        self.public_key = public_key


class Wired:
    """A gateway that cannot work without a network of its own."""

    def __init__(self, http):
        self.http = http


TILL, SLOT, WIRED = (f"{__name__}.{cls.__name__}" for cls in (Till, Slot, Wired))


@pytest.mark.parametrize("name", sorted(GATEWAYS))
def test_every_name_leads_to_its_adapter(name):
    assert gateway_class(name).name == name


def test_a_dotted_path_leads_to_a_gateway_of_the_site():
    assert gateway_class(TILL) is Till


def test_a_gateway_gets_its_credentials():
    till = load(TILL, secret_key="sk", base_url="http://127.0.0.1:8900")
    assert (till.secret_key, till.base_url, till.http) == ("sk", "http://127.0.0.1:8900", None)


def test_network_and_time_come_in_where_the_gateway_takes_them():
    network, clock = object(), object()
    till = load(TILL, http=network, clock=clock, tokens=object(), secret_key="sk")
    assert (till.http, till.clock) == (network, clock)
    assert load(SLOT, http=network, clock=clock, tokens=object()).public_key == "pk"


def test_a_missing_setting_is_named_with_the_ones_there_are():
    with pytest.raises(
        ConfigurationError, match=r"needs SECRET_KEY\. Known settings: SECRET_KEY, BASE_URL\.$"
    ):
        load(TILL)


def test_a_seam_that_is_needed_and_not_given_is_named():
    with pytest.raises(ConfigurationError, match="needs HTTP"):
        load(WIRED)
    network = object()
    assert load(WIRED, http=network).http is network


def test_a_misspelt_setting_is_answered_with_the_likely_one():
    with pytest.raises(ConfigurationError, match=r"no setting SECRET_KEI\. Did you mean SECRET_KEY\?"):
        load(TILL, secret_kei="sk")


def test_a_foreign_setting_is_answered_with_the_known_ones():
    with pytest.raises(ConfigurationError, match=r"no setting QQQ\. Known: SECRET_KEY, BASE_URL\.$"):
        load(TILL, secret_key="sk", qqq=1)


def test_no_message_repeats_a_secret():
    with pytest.raises(ConfigurationError) as caught:
        load(TILL, secret_key="sk_live_123", secret_kei="sk_live_456")
    assert "sk_live" not in str(caught.value)


def test_an_unknown_gateway_is_answered_with_the_known_ones():
    with pytest.raises(ConfigurationError, match=r"no gateway 'paymango'\. Known: .*paymongo"):
        load("paymango")


@pytest.mark.parametrize("path", ["no_such_module.Gateway", f"{__name__}.NoSuchClass"])
def test_a_path_that_leads_nowhere_is_named(path):
    with pytest.raises(ConfigurationError, match="cannot be imported") as caught:
        gateway_class(path)
    assert path in str(caught.value)
