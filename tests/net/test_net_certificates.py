"""What a host of ours shows to the world. Goal: a certificate that nobody would trust is told, with its reason."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ml_connector.net import certificates
from ml_connector.net.addresses import Guard
from ml_connector.net.certificates import Certificate
from ml_connector_sandbox.certificates import certificates_in

OWN = Guard.of(("localhost",))


def look(name: str, port: int, authorities: Path | None = None) -> Certificate:
    """As a connection that allows this machine would."""
    return certificates.look(name, port, authorities, OWN)


@contextmanager
def host(context: ssl.SSLContext | None) -> Iterator[int]:
    """A host on this machine that shakes one hand; without a context it speaks no TLS. Yields its port."""
    with socket.create_server(("127.0.0.1", 0)) as door:

        def shake() -> None:
            with suppress(OSError):
                guest, _ = door.accept()
                with guest, suppress(OSError):
                    if context is None:
                        guest.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")
                    else:
                        context.wrap_socket(guest, server_side=True).close()

        thread = threading.Thread(target=shake, daemon=True)
        thread.start()
        yield int(door.getsockname()[1])
    thread.join(5)


def shown(directory: Path) -> ssl.SSLContext:
    """A certificate for this machine, of an authority that is in `ca.pem`."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certificates_in(directory, keep=False))
    return context


def test_a_trusted_certificate_is_told_with_its_end(tmp_path: Path) -> None:
    """By the authorities that a client trusts."""
    with host(shown(tmp_path)) as port:
        seen = look("localhost", port, tmp_path / "ca.pem")
    assert (seen.reached, seen.problem) == (True, "")
    assert seen.ends is not None
    assert timedelta(days=20) < seen.ends - datetime.now(UTC) < timedelta(days=31)


def test_a_certificate_of_nobody_is_told_to_be_untrusted(tmp_path: Path) -> None:
    """As Jira would find it: the authority is not one of the machine's."""
    with host(shown(tmp_path)) as port:
        seen = look("localhost", port)
    assert seen.reached
    assert "certificate" in seen.problem


def test_a_host_without_tls_and_one_that_is_away_are_told_apart() -> None:
    """The one is wrong; the other may only not be reachable from here."""
    with host(None) as port:
        seen = look("localhost", port)
    assert (seen.reached, "no TLS" in seen.problem) == (True, True)
    assert not look("localhost", port).reached


def test_an_inner_address_is_not_knocked_at() -> None:
    """The public address of a connection cannot make us try the doors of this machine and of its neighbours."""
    with socket.create_server(("127.0.0.1", 0)) as door:
        door.settimeout(0.2)
        assert not certificates.look("localhost", int(door.getsockname()[1])).reached
        with suppress(TimeoutError):
            door.accept()
            raise AssertionError("somebody knocked")


@pytest.mark.parametrize("name", ["a" * 70 + ".example.com", "..", "xn--\u00e9", ""])
def test_a_name_that_no_host_can_have_is_not_reached(name: str) -> None:
    """It is a finding of the check, and not its end."""
    assert not certificates.look(name, 443).reached
