"""What the site is made of: projects, issue types, fields that can be set, statuses, and what we may do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from ml_connector.errors import Malformed
from ml_connector.jira.answers import Id, parse
from ml_connector.jira.port import CreateField, FieldInfo
from ml_connector.wire import Request, Response, Safety

PROJECT_PAGE = 100
META_PAGE = 200
"""Jira refuses larger pages of create metadata."""


class _Account(msgspec.Struct, rename="camel"):
    account_id: str = ""
    key: str = ""
    name: str = ""


class _Project(msgspec.Struct):
    key: str


class _Projects(msgspec.Struct, rename="camel"):
    values: list[_Project]
    is_last: bool = True


class _Type(msgspec.Struct):
    id: Id
    name: str


class _Types(msgspec.Struct, rename="camel"):
    issue_types: list[_Type]
    total: int = 0


class _Schema(msgspec.Struct):
    type: str = ""


class _Field(msgspec.Struct):
    id: str
    name: str
    custom: bool = False
    schema: _Schema = msgspec.field(default_factory=_Schema)


class _CreateField(msgspec.Struct, rename="camel"):
    field_id: str
    name: str = ""
    required: bool = False
    has_default_value: bool = False


class _CreateFields(msgspec.Struct):
    fields: list[_CreateField]
    total: int = 0


class _Status(msgspec.Struct):
    name: str


class _Held(msgspec.Struct, rename="camel"):
    have_permission: bool = False


class _Permissions(msgspec.Struct):
    permissions: dict[str, _Held]


def _read(operation: str, path: str, *query: tuple[str, str]) -> Request:
    return Request(operation, "GET", f"/rest/api/3/{path}", Safety.READ, query)


def myself_request() -> Request:
    """Who we are."""
    return _read("jira.myself", "myself")


def parse_myself(request: Request, response: Response) -> str:
    """Our account id, or the user key that Data Center has in its place. Raises Malformed where there is neither."""
    told = parse(request, response, _Account)
    found = told.account_id or told.key or told.name
    if not found:
        raise Malformed(f"{request.operation}: Jira does not say who we are.")
    return found


def projects_request(start: int) -> Request:
    """A page of the projects that we see."""
    return _read("jira.projects", "project/search", ("startAt", str(start)), ("maxResults", str(PROJECT_PAGE)))


def parse_projects(request: Request, response: Response) -> tuple[tuple[str, ...], bool]:
    """Their keys, and whether these are the last."""
    page = parse(request, response, _Projects)
    return tuple(each.key for each in page.values), page.is_last


def types_request(project: str, start: int) -> Request:
    """A page of the issue types that can be created in a project."""
    path = f"issue/createmeta/{project}/issuetypes"
    return _read("jira.issue_types", path, ("startAt", str(start)), ("maxResults", str(META_PAGE)))


def parse_types(request: Request, response: Response) -> tuple[dict[str, str], int]:
    """Ids by name, and how many there are in all. Raises Rejected (404) without the project."""
    page = parse(request, response, _Types)
    return {each.name: str(each.id) for each in page.issue_types}, page.total


def create_fields_request(project: str, type_id: str, start: int) -> Request:
    """A page of the fields on the create screen of a project and issue type."""
    path = f"issue/createmeta/{project}/issuetypes/{type_id}"
    return _read("jira.create_fields", path, ("startAt", str(start)), ("maxResults", str(META_PAGE)))


def parse_create_fields(request: Request, response: Response) -> tuple[tuple[CreateField, ...], int]:
    """The fields, and how many there are in all."""
    page = parse(request, response, _CreateFields)
    found = (CreateField(each.field_id, each.name, each.required, each.has_default_value) for each in page.fields)
    return tuple(found), page.total


def fields_request() -> Request:
    """All fields of the site."""
    return _read("jira.fields", "field")


def parse_fields(request: Request, response: Response) -> tuple[FieldInfo, ...]:
    """The fields with their types."""
    found = parse(request, response, list[_Field])
    return tuple(FieldInfo(each.id, each.name, each.schema.type, each.custom) for each in found)


def statuses_request() -> Request:
    """All statuses of the site."""
    return _read("jira.statuses", "status")


def parse_statuses(request: Request, response: Response) -> tuple[str, ...]:
    """Their names, each once."""
    return tuple(dict.fromkeys(each.name for each in parse(request, response, list[_Status])))


def permissions_request(project: str, names: Sequence[str]) -> Request:
    """Which of the permissions named we hold in a project."""
    return _read("jira.permissions", "mypermissions", ("permissions", ",".join(names)), ("projectKey", project))


def parse_permissions(request: Request, response: Response) -> Mapping[str, bool]:
    """Permissions held, by key."""
    found = parse(request, response, _Permissions).permissions
    return {name: held.have_permission for name, held in found.items()}
