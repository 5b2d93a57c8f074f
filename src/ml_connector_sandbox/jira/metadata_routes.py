"""What the site is made of, over REST: projects, types, statuses, priorities, fields, screens and settings."""

from __future__ import annotations

from typing import Any

from ml_connector_sandbox.jira import schema
from ml_connector_sandbox.jira.auth import CONFIGURE, READ, USER
from ml_connector_sandbox.jira.bodies import body, names, paged, whole
from ml_connector_sandbox.jira.issues import Project
from ml_connector_sandbox.jira.rendering import View, stamp
from ml_connector_sandbox.jira.schema import Field, IssueType
from ml_connector_sandbox.jira.site import Invalid, NotThere
from ml_connector_sandbox.jira.switches import number
from ml_connector_sandbox.wire import Request, Response, json_response

PROJECT_PAGE, META_PAGE, FIELD_PAGE = 100, 200, 100
REQUIRED = frozenset({"summary", "issuetype", "project"})
DEFAULTED = frozenset({"priority", "reporter"})
DEFAULT_SCREEN = 1
ISSUE_LIMITS = {"attachment": 2000, "comment": 5000, "issuelinks": 2000, "remoteIssueLinks": 2000}


def server_info(view: View, request: Request) -> Response:
    """What serves here, and its time."""
    numbers, kind = ([10, 3, 4], "Server") if view.site.is_datacenter else ([1001, 0, 0], "Cloud")
    return json_response(
        {
            "baseUrl": request.origin,
            "version": "10.3.4" if view.site.is_datacenter else "1001.0.0-SNAPSHOT",
            "versionNumbers": numbers,
            "deploymentType": kind,
            "buildNumber": 100300,
            "buildDate": "2026-11-02T00:00:00.000+0000",
            "serverTime": stamp(view.site.clock.now()),
            "scmInfo": "sandbox",
            "serverTitle": "Jira",
            "defaultLocale": {"locale": "en_US"},
        }
    )


def _project(view: View, project: Project) -> dict[str, Any]:
    lead = view.person(project.lead)
    types = [view.issue_type(each) for each in schema.ISSUE_TYPES]
    return {**view.project(project), "lead": lead, "issueTypes": types, "isPrivate": False, "style": "classic"}


def projects(view: View, _request: Request) -> Response:
    """All projects that the caller sees, at once."""
    return json_response([view.project(project) for project in view.site.projects(view.who)])


def project_search(view: View, request: Request) -> Response:
    """Projects by page, filtered by key, text or state: live ones unless others are asked for."""
    keys, text = [key.upper() for key in names(request, "keys")], request.one("query").lower()
    states = names(request, "status") or ["live"]
    found = [
        view.project(project)
        for project in view.site.projects(view.who)
        if (not keys or project.key in keys) and (text in project.name.lower() or text in project.key.lower())
        if ("archived" if project.archived else "live") in states
    ]
    return json_response(paged(request, found, PROJECT_PAGE, f"{view.base}/project/search"))


def project(view: View, _request: Request, project: str) -> Response:
    """One project."""
    return json_response(_project(view, view.site.project(project, view.who)))


def project_statuses(view: View, _request: Request, project: str) -> Response:
    """The statuses of each issue type of a project."""
    view.site.project(project, view.who)
    statuses = [view.status(each) for each in schema.STATUSES]
    types = [view.issue_type(each) for each in schema.ISSUE_TYPES]
    shown = ("self", "id", "name", "subtask")
    return json_response([{**{name: each[name] for name in shown}, "statuses": statuses} for each in types])


def issue_types(view: View, _request: Request) -> Response:
    """All issue types."""
    return json_response([view.issue_type(each) for each in schema.ISSUE_TYPES])


def issue_types_of_project(view: View, request: Request) -> Response:
    """The issue types of a project."""
    view.site.project(request.one("projectId"), view.who)
    return issue_types(view, request)


def statuses(view: View, _request: Request) -> Response:
    """All statuses."""
    return json_response([view.status(each) for each in schema.STATUSES])


