"""Which addresses we connect to. A vendor's host lies on the public internet unless the connection says otherwise.

A URL in a connection or a credentials file is somebody's input: without this check it could make the service fetch from
the machine itself, its neighbours, or a cloud's metadata service. The address that was checked is the one that is
connected to, so that a second DNS answer (rebinding) changes nothing.
"""

from __future__ import annotations

import socket
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from ml_connector.errors import Misconfigured

SocketOption = tuple[int, int, int | bytes]

METADATA_ADDRESSES = frozenset({ip_address("168.63.129.16")})
"""Metadata services that answer at an address which looks public (Azure's). All others are link-local or private."""

NAT64 = ip_network("64:ff9b::/96")
"""RFC 6052: an IPv4 address in the last four bytes."""


def is_public(address: str) -> bool:
    """Whether an address is on the public internet. IPv4 addresses wrapped in IPv6 ones are judged by themselves."""
    parsed = ip_address(address.partition("%")[0])
    wrapped = _wrapped(parsed)
    if wrapped is not None:
        return is_public(str(wrapped))
    return parsed.is_global and not parsed.is_multicast and parsed not in METADATA_ADDRESSES


def is_loopback_name(host: str) -> bool:
    """Whether a host name or literal address is this machine, without asking a name server."""
    plain = host.strip("[]").rstrip(".").lower()
    try:
        return ip_address(plain).is_loopback
    except ValueError:
        return plain == "localhost"


def _wrapped(address: IPv4Address | IPv6Address) -> IPv4Address | None:
    if isinstance(address, IPv4Address):
        return None
    if address in NAT64:
        return IPv4Address(int(address) & 0xFFFF_FFFF)
    return address.ipv4_mapped or address.sixtofour or (address.teredo[1] if address.teredo else None)


@dataclass(frozen=True, slots=True)
class Guard:
    """Checks and connects. `allowed` are host names (or literal addresses) that may be anywhere."""

    allowed: frozenset[str] = frozenset()

    @classmethod
    def of(cls, allowed_hosts: Collection[str]) -> Guard:
        """A guard for a connection's `network.allowed_hosts`; case and a final dot do not matter."""
        return cls(frozenset(_plain(host) for host in allowed_hosts))

    def check(self, host: str, addresses: Iterable[str]) -> None:
        """Raise Misconfigured where a host resolves to an address that it may not have. One is enough to refuse."""
        if _plain(host) in self.allowed:
            return
        for address in addresses:
            if not is_public(address):
                raise Misconfigured(
                    f"{host} resolves to {address}, which is not a public address, so it is not called.",
                    remedy="If the vendor really answers there, add the host to network.allowed_hosts.",
                )

    def connect(self, host: str, port: int, timeout: float | None, options: Iterable[SocketOption]) -> socket.socket:
        """Resolve, check, and connect to what was checked. Raises Misconfigured, or OSError as sockets do."""
        found = socket.getaddrinfo(host.strip("[]"), port, type=socket.SOCK_STREAM)
        self.check(host, (str(target[0]) for *_, target in found))
        failure = OSError(f"{host} has no address")
        for family, kind, protocol, _, target in found:
            opened = socket.socket(family, kind, protocol)
            try:
                opened.settimeout(timeout)
                for option in options:
                    opened.setsockopt(*option)
                opened.connect(target)
            except OSError as error:
                opened.close()
                failure = error
            else:
                return opened
        raise failure


def _plain(host: str) -> str:
    return host.strip("[]").rstrip(".").lower()
