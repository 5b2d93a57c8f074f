"""Issues: finding, reading, creating by fifties, changing and moving along.

Atlassian, REST v3: issue search (bounded queries, page tokens, no total), issues (bulk create of up to 50 with refusals
by place, bulk fetch of up to 100), transitions.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from http import HTTPStatus
from urllib.parse import quote

import msgspec

from ml_connector.core.records import Issue
from ml_connector.errors import Ambiguous
from ml_connector.jira.answers import UNREADABLE, Id, parse, refusal_text, refused, refused_fields
from ml_connector.jira.documents import document, plain_text
from ml_connector.jira.port import Created, IssueDraft, IssueEdit, NotCreated
from ml_connector.wire import Request, Response, Safety

CREATE_MAX = 50
FETCH_MAX = 100
PAGE = 1000
REMARKS_PAGE = 1000
JSON = {"Content-Type": "application/json"}
Written = Callable[[str], object]
"""How plain text is written into a field: as a document by version 3, as markup by Data Center."""
ENCODER = msgspec.json.Encoder(decimal_format="number")
"""Decimals go out as the numbers they are, digit by digit, and never through a float."""


class _Named(msgspec.Struct):
    name: str = ""
    key: str = ""


class _Issue(msgspec.Struct):
    id: Id
    key: str = ""
    fields: dict[str, msgspec.Raw] = {}


class _Found(msgspec.Struct, rename="camel"):
    issues: list[_Issue]
    is_last: bool | None = None
    next_page_token: str | None = None


class _Reference(msgspec.Struct):
    id: Id
    key: str


class _ElementError(msgspec.Struct, rename="camel"):
    failed_element_number: int
    element_errors: msgspec.Raw = msgspec.Raw(b"{}")


class _Batch(msgspec.Struct):
    issues: list[_Reference] = []
    errors: list[_ElementError] = []


class _Remark(msgspec.Struct):
    body: msgspec.Raw = msgspec.Raw(b'""')


class _Remarks(msgspec.Struct):
    comments: list[_Remark] = []
    total: int = 0


class _Transition(msgspec.Struct):
    id: Id
    to: _Named = msgspec.field(default_factory=_Named)


class _Transitions(msgspec.Struct):
    transitions: list[_Transition]


def search_request(jql: str, fields: Sequence[str], token: str | None) -> Request:
    """A page of issues by bounded JQL. A POST that reads."""
    body: dict[str, object] = {"jql": jql, "fields": list(fields), "maxResults": PAGE}
    if token:
        body["nextPageToken"] = token
    return Request("jira.search", "POST", "/rest/api/3/search/jql", Safety.READ, (), JSON, ENCODER.encode(body))


def parse_search(request: Request, response: Response) -> tuple[tuple[Issue, ...], str | None]:
    """The issues of a page and the token of the next, None on the last. Raises Rejected for a refused query."""
    found = parse(request, response, _Found)
    token = None if found.is_last else found.next_page_token
    return tuple(_issue(each) for each in found.issues), token


def fetch_request(ids: Sequence[str], fields: Sequence[str]) -> Request:
    """Up to 100 issues by id, past the index. A POST that reads."""
    body = ENCODER.encode({"issueIdsOrKeys": list(ids), "fields": list(fields)})
    return Request("jira.issues.fetch", "POST", "/rest/api/3/issue/bulkfetch", Safety.READ, (), JSON, body)


def parse_fetch(request: Request, response: Response) -> tuple[Issue, ...]:
    """The issues that there are and that we may see."""
    return tuple(_issue(each) for each in parse(request, response, _Found).issues)


def parse_issue(request: Request, response: Response) -> Issue:
    """One issue that was asked for by itself."""
    return _issue(parse(request, response, _Issue))


def _issue(each: _Issue) -> Issue:
    fields = {name: _value(raw) for name, raw in each.fields.items()}
    if "description" in fields:
        fields["description"] = plain_text(fields["description"] or "")
    project = _part(fields.get("project"), "key") or each.key.rpartition("-")[0]
    labels = fields.get("labels")
    return Issue(
        id=str(each.id),
        key=each.key,
        project=project,
        type=_part(fields.get("issuetype"), "name"),
        status=_part(fields.get("status"), "name"),
        labels=tuple(label for label in labels if isinstance(label, str)) if isinstance(labels, list) else (),
        fields=fields,
    )


def _value(raw: msgspec.Raw) -> object:
    try:
        return msgspec.json.decode(raw)
    except UNREADABLE:
        return None


def _part(value: object, name: str) -> str:
    found = value.get(name) if isinstance(value, Mapping) else None
    return found if isinstance(found, str) else ""


def create_request(drafts: Sequence[IssueDraft], written: Written = document) -> Request:
    """Create up to 50 issues. Must never be repeated by itself: Jira has no idempotency key."""
    updates = [{"fields": _fields(draft, written), **_properties(draft)} for draft in drafts]
    body = ENCODER.encode({"issueUpdates": updates})
    return Request("jira.issues.create", "POST", "/rest/api/3/issue/bulk", Safety.ONCE, (), JSON, body)


def _properties(draft: IssueDraft) -> dict[str, object]:
    found = [{"key": key, "value": value} for key, value in draft.properties.items()]
    return {"properties": found} if found else {}


def _fields(draft: IssueDraft, written: Written) -> dict[str, object]:
    priority = {"priority": {"name": draft.priority}} if draft.priority else {}
    parent = {"parent": {"id": draft.parent}} if draft.parent else {}
    return {
        "project": {"key": draft.project},
        "issuetype": {"name": draft.type},
        "summary": draft.summary,
        "description": written(draft.text),
        "labels": [draft.marker],
        **priority,
        **parent,
        **{name: json_value(value) for name, value in draft.fields.items()},
    }


def json_value(value: object) -> object:
    """A field's value as Jira takes it: decimals are numbers, whole ones without a point."""
    if isinstance(value, Decimal) and value == value.to_integral_value():
        return int(value)
    return value


