"""Addresses that strangers name: only public ones over https, whatever form they come in."""

from __future__ import annotations

import ipaddress
import socket
from typing import Any

import pytest

from raseed.gateways.addresses import RefusedAddress, checked, is_public, origin_of, public_addresses

SANDBOX = "http://127.0.0.1:8900"


@pytest.mark.parametrize(
    "url",
    [
        "https://wallet.example/alice",
        "https://wallet.example",
        "https://wallet.example/a/b?c=d&e=%20",
        "https://93.184.216.34/alice",
        "https://[2606:2800:220:1::1]/alice",
        "https://xn--bcher-kva.example/alice",
    ],
)
def test_public_addresses_are_called_as_they_are(url: str) -> None:
    assert checked(url) == url


@pytest.mark.parametrize(
    "url",
    [
        "",
        "wallet.example/alice",
        "http://wallet.example/alice",
        "ftp://wallet.example/alice",
        "file:///etc/passwd",
        "HTTPS://wallet.example/alice",
        "https:///alice",
        "https://wallet.example:443/alice",
        "https://wallet.example:8443/alice",
        "https://wallet.example:/alice",
        "https://user@wallet.example/alice",
        "https://user:word@wallet.example/alice",
        "https://wallet.example@evil.example/",
        "https://wallet.example/alice#here",
        "https://wallet.example/ali ce",
        "https://wallet.example/alice\n",
        "https://wallet.example\\@evil.example/",
        "https://wallet.example/\u00e9",
        "https://b\u00fccher.example/alice",
        "https://wallet.example./alice",
        "https://localhost/alice",
        "https://wallet.localhost/alice",
        "https://printer.local/alice",
        "https://metadata.google.internal/alice",
        "https://intranet/alice",
        "https://127.0.0.1/alice",
        "https://127.1/alice",
        "https://0x7f.1/alice",
        "https://0x7f000001/alice",
        "https://2130706433/alice",
        "https://0177.0.0.1/alice",
        "https://0/alice",
        "https://10.0.0.1/alice",
        "https://172.16.0.1/alice",
        "https://192.168.1.1/alice",
        "https://169.254.169.254/latest/meta-data",
        "https://100.64.0.1/alice",
        "https://[::1]/alice",
        "https://[::ffff:127.0.0.1]/alice",
        "https://[fd00::1]/alice",
        "https://[fe80::1]/alice",
        "https://[::1/alice",
        "https://wallet.example/" + "a" * 2000,
    ],
)
def test_everything_else_is_refused(url: str) -> None:
    with pytest.raises(RefusedAddress):
        checked(url)


@pytest.mark.parametrize(
    ("url", "is_exempt"),
    [
        (f"{SANDBOX}/openpayments/alice", True),
        ("http://127.0.0.1:8901/openpayments/alice", False),
        ("https://127.0.0.1:8900/openpayments/alice", False),
        ("http://localhost:8900/openpayments/alice", False),
        ("http://127.0.0.1/openpayments/alice", False),
        ("http://127.0.0.1:8900@evil.example/", False),
        ("http://user@127.0.0.1:8900/alice", False),
    ],
)
def test_only_the_sandboxs_own_origin_is_exempt(url: str, is_exempt: bool) -> None:
    if is_exempt:
        assert checked(url, exempt_origin=SANDBOX) == url
    else:
        with pytest.raises(RefusedAddress):
            checked(url, exempt_origin=SANDBOX)
    with pytest.raises(RefusedAddress):
        checked(url)


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        ("93.184.216.34", True),
        ("2606:2800:220:1::1", True),
        ("::ffff:93.184.216.34", True),
        ("64:ff9b::5db8:d822", True),  # the same machine behind NAT64
        ("64:ff9b::7f00:1", False),
        ("64:ff9b:1::5db8:d822", False),
        ("2002:7f00:1::", False),
        ("2002:5db8:d822::", True),
        ("2001:0:7f00:1::", False),
        ("::ffff:10.0.0.1", False),
        ("::7f00:1", False),
        ("::", False),
        ("0.0.0.0", False),
        ("255.255.255.255", False),
        ("224.0.0.1", False),
        ("240.0.0.1", False),
        ("198.18.0.1", False),
        ("192.0.2.1", False),
        ("ff02::1", False),
        ("fec0::1", False),
        ("fc00::1", False),
        ("2001:db8::1", False),
        ("100::1", False),
    ],
)
def test_which_numbers_are_public(number: str, expected: bool) -> None:
    assert is_public(ipaddress.ip_address(number)) is expected


def _found(monkeypatch: pytest.MonkeyPatch, *numbers: str) -> None:
    def look_up(host: str, port: int, **_: Any) -> list[Any]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (number, port)) for number in numbers]

    monkeypatch.setattr(socket, "getaddrinfo", look_up)


def test_a_name_stands_for_its_public_numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    _found(monkeypatch, "93.184.216.34", "93.184.216.35", "93.184.216.34")
    assert public_addresses("wallet.example", 443) == ["93.184.216.34", "93.184.216.35"]


@pytest.mark.parametrize("numbers", [["127.0.0.1"], ["93.184.216.34", "10.0.0.1"], ["::1"], []])
def test_one_private_number_condemns_the_name(monkeypatch: pytest.MonkeyPatch, numbers: list[str]) -> None:
    _found(monkeypatch, *numbers)
    with pytest.raises(RefusedAddress):
        public_addresses("wallet.example", 443)


@pytest.mark.parametrize("error", [socket.gaierror("no"), UnicodeError("label too long"), OSError("no")])
def test_a_name_that_means_nothing(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    def look_up(*_: Any, **__: Any) -> None:
        raise error

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    with pytest.raises(RefusedAddress):
        public_addresses("wallet.example", 443)


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        ("https://wallet.example/alice", "https://wallet.example"),
        ("https://wallet.example:8443", "https://wallet.example:8443"),
        ("https://", ""),
        ("alice", ""),
        ("https://[::1", ""),
        ("https://wallet.example:99999/", ""),
    ],
)
def test_origins(url: str, origin: str) -> None:
    assert origin_of(url) == origin
