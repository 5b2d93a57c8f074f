"""One HTTP exchange over urllib3, without retries or redirects, and what each of its failures says about the request.

The one question is whether the request may have reached the vendor. An error from before the first byte went out is
`Transient`; after that, and wherever urllib3 leaves it open, the exchange is `Lost`, and the client decides by what
repeating would do.
"""

from __future__ import annotations

import re
import socket
import ssl
import time
from collections.abc import Collection
from http.client import HTTPException
from urllib.parse import urlsplit

from urllib3 import BaseHTTPResponse, HTTPConnectionPool, HTTPSConnectionPool, PoolManager, Timeout
from urllib3 import exceptions as failures
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.util.ssl_match_hostname import CertificateError

from ml_connector.errors import ConnectorError, Malformed, Misconfigured, Transient
from ml_connector.net.addresses import Guard
from ml_connector.wire import Request, Response, Safety

CONNECT_SECONDS_MAX = 5.0
READ_SECONDS_MAX = 75.0
"""Longer than the 60 s after which Infor's gateway answers 504, so that its answer wins."""
ANSWER_SECONDS_MAX = 300.0
"""For a whole answer, however slowly it drips in."""
ANSWER_BYTES_MAX = 64 * 1024 * 1024
CHUNK_BYTES = 256 * 1024
KEPT_CONNECTIONS = 8
HEADER_TEXT = re.compile(r"[\t\x20-\x7e]*")

NEVER_SENT: tuple[type[Exception], ...] = (
    failures.NewConnectionError,
    failures.NameResolutionError,
    failures.ConnectTimeoutError,
    failures.ProxyError,
    failures.EmptyPoolError,
    failures.FullPoolError,
    failures.ClosedPoolError,
)
"""The connection was never there."""

UNUSABLE: tuple[type[Exception], ...] = (
    failures.LocationValueError,
    failures.LocationParseError,
    failures.URLSchemeUnknown,
    failures.ProxySchemeUnknown,
    failures.ProxySchemeUnsupported,
    failures.UnrewindableBodyError,
)
"""The request could not even be tried."""

MAYBE_SENT: tuple[type[Exception], ...] = (
    failures.HTTPError,
    failures.PoolError,
    failures.RequestError,
    failures.SSLError,  # handshakes fail as NewConnectionError (see below); this one broke a running exchange
    failures.DecodeError,
    failures.ProtocolError,
    failures.MaxRetryError,
    failures.HostChangedError,
    failures.TimeoutStateError,
    failures.TimeoutError,
    failures.ReadTimeoutError,
    failures.ResponseError,
    failures.ResponseNotChunked,
    failures.BodyNotHttplibCompatible,
    failures.IncompleteRead,
    failures.InvalidChunkLength,
    failures.InvalidHeader,
    failures.HeaderParsingError,
)
"""The request may have been acted on. Anything that is not named here counts as this too."""


class Lost(Exception):
    """The request may have arrived, and there is no whole answer. Private to `net`: the client translates it."""


class _Untrusted(failures.NewConnectionError):
    """The TLS handshake failed over the certificate."""


class HttpTransport:
    """Sends requests over kept connections; safe to share between threads.

    `allowed_hosts` may resolve to addresses that are not public, `ca_file` names the authorities to trust instead of
    the machine's. Raises Transient, Misconfigured, Malformed (an answer that is too large) and Lost.
    """

    def __init__(self, *, allowed_hosts: Collection[str] = (), ca_file: str = "") -> None:
        self._pools = PoolManager(
            maxsize=KEPT_CONNECTIONS,
            retries=False,
            timeout=Timeout(connect=CONNECT_SECONDS_MAX, read=READ_SECONDS_MAX),
            cert_reqs="CERT_REQUIRED",
            ca_certs=ca_file or None,
        )
        self._pools.pool_classes_by_scheme = _guarded_pools(Guard.of(allowed_hosts))

    def __call__(self, request: Request) -> Response:
        """One exchange."""
        _check_headers(request)
        try:
            return self._exchange(request)
        except (failures.HTTPError, HTTPException, OSError, ValueError) as error:
            raise outcome(error, request) from None

    def close(self) -> None:
        """Close the kept connections."""
        self._pools.clear()

    def _exchange(self, request: Request) -> Response:
        answer = self._pools.urlopen(
            request.method,
            request.target,
            redirect=False,
            body=request.body,
            headers={"User-Agent": "ml-connector", "Accept-Encoding": "gzip", **request.headers},
            preload_content=False,
        )
        try:
            body = _whole_body(answer, request)
        except BaseException:
            answer.close()
            raise
        answer.release_conn()
        return Response(answer.status, {name.lower(): value for name, value in answer.headers.items()}, body)