def parse_created(request: Request, response: Response, count: int) -> tuple[Created | NotCreated, ...]:
    """One outcome a draft, in order: refused ones are named by place, the others follow one another.

    All refused is answered 400 with the same shape. Raises Ambiguous where the answer does not account for each draft:
    something may have been created.
    """
    if response.status not in (HTTPStatus.OK, HTTPStatus.CREATED, HTTPStatus.BAD_REQUEST):
        raise refused(request, response)
    try:
        batch = msgspec.json.decode(response.body, type=_Batch)
    except UNREADABLE:
        batch = _Batch()
    refusals = {each.failed_element_number: _not_created(bytes(each.element_errors)) for each in batch.errors}
    if len(batch.issues) + len(refusals) != count or any(not 0 <= place < count for place in refusals):
        if response.status == HTTPStatus.BAD_REQUEST and not batch.issues:
            return (_not_created(response.body),) * count
        raise Ambiguous(
            f"{request.operation}: Jira's answer accounts for {len(batch.issues) + len(refusals)} of {count} issues."
        )
    made = iter(batch.issues)
    outcomes: list[Created | NotCreated] = []
    for place in range(count):
        if place in refusals:
            outcomes.append(refusals[place])
        else:
            reference = next(made)
            outcomes.append(Created(str(reference.id), reference.key))
    return tuple(outcomes)


def _not_created(body: bytes) -> NotCreated:
    return NotCreated(refusal_text(body), refused_fields(body))


def edit_request(edit: IssueEdit, written: Written = document) -> Request:
    """Set fields of one issue; what is not given is left alone."""
    fields: dict[str, object] = {name: json_value(value) for name, value in edit.fields.items()}
    if edit.summary is not None:
        fields["summary"] = edit.summary
    if edit.text is not None:
        fields["description"] = written(edit.text)
    if edit.priority is not None:
        fields["priority"] = {"name": edit.priority}
    if edit.parent:
        fields["parent"] = {"id": edit.parent}
    url, body = f"/rest/api/3/issue/{edit.issue_id}", ENCODER.encode({"fields": fields})
    return Request("jira.issues.edit", "PUT", url, Safety.REPEATABLE, (), JSON, body, edit.issue_id)


def remark_request(issue_id: str, text: str, written: Written = document) -> Request:
    """Say something on an issue. Must never be repeated by itself: each call says it once more."""
    url, body = f"/rest/api/3/issue/{issue_id}/comment", ENCODER.encode({"body": written(text)})
    return Request("jira.remark", "POST", url, Safety.ONCE, (), JSON, body, issue_id)


def remarks_request(issue_id: str, start: int) -> Request:
    """A page of what was said on an issue."""
    query = (("startAt", str(start)), ("maxResults", str(REMARKS_PAGE)))
    return Request("jira.remarks", "GET", f"/rest/api/3/issue/{issue_id}/comment", Safety.READ, query)


def parse_remarks(request: Request, response: Response) -> tuple[tuple[str, ...], int]:
    """The texts of a page, and how many there are in all."""
    page = parse(request, response, _Remarks)
    return tuple(plain_text(_value(each.body)) for each in page.comments), page.total


def property_request(issue_id: str, key: str, value: object) -> Request:
    """Write a property of one issue; it is made where there is none."""
    url = f"/rest/api/3/issue/{issue_id}/properties/{quote(key, safe='')}"
    return Request("jira.issues.property", "PUT", url, Safety.REPEATABLE, (), JSON, ENCODER.encode(value), issue_id)


def transitions_request(issue_id: str) -> Request:
    """Where an issue can go from where it is."""
    return Request("jira.transitions", "GET", f"/rest/api/3/issue/{issue_id}/transitions", Safety.READ)


def parse_transitions(request: Request, response: Response) -> dict[str, str]:
    """Transition ids by the name of the status that they lead to."""
    found = parse(request, response, _Transitions)
    return {each.to.name: str(each.id) for each in found.transitions}


def transition_request(issue_id: str, transition_id: str) -> Request:
    """Take a transition. Repeating it leads to the same status, or is refused."""
    body = ENCODER.encode({"transition": {"id": transition_id}})
    url = f"/rest/api/3/issue/{issue_id}/transitions"
    return Request("jira.transition", "POST", url, Safety.REPEATABLE, (), JSON, body, issue_id)
