"""Addresses that strangers name: which may be called at all, and which machine a name means.

A wallet address is typed by a customer, and whoever answers there names further addresses. Without these
rules a stranger could have us call machines that only we can reach.
"""

from __future__ import annotations

import ipaddress
import re
import socket
from urllib.parse import urlsplit

#: A longer address is no address.
LONGEST_ADDRESS = 2000

#: What RFC 3986 allows in an address, less what HTTP libraries write in more than one way.
_PLAIN = re.compile(r"https?://[a-z0-9.\[\]:-]+(?:[/?][A-Za-z0-9._~:/?@!$&'()*+,;=%-]*)?")

#: Translates to IPv4 in the networks that have it, so that its last four bytes tell the machine.
_NAT64 = ipaddress.ip_network("64:ff9b::/96")

#: The same within one's own network (RFC 8215); the standard library knows it in newer versions only.
_LOCAL_NAT64 = ipaddress.ip_network("64:ff9b:1::/48")

_Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class RefusedAddress(ValueError):
    """We do not call this address. The message says why, in words for the person who gave it."""


def origin_of(url: str) -> str:
    """Scheme, host and port of an address, or an empty text for what is no address."""
    try:
        parts = urlsplit(url)
        return f"{parts.scheme}://{parts.netloc}" if parts.hostname and parts.port != 0 else ""
    except ValueError:
        return ""


def checked(url: str, *, exempt_origin: str = "") -> str:
    """The address, if it may be called: https, a host that is public as far as its name tells, no port.

    `exempt_origin` is the sandbox's: there everything but a user name is allowed. Raises RefusedAddress.
    """
    if len(url) > LONGEST_ADDRESS:
        raise RefusedAddress(f"the address has more than {LONGEST_ADDRESS} characters.")
    if not _PLAIN.fullmatch(url) or not origin_of(url):
        raise RefusedAddress("the address does not look like https://wallet.example/alice.")
    parts = urlsplit(url)
    if "@" in parts.netloc:
        raise RefusedAddress("the address names a user before its host.")
    if exempt_origin and origin_of(url) == exempt_origin:
        return url
    if parts.scheme != "https":
        raise RefusedAddress("the address must begin with https://.")
    if parts.port is not None or parts.netloc.endswith(":"):
        raise RefusedAddress("the address names a port; a public address has none.")
    host = str(parts.hostname)
    literal = _literal(host)
    if literal is not None and not is_public(literal):
        raise RefusedAddress("the address lies in a private network.")
    if literal is None and ("." not in host or host.endswith((".localhost", ".local", ".internal", "."))):
        raise RefusedAddress("the address names no public host.")
    return url


def public_addresses(host: str, port: int) -> list[str]:
    """The addresses a host's name stands for, all of them public. Raises RefusedAddress.

    One that is not public condemns them all: which of several a library would call is not ours to say.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise RefusedAddress("there is no host of this name.") from None
    numbers = list(dict.fromkeys(str(entry[4][0]) for entry in found))
    if not numbers or not all(is_public(ipaddress.ip_address(number)) for number in numbers):
        raise RefusedAddress("the name leads into a private network.")
    return numbers


def is_public(address: _Address) -> bool:
    """Whether an address belongs to the public network, also where it carries another one inside."""
    inside = _carried(address)
    if inside is not None:
        return is_public(inside)
    if isinstance(address, ipaddress.IPv6Address) and (address.is_site_local or address in _LOCAL_NAT64):
        return False
    return address.is_global and not address.is_multicast and not address.is_reserved


def _carried(address: _Address) -> _Address | None:
    """The IPv4 address that an IPv6 one leads to."""
    if isinstance(address, ipaddress.IPv4Address):
        return None
    if address in _NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour or (address.teredo[1] if address.teredo else None)


def _literal(host: str) -> _Address | None:
    """The address that a host is, written as numbers; also the short forms that libraries understand."""
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        pass
    try:
        # "127.1", "0x7f000001" and "2130706433" all mean a machine, and getaddrinfo knows them.
        return ipaddress.ip_address(socket.inet_aton(host))
    except (OSError, ValueError):
        return None
