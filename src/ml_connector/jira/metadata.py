"""What the site is made of: projects, issue types, fields that can be set, statuses, and what we may do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from ml_connector.errors import Malformed
from ml_connector.jira.answers import UNREADABLE, Id, parse
from ml_connector.jira.port import CreateField, FieldInfo, JiraProject, SiteUser
from ml_connector.wire import Request, Response, Safety

PROJECT_PAGE = 100
META_PAGE = 200
"""Jira refuses larger pages of create metadata."""
USER_PAGE = 1000
"""Jira looks through no more people than these, whoever is asked for (Atlassian, REST v3, user search)."""


class _Account(msgspec.Struct, rename="camel"):
    account_id: str = ""
    key: str = ""
    name: str = ""


class _Project(msgspec.Struct):
    key: str
    name: str = ""
    archived: bool = False


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
    custom: str = ""


class _Field(msgspec.Struct):
    id: str
    name: str
    custom: bool = False
    schema: _Schema = msgspec.field(default_factory=_Schema)


class _Option(msgspec.Struct):
    name: str = ""
    value: str = ""


class MetaField(msgspec.Struct, rename="camel"):
    """A field of a create screen, as Jira tells it."""

    field_id: str
    name: str = ""
    required: bool = False
    has_default_value: bool = False
    schema: _Schema = msgspec.field(default_factory=_Schema)
    allowed_values: msgspec.Raw = msgspec.Raw()


class _User(msgspec.Struct, rename="camel"):
    account_id: str = ""
    key: str = ""
    name: str = ""
    display_name: str = ""
    active: bool = True
    email_address: str | None = None


class _CreateFields(msgspec.Struct):
    fields: list[MetaField]
    total: int = 0


class _Status(msgspec.Struct):
    name: str


class _Held(msgspec.Struct, rename="camel"):
    have_permission: bool = False


class _Permissions(msgspec.Struct):
    permissions: dict[str, _Held]


def read_request(operation: str, path: str, *query: tuple[str, str]) -> Request:
    """A read below the interface."""
    return Request(operation, "GET", f"/rest/api/3/{path}", Safety.READ, query)


def myself_request() -> Request:
    """Who we are."""
    return read_request("jira.myself", "myself")


def parse_myself(request: Request, response: Response) -> str:
    """Our account id, or the user key that Data Center has in its place. Raises Malformed where there is neither."""
    told = parse(request, response, _Account)
    found = told.account_id or told.key or told.name
    if not found:
        raise Malformed(f"{request.operation}: Jira does not say who we are.")
    return found


def projects_request(start: int) -> Request:
    """A page of the projects that we see, archived ones too."""
    states = (("status", "live"), ("status", "archived"))
    page = (("startAt", str(start)), ("maxResults", str(PROJECT_PAGE)))
    return read_request("jira.projects", "project/search", *page, *states)


def parse_projects(request: Request, response: Response) -> tuple[tuple[JiraProject, ...], bool]:
    """The projects, and whether these are the last."""
    page = parse(request, response, _Projects)
    return tuple(JiraProject(each.key, each.name, each.archived) for each in page.values), page.is_last


def assignable_request(project: str) -> Request:
    """People whom issues of a project can be given to."""
    return read_request(
        "jira.assignable", "user/assignable/search", ("project", project), ("maxResults", str(USER_PAGE))
    )


def parse_users(request: Request, response: Response) -> tuple[SiteUser, ...]:
    """The people; one without an account id, or a key in its place, is nobody that hours could be told by."""
    found = [(each.account_id or each.key or each.name, each) for each in parse(request, response, list[_User])]
    return tuple(
        SiteUser(account, each.display_name, each.active, each.email_address or "")
        for account, each in found
        if account
    )


def types_request(project: str, start: int) -> Request:
    """A page of the issue types that can be created in a project."""
    path = f"issue/createmeta/{project}/issuetypes"
    return read_request("jira.issue_types", path, ("startAt", str(start)), ("maxResults", str(META_PAGE)))


def parse_types(request: Request, response: Response) -> tuple[dict[str, str], int]:
    """Ids by name, and how many there are in all. Raises Rejected (404) without the project."""
    page = parse(request, response, _Types)
    return {each.name: str(each.id) for each in page.issue_types}, page.total


def create_fields_request(project: str, type_id: str, start: int) -> Request:
    """A page of the fields on the create screen of a project and issue type."""
    path = f"issue/createmeta/{project}/issuetypes/{type_id}"
    return read_request("jira.create_fields", path, ("startAt", str(start)), ("maxResults", str(META_PAGE)))


def parse_create_fields(request: Request, response: Response) -> tuple[tuple[CreateField, ...], int]:
    """The fields, and how many there are in all."""
    page = parse(request, response, _CreateFields)
    return tuple(map(create_field, page.fields)), page.total


def create_field(each: MetaField) -> CreateField:
    """The same in the product's own words."""
    return CreateField(
        each.field_id, each.name, each.required, each.has_default_value, each.schema.type, _options(each.allowed_values)
    )


def _options(allowed: msgspec.Raw) -> tuple[str, ...]:
    """What a field can be given, by name or value; plug-ins put there what they like, which is then not told."""
    try:
        found = msgspec.json.decode(allowed, type=list[_Option]) if bytes(allowed) else []
    except UNREADABLE:
        return ()
    return tuple(name for each in found if (name := each.name or each.value))


def fields_request() -> Request:
    """All fields of the site."""
    return read_request("jira.fields", "field")


def parse_fields(request: Request, response: Response) -> tuple[FieldInfo, ...]:
    """The fields with their types."""
    return tuple(map(_field, parse(request, response, list[_Field])))


def parse_field(request: Request, response: Response) -> FieldInfo:
    """One field with its type."""
    return _field(parse(request, response, _Field))


def _field(each: _Field) -> FieldInfo:
    return FieldInfo(each.id, each.name, each.schema.type, each.custom)


def statuses_request() -> Request:
    """All statuses of the site."""
    return read_request("jira.statuses", "status")


def parse_statuses(request: Request, response: Response) -> tuple[str, ...]:
    """Their names, each once."""
    return tuple(dict.fromkeys(each.name for each in parse(request, response, list[_Status])))


def permissions_request(project: str, names: Sequence[str]) -> Request:
    """Which of the permissions named we hold in a project."""
    return read_request("jira.permissions", "mypermissions", ("permissions", ",".join(names)), ("projectKey", project))


def parse_permissions(request: Request, response: Response) -> Mapping[str, bool]:
    """Permissions held, by key."""
    found = parse(request, response, _Permissions).permissions
    return {name: held.have_permission for name, held in found.items()}
