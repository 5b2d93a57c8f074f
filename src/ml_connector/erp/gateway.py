"""Calls through the ION API gateway: one token for all threads, renewed in time, and one more try after a 401."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from http import HTTPStatus

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


FALSE_REFUSAL = b"[U14]"
"""In LN's 401 to a token that is valid (`OAuth [U14]: unknown oauth_consumer_key`)."""
FALSE_REFUSAL_WAITS = (1.0, 4.0)
"""Seconds before the same token is tried again; after that it is renewed like any other."""
REFUSED_FOR = timedelta(minutes=5)
"""How long a refusal of the credentials stands before they are tried again: repeated failures can lock the account."""


class Gateway:
    """Completes a request with the tenant's address and a token. Safe to share between threads.

    `token` is one that was kept, `keep` is called with each new one, so that a restart need not sign in again.
    """

    def __init__(
        self,
        credentials: IonCredentials,
        send: Send,
        clock: Clock,
        *,
        authentication: ClientAuthentication = ClientAuthentication.BASIC,
        token: Token | None = None,
        keep: Callable[[Token], None] | None = None,
    ) -> None:
        self._credentials = credentials
        self._send = send
        self._clock = clock
        self._authentication = authentication
        self._token = token
        self._keep = keep
        self._lock = threading.Lock()
        self._refusal: tuple[datetime, Unauthorized] | None = None

    def send(self, request: Request) -> Response:
        """The answer to a request whose URL is a path below the tenant.

        A 401 says that nothing was done, so that even a write that must not be repeated goes out once more with a new
        token. Raises Unauthorized after the second one and for a 403, naming the hop that refused.
        """
        token = self._current(None)
        response = self._patiently(request, token)
        if response.status == HTTPStatus.UNAUTHORIZED:
            response = self._patiently(request, self._current(token))
        if response.status == HTTPStatus.UNAUTHORIZED:
            raise Unauthorized(
                f"{request.operation}: {_hop(response)} refuses a token just issued (401).", remedy=SIGN_IN_AGAIN
            )
        if response.status == HTTPStatus.FORBIDDEN:
            raise Unauthorized(
                f"{request.operation}: the service account may not do this (403).",
                remedy="Give the app the API suite and its scope, and the service account's user the security role.",
            )
        return response

    def _patiently(self, request: Request, token: Token) -> Response:
        """The answer under a token: LN is known to refuse a valid one now and then, and to take it a moment later."""
        response = self._with(request, token)
        for seconds in FALSE_REFUSAL_WAITS:
            if response.status != HTTPStatus.UNAUTHORIZED or FALSE_REFUSAL not in response.body:
                break
            self._clock.sleep(seconds)
            response = self._with(request, token)
        return response

    def _with(self, request: Request, token: Token) -> Response:
        if not request.url.startswith("/"):
            raise InvariantBroken(f"{request.operation} would carry the tenant's token to an address of its own")
        headers = {"Authorization": f"Bearer {token.access}", "Accept": "application/json"}
        return self._send(request.at(self._credentials.base).with_headers(headers))

    def _current(self, refused: Token | None) -> Token:
        """A token to use now, other than the one just refused. One thread renews it, the others wait for that one."""
        with self._lock:
            token = self._token
            if token is None or token is refused or not token.fresh(self._clock.now()):
                token = self._renewed(token)
                self._token = token
                if self._keep is not None:
                    self._keep(token)
            return token

    def _renewed(self, old: Token | None) -> Token:
        """Refresh where a refresh token was issued; sign in anew where there is none or it no longer works."""
        if old is not None and old.refresh:
            request = refresh_request(self._credentials, self._authentication, old.refresh)
            try:
                return self._ask(request)
            except (Unauthorized, Misconfigured, Ambiguous, Malformed):
                # Used up, outlived, or its answer was lost: signing in does not depend on it.
                self._token = None
        return self._sign_in()

    def _sign_in(self) -> Token:
        if self._refusal is not None and self._clock.now() < self._refusal[0] + REFUSED_FOR:
            raise Unauthorized(self._refusal[1].message, remedy=self._refusal[1].remedy)
        try:
            return self._ask(sign_in_request(self._credentials, self._authentication))
        except Unauthorized as error:
            self._refusal = (self._clock.now(), error)
            raise

    def _ask(self, request: Request) -> Token:
        asked_at = self._clock.now()
        try:
            return parse_token(self._send(request), asked_at)
        except RateLimited:
            raise
        except Transient as error:
            raise Transient(
                f"Infor's token endpoint gives no token: {error.message}",
                remedy="If it lasts, check the credentials: Infor's sign-in has been seen to answer 500 to wrong ones.",
            ) from error


def _hop(response: Response) -> str:
    own = GATEWAY_REFUSAL in response.body and len(response.body) < 100  # noqa: PLR2004 - nothing but those words
    return "the API gateway" if own else "the application suite behind the gateway"
