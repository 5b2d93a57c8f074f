"""Signing in to Jira with something that lasts: an API token of an account, or a personal access token.

Atlassian, basic auth for REST APIs: a token without scopes belongs on the site's own host, one with scopes on the
gateway `api.atlassian.com/ex/jira/{cloudId}`, and on the other host each is refused with 401. Data Center: a personal
access token is a bearer token on the site's own host.
"""

from __future__ import annotations

from base64 import b64encode
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from http import HTTPStatus
from threading import Lock
from typing import Protocol

from ml_connector.clock import Clock
from ml_connector.errors import InvariantBroken, Malformed, Unauthorized
from ml_connector.wire import Request, Response, Send

REFUSED_FOR = timedelta(minutes=5)
"""How long a refusal of the credentials stands before they are tried again: repeated failures can lock the account."""
REFUSED = "refused"
"""The cause of a refusal that says nothing of why."""
ANONYMOUS = "anonymous"
SCOPE_MISMATCH = b"scope does not match"
"""What the gateway says to a token that is good, and not for this call (seen in several reports; not documented)."""


class Credential(Protocol):
    """What a request is signed in with."""

    @property
    def header(self) -> str:
        """The value of the Authorization header."""

    @property
    def shown(self) -> str:
        """What a person knows it by; nothing secret."""

    @property
    def remedy(self) -> str:
        """What to do where it is refused."""


@dataclass(frozen=True, slots=True)
class ApiToken:
    """An account's e-mail address and API token; `scoped`: it was made with scopes."""

    email: str
    token: str = field(repr=False)
    scoped: bool = False

    @property
    def header(self) -> str:
        """The value of the Authorization header."""
        return "Basic " + b64encode(f"{self.email}:{self.token}".encode()).decode("ascii")

    @property
    def shown(self) -> str:
        """Whose token it is."""
        return f"the API token of {self.email}"

    @property
    def remedy(self) -> str:
        """A dead token and a token of the other kind are refused alike."""
        other = "without scopes, store it without --scoped" if self.scoped else "with scopes, store it with --scoped"
        return (
            "Make a new API token for the integration user (they live for a year at most) and store it with "
            f"`ml-connector connect jira`. If this one was made {other}."
        )


@dataclass(frozen=True, slots=True)
class PersonalToken:
    """A personal access token of Jira Data Center."""

    token: str = field(repr=False)

    @property
    def header(self) -> str:
        """The value of the Authorization header."""
        return f"Bearer {self.token}"

    @property
    def shown(self) -> str:
        """What it is called in Jira."""
        return "the personal access token"

    @property
    def remedy(self) -> str:
        """What to do where it is refused."""
        return (
            "Make a new personal access token for the integration user and store it with "
            "`ml-connector connect jira-pat`."
        )


class StandingSession:
    """Completes a request with an address and a lasting credential. Safe to share between threads."""

    def __init__(self, base: str, credential: Credential, send: Send, clock: Clock) -> None:
        self._base = base
        self._credential = credential
        self._send = send
        self._clock = clock
        self._lock = Lock()
        self._refused_at: datetime | None = None

    def send(self, request: Request) -> Response:
        """The answer to a request whose URL is a path below the base. Raises Unauthorized for a 401, and then for
        some minutes without asking again; Malformed where the site sends us elsewhere.
        """
        self._wait_after_refusal(request)
        response = self._send(signed(request, self._base, self._credential.header))
        if response.status == HTTPStatus.UNAUTHORIZED:
            if SCOPE_MISMATCH in response.body:
                raise lacks_scope(request)
            with self._lock:
                self._refused_at = self._clock.now()
            raise self._unauthorized(request)
        return at_home(request, response)

    def _wait_after_refusal(self, request: Request) -> None:
        with self._lock:
            refused_at = self._refused_at
        if refused_at is not None and self._clock.now() < refused_at + REFUSED_FOR:
            raise self._unauthorized(request)

    def _unauthorized(self, request: Request) -> Unauthorized:
        credential = self._credential
        message = f"{request.operation}: Jira refuses {credential.shown} (401)."
        return Unauthorized(message, remedy=credential.remedy, cause=REFUSED)


def known_by_name(send: Send) -> Send:
    """The same, on a Data Center that takes whoever comes with a dead token for a visitor, and shows next to nothing
    (others saw that; a header tells). Raises Unauthorized then.
    """

    def sent(request: Request) -> Response:
        response = send(request)
        if response.headers.get("x-ausername", "").strip().casefold() == ANONYMOUS:
            raise Unauthorized(
                f"{request.operation}: Jira takes us for an anonymous visitor.", remedy=PersonalToken("").remedy
            )
        return response

    return sent


def signed(request: Request, base: str, header: str) -> Request:
    """The request under its base, with what signs it in. Raises InvariantBroken for an address of its own."""
    if not request.url.startswith("/"):
        raise InvariantBroken(f"{request.operation} would carry our credentials to an address of its own")
    return request.at(base).with_headers({"Authorization": header, "Accept": "application/json"})


def lacks_scope(request: Request) -> Unauthorized:
    """The error for a token that is good, and not for this call. Asking again cannot help."""
    return Unauthorized(
        f"{request.operation}: the token's scopes do not allow the call (401).",
        remedy="Grant the scopes that docs/operating/jira-sign-in.md lists, and connect again.",
        cause="scope_mismatch",
    )


def at_home(request: Request, response: Response) -> Response:
    """An answer that is the site's own. Raises Malformed for a redirect."""
    if HTTPStatus.MULTIPLE_CHOICES <= response.status < HTTPStatus.BAD_REQUEST:
        raise Malformed(
            f"{request.operation}: the site answers with a redirect ({response.status}).",
            remedy="Give the site's own address in the connection, as in https://acme.atlassian.net.",
        )
    return response
