"""What version 2 of the interface says in another way on Data Center: searches, one issue, projects, create metadata.

Atlassian, Jira Data Center REST: searches count from `startAt` to a total, at most 1,000 a page; create metadata comes
as pages of `values`; permissions come all at once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import msgspec

from ml_connector.core.records import Issue
from ml_connector.jira import issues
from ml_connector.jira.answers import Id, parse
from ml_connector.jira.metadata import MetaField, create_field
from ml_connector.jira.port import CreateField, JiraProject
from ml_connector.wire import Request, Response, Safety, Send

PATH, CLOUD_PATH = "/rest/api/2/", "/rest/api/3/"
PAGE = 1000
"""Issues on a page at most: whoever asks for more gets as many and is not told."""
META_PAGE = 200
EPIC_NAME = "com.pyxis.greenhopper.jira:gh-epic-label"
EPIC_LINK = "com.pyxis.greenhopper.jira:gh-epic-link"
"""Kinds of custom fields: an epic cannot be created without the one; what is below an epic names it in the other."""


@dataclass(frozen=True, slots=True)
class IssueType:
    """An issue type of a project."""

    id: str
    name: str
    subtask: bool = False


@dataclass(frozen=True, slots=True)
class ScreenField:
    """A field on a create screen, and the kind of custom field that it is of."""

    field: CreateField
    kind: str = ""


class _Total(msgspec.Struct):
    total: int


class _Project(msgspec.Struct):
    key: str
    name: str = ""
    archived: bool = False


class _Type(msgspec.Struct):
    id: Id
    name: str
    subtask: bool = False


class _Types(msgspec.Struct):
    values: list[_Type]
    total: int = 0


class _Schema(msgspec.Struct):
    custom: str = ""


class _MetaFields(msgspec.Struct):
    values: list[MetaField]
    total: int = 0


class _Field(msgspec.Struct):
    id: str
    schema: _Schema = msgspec.field(default_factory=_Schema)


def in_version_2(send: Send) -> Send:
    """The same calls by the version that Data Center has."""

    def sent(request: Request) -> Response:
        return send(replace(request, url=request.url.replace(CLOUD_PATH, PATH, 1)))

    return sent


def search_request(jql: str, fields: Sequence[str], start: int, *, validate: bool = True) -> Request:
    """A page of issues by JQL. `validate` off asks Jira to pass over issues that are named and are not there."""
    body = {"jql": jql, "fields": list(fields), "startAt": start, "maxResults": PAGE, "validateQuery": validate}
    content = msgspec.json.encode(body)
    return Request("jira.search", "POST", f"{PATH}search", Safety.READ, (), issues.JSON, content)


def parse_search(request: Request, response: Response) -> tuple[tuple[Issue, ...], int]:
    """The issues of a page, and how many there are in all. Raises Rejected for a refused query."""
    return issues.parse_fetch(request, response), parse(request, response, _Total).total


def issue_request(issue_id: str, fields: Sequence[str]) -> Request:
    """One issue by id or key, past the index."""
    query = (("fields", ",".join(fields)),)
    return Request("jira.issues.read", "GET", f"{PATH}issue/{issue_id}", Safety.READ, query)


def projects_request() -> Request:
    """All projects that we see, archived ones too, in one answer."""
    return Request("jira.projects", "GET", f"{PATH}project", Safety.READ, (("includeArchived", "true"),))


def parse_projects(request: Request, response: Response) -> tuple[JiraProject, ...]:
    """The projects."""
    return tuple(JiraProject(each.key, each.name, each.archived) for each in parse(request, response, list[_Project]))


def types_request(project: str, start: int) -> Request:
    """A page of the issue types that can be created in a project."""
    return _meta_request("jira.issue_types", f"{project}/issuetypes", start)


def parse_types(request: Request, response: Response) -> tuple[tuple[IssueType, ...], int]:
    """The types, and how many there are in all. Raises Rejected without the project."""
    page = parse(request, response, _Types)
    return tuple(IssueType(str(each.id), each.name, each.subtask) for each in page.values), page.total


def screen_request(project: str, type_id: str, start: int) -> Request:
    """A page of the fields on the create screen of a project and issue type."""
    return _meta_request("jira.create_fields", f"{project}/issuetypes/{type_id}", start)


def parse_screen(request: Request, response: Response) -> tuple[tuple[ScreenField, ...], int]:
    """The fields, and how many there are in all."""
    page = parse(request, response, _MetaFields)
    found = (ScreenField(create_field(each), each.schema.custom) for each in page.values)
    return tuple(found), page.total


def _meta_request(operation: str, path: str, start: int) -> Request:
    query = (("startAt", str(start)), ("maxResults", str(META_PAGE)))
    return Request(operation, "GET", f"{PATH}issue/createmeta/{path}", Safety.READ, query)


def permissions_request(project: str) -> Request:
    """All permissions, and which of them we hold in a project."""
    return Request("jira.permissions", "GET", f"{PATH}mypermissions", Safety.READ, (("projectKey", project),))


def parse_kinds(request: Request, response: Response) -> Mapping[str, str]:
    """Ids of the site's custom fields by their kind; of several of one kind, the first."""
    found: dict[str, str] = {}
    for each in parse(request, response, list[_Field]):
        if each.schema.custom:
            found.setdefault(each.schema.custom, each.id)
    return found
