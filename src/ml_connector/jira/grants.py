"""Signing in to Jira Cloud by OAuth 2.0: what an app was granted, and how it is renewed.

Atlassian, OAuth 2.0 (3LO) apps and client credentials of service accounts: access tokens live for an hour, refresh
tokens rotate (each use gives another one and ends the former), calls go to the gateway under the site's cloud id.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from http import HTTPStatus
from threading import Lock
from typing import Protocol
from urllib.parse import parse_qsl, urlencode

import msgspec

from ml_connector.clock import Clock
from ml_connector.errors import (
    Ambiguous,
    Malformed,
    Misconfigured,
    Rejected,
    Transient,
    Unauthorized,
)
from ml_connector.jira.answers import UNREADABLE, one_line, without
from ml_connector.jira.authentication import REFUSED_FOR, SCOPE_MISMATCH, at_home, lacks_scope, signed
from ml_connector.wire import Request, Response, Safety, Send

AUDIENCE = "api.atlassian.com"
SCOPES = ("read:jira-work", "write:jira-work", "read:jira-user", "offline_access")
WEBHOOK_SCOPE = "manage:jira-webhook"
"""Asked for where the connection wants a webhook of the app."""
RENEWED_BEFORE = timedelta(minutes=5)
"""How long before its end an access token is no longer used."""
LIFETIME_SECONDS = 3600
"""How long an access token lives where the answer does not say so (Atlassian: one hour)."""
OTHERS_TURN_SECONDS = 1.0
TURNS_MAX = 30
"""How often, and how long each time, another process that renews the same tokens is waited for."""
CONNECT_AGAIN = "Connect again with `ml-connector connect jira-oauth`: somebody with access to the site has to agree."
REVOKED = frozenset({"invalid_grant", "unauthorized_client"})
"""The codes of a grant that is gone (seen with 403; not documented)."""


@dataclass(frozen=True, slots=True)
class App:
    """An OAuth app, or a service account's credentials."""

    client_id: str
    client_secret: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Tokens:
    """What was issued. `refresh` is empty where there is none."""

    access: str = field(repr=False)
    refresh: str = field(repr=False)
    expires_at: datetime

    def fresh(self, now: datetime) -> bool:
        """Whether the access token may still be used."""
        return now < self.expires_at - RENEWED_BEFORE

    def fields(self) -> dict[str, str]:
        """As they are kept."""
        return {"access": self.access, "refresh": self.refresh, "expires_at": self.expires_at.isoformat()}

    @classmethod
    def kept(cls, fields: dict[str, str] | None) -> Tokens | None:
        """As they were kept."""
        if fields is None:
            return None
        return cls(fields["access"], fields["refresh"], datetime.fromisoformat(fields["expires_at"]))


@dataclass(frozen=True, slots=True)
class GrantedSite:
    """A site that a grant reaches."""

    cloud_id: str
    url: str
    scopes: tuple[str, ...] = ()


class Keeper(Protocol):
    """Where tokens are kept for all processes of an installation."""

    def read(self) -> dict[str, str] | None:
        """What is kept; None where nothing ever was."""

    def write(self, fields: dict[str, str]) -> None:
        """Keep it; when this returns, a crash no longer loses it."""

    def turn(self) -> AbstractContextManager[bool]:
        """Whether it is ours to renew, until the end of the block. False while another process does."""


class _Issued(msgspec.Struct):
    access_token: str
    expires_in: int | str | None = None
    refresh_token: str = ""


class _Refusal(msgspec.Struct):
    error: str = ""
    error_description: str = ""


class _Site(msgspec.Struct):
    id: str
    url: str
    scopes: list[str] = []


class _Tenant(msgspec.Struct, rename="camel"):
    cloud_id: str


def consent_url(sign_in: str, app: App, redirect: str, state: str, scopes: tuple[str, ...]) -> str:
    """Where a person is sent to agree. `sign_in` is the authorization server; `state` comes back with the code."""
    asked = {
        "audience": AUDIENCE,
        "client_id": app.client_id,
        "scope": " ".join(scopes),
        "redirect_uri": redirect,
        "state": state,
        "response_type": "code",
        "prompt": "consent",
    }
    return f"{sign_in}/authorize?{urlencode(asked)}"


def code_request(sign_in: str, app: App, code: str, redirect: str) -> Request:
    """Trade the code that came back for tokens. A code works once."""
    body = {"grant_type": "authorization_code", "code": code, "redirect_uri": redirect}
    return _token_request(sign_in, "jira.oauth.code", app, body, Safety.ONCE)


