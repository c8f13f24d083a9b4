"""Where requests to an archive may go: its answers, or those of whoever stands between, can send them on."""

from __future__ import annotations

import socket
from contextlib import suppress
from ipaddress import IPv4Address, IPv6Address, ip_address
from urllib.parse import urlsplit


def refusal_of(own: str, address: str) -> str:
    """Return why a request to an archive may not go to an address, nothing if it may.

    Parameters
    ----------
    own
        Where the archive is looked for.
    """
    here, there = urlsplit(own), urlsplit(address)
    if here.scheme == "https" and there.scheme != "https":
        return "it sends requests on without encryption"
    if there.hostname == here.hostname or not _is_inside(there.hostname) or _is_inside(here.hostname):
        return ""
    return "it sends requests on to this machine or the network that it is in"


def _is_inside(host: str | None) -> bool:
    """Tell whether a host is one that the rest of the world does not reach."""
    found = _addresses(host or "")
    plain = [(isinstance(one, IPv6Address) and one.ipv4_mapped) or one for one in found]
    return not all(one.is_global for one in plain)


def _addresses(host: str) -> list[IPv4Address | IPv6Address]:
    with suppress(ValueError):
        return [ip_address(host)]
    try:
        return [ip_address(entry[4][0]) for entry in socket.getaddrinfo(host, None)]
    except (OSError, UnicodeError):  # a proxy may know the name: what is inside is then its affair
        return []