def one_status(view: View, _request: Request, status: str) -> Response:
    """One status, by id or name."""
    for each in schema.STATUSES:
        if status in (each.id, each.name):
            return json_response(view.status(each))
    raise NotThere(f"There is no status {status}.")


def priorities(view: View, _request: Request) -> Response:
    """All priorities."""
    return json_response([_priority(view, each) for each in schema.PRIORITIES])


def _priority(view: View, each: schema.Priority) -> dict[str, Any]:
    return {**view.priority(each), "statusColor": each.color, "description": ""}


def priority_search(view: View, request: Request) -> Response:
    """Priorities by page."""
    found = [{**_priority(view, each), "isDefault": each.name == schema.DEFAULT_PRIORITY} for each in schema.PRIORITIES]
    return json_response(paged(request, found, PROJECT_PAGE, f"{view.base}/priority/search"))


def resolutions(view: View, _request: Request) -> Response:
    """All resolutions: there is one."""
    return json_response([{"self": f"{view.base}/resolution/10000", "id": "10000", "description": "", "name": "Done"}])


def link_types(view: View, _request: Request) -> Response:
    """All kinds of links between issues."""
    return json_response({"issueLinkTypes": [view.link_kind(each) for each in schema.LINK_KINDS]})


def fields(view: View, _request: Request) -> Response:
    """All fields."""
    return json_response([view.field(each) for each in view.site.fields.values()])


def field_search(view: View, request: Request) -> Response:
    """Fields by page, filtered by kind, id or text."""
    kinds, ids, text = names(request, "type"), names(request, "id"), request.one("query").lower()
    found = [
        {"id": each.id, "name": each.name, "schema": view.schema(each), "description": "", "isLocked": False}
        for each in view.site.fields.values()
        if (not kinds or ("custom" if each.custom else "system") in kinds)
        and (not ids or each.id in ids)
        and text in each.name.lower()
    ]
    return json_response(paged(request, found, FIELD_PAGE, f"{view.base}/field/search"))


def add_field(view: View, request: Request) -> Response:
    """A new custom field: on no screen yet. The document answers 400 without the permission, and not 403."""
    if not view.site.allowed(view.who, "ADMINISTER"):
        raise Invalid(["You do not have the permission to create custom fields."])
    asked = body(request)
    if not asked.get("name"):
        raise Invalid(errors={"name": "The name of a custom field is needed."})
    try:
        made = view.site.add_field(str(asked["name"]), str(asked.get("type")), on_screen=False)
    except KeyError:
        raise Invalid(errors={"type": "Invalid custom field type."}) from None
    return json_response(view.field(made), 201)


def screens(view: View, request: Request) -> Response:
    """All screens: there is one."""
    view.site.need(view.who, "ADMINISTER")
    found = [{"id": DEFAULT_SCREEN, "name": "Default Screen", "description": ""}]
    return json_response(paged(request, found, FIELD_PAGE, f"{view.base}/screens"))


def type_screen_schemes(view: View, request: Request) -> Response:
    """Which scheme each of the projects named has: they share one."""
    view.site.need(view.who, "ADMINISTER")
    ids = [view.site.project(each, view.who).id for each in names(request, "projectId")]
    scheme = {"id": str(DEFAULT_SCREEN), "name": "Default Issue Type Screen Scheme", "description": ""}
    found = [{"issueTypeScreenScheme": scheme, "projectIds": ids}] if ids else []
    return json_response(paged(request, found, FIELD_PAGE, f"{view.base}/issuetypescreenscheme/project"))


def type_screen_mappings(view: View, request: Request) -> Response:
    """Which screen scheme issue types have in a scheme: all have one."""
    view.site.need(view.who, "ADMINISTER")
    scheme = str(DEFAULT_SCREEN)
    one = {"issueTypeScreenSchemeId": scheme, "issueTypeId": "default", "screenSchemeId": scheme}
    asked = names(request, "issueTypeScreenSchemeId")
    found = [one] if not asked or scheme in asked else []
    return json_response(paged(request, found, FIELD_PAGE, f"{view.base}/issuetypescreenscheme/mapping"))