def refresh_request(sign_in: str, app: App, refresh: str) -> Request:
    """Renew. Asked again with the same token where no answer came: Atlassian allows for that for some minutes, and
    where it does not, nothing worse comes of it than of not asking.
    """
    body = {"grant_type": "refresh_token", "refresh_token": refresh}
    return _token_request(sign_in, "jira.oauth.refresh", app, body, Safety.REPEATABLE)


def service_request(sign_in: str, app: App) -> Request:
    """Sign a service account in with its own credentials."""
    body = {"grant_type": "client_credentials"}
    return _token_request(sign_in, "jira.oauth.service", app, body, Safety.REPEATABLE)


def _token_request(sign_in: str, operation: str, app: App, body: dict[str, str], safety: Safety) -> Request:
    whole = {**body, "client_id": app.client_id, "client_secret": app.client_secret}
    headers = {"Content-Type": "application/json", "Accept": "application/json"}
    return Request(operation, "POST", f"{sign_in}/oauth/token", safety, (), headers, msgspec.json.encode(whole))


def parse_tokens(request: Request, response: Response, asked_at: datetime, refresh: str = "") -> Tokens:
    """The tokens issued; `refresh` is what stays where the answer holds no other.

    Raises Unauthorized where the grant or the app is refused, Rejected for another refusal: a 400 may be a request that
    was not understood, and says nothing about the grant.
    """
    if response.status != HTTPStatus.OK:
        raise _refused(request, response)
    try:
        issued = msgspec.json.decode(response.body, type=_Issued)
        seconds = int(issued.expires_in or LIFETIME_SECONDS)
    except (*UNREADABLE, ValueError):
        raise Malformed(f"{request.operation}: the answer holds no token.") from None
    return Tokens(issued.access_token, issued.refresh_token or refresh, asked_at + timedelta(seconds=seconds))


def _refused(request: Request, response: Response) -> Unauthorized | Rejected:
    try:
        said = msgspec.json.decode(response.body, type=_Refusal)
    except UNREADABLE:
        said = _Refusal()
    told = " ".join(part for part in (said.error, said.error_description) if part)
    words = one_line(without(_sent(request), told)) or "no reason given"
    if response.status == HTTPStatus.FORBIDDEN and said.error in REVOKED:
        return Unauthorized(
            f"{request.operation}: the grant was taken back, or was not used for too long: {words}.",
            remedy=CONNECT_AGAIN,
            cause="revoked_grant",
        )
    if response.status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
        return Unauthorized(
            f"{request.operation}: the app's client id or secret is refused ({response.status}): {words}.",
            remedy="Copy both from the app's settings, and connect again.",
            cause="refused_app",
        )
    return Rejected(
        f"{request.operation}: the authorization server refused the call ({response.status}): {words}.",
        status=response.status,
        remedy="Begin again; a code works once and for some minutes.",
    )


def _sent(request: Request) -> Iterator[str]:
    """What a request for tokens says of secrets: all but the ways of asking, which its refusal may well name."""
    body = (request.body or b"").decode()
    is_json = request.headers["Content-Type"] == "application/json"
    sent = msgspec.json.decode(body, type=dict[str, str]) if is_json else dict(parse_qsl(body))
    yield from (sent.get(name, "") for name in ("client_secret", "code", "refresh_token"))


def sites_request(gateway: str, access: str) -> Request:
    """The sites that a token reaches."""
    headers = {"Authorization": f"Bearer {access}", "Accept": "application/json"}
    return Request("jira.oauth.sites", "GET", f"{gateway}/oauth/token/accessible-resources", Safety.READ, (), headers)


def parse_sites(request: Request, response: Response) -> tuple[GrantedSite, ...]:
    """Several where the person chose several."""
    if response.status != HTTPStatus.OK:
        raise Unauthorized(f"{request.operation}: refused ({response.status}).", remedy=CONNECT_AGAIN)
    try:
        found = msgspec.json.decode(response.body, type=list[_Site])
    except UNREADABLE:
        raise Malformed(f"{request.operation}: the answer is no list of sites.") from None
    return tuple(GrantedSite(each.id, each.url.rstrip("/"), tuple(each.scopes)) for each in found)


def chosen(sites: tuple[GrantedSite, ...], url: str) -> GrantedSite:
    """The site of a connection. Raises Misconfigured where the grant does not reach it."""
    for site in sites:
        if site.url.casefold() == url.rstrip("/").casefold():
            return site
    reached = ", ".join(site.url for site in sites) or "no site"
    raise Misconfigured(
        f"The grant reaches {reached}, and not {url}.",
        remedy="Agree for the site that jira.url names, or correct jira.url.",
    )


