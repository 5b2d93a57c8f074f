"""People over REST: who is asking, who there is, and what one may do."""

from __future__ import annotations

from typing import Any

from ml_connector_sandbox.jira.auth import READ, USER
from ml_connector_sandbox.jira.bodies import names, whole
from ml_connector_sandbox.jira.people import PERMISSIONS, Permission, Person
from ml_connector_sandbox.jira.rendering import View
from ml_connector_sandbox.jira.site import Invalid
from ml_connector_sandbox.wire import Request, Response, json_response

PAGE, WINDOW = 50, 1000


def myself(view: View, _request: Request) -> Response:
    """The caller."""
    groups = [{"name": name, "self": f"{view.base}/group?groupname={name}"} for name in view.who.groups]
    shown = view.person(view.who.account_id) or {}
    return json_response({**shown, "locale": "en_US", "groups": {"size": len(groups), "items": groups}})


def user(view: View, request: Request) -> Response:
    """One user by account id."""
    return json_response(view.person(view.site.person(request.one("accountId")).account_id))


def user_search(view: View, request: Request) -> Response:
    """Active users whose name or shown e-mail holds a text, or the one with an account id."""
    return json_response(_matching(view, request))


def _matching(view: View, request: Request) -> list[dict[str, Any] | None]:
    text, account_id = request.one("query").lower(), request.one("accountId")
    start, size = whole(request.one("startAt"), 0, "startAt"), whole(request.one("maxResults"), PAGE, "maxResults")
    found = [
        view.person(who.account_id)
        for who in view.site.accounts.values()
        if who.active and (who.account_id == account_id if account_id else _named(who, text))
    ]
    return found[:WINDOW][start : start + size]


def _named(who: Person, text: str) -> bool:
    return text in who.name.lower() or (who.shows_email and text in who.email.lower())


def assignable(view: View, request: Request) -> Response:
    """Users to whom issues of a project can be given."""
    project, issue = request.one("project"), request.one("issueKey")
    if issue:
        view.site.issue(issue, view.who)
    elif project:
        view.site.project(project, view.who)
    else:
        raise Invalid(["Either a project or an issue has to be named."])
    return json_response(_matching(view, request))


def everybody(view: View, request: Request) -> Response:
    """All users by page."""
    start, size = whole(request.one("startAt"), 0, "startAt"), whole(request.one("maxResults"), PAGE, "maxResults")
    ids = list(view.site.accounts)[start : start + size]
    return json_response([view.person(account_id) for account_id in ids])


def my_permissions(view: View, request: Request) -> Response:
    """Which of the permissions named the caller holds, in a project or for an issue where one is named."""
    asked = names(request, "permissions")
    if not asked:
        raise Invalid(["The 'permissions' query parameter is required."])
    known = {each.key: each for each in PERMISSIONS}
    unknown = sorted(set(asked) - set(known))
    if unknown:
        raise Invalid([f"Unrecognized permission: {name}" for name in unknown])
    project = asked_project(view, request)
    shown = {key: permission(view, known[key], project) for key in asked}
    return json_response({"permissions": shown})


def asked_project(view: View, request: Request) -> str:
    """The key of the project that a request is about; empty for none."""
    if request.one("projectKey") or request.one("projectId"):
        return view.site.project(request.one("projectKey") or request.one("projectId"), view.who).key
    if request.one("issueKey") or request.one("issueId"):
        return view.site.issue(request.one("issueKey") or request.one("issueId"), view.who).project
    return ""


def permission(view: View, each: Permission, project: str) -> dict[str, Any]:
    """A permission, and whether the caller holds it."""
    return {
        "id": each.id,
        "key": each.key,
        "name": each.name,
        "type": each.type,
        "description": "",
        "havePermission": view.site.allowed(view.who, each.key, project),
    }


def permissions(_view: View, _request: Request) -> Response:
    """All permissions that there are."""
    shown = {
        each.key: {"key": each.key, "name": each.name, "type": each.type, "description": ""} for each in PERMISSIONS
    }
    return json_response({"permissions": shown})


ROUTES = (
    ("GET", "/myself", USER, myself),
    ("GET", "/user", USER, user),
    ("GET", "/user/search", USER, user_search),
    ("GET", "/user/assignable/search", USER, assignable),
    ("GET", "/users/search", USER, everybody),
    ("GET", "/users", USER, everybody),
    ("GET", "/mypermissions", READ, my_permissions),
    ("GET", "/permissions", READ, permissions),
)