def screen_schemes(view: View, request: Request) -> Response:
    """Which screen a screen scheme has for what: there is one for everything."""
    view.site.need(view.who, "ADMINISTER")
    asked = names(request, "id")
    one = {"id": DEFAULT_SCREEN, "name": "Default Screen Scheme", "screens": {"default": DEFAULT_SCREEN}}
    found = [one] if not asked or str(DEFAULT_SCREEN) in asked else []
    return json_response(paged(request, found, FIELD_PAGE, f"{view.base}/screenscheme"))


def tabs(view: View, _request: Request, screen: str) -> Response:
    """The tabs of the screen: there is one."""
    _screen(view, screen)
    return json_response([{"id": DEFAULT_SCREEN, "name": "Field Tab"}])


def tab_fields(view: View, _request: Request, screen: str, tab: str) -> Response:
    """The fields on the screen."""
    _screen(view, screen, tab)
    return json_response([{"id": each.id, "name": each.name} for each in view.site.fields.values() if each.on_screen])


def add_tab_field(view: View, request: Request, screen: str, tab: str) -> Response:
    """Put a field on the screen."""
    _screen(view, screen, tab)
    name = str(body(request).get("fieldId"))
    known = view.site.fields.get(name)
    if known is None:
        raise NotThere(f"There is no field {name}.")
    view.site.put_on_screen(name)
    return json_response({"id": known.id, "name": known.name})


def _screen(view: View, *ids: str) -> None:
    view.site.need(view.who, "ADMINISTER")
    if any(each != str(DEFAULT_SCREEN) for each in ids):
        raise NotThere("There is no such screen or tab.")


def creatable(view: View, project: str) -> Project:
    """A project that issues can be created in. The document knows no 404 here. Raises Invalid."""
    try:
        return view.site.project(project, view.who)
    except NotThere as error:
        raise Invalid([str(error)]) from None


def create_types(view: View, request: Request, project: str) -> Response:
    """The issue types that can be created in a project."""
    creatable(view, project)
    return json_response(_meta(request, "issueTypes", [view.issue_type(each) for each in schema.ISSUE_TYPES]))


def create_fields(view: View, request: Request, project: str, issue_type: str) -> Response:
    """The fields that can be set when an issue of a type is created in a project."""
    found, kind = creatable(view, project), view.site.issue_type(issue_type)
    shown = [create_field(view, each, found, kind) for each in view.site.fields.values() if each.on_screen]
    return json_response(_meta(request, "fields", shown))


def _meta(request: Request, name: str, items: list[dict[str, Any]]) -> dict[str, Any]:
    start, size = whole(request.one("startAt"), 0, "startAt"), whole(request.one("maxResults"), 50, "maxResults")
    if not 0 < size <= META_PAGE:
        raise Invalid([f"maxResults has to be between 1 and {META_PAGE}."])
    return {"maxResults": size, "startAt": start, "total": len(items), name: items[start : start + size]}


def create_field(view: View, each: Field, project: Project, kind: IssueType) -> dict[str, Any]:
    """A field on a create screen."""
    allowed: dict[str, list[Any]] = {
        "priority": [view.priority(priority) for priority in schema.PRIORITIES],
        "issuetype": [view.issue_type(kind)],
        "project": [view.project(project)],
    }
    choices = {"allowedValues": allowed[each.id]} if each.id in allowed else {}
    return {
        "required": each.required or each.id in REQUIRED,
        "schema": view.schema(each),
        "name": each.name,
        "key": each.id,
        "fieldId": each.id,
        "hasDefaultValue": each.id in DEFAULTED,
        "operations": ["set", "add", "remove"] if each.items else ["set"],
        **choices,
    }


def classic_create_meta(view: View, request: Request) -> Response:
    """The old form: projects, their types, and with `expand` their fields, in one answer."""
    keys = [key.upper() for key in names(request, "projectKeys")]
    types = [name.lower() for name in names(request, "issuetypeNames")]
    expand = "fields" in request.one("expand")
    shown = [each for each in schema.ISSUE_TYPES if not types or each.name.lower() in types]
    return json_response(
        {
            "expand": "projects",
            "projects": [
                {
                    **{name: view.project(project)[name] for name in ("self", "id", "key", "name")},
                    "issuetypes": [_classic_type(view, each, project, expand=expand) for each in shown],
                }
                for project in view.site.projects(view.who)
                if not keys or project.key in keys
            ],
        }
    )


