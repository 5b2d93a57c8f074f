"""Calls through the ION API gateway: one token for all processes, renewed in time, and one more try after a 401."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime, timedelta
from enum import StrEnum
from http import HTTPStatus
from typing import Protocol

from ml_connector.clock import Clock
from ml_connector.erp.ion import (
    SIGN_IN_AGAIN,
    ClientAuthentication,
    IonCredentials,
    Token,
    parse_token,
    refresh_request,
    sign_in_request,
)
from ml_connector.errors import (
    Ambiguous,
    ConnectorError,
    InvariantBroken,
    Malformed,
    Misconfigured,
    RateLimited,
    Transient,
    Unauthorized,
)
from ml_connector.wire import Request, Response, Send

GATEWAY_REFUSAL = b'"Unauthorized"'
"""The gateway's own 401 body says this and nothing else; a suite's 401 says other things."""
IF_IT_LASTS = "If it lasts, check the credentials: Infor's sign-in has been seen to answer 500 to wrong ones."
REFUSED_FOR = timedelta(minutes=5)
"""How long a refusal of the credentials stands before they are tried again: repeated failures can lock the account."""
TROUBLED_FOR = timedelta(seconds=30)
"""How long trouble at the token endpoint stands."""
TROUBLE_SECONDS = 5.0
"""After so long the token endpoint is asked once more; wrong keys have been seen to be answered 500."""
SECOND_LOOK_SECONDS = 1.0
"""After so long a suite's 401 is doubted: LN's has been seen to come, now and then, for tokens that are good."""
OTHERS_TURN_SECONDS = 1.0
TURNS_MAX = 30
"""How often, and how long each time, another process that renews the same token is waited for."""


class Hop(StrEnum):
    """How far a call came that failed, in the order of the way."""

    SIGN_IN = "token"
    GATEWAY = "gateway"
    SUITE = "suite"
    AUTHORIZATION = "authorization"


class Keeper(Protocol):
    """Where the token is kept for all processes of an installation."""

    def read(self) -> dict[str, str] | None:
        """What is kept; None where nothing ever was."""

    def write(self, fields: dict[str, str]) -> None:
        """Keep it."""

    def turn(self) -> AbstractContextManager[bool]:
        """Whether it is ours to renew, until the end of the block. False while another process does."""


class Alone:
    """Keeps a token for this process only."""

    def __init__(self) -> None:
        self._fields: dict[str, str] | None = None

    def read(self) -> dict[str, str] | None:
        """What is kept."""
        return self._fields

    def write(self, fields: dict[str, str]) -> None:
        """Keep it."""
        self._fields = fields

    @contextmanager
    def turn(self) -> Iterator[bool]:
        """Nobody else renews."""
        yield True


class Gateway:
    """Completes a request with the tenant's address and a token. Safe to share between threads, and by its keeper
    between processes: one of all renews, the others take what it kept, and a restart need not sign in again.

    What it raises names the hop that failed.
    """

    def __init__(
        self,
        credentials: IonCredentials,
        send: Send,
        clock: Clock,
        *,
        authentication: ClientAuthentication = ClientAuthentication.BASIC,
        keeper: Keeper | None = None,
    ) -> None:
        self._credentials = credentials
        self._send = send
        self._clock = clock
        self._authentication = authentication
        self._keeper = keeper or Alone()
        self._lock = threading.Lock()
        self._token: Token | None = None
        self._refusal: tuple[datetime, ConnectorError] | None = None

    def send(self, request: Request) -> Response:
        """The answer to a request whose URL is a path below the tenant.

        A 401 says that nothing was done, so that even a write that must not be repeated goes out once more: with the
        same token where the suite refused it, which it does now and then to good ones, and then with a new token.
        Raises Unauthorized after that and for a 403, naming the hop that refused.
        """
        token = self._current(None)
        response = self._with(request, token)
        if response.status == HTTPStatus.UNAUTHORIZED and not _by_gateway(response):
            self._clock.sleep(SECOND_LOOK_SECONDS)
            response = self._with(request, token)
        if response.status == HTTPStatus.UNAUTHORIZED:
            response = self._with(request, self._current(token))
        if response.status == HTTPStatus.UNAUTHORIZED:
            raise _unauthorized(request, response)
        if response.status == HTTPStatus.FORBIDDEN:
            raise _at(Hop.AUTHORIZATION, _forbidden(request))
        return response

    def _with(self, request: Request, token: Token) -> Response:
        if not request.url.startswith("/"):
            raise InvariantBroken(f"{request.operation} would carry the tenant's token to an address of its own")
        headers = {"Authorization": f"Bearer {token.access}", "Accept": "application/json"}
        try:
            return self._send(request.at(self._credentials.base).with_headers(headers))
        except ConnectorError as error:
            raise _at(Hop.GATEWAY, error) from error.__cause__

    def _current(self, refused: Token | None) -> Token:
        """A token to use now, other than the one just refused. One thread renews it, the others wait for that one."""
        with self._lock:
            token = self._token
            if token is None or token == refused or not token.fresh(self._clock.now()):
                try:
                    token = self._renewed(refused)
                except ConnectorError as error:
                    raise _at(Hop.SIGN_IN, error) from error.__cause__
                self._token = token
            return token

    def _renewed(self, refused: Token | None) -> Token:
        """What another process renewed, or a new one where it is our turn."""
        for _ in range(TURNS_MAX):
            with self._keeper.turn() as ours:
                kept = Token.kept(self._keeper.read())
                if kept is not None and kept != refused and kept.fresh(self._clock.now()):
                    return kept
                if ours:
                    token = self._issued(kept)
                    self._keeper.write(token.fields())
                    return token
            self._clock.sleep(OTHERS_TURN_SECONDS)
        raise Transient("Another process has been renewing the token for CloudSuite for long; nothing was sent.")

    def _issued(self, kept: Token | None) -> Token:
        """Refresh where a refresh token was issued; sign in anew where there is none or it no longer works."""
        if kept is not None and kept.refresh:
            request = refresh_request(self._credentials, self._authentication, kept.refresh)
            try:
                return self._ask(request)
            except (Unauthorized, Misconfigured, Malformed):
                pass  # Used up or outlived: signing in does not depend on it.
            except Transient as error:
                if isinstance(error, RateLimited):
                    raise
        return self._sign_in()

    def _sign_in(self) -> Token:
        """Ask for a token, unless a refusal still stands."""
        now = self._clock.now()
        if self._refusal is not None and now < self._refusal[0]:
            stands = self._refusal[1]
            raise type(stands)(stands.message, remedy=stands.remedy)
        request = sign_in_request(self._credentials, self._authentication)
        try:
            return self._ask_twice(request)
        except RateLimited:
            raise
        except (Unauthorized, Transient) as error:
            stands_for = REFUSED_FOR if isinstance(error, Unauthorized) else TROUBLED_FOR
            self._refusal = (self._clock.now() + stands_for, error)
            raise

    def _ask_twice(self, request: Request) -> Token:
        try:
            return self._ask(request)
        except RateLimited:
            raise
        except Transient:
            self._clock.sleep(TROUBLE_SECONDS)
            return self._ask(request)

    def _ask(self, request: Request) -> Token:
        asked_at = self._clock.now()
        try:
            return parse_token(self._send(request), asked_at)
        except RateLimited:
            raise
        except (Transient, Ambiguous) as error:
            raise Transient(
                f"Infor's token endpoint gives no token: {error.message}",
                remedy=f"{error.remedy} {IF_IT_LASTS}".strip(),
            ) from error


def _at(hop: Hop, error: ConnectorError) -> ConnectorError:
    error.hop = error.hop or hop
    return error


def _unauthorized(request: Request, response: Response) -> ConnectorError:
    hop, who = Hop.SUITE, "the application suite behind the gateway"
    if _by_gateway(response):
        hop, who = Hop.GATEWAY, "the API gateway"
    return _at(
        hop,
        Unauthorized(f"{request.operation}: {who} refuses a token just issued (401).", remedy=SIGN_IN_AGAIN),
    )


def _forbidden(request: Request) -> Unauthorized:
    return Unauthorized(
        f"{request.operation}: the service account may not do this (403).",
        remedy="Give the app the API suite and its scope, and the service account's user the security role.",
    )


def _by_gateway(response: Response) -> bool:
    """Whether a 401 is the gateway's own: nothing but its words."""
    return GATEWAY_REFUSAL in response.body and len(response.body) < 100  # noqa: PLR2004 - nothing but those words
