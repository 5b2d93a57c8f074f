"""Issues over REST: creating one or fifty, reading, changing, moving along, remarking, deleting."""

from __future__ import annotations

from typing import Any

from ml_connector_sandbox.jira import issue_writes
from ml_connector_sandbox.jira.auth import READ, WRITE
from ml_connector_sandbox.jira.bodies import body, mapping, names, true, value, whole
from ml_connector_sandbox.jira.issues import Change, Comment, Issue
from ml_connector_sandbox.jira.rendering import View, stamp
from ml_connector_sandbox.jira.schema import STATUSES
from ml_connector_sandbox.jira.site import Invalid, NotAllowed, NotThere
from ml_connector_sandbox.wire import Request, Response, json_response

BULK_MAX = 50
COMMENT_PAGE = 5000
KEY_MAX, PROPERTY_MAX = 255, 32768


def create(view: View, request: Request) -> Response:
    """A new issue."""
    return json_response(_reference(view, issue_writes.create(view, body(request))), 201)


def _reference(view: View, issue: Issue) -> dict[str, Any]:
    return {"id": issue.id, "key": issue.key, "self": f"{view.base}/issue/{issue.id}"}


def create_many(view: View, request: Request) -> Response:
    """Up to 50 new issues: 201 if any was made, 400 if none was; refusals name their element by its place."""
    updates = body(request).get("issueUpdates")
    if not isinstance(updates, list) or not 1 <= len(updates) <= BULK_MAX:
        return json_response(
            {"issues": [], "errors": [_refusal(f"1 to {BULK_MAX} issues can be created at once.")]}, 400
        )
    if not all(isinstance(update, dict) for update in updates):
        return json_response({"issues": [], "errors": [_refusal("Each update has to be an object.")]}, 400)
    made: list[dict[str, Any]] = []
    errors: list[dict[str, Any]] = []
    for place, update in enumerate(updates):
        try:
            made.append(_reference(view, _create_of_many(view, update)))
        except Invalid as error:
            refusal = {"errorMessages": error.messages, "errors": error.errors}
            errors.append({"status": 400, "elementErrors": refusal, "failedElementNumber": place})
        except NotAllowed as error:
            refusal = {"errorMessages": [str(error)], "errors": {}}
            errors.append({"status": 403, "elementErrors": refusal, "failedElementNumber": place})
    return json_response({"issues": made, "errors": errors}, 201 if made else 400)


def _refusal(message: str) -> dict[str, Any]:
    """A refusal of the whole, in the only shape that the document gives for it."""
    return {"status": 400, "elementErrors": {"errorMessages": [message], "errors": {}}}


def _create_of_many(view: View, update: dict[str, Any]) -> Issue:
    if view.site.strikes("partial_batch"):
        raise Invalid(["The issue could not be created."])
    return issue_writes.create(view, update)


def read(view: View, request: Request, issue: str) -> Response:
    """One issue, found by a former key too."""
    found = view.site.issue(issue, view.who)
    document = view.issue(found, names(request, "fields") or ["*all"])
    if "names" in names(request, "expand"):
        document["names"] = {each.id: each.name for each in view.site.fields.values()}
    if "changelog" in names(request, "expand"):
        history = [_change(view, each) for each in found.history]
        document["changelog"] = {"startAt": 0, "maxResults": len(history), "total": len(history), "histories": history}
    if "transitions" in names(request, "expand"):
        document["transitions"] = [_transition(view, each) for each in STATUSES]
    return json_response({"expand": "names,schema,changelog,transitions", **document})


def edit(view: View, request: Request, issue: str) -> Response:
    """Change an issue: 204, or the issue where it is asked for."""
    found = _editable(view, issue)
    issue_writes.edit(view, found, body(request))
    if true(request.one("returnIssue")):
        return json_response(view.issue(found, ["*all"]))
    return Response(204)


def _editable(view: View, issue: str) -> Issue:
    found = view.site.issue(issue, view.who)
    view.site.need(view.who, "EDIT_ISSUES", found.project)
    view.site.writable(found.project)
    return found