def _classic_type(view: View, kind: IssueType, project: Project, *, expand: bool) -> dict[str, Any]:
    shown = view.issue_type(kind)
    if expand:
        on_screen = [each for each in view.site.fields.values() if each.on_screen]
        described = (create_field(view, each, project, kind) for each in on_screen)
        shown["fields"] = {each.pop("fieldId"): each for each in described}
    return shown


def configuration(view: View, _request: Request) -> Response:
    """The site's settings."""
    switched_on = (
        "votingEnabled",
        "watchingEnabled",
        "unassignedIssuesAllowed",
        "subTasksEnabled",
        "issueLinkingEnabled",
    )
    return json_response(
        {
            **dict.fromkeys(switched_on, True),
            "attachmentsEnabled": False,
            "timeTrackingEnabled": True,
            "timeTrackingConfiguration": time_tracking(view),
        }
    )


def time_tracking(view: View) -> dict[str, Any]:
    """How durations are counted."""
    return {
        "workingHoursPerDay": float(number(view.site.switches, "jira_hours_per_day")),
        "workingDaysPerWeek": float(number(view.site.switches, "jira_days_per_week")),
        "timeFormat": "pretty",
        "defaultUnit": "minute",
    }


def time_tracking_options(view: View, _request: Request) -> Response:
    """The same for administrators."""
    view.site.need(view.who, "ADMINISTER")
    return json_response(time_tracking(view))


def limits(view: View, _request: Request) -> Response:
    """How much of each thing an issue may hold, and which issues come near it."""
    most = {**ISSUE_LIMITS, "worklog": number(view.site.switches, "jira_worklogs_per_issue")}
    return json_response({"issuesApproachingLimit": {}, "issuesBreachingLimit": {}, "limits": most})


ROUTES = (
    ("GET", "/serverInfo", "", server_info),
    ("GET", "/project", READ, projects),
    ("GET", "/project/search", READ, project_search),
    ("GET", "/project/{project}", READ, project),
    ("GET", "/project/{project}/statuses", READ, project_statuses),
    ("GET", "/issuetype", READ, issue_types),
    ("GET", "/issuetype/project", READ, issue_types_of_project),
    ("GET", "/status", READ, statuses),
    ("GET", "/status/{status}", READ, one_status),
    ("GET", "/priority", READ, priorities),
    ("GET", "/priority/search", READ, priority_search),
    ("GET", "/resolution", READ, resolutions),
    ("GET", "/issueLinkType", READ, link_types),
    ("GET", "/field", READ, fields),
    ("POST", "/field", CONFIGURE, add_field),
    ("GET", "/field/search", READ, field_search),
    ("GET", "/issuetypescreenscheme/project", CONFIGURE, type_screen_schemes),
    ("GET", "/issuetypescreenscheme/mapping", CONFIGURE, type_screen_mappings),
    ("GET", "/screenscheme", CONFIGURE, screen_schemes),
    ("GET", "/screens", CONFIGURE, screens),
    ("GET", "/screens/{screen}/tabs", CONFIGURE, tabs),
    ("GET", "/screens/{screen}/tabs/{tab}/fields", CONFIGURE, tab_fields),
    ("POST", "/screens/{screen}/tabs/{tab}/fields", CONFIGURE, add_tab_field),
    ("GET", "/issue/createmeta", READ, classic_create_meta),
    ("GET", "/issue/createmeta/{project}/issuetypes", READ, create_types),
    ("GET", "/issue/createmeta/{project}/issuetypes/{issue_type}", READ, create_fields),
    ("GET", "/issue/limit/report", READ, limits),
    ("GET", "/configuration", USER, configuration),
    ("GET", "/configuration/timetracking/options", CONFIGURE, time_tracking_options),
)
