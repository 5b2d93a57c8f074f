"""Setting an issue's fields as clients send them, with Jira's refusals."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal, InvalidOperation
from math import isfinite
from typing import Any

from ml_connector_sandbox.jira.bodies import mapping
from ml_connector_sandbox.jira.issues import Issue
from ml_connector_sandbox.jira.rendering import View
from ml_connector_sandbox.jira.schema import DEFAULT_PRIORITY, EPIC_LINK, EPIC_NAME, NUMBER, Field
from ml_connector_sandbox.jira.site import OFF_SCREEN, SUMMARY_MAX, Invalid, NotThere

TEXT_MAX = 32767
SHORT_TEXT_MAX = 255


@dataclass(slots=True)
class Values:
    """Checked values, ready to be set: attributes of the issue, and custom fields by id."""

    attributes: dict[str, Any] = field(default_factory=dict)
    custom: dict[str, Any] = field(default_factory=dict)


def checked(view: View, fields: Mapping[str, Any]) -> Values:
    """Check every field. Raises Invalid with all that is wrong."""
    values, errors = Values(), dict[str, str]()
    for name, value in fields.items():
        known = view.site.fields.get(name)
        if known is None or not known.on_screen:
            errors[name] = OFF_SCREEN.format(id=name)
            continue
        try:
            _read(view, known, value, values)
        except Invalid as error:
            errors |= error.errors or {name: "; ".join(error.messages)}
        except NotThere as error:
            errors[name] = str(error)
    if errors:
        raise Invalid(errors=errors)
    return values


def _read(view: View, known: Field, value: object, values: Values) -> None:
    if known.custom:
        values.custom[known.id] = _custom(known, value)
        return
    reader = READERS.get(known.id)
    if reader is None:
        raise Invalid(errors={known.id: OFF_SCREEN.format(id=known.id)})
    attribute, read = reader
    if attribute:
        values.attributes[attribute] = read(view, value)


def _custom(known: Field, value: object) -> object:
    if value is None:
        return None
    if known.type == NUMBER:
        if isinstance(value, bool) or not isinstance(value, int | float) or not isfinite(value):
            raise Invalid(errors={known.id: "Operation value must be a number"})
        return value
    if not isinstance(value, str):
        raise Invalid(errors={known.id: "Operation value must be a string"})
    if len(value) > SHORT_TEXT_MAX:
        raise Invalid(errors={known.id: f"The value must not be longer than {SHORT_TEXT_MAX} characters."})
    return value


def _summary(_view: View, value: object) -> str:
    if not isinstance(value, str | None):
        raise Invalid(errors={"summary": "Operation value must be a string"})
    text = (value or "").strip()
    if not text:
        raise Invalid(errors={"summary": "You must specify a summary of the issue."})
    if len(text) > SUMMARY_MAX:
        raise Invalid(errors={"summary": f"Summary must be less than {SUMMARY_MAX + 1} characters."})
    if "\n" in text or "\r" in text:
        raise Invalid(errors={"summary": "The summary is invalid because it contains newline characters."})
    return text


def _description(view: View, value: object) -> str:
    text = view.read_text(value, "description")
    if len(text) > TEXT_MAX:
        raise Invalid(
            errors={"description": f"The entered text is too long. It exceeds the limit of {TEXT_MAX} characters."}
        )
    return text


def _labels(_view: View, value: object) -> list[str]:
    labels = [] if value is None else value
    if not isinstance(labels, list) or not all(isinstance(label, str) for label in labels):
        raise Invalid(errors={"labels": "Operation value must be an array of strings"})
    if any(" " in label or not label for label in labels):
        raise Invalid(errors={"labels": "The label contains spaces which is invalid."})
    return list(dict.fromkeys(labels))


def _due(_view: View, value: object) -> str:
    text = "" if value is None else str(value)
    try:
        return date.fromisoformat(text).isoformat() if text else ""
    except ValueError:
        raise Invalid(errors={"duedate": f"Error parsing date string: {text}"}) from None


def _named(value: object, *keys: str) -> str:
    if isinstance(value, dict):
        return next((str(value[key]) for key in keys if value.get(key) is not None), "")
    return "" if value is None else str(value)


def _person(view: View, value: object) -> str:
    if view.site.is_datacenter:
        name = _named(value, "name", "key")
        return view.site.called(name).account_id if name not in ("", "-1") else ""
    account_id = _named(value, "accountId", "id")
    if account_id in ("", "-1"):
        return ""
    return view.site.person(account_id).account_id


def _parent(view: View, value: object) -> str:
    name = _named(value, "id", "key")
    return view.site.issue(name, view.who).id if name else ""


READERS: dict[str, tuple[str, Callable[[View, Any], Any]]] = {
    "summary": ("summary", _summary),
    "description": ("description", _description),
    "labels": ("labels", _labels),
    "priority": (
        "priority",
        lambda view, value: view.site.priority(_named(value, "id", "name") or DEFAULT_PRIORITY).name,
    ),
    "assignee": ("assignee", _person),
    "reporter": ("reporter", _person),
    "parent": ("parent", _parent),
    "duedate": ("due", _due),
    "issuetype": ("type", lambda view, value: view.site.issue_type(_named(value, "id", "name")).name),
    "project": ("", lambda _view, _value: ""),
}
"""The attribute that a field is kept in, and how its value is read."""


def create(view: View, asked: Mapping[str, Any]) -> Issue:
    """A new issue. Raises Invalid."""
    fields = mapping(asked.get("fields"), "fields")
    properties = _properties(asked.get("properties"))
    project = _project(view, fields.get("project"))
    errors = {} if fields.get("issuetype") else {"issuetype": "Specify an issue type"}
    if "summary" not in fields:
        errors["summary"] = "You must specify a summary of the issue."
    for each in view.site.fields.values():
        if each.required and fields.get(each.id) in (None, ""):
            errors[each.id] = f"{each.name} is required."
    if errors:
        raise Invalid(errors=errors)
    values = checked(view, fields)
    if view.site.is_datacenter:
        _fit(view, values)
    _fits_under(view, values.attributes["type"], values.attributes.get("parent", ""))
    now = view.site.clock.now()
    issue = Issue(
        view.site.next_id("issue"),
        view.site.next_key(project),
        project.key,
        values.attributes.pop("type"),
        values.attributes.pop("summary"),
        values.attributes.pop("reporter", "") or view.who.account_id,
        view.who.account_id,
        now,
        now,
        values={name: value for name, value in values.custom.items() if value is not None},
        properties=properties,
    )
    for name, value in values.attributes.items():
        setattr(issue, name, value)
    view.site.keep_issue(issue)
    return issue


def _fits_under(view: View, kind: str, parent: str) -> None:
    """What an issue lies under is one level above it. Raises Invalid."""
    level = view.site.issue_type(kind).level
    if parent and view.site.issue_type(view.site.issue(parent).type).level != level + 1:
        raise Invalid(errors={"parent": "Given parent issue does not belong to appropriate hierarchy."})


def _fit(view: View, values: Values) -> None:
    """An epic of Data Center has a name; what is below one names it by its key; only a sub-task has a parent."""
    level = view.site.issue_type(values.attributes["type"]).level
    errors = dict[str, str]()
    for known in (each for each in view.site.fields.values() if each.plugin in (EPIC_LINK, EPIC_NAME)):
        value = values.custom.get(known.id)
        if known.plugin == EPIC_NAME and level > 0 and not value:
            errors[known.id] = "Epic Name is required."
        if known.plugin == EPIC_LINK and value and not _is_epic(view, str(value)):
            errors[known.id] = f"Issue '{value}' is not an epic."
    if level < 0 and not values.attributes.get("parent"):
        errors["parent"] = "Issue type is a sub-task but parent issue key or id not specified."
    if level >= 0 and values.attributes.get("parent"):
        errors["parent"] = OFF_SCREEN.format(id="parent")
    if errors:
        raise Invalid(errors=errors)


def _is_epic(view: View, key: str) -> bool:
    try:
        return view.site.issue_type(view.site.issue(key, view.who).type).level > 0
    except NotThere:
        return False


def _properties(value: object) -> dict[str, Any]:
    """Properties to be set with the issue. Raises Invalid."""
    items = [] if value is None else value
    if not isinstance(items, list) or not all(isinstance(item, dict) and item.get("key") for item in items):
        raise Invalid(errors={"properties": "Each property needs a key."})
    return {str(item["key"]): item.get("value") for item in items}


def _project(view: View, value: object) -> Any:
    name = _named(value, "id", "key")
    try:
        project = view.site.project(name, view.who)
    except NotThere:
        raise Invalid(errors={"project": "valid project is required"}) from None
    view.site.need(view.who, "CREATE_ISSUES", project.key)
    view.site.writable(project.key)
    return project


def edit(view: View, issue: Issue, asked: Mapping[str, Any]) -> None:
    """Change an issue: `fields` set, `update` operations set, add or remove, and remark. Raises Invalid."""
    fields, remarks = dict(mapping(asked.get("fields"), "fields")), list[str]()
    for name, operations in mapping(asked.get("update"), "update").items():
        if name == "comment":
            remarks += [remark(view, mapping(value, name)) for _, value in _operations(name, operations)]
        else:
            fields |= _updated(issue, name, operations)
    values = checked(view, fields)
    _fits_under(view, values.attributes.get("type", issue.type), values.attributes.get("parent", ""))
    items = []
    for name, value in values.attributes.items():
        before = getattr(issue, name)
        if name == "labels":
            view.site.set_labels(issue, value)
        elif name == "parent":
            view.site.set_parent(issue, value)
        else:
            setattr(issue, name, value)
        items.append((name, _plain(before), _plain(before), _plain(value), _plain(value)))
    for name, value in values.custom.items():
        before = issue.values.pop(name, None)
        if value is not None:
            issue.values[name] = value
        items.append((view.site.fields[name].name, _plain(before), _plain(before), _plain(value), _plain(value)))
    view.site.record(issue, view.who.account_id, *items)
    for text in remarks:
        view.site.comment(issue, view.who.account_id, text)


def remark(view: View, asked: Mapping[str, Any]) -> str:
    """The text of a remark. Raises Invalid where it says nothing."""
    text = view.read_text(asked.get("body"), "comment")
    if not text.strip():
        raise Invalid(errors={"comment": "Comment body can not be empty!"})
    return text


def _plain(value: object) -> str:
    if isinstance(value, list):
        return " ".join(map(str, value))
    if isinstance(value, float):
        try:
            return format(Decimal(str(value)).normalize(), "f")
        except InvalidOperation:
            return str(value)
    return "" if value is None else str(value)


def _operations(name: str, operations: object) -> list[tuple[str, Any]]:
    """What is to be done to a field, in order: (verb, value). Raises Invalid."""
    if not isinstance(operations, list) or not all(isinstance(each, dict) for each in operations):
        raise Invalid(errors={name: "Operations are an array of objects."})
    return [pair for each in operations for pair in each.items()]


def _updated(issue: Issue, name: str, operations: object) -> dict[str, Any]:
    """The value that a field gets by its operations; labels alone can be added and removed. Raises Invalid."""
    current: Any = list(issue.labels) if name == "labels" else None
    for verb, value in _operations(name, operations):
        if verb == "set":
            current = value
        elif name == "labels" and verb == "add" and isinstance(current, list):
            current = [*current, value]
        elif name == "labels" and verb == "remove" and isinstance(current, list):
            current = [label for label in current if label != value]
        else:
            raise Invalid(errors={name: f"Field does not support update '{verb}'"})
    return {name: current}
