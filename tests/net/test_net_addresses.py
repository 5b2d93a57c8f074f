"""Which addresses may be called. Goal: no URL in a settings file makes the service call the machine it runs on."""

import socket
from ipaddress import IPv6Address, ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ml_connector.errors import Misconfigured
from ml_connector.net.addresses import Guard, is_public

INNER = (
    "127.0.0.1", "127.8.9.1", "::1", "0.0.0.0", "::", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254",
    "fe80::1", "fe80::1%eth0", "fd00:ec2::254", "100.100.100.200", "168.63.129.16", "224.0.0.1", "255.255.255.255",
    "::ffff:127.0.0.1", "::ffff:169.254.169.254", "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "2002:7f00:1::",
)  # fmt: skip


@pytest.mark.parametrize("address", INNER)
def test_inner_addresses_are_not_public(address: str) -> None:
    """Loopback, link-local, private, shared, multicast and metadata addresses are refused, in every disguise."""
    assert not is_public(address)


@pytest.mark.parametrize("address", ["52.85.1.1", "2600:9000:2000::1", "64:ff9b::3455:101", "::ffff:52.85.1.1"])
def test_addresses_of_the_internet_are_public(address: str) -> None:
    """An ordinary address is called, also through NAT64."""
    assert is_public(address)


@given(st.ip_addresses(v=4))
def test_an_ipv4_address_is_judged_alike_in_all_its_wrappings(address: object) -> None:
    """Writing an IPv4 address as an IPv6 one neither opens nor closes a way."""
    number = int(ip_address(str(address)))
    wrapped = [IPv6Address((0xFFFF << 32) | number), IPv6Address((0x64FF9B << 96) | number)]
    assert {is_public(str(form)) for form in wrapped} == {is_public(str(address))}


def test_one_inner_address_among_several_refuses_the_host() -> None:
    """A name that resolves to a public and a private address is not called at all."""
    with pytest.raises(Misconfigured, match="allowed_hosts"):
        Guard.of(()).check("erp.example.com", ["52.85.1.1", "10.0.0.1"])


def test_an_allowed_host_may_be_anywhere() -> None:
    """The connection's own list opens exactly the hosts that it names, whatever their spelling."""
    guard = Guard.of(("ERP.example.com", "::1"))
    guard.check("erp.example.com.", ["10.0.0.1"])
    guard.check("[::1]", ["::1"])
    with pytest.raises(Misconfigured):
        guard.check("other.example.com", ["10.0.0.1"])


def test_a_refused_host_is_never_connected_to() -> None:
    """A server on this machine sees no connection from a guard that does not allow it."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0)
        port = server.getsockname()[1]
        with pytest.raises(Misconfigured):
            Guard.of(()).connect("127.0.0.1", port, 1.0, ())
        with pytest.raises(BlockingIOError):
            server.accept()


def test_connecting_gives_the_address_that_was_checked() -> None:
    """The socket that comes back is connected to the very address that passed the check."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        with Guard.of(("127.0.0.1",)).connect("127.0.0.1", port, 1.0, ()) as opened:
            assert opened.getpeername() == ("127.0.0.1", port)


def test_a_host_that_listens_nowhere_is_an_os_error() -> None:
    """A refused connection looks as it does everywhere, so that the transport can name it."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    with pytest.raises(ConnectionRefusedError):
        Guard.of(("127.0.0.1",)).connect("127.0.0.1", port, 1.0, ())
