"""OAuth 2.0 for apps: consent, tokens with rotating refresh tokens, client credentials, and the sites granted.

Atlassian, OAuth 2.0 (3LO) apps; a refused refresh is answered 403 with `invalid_grant`, as clients have seen.
"""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from html import escape
from typing import Any
from urllib.parse import parse_qsl, urlencode

from ml_connector_sandbox.jira.auth import bearer
from ml_connector_sandbox.jira.site import Bearer, JiraSite
from ml_connector_sandbox.jira.switches import flag, number
from ml_connector_sandbox.wire import Request, Response, Router, html_response, json_response

OFFLINE = "offline_access"
CODE_LIFE = timedelta(minutes=10)
REFRESH_LIFE = timedelta(days=90)
STRANGER = "<h1>Something went wrong</h1><p>Unknown app or no redirect_uri.</p>"
REFUSED = "Unknown or invalid refresh token."


def add_oauth(router: Router, site: JiraSite) -> None:
    """Add the addresses of the authorization server."""
    router.add("GET", "/authorize", partial(authorize, site))
    router.add("POST", "/authorize", partial(agree, site))
    router.add("POST", "/oauth/token", partial(token, site))
    router.add("GET", "/oauth/token/accessible-resources", partial(resources, site))


def authorize(site: JiraSite, request: Request) -> Response:
    """Grant access at once, as the integration user; by a switch, ask on a page first."""
    asked = dict(request.query)
    if not _from_the_app(site, asked):
        return html_response(STRANGER, 400)
    if flag(site.switches, "jira_consent_page"):
        hidden = "".join(
            f'<input type="hidden" name="{escape(name)}" value="{escape(value)}">' for name, value in request.query
        )
        page = f'<form method="post"><p>{escape(request.one("scope"))}</p>{hidden}<button>Accept</button></form>'
        return html_response(f"<html><body><h1>ml-connector asks for access</h1>{page}</body></html>")
    return _granted(site, asked)


def agree(site: JiraSite, request: Request) -> Response:
    """The page was agreed to."""
    asked = _form(request)
    return _granted(site, asked) if _from_the_app(site, asked) else html_response(STRANGER, 400)


def _from_the_app(site: JiraSite, asked: dict[str, str]) -> bool:
    return asked.get("client_id") == site.app.client_id and bool(asked.get("redirect_uri"))


def _granted(site: JiraSite, asked: dict[str, str]) -> Response:
    code = f"{site.random.getrandbits(160):040x}"
    scopes = frozenset(asked.get("scope", "").split())
    site.app.codes[code] = Bearer(site.integration, scopes, site.clock.now() + CODE_LIFE)
    answer = urlencode({"code": code, "state": asked.get("state", "")})
    target = asked["redirect_uri"]
    return Response(302, b"", {"Location": f"{target}{'&' if '?' in target else '?'}{answer}"})


def token(site: JiraSite, request: Request) -> Response:
    """Trade a code, a refresh token or the app's own secret for an access token."""
    asked = _form(request)
    if (asked.get("client_id"), asked.get("client_secret")) != (site.app.client_id, site.app.client_secret):
        return _refused(401, "access_denied", "Unauthorized")
    kind = asked.get("grant_type")
    if kind == "client_credentials":
        scopes = frozenset({"read:jira-work", "write:jira-work", "read:jira-user"})
        return _issue(site, Bearer(site.integration, scopes, site.clock.now(), app=False), refresh=False)
    if kind == "authorization_code":
        return _trade(site, site.app.codes, asked.get("code", ""), 400, "Invalid authorization code")
    if kind == "refresh_token":
        return _renew(site, asked.get("refresh_token", ""))
    return _refused(400, "unsupported_grant_type", f"Unsupported grant type: {kind}")


def _form(request: Request) -> dict[str, str]:
    """The fields of a form or of a JSON object, whichever was sent."""
    if "json" in request.headers.get("content-type", ""):
        try:
            document: Any = request.json()
        except ValueError:
            return {}
        return {name: str(value) for name, value in document.items()} if isinstance(document, dict) else {}
    return dict(parse_qsl(request.body.decode(errors="replace")))


def _trade(site: JiraSite, kept: dict[str, Bearer], presented: str, status: int, message: str) -> Response:
    """What was presented is used up: refresh tokens rotate."""
    grant = kept.pop(presented, None)
    if grant is None or grant.expires_at <= site.clock.now():
        return _refused(status, "invalid_grant", message)
    return _issue(site, grant, refresh=OFFLINE in grant.scopes)


def _renew(site: JiraSite, presented: str) -> Response:
    """Refresh tokens rotate; the former one works once more for a while, for whoever lost the answer."""
    leeway = timedelta(seconds=number(site.switches, "jira_refresh_reuse_seconds"))
    used = site.app.used_tokens.pop(presented, None)
    if used is not None and site.clock.now() < used[1] + leeway:
        return _issue(site, used[0], refresh=True)
    held = site.app.refresh_tokens.get(presented)
    if held is not None:
        site.app.used_tokens[presented] = (held, site.clock.now())
    return _trade(site, site.app.refresh_tokens, presented, 403, REFUSED)


def _issue(site: JiraSite, grant: Bearer, *, refresh: bool) -> Response:
    now, seconds = site.clock.now(), number(site.switches, "jira_token_seconds")
    access = f"eyJ{site.random.getrandbits(256):064x}"
    site.bearers[access] = Bearer(grant.account_id, grant.scopes, now + timedelta(seconds=seconds), grant.app)
    document: dict[str, object] = {
        "access_token": access,
        "expires_in": seconds,
        "token_type": "Bearer",
        "scope": " ".join(sorted(grant.scopes)),
    }
    if refresh:
        again = f"eyR{site.random.getrandbits(256):064x}"
        site.app.refresh_tokens[again] = Bearer(grant.account_id, grant.scopes, now + REFRESH_LIFE)
        document["refresh_token"] = again
    return json_response(document)


def _refused(status: int, code: str, message: str) -> Response:
    return json_response({"error": code, "error_description": message}, status)


def resources(site: JiraSite, request: Request) -> Response:
    """The sites that a token reaches."""
    found = site.bearers.get(bearer(request))
    if found is None or found.expires_at <= site.clock.now():
        return json_response({"code": 401, "message": "Unauthorized"}, 401)
    site_facts = {
        "id": site.cloud_id,
        "url": request.origin,
        "name": site.name.lower(),
        "scopes": sorted(found.scopes),
        "avatarUrl": f"{request.origin}/avatar",
    }
    return json_response([site_facts])
