"""Every address of the site: REST in versions 2, 3 and `latest`, on its own host and through the gateway."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from ml_connector_sandbox.jira import (
    auth,
    datacenter,
    datacenter_auth,
    issue_routes,
    link_routes,
    metadata_routes,
    oauth,
    pages,
    search_routes,
    user_routes,
    webhook_routes,
    worklog_routes,
)
from ml_connector_sandbox.jira.bodies import Malformed
from ml_connector_sandbox.jira.jql import JqlError
from ml_connector_sandbox.jira.people import Person
from ml_connector_sandbox.jira.rendering import View
from ml_connector_sandbox.jira.site import Invalid, JiraSite, NotAllowed, NotThere, TooMany
from ml_connector_sandbox.jira.switches import flag
from ml_connector_sandbox.wire import Request, Response, Router, html_response, json_response

PREFIXES = ("", "/ex/jira/{cloud}")
VERSIONS = ("2", "3", "latest")
ROUTES = (
    *search_routes.ROUTES,
    *worklog_routes.ROUTES,
    *issue_routes.ROUTES,
    *link_routes.ROUTES,
    *metadata_routes.ROUTES,
    *user_routes.ROUTES,
    *webhook_routes.ROUTES,
    *issue_routes.LAST_ROUTES,
)
"""Method, path below the version, the OAuth scope that it needs, and what answers it. The first that fits wins."""


STATUS_OF: dict[type[Exception], int] = {NotThere: 404, NotAllowed: 403, TooMany: 413, JqlError: 400, Malformed: 400}


def router(site: JiraSite) -> Router:
    """The routes of a site."""
    return _datacenter(site) if site.is_datacenter else _cloud(site)


def _datacenter(site: JiraSite) -> Router:
    """One host, no gateway, no authorization server of Atlassian's."""
    found = Router()
    for prefix in datacenter.CONTEXTS:
        for method, path, scope, handler in datacenter.ROUTES:
            found.add(method, f"{prefix}/rest/api/{{version}}{path}", partial(_named, site, scope, handler))
        for method, path, answer in webhook_routes.ADMIN_ROUTES:
            found.add(method, prefix + path, partial(_named, site, auth.HOOKS, answer, version="2"))
        found.add("POST", prefix + datacenter_auth.TOKEN_PATH, partial(datacenter_auth.token, site))
    pages.add_pages(found, site)
    return found


def _named(
    site: JiraSite, scope: str, handler: Callable[..., Response], request: Request, version: str, **names: str
) -> Response:
    """An answer that tells under which name it was asked for."""
    answer = _answer(site, scope, handler, request, version, **names)
    return answer.with_headers({"X-AUSERNAME": datacenter_auth.name_of(site, request)})


def _cloud(site: JiraSite) -> Router:
    found = Router()
    for prefix in PREFIXES:
        for method, path, scope, handler in ROUTES:
            template = f"{prefix}/rest/api/{{version}}{path}"
            found.add(method, template, partial(_answer, site, scope, handler))
    for method, path, answer in webhook_routes.ADMIN_ROUTES:
        found.add(method, path, partial(_answer, site, "", answer, version="2"))
    found.add("GET", "/_edge/tenant_info", partial(_tenant_info, site))
    oauth.add_oauth(found, site)
    pages.add_pages(found, site)
    return found


def _tenant_info(site: JiraSite, _request: Request) -> Response:
    return json_response({"cloudId": site.cloud_id})


def _answer(
    site: JiraSite, scope: str, handler: Callable[..., Response], request: Request, version: str, **names: str
) -> Response:
    """Check who asks, answer, and turn what went wrong into Jira's own refusals."""
    names.pop("cloud", None)
    if version not in (datacenter.VERSIONS if site.is_datacenter else VERSIONS):
        return errors(404, [f"There is no version {version} of this interface."])
    if _lacks_content_type(site, request):
        return errors(415, [])
    try:
        who = _caller(site, request, scope)
        return handler(View.of(site, request, who), request, **names)
    except (auth.Refused, datacenter_auth.Refused) as refused:
        return refused.response
    except Invalid as error:
        return errors(400, error.messages, error.errors)
    except tuple(STATUS_OF) as error:
        return errors(STATUS_OF[type(error)], [str(error)])


def _caller(site: JiraSite, request: Request, scope: str) -> Person:
    if not site.is_datacenter:
        return auth.caller(site, request, scope)
    administers = scope in (auth.CONFIGURE, auth.HOOKS)
    return datacenter_auth.caller(site, request, writes=scope == auth.WRITE, administers=administers)


def _lacks_content_type(site: JiraSite, request: Request) -> bool:
    needs = request.method == "DELETE" and flag(site.switches, "jira_delete_needs_content_type")
    return needs and "content-type" not in request.headers


def errors(status: int, messages: list[str], by_field: dict[str, str] | None = None) -> Response:
    """A refusal in Jira's usual shape."""
    body: dict[str, Any] = {"errorMessages": messages, "errors": by_field or {}}
    return json_response(body, status)


def miss(router: Router, request: Request) -> Response:
    """What Jira says to a request that no route takes."""
    if router.allowed(request.path):
        return Response(405, b"", {"Allow": ", ".join(router.allowed(request.path))})
    if "/rest/" in request.path:
        body = {"message": "null for uri: " + request.path, "status-code": 404}
        return json_response(body, 404)
    return html_response("<html><body><h1>Oops, you&#39;ve found a dead link.</h1></body></html>", 404)