def outcome(error: Exception, request: Request) -> Exception:
    """What a failure of the layer below says about the request: one of our errors, or Lost. Texts hold no values."""
    what = f"{request.operation}: {type(error).__name__}"
    if isinstance(error, _Untrusted):
        return Transient(
            f"{what}: the certificate of the host is not trusted.",
            remedy="If the host has its own authority, name its file in network.ca_file.",
        )
    if isinstance(error, NEVER_SENT):
        where = urlsplit(request.url).netloc.rpartition("@")[2]
        return Transient(f"{what}: no connection to {where} was made.", remedy="Check the address and the network.")
    if isinstance(error, UNUSABLE):
        return Misconfigured(f"{what}: the address cannot be called.", remedy="Check the address in the connection.")
    return Lost(f"{what}: the answer was lost.")


def _check_headers(request: Request) -> None:
    """Refuse what http.client would refuse, without repeating the value as it does: it may be a secret."""
    for name, value in request.headers.items():
        if not HEADER_TEXT.fullmatch(f"{name}{value}"):
            raise Misconfigured(
                f"{request.operation}: header {name!r} would hold a character that HTTP cannot carry.",
                remedy="Check the stored credentials for line breaks and letters outside ASCII.",
            )


def _whole_body(answer: BaseHTTPResponse, request: Request) -> bytes:
    parts: list[bytes] = []
    size = 0
    ends = time.monotonic() + ANSWER_SECONDS_MAX
    while part := answer.read(CHUNK_BYTES, decode_content=True):
        size += len(part)
        if size > ANSWER_BYTES_MAX:
            raise _too_large(request)
        if time.monotonic() > ends:
            raise Lost(f"{request.operation}: the answer took longer than {ANSWER_SECONDS_MAX:.0f} s.")
        parts.append(part)
    return b"".join(parts)


def _too_large(request: Request) -> ConnectorError | Lost:
    message = f"{request.operation}: the answer is larger than {ANSWER_BYTES_MAX} bytes."
    return Lost(message) if request.safety is Safety.ONCE else Malformed(message, remedy="Ask for smaller pages.")


def _guarded_pools(guard: Guard) -> dict[str, type[HTTPConnectionPool]]:
    """Pools whose connections go through the guard. `_new_conn` is where urllib3's own SOCKS support hooks in too."""

    class Plain(HTTPConnection):
        def _new_conn(self) -> socket.socket:
            return _connected(self, guard)

    class Secure(HTTPSConnection):
        def _new_conn(self) -> socket.socket:
            return _connected(self, guard)

        def connect(self) -> None:
            """Report a failed handshake as what it is: nothing of the request has been sent."""
            try:
                super().connect()
            except (ssl.SSLCertVerificationError, CertificateError):
                raise _Untrusted(self, "certificate not trusted") from None
            except OSError as error:
                raise failures.NewConnectionError(self, f"handshake failed: {type(error).__name__}") from None

    class PlainPool(HTTPConnectionPool):
        ConnectionCls = Plain

    class SecurePool(HTTPSConnectionPool):
        ConnectionCls = Secure

    return {"http": PlainPool, "https": SecurePool}


def _connected(connection: HTTPConnection, guard: Guard) -> socket.socket:
    timeout = connection.timeout if isinstance(connection.timeout, int | float) else CONNECT_SECONDS_MAX
    try:
        return guard.connect(connection.host, connection.port, timeout, connection.socket_options or ())
    except socket.gaierror as error:
        raise failures.NameResolutionError(connection.host, connection, error) from None
    except UnicodeError:  # Python's word for a name that no host can have
        raise failures.LocationParseError("the host") from None
    except OSError as error:
        raise failures.NewConnectionError(connection, type(error).__name__) from None
