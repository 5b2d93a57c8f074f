"""Who is asking: a Basic API token on the site's own host; Bearer, or a token with scopes, through the gateway."""

from __future__ import annotations

from base64 import b64decode
from binascii import Error as NotBase64

from ml_connector_sandbox.jira.people import Person
from ml_connector_sandbox.jira.site import JiraSite
from ml_connector_sandbox.wire import Request, Response, json_response

GATEWAY = "/ex/jira/"
READ, WRITE, USER, CONFIGURE = "read:jira-work", "write:jira-work", "read:jira-user", "manage:jira-configuration"
HOOKS = "manage:jira-webhook"
SCOPED = frozenset({READ, WRITE, USER})
"""What an API token with scopes is made with here."""
NO_SCOPE = {"code": 401, "message": "Unauthorized; scope does not match"}


class Refused(Exception):
    """The request is nobody's, or its token does not reach so far."""

    def __init__(self, response: Response) -> None:
        """Keep the answer to give."""
        super().__init__(str(response.status))
        self.response = response


def bearer(request: Request) -> str:
    """The access token that a request carries; empty where there is none."""
    kind, _, token = request.headers.get("authorization", "").partition(" ")
    return token.strip() if kind.lower() == "bearer" else ""


def caller(site: JiraSite, request: Request, scope: str) -> Person:
    """The person that a request acts as. Raises Refused."""
    if request.path.startswith(GATEWAY):
        return _at_the_gateway(site, request, scope)
    return _of_basic(site, request)


def _at_the_gateway(site: JiraSite, request: Request, scope: str) -> Person:
    if request.path.removeprefix(GATEWAY).partition("/")[0] != site.cloud_id:
        raise Refused(json_response({"code": 404, "message": "Not Found"}, 404))
    kind, _, value = request.headers.get("authorization", "").partition(" ")
    if kind.lower() == "basic":
        return _of_scoped_token(site, value, scope)
    return _of_bearer(site, request, scope)


def _of_scoped_token(site: JiraSite, value: str, scope: str) -> Person:
    """An API token with scopes: the gateway takes it, the site's own host does not."""
    email, _, token = _decoded(value).partition(":")
    who = site.by_email(email) if email else None
    if who is None or not who.active or not site.tokens_live() or token != who.scoped_token:
        raise Refused(json_response({"code": 401, "message": "Unauthorized"}, 401))
    if scope and scope not in SCOPED:
        raise Refused(json_response(NO_SCOPE, 401))
    return who


def _of_bearer(site: JiraSite, request: Request, scope: str) -> Person:
    found = site.bearers.get(bearer(request))
    if found is None or found.expires_at <= site.clock.now():
        raise Refused(json_response({"code": 401, "message": "Unauthorized"}, 401))
    if scope and scope not in found.scopes:
        raise Refused(json_response(NO_SCOPE, 401))
    return site.person(found.account_id)


def _of_basic(site: JiraSite, request: Request) -> Person:
    """Raises Refused, for a Bearer token too: the site's own host takes none of an app."""
    kind, _, value = request.headers.get("authorization", "").partition(" ")
    email, _, token = _decoded(value).partition(":") if kind.lower() == "basic" else ("", "", "")
    who = site.by_email(email) if email else None
    if who is None or not who.active or not site.tokens_live() or token != who.api_token:
        message = "Client must be authenticated to access this resource."
        raise Refused(
            json_response({"errorMessages": [message], "errors": {}}, 401, {"WWW-Authenticate": 'Basic realm="Jira"'})
        )
    return who


def _decoded(value: str) -> str:
    try:
        return b64decode(value.strip(), validate=True).decode()
    except (NotBase64, ValueError):
        return ""