def remove(view: View, request: Request, issue: str) -> Response:
    """Delete an issue and its hours; its sub-tasks too, where the client consents to that."""
    found = view.site.issue(issue, view.who)
    view.site.need(view.who, "DELETE_ISSUES", found.project)
    if view.site.subtasks(found) and not true(request.one("deleteSubtasks")):
        raise Invalid([f"The issue '{found.key}' has subtasks. You must specify the 'deleteSubtasks' parameter."])
    view.site.delete_issue(found.id)
    return Response(204)


def assign(view: View, request: Request, issue: str) -> Response:
    """Give an issue to somebody, or to nobody."""
    found = _editable(view, issue)
    name = "name" if view.site.is_datacenter else "accountId"
    issue_writes.edit(view, found, {"fields": {"assignee": {name: body(request).get(name)}}})
    return Response(204)


def _transition(view: View, status: Any) -> dict[str, Any]:
    return {
        "id": status.transition_id,
        "name": status.name,
        "to": view.status(status),
        "hasScreen": False,
        "isGlobal": True,
        "isInitial": False,
        "isAvailable": True,
        "isConditional": False,
        "isLooped": False,
    }


def transitions(view: View, _request: Request, issue: str) -> Response:
    """Where an issue can go; nowhere for those who may not move it."""
    found = view.site.issue(issue, view.who)
    may = view.site.allowed(view.who, "TRANSITION_ISSUES", found.project)
    return json_response(
        {"expand": "transitions", "transitions": [_transition(view, each) for each in STATUSES] if may else []}
    )


def transition(view: View, request: Request, issue: str) -> Response:
    """Move an issue along."""
    found = view.site.issue(issue, view.who)
    view.site.need(view.who, "TRANSITION_ISSUES", found.project)
    view.site.writable(found.project)
    asked = body(request)
    wanted = str(mapping(asked.get("transition"), "transition").get("id") or "")
    status = next((each for each in STATUSES if each.transition_id == wanted), None)
    if status is None:
        raise Invalid([f"Transition id '{wanted}' is not valid for this issue."])
    if asked.get("fields") or asked.get("update"):
        issue_writes.edit(view, found, asked)
    view.site.transition(found.id, status.name, view.who.account_id)
    return Response(204)


def changelog(view: View, request: Request, issue: str) -> Response:
    """An issue's history, oldest first."""
    found = view.site.issue(issue, view.who)
    start, size = whole(request.one("startAt"), 0, "startAt"), whole(request.one("maxResults"), 100, "maxResults")
    values = [_change(view, each) for each in found.history[start : start + size]]
    total = len(found.history)
    return json_response(
        {
            "self": f"{view.base}/issue/{found.id}/changelog",
            "maxResults": size,
            "startAt": start,
            "total": total,
            "isLast": start + len(values) >= total,
            "values": values,
        }
    )


def _change(view: View, each: Change) -> dict[str, Any]:
    items = [
        {
            "field": name,
            "fieldtype": "jira",
            "fieldId": name,
            "from": old,
            "fromString": was,
            "to": new,
            "toString": now,
        }
        for name, old, was, new, now in each.items
    ]
    return {"id": each.id, "author": view.person(each.author), "created": stamp(each.at), "items": items}


def comments(view: View, request: Request, issue: str) -> Response:
    """A page of the remarks on an issue."""
    found = view.site.issue(issue, view.who)
    start = whole(request.one("startAt"), 0, "startAt")
    size = min(COMMENT_PAGE, whole(request.one("maxResults"), COMMENT_PAGE, "maxResults"))
    shown = [view.comment(found, each) for each in found.comments[start : start + size]]
    return json_response({"startAt": start, "maxResults": size, "total": len(found.comments), "comments": shown})


def add_comment(view: View, request: Request, issue: str) -> Response:
    """A remark."""
    found = view.site.issue(issue, view.who)
    view.site.need(view.who, "ADD_COMMENTS", found.project)
    view.site.writable(found.project)
    text = issue_writes.remark(view, body(request))
    return json_response(view.comment(found, view.site.comment(found, view.who.account_id, text)), 201)