def tenant_request(site: str) -> Request:
    """The cloud id of a site, which anybody may ask for."""
    return Request("jira.tenant", "GET", f"{site}/_edge/tenant_info", Safety.READ, (), {"Accept": "application/json"})


def parse_tenant(request: Request, response: Response) -> str:
    """Raises Misconfigured where the site does not tell."""
    try:
        if response.status == HTTPStatus.OK:
            return msgspec.json.decode(response.body, type=_Tenant).cloud_id
    except UNREADABLE:
        pass
    raise Misconfigured(
        f"{request.operation}: the site does not tell its cloud id ({response.status}).",
        remedy="Check jira.url: it must be the address of a Jira Cloud site.",
    )


@dataclass(frozen=True, slots=True)
class Grant:
    """How tokens are come by: with the refresh token of a person's grant, or as a service account."""

    sign_in: str
    app: App
    service: bool = False

    def request(self, held: Tokens | None) -> Request:
        """The request for other tokens than these. Raises Unauthorized where there is nothing to renew with."""
        if self.service:
            return service_request(self.sign_in, self.app)
        if held is None or not held.refresh:
            raise Unauthorized("There is no refresh token for Jira.", remedy=CONNECT_AGAIN)
        return refresh_request(self.sign_in, self.app, held.refresh)


class Source(Protocol):
    """Where tokens come from."""

    def request(self, held: Tokens | None) -> Request:
        """The request for other tokens than these. Raises Unauthorized where there is nothing to ask with."""
        ...


class GrantSession:
    """Completes a request with the gateway's address and an access token. Safe to share between threads, and by its
    keeper between processes: one of all renews, the others take what it kept.
    """

    def __init__(self, base: str, grant: Source, keeper: Keeper, send: Send, clock: Clock) -> None:
        self._base = base
        self._grant = grant
        self._keeper = keeper
        self._send = send
        self._clock = clock
        self._lock = Lock()
        self._tokens: Tokens | None = None
        self._refusal: tuple[datetime, str, Unauthorized] | None = None

    def send(self, request: Request) -> Response:
        """The answer to a request whose URL is a path below the site.

        A 401 says that nothing was done, so that even a write that must not be repeated goes out once more with a new
        token. Raises Unauthorized after the second one, and at once where the token's scopes are too narrow.
        """
        tokens = self._current(None)
        response = self._with(request, tokens)
        if response.status == HTTPStatus.UNAUTHORIZED and SCOPE_MISMATCH not in response.body:
            response = self._with(request, self._current(tokens))
        if response.status != HTTPStatus.UNAUTHORIZED:
            return at_home(request, response)
        if SCOPE_MISMATCH in response.body:
            raise lacks_scope(request)
        raise Unauthorized(
            f"{request.operation}: Jira refuses a token just issued (401).",
            remedy="See that the app's user still has access to the site, then connect again.",
        )

    def _with(self, request: Request, tokens: Tokens) -> Response:
        return self._send(signed(request, self._base, f"Bearer {tokens.access}"))

    def _current(self, refused: Tokens | None) -> Tokens:
        """Tokens to use now, other than the ones just refused. One thread renews them, the others wait for it."""
        with self._lock:
            held = self._tokens
            if held is None or held == refused or not held.fresh(self._clock.now()):
                held = self._renewed(refused)
            self._tokens = held
            return held

    def _renewed(self, refused: Tokens | None) -> Tokens:
        for _ in range(TURNS_MAX):
            with self._keeper.turn() as ours:
                kept = Tokens.kept(self._keeper.read())
                if kept is not None and kept != refused and kept.fresh(self._clock.now()):
                    return kept
                if ours:
                    return self._issued(kept)
            self._clock.sleep(OTHERS_TURN_SECONDS)
        raise Transient("Another process has been renewing the tokens for Jira for long; nothing was sent.")

    def _issued(self, kept: Tokens | None) -> Tokens:
        """Other tokens, kept before they are used: the refresh token that they replace is dead by now."""
        before = kept.refresh if kept else ""
        asked_at = self._clock.now()
        if self._refusal is not None and self._refusal[1] == before and asked_at < self._refusal[0] + REFUSED_FOR:
            raise Unauthorized(self._refusal[2].message, remedy=self._refusal[2].remedy)
        request = self._grant.request(kept)
        try:
            tokens = parse_tokens(request, self._send(request), asked_at, before)
        except Unauthorized as error:
            self._refusal = (asked_at, before, error)
            raise
        except Ambiguous as error:
            raise Transient(error.message) from error
        self._keeper.write(tokens.fields())
        return tokens
