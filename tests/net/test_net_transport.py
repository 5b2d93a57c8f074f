"""One exchange over a real socket. Goal: every way in which it can fail says whether the request may have arrived."""

import datetime as dt
import gzip
import inspect
import ipaddress
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from urllib3 import exceptions as failures

from ml_connector.errors import Malformed, Misconfigured, Transient
from ml_connector.net import transport as under_test
from ml_connector.net.transport import MAYBE_SENT, NEVER_SENT, UNUSABLE, HttpTransport, Lost, outcome
from ml_connector.wire import Request, Response, Safety

HOST = "127.0.0.1"
Talk = Callable[[socket.socket], None]


@contextmanager
def server(*talks: Talk, context: ssl.SSLContext | None = None) -> Iterator[str]:
    """A server whose n-th connection is held by the n-th function."""
    with socket.create_server((HOST, 0)) as listening:

        def run() -> None:
            for talk in talks:
                raw, _ = listening.accept()
                raw.settimeout(5)
                try:
                    opened = context.wrap_socket(raw, server_side=True) if context else raw
                except OSError:
                    raw.close()
                    continue
                with opened:
                    talk(opened)

        thread = threading.Thread(target=run)
        thread.start()
        try:
            yield f"{'https' if context else 'http'}://{HOST}:{listening.getsockname()[1]}"
        finally:
            thread.join(5)
    assert not thread.is_alive()


def request(url: str, safety: Safety = Safety.READ) -> Request:
    """A call to it."""
    return Request("test.call", "GET", f"{url}/x", safety, (("q", "a b&c"),), {"Accept": "application/json"})


def read_head(opened: socket.socket) -> bytes:
    """All that a client sends before its body."""
    head = b""
    while b"\r\n\r\n" not in head:
        head += opened.recv(4096)
    return head


def says(*parts: bytes) -> Talk:
    """Read a request, answer with these bytes, close."""

    def talk(opened: socket.socket) -> None:
        read_head(opened)
        for part in parts:
            opened.sendall(part)

    return talk


def whole(body: bytes, head: bytes = b"HTTP/1.1 200 OK\r\n") -> bytes:
    """A whole answer."""
    return head + f"Content-Length: {len(body)}\r\n\r\n".encode() + body


def exchange(talk: Talk, safety: Safety = Safety.READ) -> Response:
    """What comes of one call to a server that behaves like this."""
    with server(talk) as url:
        transport = HttpTransport(allowed_hosts=[HOST])
        try:
            return transport(request(url, safety))
        finally:
            transport.close()


def test_an_answer_comes_back_as_it_was_sent() -> None:
    """Status, header names in lower case, and the body's bytes; the query is encoded once."""
    heads: list[bytes] = []

    def talk(opened: socket.socket) -> None:
        heads.append(read_head(opened))
        opened.sendall(whole(b'{"a":1}', b"HTTP/1.1 404 Not Found\r\nX-Thing: Yes\r\n"))

    response = exchange(talk)
    assert (response.status, response.headers["x-thing"], response.body) == (404, "Yes", b'{"a":1}')
    assert heads[0].startswith(b"GET /x?q=a%20b%26c HTTP/1.1\r\n")