def _comment(view: View, issue: str, comment: str) -> tuple[Issue, Comment]:
    found = view.site.issue(issue, view.who)
    for each in found.comments:
        if each.id == comment:
            return found, each
    raise NotThere(f"Can not find a comment for the id: {comment}.")


def _own_comment(view: View, issue: str, comment: str) -> tuple[Issue, Comment]:
    """One's own remark, or any for an administrator. Raises Invalid: the document answers 400 here, and not 403."""
    found, each = _comment(view, issue, comment)
    if each.author != view.who.account_id and not view.site.allowed(view.who, "ADMINISTER_PROJECTS", found.project):
        raise Invalid(["You do not have the permission to change this comment."])
    return found, each


def one_comment(view: View, _request: Request, issue: str, comment: str) -> Response:
    """One remark."""
    return json_response(view.comment(*_comment(view, issue, comment)))


def change_comment(view: View, request: Request, issue: str, comment: str) -> Response:
    """Change a remark."""
    found, each = _own_comment(view, issue, comment)
    each.text = issue_writes.remark(view, body(request))
    each.updated, each.update_author = view.site.clock.now(), view.who.account_id
    return json_response(view.comment(found, each))


def remove_comment(view: View, _request: Request, issue: str, comment: str) -> Response:
    """Delete a remark."""
    found, each = _own_comment(view, issue, comment)
    found.comments.remove(each)
    return Response(204)


def properties(view: View, _request: Request, issue: str) -> Response:
    """The keys of an issue's properties."""
    found = view.site.issue(issue, view.who)
    link = f"{view.base}/issue/{found.id}/properties"
    return json_response({"keys": [{"self": f"{link}/{key}", "key": key} for key in found.properties]})


def read_property(view: View, _request: Request, issue: str, key: str) -> Response:
    """One property of an issue."""
    found = view.site.issue(issue, view.who)
    if key not in found.properties:
        raise NotThere(f"The property {key} does not exist.")
    return json_response({"key": key, "value": found.properties[key]})


def write_property(view: View, request: Request, issue: str, key: str) -> Response:
    """Set one property of an issue."""
    found = _editable(view, issue)
    if len(key) > KEY_MAX or len(request.body) > PROPERTY_MAX:
        raise Invalid(["The property key or value is too long."])
    fresh = key not in found.properties
    found.properties[key] = value(request)
    return json_response({}, 201 if fresh else 200)


def remove_property(view: View, _request: Request, issue: str, key: str) -> Response:
    """Take one property of an issue away."""
    found = _editable(view, issue)
    if key not in found.properties:
        raise NotThere(f"The property {key} does not exist.")
    del found.properties[key]
    return Response(204)


ISSUE = "/issue/{issue}"
ROUTES = (
    ("POST", "/issue", WRITE, create),
    ("POST", "/issue/bulk", WRITE, create_many),
    ("GET", f"{ISSUE}/transitions", READ, transitions),
    ("POST", f"{ISSUE}/transitions", WRITE, transition),
    ("GET", f"{ISSUE}/changelog", READ, changelog),
    ("PUT", f"{ISSUE}/assignee", WRITE, assign),
    ("GET", f"{ISSUE}/comment", READ, comments),
    ("POST", f"{ISSUE}/comment", WRITE, add_comment),
    ("GET", f"{ISSUE}/comment/{{comment}}", READ, one_comment),
    ("PUT", f"{ISSUE}/comment/{{comment}}", WRITE, change_comment),
    ("DELETE", f"{ISSUE}/comment/{{comment}}", WRITE, remove_comment),
    ("GET", f"{ISSUE}/properties", READ, properties),
    ("GET", f"{ISSUE}/properties/{{key}}", READ, read_property),
    ("PUT", f"{ISSUE}/properties/{{key}}", WRITE, write_property),
    ("DELETE", f"{ISSUE}/properties/{{key}}", WRITE, remove_property),
)
LAST_ROUTES = (
    ("GET", ISSUE, READ, read),
    ("PUT", ISSUE, WRITE, edit),
    ("DELETE", ISSUE, WRITE, remove),
)
"""Routes that would take other addresses, such as `/issue/createmeta`, if they came first."""
