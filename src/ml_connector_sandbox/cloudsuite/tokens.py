"""The authorization server of Infor OS: access and refresh tokens for one authorized app of one tenant."""

from __future__ import annotations

import random
from base64 import b64decode
from binascii import Error as NotBase64
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from urllib.parse import parse_qsl, unquote_plus, urlencode

from ml_connector_sandbox.clock import Clock
from ml_connector_sandbox.cloudsuite.switches import flag, number, text
from ml_connector_sandbox.wire import Request, Response, json_response

TENANT_ID = "ACME_TST"
CLIENT_ID = f"{TENANT_ID}~mLc0sAndB0xCl1ent"
CLIENT_SECRET = "sandbox-client-secret"
SERVICE_ACCOUNT_KEY = f"{TENANT_ID}#mLc0sAndB0xServ1ce"
SERVICE_ACCOUNT_SECRET = "sandbox-service-secret"
SCOPE = "Infor-FSM"
REFRESH_LIFE = timedelta(days=30)
CODE_LIFE = timedelta(minutes=5)


class Denied(Exception):
    """The token endpoint says no, with an OAuth error code."""

    def __init__(self, code: str, description: str, status: int = 400) -> None:
        """Keep the code and the HTTP status."""
        super().__init__(description)
        self.code = code
        self.status = status


@dataclass(slots=True)
class Tokens:
    """What was issued and until when it lives."""

    clock: Clock
    random: random.Random
    switches: Mapping[str, object]
    access: dict[str, datetime] = field(default_factory=dict)
    refresh: dict[str, datetime] = field(default_factory=dict)
    codes: dict[str, datetime] = field(default_factory=dict)

    def issue(self) -> dict[str, object]:
        """A new access token, with a refresh token where the app issues them."""
        seconds = number(self.switches, "fsm_token_seconds")
        token = self._remember(self.access, timedelta(seconds=seconds))
        lifetime: object = str(seconds) if flag(self.switches, "fsm_expires_in_as_text") else seconds
        answer: dict[str, object] = {"access_token": token, "token_type": "Bearer", "expires_in": lifetime}
        if flag(self.switches, "fsm_refresh_tokens"):
            answer["refresh_token"] = self._remember(self.refresh, REFRESH_LIFE)
        return answer

    def lives(self, token: str) -> bool:
        """Whether an access token is good now."""
        return self._good(self.access, token)

    def renew(self, token: str) -> dict[str, object]:
        """Trade a refresh token, which is good only once. Raises `Denied`."""
        return self._trade(self.refresh, token)

    def authorize(self) -> str:
        """A code for the authorization-code grant."""
        return self._remember(self.codes, CODE_LIFE)

    def redeem(self, code: str) -> dict[str, object]:
        """Trade an authorization code, which is good only once. Raises `Denied`."""
        return self._trade(self.codes, code)

    def revoke(self, token: str) -> None:
        """End one token, of either kind; an unknown one is no error (RFC 7009)."""
        self.access.pop(token, None)
        self.refresh.pop(token, None)

    def revoke_all(self) -> None:
        """End every token, as an administrator does."""
        self.access.clear()
        self.refresh.clear()

    def _remember(self, kind: dict[str, datetime], life: timedelta) -> str:
        now = self.clock.now()
        for old in [token for token, end in kind.items() if end <= now]:
            del kind[old]
        token = f"eyJ{self.random.getrandbits(192):048x}"
        kind[token] = now + life
        return token

    def _good(self, kind: dict[str, datetime], token: str) -> bool:
        return token in kind and self.clock.now() < kind[token]

    def _trade(self, kind: dict[str, datetime], token: str) -> dict[str, object]:
        if not self._good(kind, token):
            raise Denied("invalid_grant", "The token is unknown, used or expired.")
        del kind[token]
        return self.issue()


def grant(tokens: Tokens, request: Request) -> Response:
    """Answer `POST …/as/token.oauth2`: a form, with the client in a Basic header or in the form."""
    form = _form(request)
    try:
        _check_client(tokens, request, form)
        answer = _granted(tokens, form)
    except Denied as denied:
        return json_response({"error": denied.code, "error_description": str(denied)}, denied.status)
    return json_response(answer, headers={"Cache-Control": "no-store"})


def _granted(tokens: Tokens, form: Mapping[str, str]) -> dict[str, object]:
    match form.get("grant_type"):
        case "password":
            account = (form.get("username"), form.get("password"))
            if account != (SERVICE_ACCOUNT_KEY, SERVICE_ACCOUNT_SECRET):
                raise Denied("invalid_grant", "The service account is unknown or its secret is wrong.")
            return tokens.issue()
        case "client_credentials":
            return tokens.issue()
        case "refresh_token":
            return tokens.renew(form.get("refresh_token", ""))
        case "authorization_code":
            return tokens.redeem(form.get("code", ""))
        case _:
            raise Denied("unsupported_grant_type", "The grant type is not supported.")


def end(tokens: Tokens, request: Request) -> Response:
    """Answer `POST …/as/revoke_token.oauth2`, or the GET with `?token=` that one client sends."""
    form = {**dict(request.query), **_form(request)}
    try:
        _check_client(tokens, request, form)
    except Denied as denied:
        return json_response({"error": denied.code, "error_description": str(denied)}, denied.status)
    tokens.revoke(form.get("token", ""))
    return Response(200)


def authorize(tokens: Tokens, request: Request) -> Response:
    """Answer `GET …/as/authorization.oauth2` with a redirect that carries a code at once."""
    target = request.one("redirect_uri")
    if request.one("client_id") != CLIENT_ID or not target:
        return json_response({"error": "invalid_request"}, 400)
    answer = {"code": tokens.authorize(), **({"state": request.one("state")} if request.one("state") else {})}
    separator = "&" if "?" in target else "?"
    return Response(302, headers={"Location": f"{target}{separator}{urlencode(answer)}"})


def _form(request: Request) -> dict[str, str]:
    return dict(parse_qsl(request.body.decode("utf-8", "replace"), keep_blank_values=True))


def _check_client(tokens: Tokens, request: Request, form: Mapping[str, str]) -> None:
    allowed = text(tokens.switches, "fsm_client_authentication")
    header = _basic(request.headers.get("authorization", ""))
    if header is not None:
        presented, way = header, "basic"
    else:
        presented, way = (form.get("client_id", ""), form.get("client_secret", "")), "body"
    if presented != (CLIENT_ID, CLIENT_SECRET) or allowed not in ("both", way):
        raise Denied("invalid_client", "The client is unknown or its secret is wrong.", 401)


def _basic(header: str) -> tuple[str, str] | None:
    """The client of a Basic header: RFC 6749 has its parts form-encoded first, many clients leave them as they are."""
    kind, _, coded = header.partition(" ")
    if kind.lower() != "basic":
        return None
    try:
        client, _, secret = b64decode(coded, validate=True).decode().partition(":")
    except (NotBase64, UnicodeDecodeError):
        return "", ""
    return unquote_plus(client), unquote_plus(secret)
