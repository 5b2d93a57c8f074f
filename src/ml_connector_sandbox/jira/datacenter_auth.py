"""Who asks a Data Center: a user name and password, a personal access token, or a service account's access token.

Atlassian, Data Center: personal access tokens are bearer tokens; service accounts get one by their client credentials
at `/rest/oauth2/latest/token`, for an hour, with the scopes READ and WRITE. Such a token reaches `/rest/api/2` alone,
and nothing that takes an administrator.
"""

from __future__ import annotations

from base64 import b64decode
from binascii import Error as NotBase64
from datetime import timedelta
from urllib.parse import parse_qsl

from ml_connector_sandbox.jira.people import Person
from ml_connector_sandbox.jira.site import Bearer, JiraSite
from ml_connector_sandbox.jira.switches import flag, number
from ml_connector_sandbox.wire import Request, Response, json_response

TOKEN_PATH = "/rest/oauth2/latest/token"
READ, WRITE = "READ", "WRITE"
SCOPES = frozenset({READ, WRITE})
REST = ("/rest/api/2/", "/rest/api/latest/")
ANONYMOUS = "anonymous"
STRANGER = {"message": "Client must be authenticated to access this resource.", "status-code": 401}
NO_ADMIN = {"errorMessages": ["Endpoints for administrators are not available to service accounts."], "errors": {}}
NO_SCOPE = {"errorMessages": ["The token has not the scope for this."], "errors": {}}


class Refused(Exception):
    """The request is nobody's, or its token does not reach so far."""

    def __init__(self, response: Response) -> None:
        """Keep the answer to give."""
        super().__init__(str(response.status))
        self.response = response


def name_of(site: JiraSite, request: Request) -> str:
    """The user name that a request is made under, as `X-AUSERNAME` tells it and as limits count it."""
    who = _account(site, request)
    return who.login if who is not None else ANONYMOUS


def caller(site: JiraSite, request: Request, *, writes: bool, administers: bool) -> Person:
    """The person that a request acts as. Raises Refused."""
    who = _account(site, request)
    if who is None:
        if _credential(request)[0] == "bearer" and flag(site.switches, "jira_dc_bad_token_is_anonymous"):
            return _nobody(site)
        raise Refused(json_response(STRANGER, 401, {"WWW-Authenticate": 'OAuth realm="jira"'}))
    token = site.bearers.get(_credential(request)[1])
    if token is not None and (administers or not any(each in request.path for each in REST)):
        raise Refused(json_response(NO_ADMIN, 403))
    if token is not None and (WRITE if writes else READ) not in token.scopes:
        raise Refused(json_response(NO_SCOPE, 403))
    return who


def _account(site: JiraSite, request: Request) -> Person | None:
    kind, value = _credential(request)
    if kind == "basic":
        login, _, password = _decoded(value).partition(":")
        return next((who for who in _active(site) if (who.login, who.password) == (login, password)), None)
    if kind != "bearer":
        return None
    token = site.bearers.get(value)
    if token is not None:
        return site.person(token.account_id) if token.expires_at > site.clock.now() else None
    return next((who for who in _active(site) if who.personal_token == value), None)


def _active(site: JiraSite) -> list[Person]:
    return [who for who in site.accounts.values() if who.active]


def _credential(request: Request) -> tuple[str, str]:
    kind, _, value = request.headers.get("authorization", "").partition(" ")
    return kind.lower(), value.strip()


def _decoded(value: str) -> str:
    try:
        return b64decode(value, validate=True).decode()
    except (NotBase64, ValueError):
        return ""


def _nobody(site: JiraSite) -> Person:
    """Somebody who sees no project."""
    return Person("", "Anonymous", "", "", groups=(), hidden_projects=set(site.projects_by_key), login=ANONYMOUS)


def token(site: JiraSite, request: Request) -> Response:
    """An access token for a service account's own credentials. There are no refresh tokens."""
    asked = dict(parse_qsl(request.body.decode(errors="replace")))
    if (asked.get("client_id"), asked.get("client_secret")) != (site.app.client_id, site.app.client_secret):
        return json_response({"error": "invalid_client"}, 401)
    if asked.get("grant_type") != "client_credentials":
        return json_response({"error": "unsupported_grant_type"}, 400)
    wanted = frozenset(asked.get("scope", "").split())
    if not wanted or not wanted <= SCOPES:
        return json_response({"error": "invalid_scope"}, 400)
    scopes = wanted | {READ}  # writing includes reading
    access, seconds = f"dc{site.random.getrandbits(256):064x}", number(site.switches, "jira_token_seconds")
    ends = site.clock.now() + timedelta(seconds=seconds)
    site.bearers[access] = Bearer(site.integration, scopes, ends, app=False)
    scope = " ".join(sorted(scopes))
    return json_response({"access_token": access, "token_type": "Bearer", "expires_in": seconds, "scope": scope})
