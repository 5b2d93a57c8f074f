"""What a Data Center serves: version 2 alone, and in it what customers' servers have, which is not what the cloud has.

Searches count from `startAt` to a total, create metadata comes as pages of `values`, permissions come all at once, and
there is nothing of the cloud's: no webhooks of apps, no bulk reading of issues, no bulk moving of hours.
"""

from __future__ import annotations

from typing import Any

from ml_connector_sandbox.jira import (
    issue_routes,
    link_routes,
    metadata_routes,
    search_routes,
    user_routes,
    worklog_routes,
)
from ml_connector_sandbox.jira.auth import READ, USER
from ml_connector_sandbox.jira.bodies import paged, whole
from ml_connector_sandbox.jira.people import PERMISSIONS
from ml_connector_sandbox.jira.rendering import View
from ml_connector_sandbox.jira.schema import EPIC_LINK, EPIC_NAME, ISSUE_TYPES, Field, IssueType
from ml_connector_sandbox.wire import Request, Response, json_response

VERSIONS = ("2", "latest")
CONTEXTS = ("", "/jira")
"""Paths below which it serves: many run below one of their own."""
META_PAGE, PAGE = 200, 50
CLOUD_ONLY = frozenset(
    {
        ("DELETE", "/issue/{issue}/worklog"),
        ("POST", "/issue/{issue}/worklog/move"),
        ("GET", "/issue/{issue}/changelog"),
        ("GET", "/project/search"),
        ("GET", "/issuetype/project"),
        ("GET", "/field/search"),
        ("GET", "/issue/createmeta"),
        ("GET", "/issue/limit/report"),
        ("GET", "/configuration/timetracking/options"),
        ("GET", "/users"),
        ("GET", "/users/search"),
    }
)


def create_types(view: View, request: Request, project: str) -> Response:
    """The issue types that can be created in a project."""
    metadata_routes.creatable(view, project)
    return json_response(_page(view, request, [view.issue_type(each) for each in ISSUE_TYPES]))


def create_fields(view: View, request: Request, project: str, issue_type: str) -> Response:
    """The fields that can be set when an issue of a type is created in a project."""
    found, kind = metadata_routes.creatable(view, project), view.site.issue_type(issue_type)
    on_screen = [each for each in view.site.fields.values() if each.on_screen and fits(each, kind)]
    shown = [metadata_routes.create_field(view, each, found, kind) for each in on_screen]
    for field, document in zip(on_screen, shown, strict=True):
        document["required"] = document["required"] or needs(field, kind)
    return json_response(_page(view, request, shown))


def fits(field: Field, kind: IssueType) -> bool:
    """Whether issues of a type have a field: sub-tasks alone have a parent, epics alone a name, others an epic."""
    if field.id == "parent":
        return kind.level < 0
    return {EPIC_NAME: kind.level > 0, EPIC_LINK: kind.level == 0}.get(field.plugin, True)


def needs(field: Field, kind: IssueType) -> bool:
    """Whether an issue of a type cannot be created without a field that others can do without."""
    return field.plugin == EPIC_NAME or (field.id == "parent" and kind.level < 0)


def _page(view: View, request: Request, items: list[dict[str, Any]]) -> dict[str, Any]:
    return paged(request, items, META_PAGE, f"{view.base}{request.path.partition('/rest/api/2')[2]}")


def user(view: View, request: Request) -> Response:
    """One user by name or key."""
    return json_response(view.person(view.site.called(request.one("username") or request.one("key")).account_id))


def users(view: View, request: Request) -> Response:
    """Active users whose name, user name or e-mail holds a text."""
    text = request.one("username").lower()
    start, size = whole(request.one("startAt"), 0, "startAt"), whole(request.one("maxResults"), PAGE, "maxResults")
    found = [
        view.person(who.account_id)
        for who in view.site.accounts.values()
        if who.active and any(text in each.lower() for each in (who.name, who.login, who.email))
    ]
    return json_response(found[start : start + size])


def assignable(view: View, request: Request) -> Response:
    """Users to whom issues of a project can be given."""
    view.site.project(request.one("project"), view.who)
    return users(view, request)


def my_permissions(view: View, request: Request) -> Response:
    """All permissions, and which of them the caller holds, in a project or for an issue where one is named."""
    project = user_routes.asked_project(view, request)
    return json_response(
        {"permissions": {each.key: user_routes.permission(view, each, project) for each in PERMISSIONS}}
    )


OWN = (
    ("GET", "/search", READ, search_routes.numbered),
    ("POST", "/search", READ, search_routes.numbered),
    ("GET", "/issue/createmeta/{project}/issuetypes", READ, create_types),
    ("GET", "/issue/createmeta/{project}/issuetypes/{issue_type}", READ, create_fields),
    ("GET", "/user", USER, user),
    ("GET", "/user/search", USER, users),
    ("GET", "/user/assignable/search", USER, assignable),
    ("GET", "/mypermissions", READ, my_permissions),
)
SHARED = (
    *worklog_routes.ROUTES,
    *issue_routes.ROUTES,
    *link_routes.ROUTES,
    *metadata_routes.ROUTES,
    *user_routes.ROUTES,
    *issue_routes.LAST_ROUTES,
)
ROUTES = (*OWN, *(route for route in SHARED if route[:2] not in CLOUD_ONLY))
"""Method, path below the version, the scope that it needs, and what answers it. The first that fits wins."""
