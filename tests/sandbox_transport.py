"""The product's clients on the simulated vendors, in one process: no socket, no port, the same bytes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from urllib.parse import urlsplit

from ml_connector.net.transport import Lost
from ml_connector.wire import Request, Response
from ml_connector_sandbox import wire as sandbox

Front = Callable[[sandbox.Request], sandbox.Response]
Transport = Callable[[Request], Response]


class SandboxTransport:
    """One vendor's front as a transport for `net.client.Client`.

    `dropped` is what the front raises where a real one would drop the connection: the exchange is lost, whether or
    not the vendor did what it was asked to.
    """

    def __init__(self, front: Front, dropped: type[Exception] = ConnectionError) -> None:
        self._front = front
        self._dropped = dropped

    def __call__(self, request: Request) -> Response:
        """One exchange. Raises Lost."""
        arrived = sandbox.Request.to(request.method, request.target, request.headers, request.body or b"")
        try:
            answer = self._front(arrived)
        except self._dropped:
            raise Lost(f"{request.operation}: the connection was dropped.") from None
        return Response(answer.status, {name.lower(): value for name, value in answer.headers.items()}, answer.body)


def by_host(transports: Mapping[str, Transport]) -> Transport:
    """One transport for several vendors, by the host in the address."""

    def send(request: Request) -> Response:
        host = urlsplit(request.url).hostname or ""
        if host not in transports:
            raise Lost(f"{request.operation}: there is no host {host}.")
        return transports[host](request)

    return send
