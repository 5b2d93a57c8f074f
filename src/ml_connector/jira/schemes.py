"""What an administrator of Jira sees and makes: custom fields, and which screen decides what can be set when.

Atlassian, REST v3, issue fields, issue type screen schemes, screen schemes, screens: a project has a scheme of issue
types, which leads from an issue type to a screen scheme, which names a screen for creating and one for editing. A new
field holds in all projects at once and stands on no screen.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from ml_connector.jira.answers import Id, parse
from ml_connector.jira.metadata import parse_field, read_request
from ml_connector.jira.port import FieldInfo, FieldType, Screen
from ml_connector.wire import Request, Response, Safety

PLUGIN = "com.atlassian.jira.plugin.system.customfieldtypes"
KINDS: Mapping[FieldType, tuple[str, str]] = {
    FieldType.TEXT: ("textfield", "textsearcher"),
    FieldType.NUMBER: ("float", "exactnumber"),
}
"""What Jira calls our types of fields, and what searches them."""
DEFAULT = "default"


class _Project(msgspec.Struct):
    id: Id


class _Scheme(msgspec.Struct):
    id: Id


class _SchemeOfProject(msgspec.Struct, rename="camel"):
    issue_type_screen_scheme: _Scheme


class _Mapping(msgspec.Struct, rename="camel"):
    issue_type_id: str
    screen_scheme_id: Id


class _ScreenScheme(msgspec.Struct):
    screens: dict[str, Id] = {}


class _Screen(msgspec.Struct):
    name: str = ""


class _Schemes(msgspec.Struct):
    values: list[_SchemeOfProject] = []


class _Mappings(msgspec.Struct):
    values: list[_Mapping] = []


class _ScreenSchemes(msgspec.Struct):
    values: list[_ScreenScheme] = []


class _Screens(msgspec.Struct):
    values: list[_Screen] = []


def create_field_request(name: str, kind: FieldType) -> Request:
    """Make a custom field. Names may repeat in Jira, so that this must never be repeated by itself."""
    plugin, searcher = KINDS[kind]
    body = {"name": name, "type": f"{PLUGIN}:{plugin}", "searcherKey": f"{PLUGIN}:{searcher}"}
    headers = {"Content-Type": "application/json"}
    return Request(
        "jira.fields.create", "POST", "/rest/api/3/field", Safety.ONCE, (), headers, msgspec.json.encode(body)
    )


def parse_created_field(request: Request, response: Response) -> FieldInfo:
    """The field that was made."""
    return parse_field(request, response)


def project_request(key: str) -> Request:
    """A project, for its id."""
    return read_request("jira.project", f"project/{key}")


def parse_project_id(request: Request, response: Response) -> str:
    """Its id."""
    return str(parse(request, response, _Project).id)


def scheme_request(project_id: str) -> Request:
    """The scheme that leads from a project's issue types to screens."""
    return read_request("jira.screens.scheme", "issuetypescreenscheme/project", ("projectId", project_id))


def parse_scheme(request: Request, response: Response) -> str:
    """Its id; empty for a project that is managed by its team, which has none."""
    found = parse(request, response, _Schemes).values
    return str(found[0].issue_type_screen_scheme.id) if found else ""


def mapping_request(scheme: str) -> Request:
    """Which screen scheme each issue type has."""
    path = "issuetypescreenscheme/mapping"
    return read_request("jira.screens.mapping", path, ("issueTypeScreenSchemeId", scheme))


def parse_mapping(request: Request, response: Response, type_id: str) -> str:
    """The id of the screen scheme of an issue type, or of the one for all others."""
    found = {each.issue_type_id: str(each.screen_scheme_id) for each in parse(request, response, _Mappings).values}
    return found.get(type_id) or found.get(DEFAULT, "")


def screen_scheme_request(scheme: str) -> Request:
    """Which screen a screen scheme has for what."""
    return read_request("jira.screens.of_scheme", "screenscheme", ("id", scheme))


def parse_screen_scheme(request: Request, response: Response, when: Screen) -> str:
    """The id of the screen for creating or editing, or of the one for everything."""
    found = parse(request, response, _ScreenSchemes).values
    screens = found[0].screens if found else {}
    return str(screens.get(when.value) or screens.get(DEFAULT, ""))


def screen_request(screen: str) -> Request:
    """A screen, for its name."""
    return read_request("jira.screens", "screens", ("id", screen))


def parse_screen(request: Request, response: Response) -> str:
    """Its name."""
    found = parse(request, response, _Screens).values
    return found[0].name if found else ""