def test_a_compressed_answer_is_unpacked() -> None:
    """gzip is offered, and what arrives packed is handed on unpacked."""
    packed = gzip.compress(b"x" * 100_000)
    response = exchange(says(whole(packed, b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n")))
    assert response.body == b"x" * 100_000


def test_a_redirect_is_not_followed() -> None:
    """The answer is the redirect itself: nothing is sent to where it points."""
    response = exchange(says(whole(b"", b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\n")))
    assert response.status == 302


def test_a_connection_is_kept() -> None:
    """Two calls travel over one connection."""

    def talk(opened: socket.socket) -> None:
        for _ in range(2):
            read_head(opened)
            opened.sendall(whole(b"{}"))

    with server(talk) as url:
        transport = HttpTransport(allowed_hosts=[HOST])
        assert [transport(request(url)).status for _ in range(2)] == [200, 200]
        transport.close()


@pytest.mark.parametrize(
    "talk",
    [
        says(),
        says(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf"),
        says(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"),
        says(b"nonsense\r\n\r\n"),
        says(b"HTTP/1.1 200 OK\r\nContent-Length: 1, 2\r\n\r\nx"),
        says(whole(b"not gzip", b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n")),
    ],
    ids=["closed", "half a body", "bad chunk", "no HTTP", "two lengths", "not gzip"],
)
def test_a_broken_answer_is_lost(talk: Talk) -> None:
    """Once the request went out, nothing but a whole answer proves anything."""
    with pytest.raises(Lost):
        exchange(talk)


def test_a_refused_connection_is_transient() -> None:
    """Nobody listens, so nothing was sent."""
    with socket.create_server((HOST, 0)) as listening:
        port = listening.getsockname()[1]
    with pytest.raises(Transient):
        HttpTransport(allowed_hosts=[HOST])(request(f"http://{HOST}:{port}", Safety.ONCE))


def test_an_unknown_host_is_transient() -> None:
    """A name that does not resolve was not called (names under .invalid never resolve, RFC 6761)."""
    with pytest.raises(Transient):
        HttpTransport()(request("http://erp.invalid", Safety.ONCE))


def test_a_host_that_is_not_allowed_is_misconfigured() -> None:
    """The guard's word reaches the caller through urllib3 unchanged."""
    with pytest.raises(Misconfigured, match="allowed_hosts"):
        HttpTransport()(request(f"http://{HOST}:9"))


def test_a_slow_server_is_a_lost_exchange(monkeypatch: pytest.MonkeyPatch) -> None:
    """A time-out while waiting for the answer leaves open whether the request was acted on."""
    monkeypatch.setattr(under_test, "READ_SECONDS_MAX", 0.05)
    done = threading.Event()

    def talk(opened: socket.socket) -> None:
        read_head(opened)
        done.wait(5)

    with server(talk) as url:
        with pytest.raises(Lost, match="ReadTimeoutError"):
            HttpTransport(allowed_hosts=[HOST])(request(url))
        done.set()


@pytest.mark.parametrize(("safety", "error"), [(Safety.READ, Malformed), (Safety.ONCE, Lost)])
def test_an_endless_answer_is_cut(monkeypatch: pytest.MonkeyPatch, safety: Safety, error: type[Exception]) -> None:
    """A body over the cap is not read to its end; packed bodies are counted unpacked."""
    monkeypatch.setattr(under_test, "ANSWER_BYTES_MAX", 50_000)
    packed = gzip.compress(b"x" * 100_000)
    with pytest.raises(error):
        exchange(says(whole(packed, b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n")), safety)


@pytest.mark.parametrize("value", ["a\r\nX-Evil: 1", "tökén", "a\x00b"])
def test_a_header_that_cannot_be_sent_is_refused_without_repeating_it(value: str) -> None:
    """A secret with a line break in it gives an error that names the header and not the secret."""
    bad = request(f"http://{HOST}:9").with_headers({"Authorization": f"Bearer {value}"})
    with pytest.raises(Misconfigured, match="Authorization") as caught:
        HttpTransport(allowed_hosts=[HOST])(bad)
    assert "Bearer" not in str(caught.value)


@pytest.mark.parametrize("url", ["http://[::1", "ftp://erp.example.com", "http://:80", f"http://{'a' * 70}.com"])
def test_an_address_that_cannot_be_called_is_misconfigured(url: str) -> None:
    """What urllib3 cannot parse was not sent, and will not be later."""
    with pytest.raises(Misconfigured):
        HttpTransport(allowed_hosts=[HOST])(request(url))


EXCEPTIONS = [
    found
    for _, found in inspect.getmembers(failures, inspect.isclass)
    if found.__module__ == failures.__name__ and issubclass(found, Exception) and not issubclass(found, Warning)
]


@pytest.mark.parametrize("found", EXCEPTIONS, ids=lambda found: found.__name__)
def test_every_exception_of_the_layer_below_is_mapped(found: type[Exception]) -> None:
    """urllib3 has no exception that we have not sorted by what it says about the request: once, and by name."""
    tables = (NEVER_SENT, UNUSABLE, MAYBE_SENT)
    assert sum(found in table for table in tables) == 1
    error = found.__new__(found)
    wanted = {NEVER_SENT: Transient, UNUSABLE: Misconfigured, MAYBE_SENT: Lost}
    (table,) = (table for table in tables if found in table)
    assert isinstance(outcome(error, request("http://x")), wanted[table])


def test_an_exception_that_nobody_knows_counts_as_maybe_sent() -> None:
    """A later urllib3 may bring new ones: the cautious reading is the default."""
    assert isinstance(outcome(type("Novel", (failures.HTTPError,), {})(), request("http://x")), Lost)
    assert isinstance(outcome(ConnectionResetError(), request("http://x")), Lost)


def certificates(folder: Path, host: str) -> ssl.SSLContext:
    """A server certificate for a host and the authority that signed it (`ca.pem` in the folder)."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "test authority")])
    now = dt.datetime.now(dt.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(host))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = certificate.public_bytes(serialization.Encoding.PEM)
    (folder / "ca.pem").write_bytes(pem)
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (folder / "server.pem").write_bytes(private + pem)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "server.pem")
    return context


def test_tls_with_a_named_authority(tmp_path: Path) -> None:
    """An authority of one's own is trusted where it is named."""
    with server(says(whole(b"{}")), context=certificates(tmp_path, HOST)) as url:
        transport = HttpTransport(allowed_hosts=[HOST], ca_file=str(tmp_path / "ca.pem"))
        assert transport(request(url)).status == 200
        transport.close()


@pytest.mark.parametrize(("host", "named"), [(HOST, False), ("127.0.0.2", True)], ids=["authority", "host name"])
def test_an_untrusted_certificate_is_transient_and_sends_nothing(tmp_path: Path, host: str, named: bool) -> None:  # noqa: FBT001 - a parameter of the table above
    """An unknown authority or another host's certificate ends the handshake before the request, and says the remedy."""
    context = certificates(tmp_path, host)
    with server(says(whole(b"{}")), context=context) as url, pytest.raises(Transient, match="ca_file"):
        HttpTransport(allowed_hosts=[HOST], ca_file=str(tmp_path / "ca.pem") if named else "")(
            request(url, Safety.ONCE)
        )


def test_a_server_without_tls_is_transient() -> None:
    """A handshake that gets nonsense back has sent no request."""
    with server(lambda opened: opened.sendall(b"nonsense\r\n")) as url, pytest.raises(Transient):
        HttpTransport(allowed_hosts=[HOST])(request(url.replace("http", "https"), Safety.ONCE))


def test_whoever_cannot_be_reached_is_named_without_what_must_not_be_told() -> None:
    """The host and its port, and neither a user nor a path."""
    told = outcome(failures.NewConnectionError(None, "x"), request("https://me:secret@acme.example:444/token"))  # type: ignore[arg-type] # no connection needed
    assert "no connection to acme.example:444 was made" in str(told)
    assert "secret" not in str(told)
    assert "token" not in str(told)
