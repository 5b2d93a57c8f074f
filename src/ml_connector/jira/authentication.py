"""Signing in to a Jira Cloud site with an account's e-mail address and API token.

Atlassian, basic auth for REST APIs: the token belongs on the site's own host, and nowhere else.
"""

from __future__ import annotations

from base64 import b64encode
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from http import HTTPStatus
from threading import Lock

from ml_connector.clock import Clock
from ml_connector.errors import InvariantBroken, Malformed, Unauthorized
from ml_connector.wire import Request, Response, Send

REFUSED_FOR = timedelta(minutes=5)
"""How long a refusal of the credentials stands before they are tried again: repeated failures can lock the account."""
REMEDY = (
    "Make a new API token for the integration user (they live for a year at most) and store it with "
    "`ml-connector connect jira`."
)


@dataclass(frozen=True, slots=True)
class ApiToken:
    """An account's e-mail address and API token."""

    email: str
    token: str = field(repr=False)

    @property
    def header(self) -> str:
        """The value of the Authorization header."""
        return "Basic " + b64encode(f"{self.email}:{self.token}".encode()).decode("ascii")


class BasicSession:
    """Completes a request with the site's address and our credentials. Safe to share between threads."""

    def __init__(self, base: str, credentials: ApiToken, send: Send, clock: Clock) -> None:
        self._base = base
        self._credentials = credentials
        self._send = send
        self._clock = clock
        self._lock = Lock()
        self._refused_at: datetime | None = None

    def send(self, request: Request) -> Response:
        """The answer to a request whose URL is a path below the site. Raises Unauthorized for a 401, and then for
        some minutes without asking again; Malformed where the site sends us elsewhere.
        """
        if not request.url.startswith("/"):
            raise InvariantBroken(f"{request.operation} would carry the API token to an address of its own")
        self._wait_after_refusal(request)
        headers = {"Authorization": self._credentials.header, "Accept": "application/json"}
        response = self._send(request.at(self._base).with_headers(headers))
        if response.status == HTTPStatus.UNAUTHORIZED:
            with self._lock:
                self._refused_at = self._clock.now()
            raise self._unauthorized(request)
        if HTTPStatus.MULTIPLE_CHOICES <= response.status < HTTPStatus.BAD_REQUEST:
            raise Malformed(
                f"{request.operation}: the site answers with a redirect ({response.status}).",
                remedy="Give the site's own address in the connection, as in https://acme.atlassian.net.",
            )
        return response

    def _wait_after_refusal(self, request: Request) -> None:
        with self._lock:
            refused_at = self._refused_at
        if refused_at is not None and self._clock.now() < refused_at + REFUSED_FOR:
            raise self._unauthorized(request)

    def _unauthorized(self, request: Request) -> Unauthorized:
        return Unauthorized(
            f"{request.operation}: Jira refuses the API token of {self._credentials.email} (401).", remedy=REMEDY
        )
