"""Hours over REST: logging, changing, deleting and moving them, per issue and by the site's feeds."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

from ml_connector_sandbox.jira.auth import READ, WRITE
from ml_connector_sandbox.jira.bodies import body, value, whole
from ml_connector_sandbox.jira.issues import Issue
from ml_connector_sandbox.jira.rendering import View
from ml_connector_sandbox.jira.site import Invalid, NotThere
from ml_connector_sandbox.jira.switches import number, word
from ml_connector_sandbox.jira.worklogs import Feed, Worklog, in_span, lagging
from ml_connector_sandbox.wire import Request, Response, json_response

LIST_MAX = 1000
ISSUE_PAGE = 5000
RESTRICTIONS = ("group", "role")
STARTED = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)\.(\d{3})([+-]\d\d)(\d\d)")
DURATION = re.compile(r"(\d+(?:\.\d+)?)([wdhm])")


def updated(view: View, request: Request) -> Response:
    """The feed of changes: what the caller may see."""
    site = view.site
    return _feed(view, request, site.worklogs.updated, "updated", visible_only=True)


def deleted(view: View, request: Request) -> Response:
    """The feed of deletions: for everybody."""
    return _feed(view, request, view.site.worklogs.deleted, "deleted", visible_only=False)


def _feed(view: View, request: Request, feed: Feed, name: str, *, visible_only: bool) -> Response:
    since = whole(request.one("since"), 0, "since")
    until = lagging(view.site.clock.now(), number(view.site.switches, "jira_feed_lag_seconds"))
    site, who = view.site, view.who
    page = feed.page(since, until, lambda worklog_id: not visible_only or site.sees_worklog(who, worklog_id))
    link = f"{view.base}/worklog/{name}?since="
    more: dict[str, Any] = {} if site.is_datacenter else {"properties": []}
    values = [{"worklogId": int(worklog_id), "updatedTime": at, **more} for worklog_id, at in page.changes]
    document: dict[str, Any] = {
        "values": values,
        "since": since,
        "until": page.until,
        "self": f"{link}{since}",
        "lastPage": page.last,
    }
    return json_response(document if page.last else {**document, "nextPage": f"{link}{page.until}"})


def by_ids(view: View, request: Request) -> Response:
    """Up to 1,000 entries by id; those that are deleted or invisible are left out."""
    ids = body(request).get("ids")
    if not isinstance(ids, list) or not 1 <= len(ids) <= LIST_MAX:
        raise Invalid([f"The number of worklog ids has to be between 1 and {LIST_MAX}."])
    site = view.site
    seen = dict.fromkeys(str(worklog_id) for worklog_id in ids)
    found = [view.worklog(site.worklogs.entries[each]) for each in seen if site.sees_worklog(view.who, each)]
    return json_response(found if word(site.switches, "jira_worklog_list_order") == "given" else found[::-1])


def of_issue(view: View, request: Request, issue: str) -> Response:
    """The entries of an issue, by creation."""
    found = view.site.issue(issue, view.who)
    after, before = (request.one(name) for name in ("startedAfter", "startedBefore"))
    entries = in_span(
        [each for each in view.site.worklogs.live(found.id) if view.site.sees_worklog(view.who, each.id)],
        whole(after, 0, "startedAfter") if after else None,
        whole(before, 0, "startedBefore") if before else None,
    )
    start = whole(request.one("startAt"), 0, "startAt")
    size = min(ISSUE_PAGE, whole(request.one("maxResults"), ISSUE_PAGE, "maxResults"))
    shown = [view.worklog(entry) for entry in entries[start : start + size]]
    return json_response({"startAt": start, "maxResults": size, "total": len(entries), "worklogs": shown})


def one(view: View, _request: Request, issue: str, worklog: str) -> Response:
    """One entry."""
    return json_response(view.worklog(_entry(view, issue, worklog)))


def add(view: View, request: Request, issue: str) -> Response:
    """Log hours."""
    found = view.site.issue(issue, view.who)
    if not view.site.allowed(view.who, "WORK_ON_ISSUES", found.project):
        raise Invalid(["You do not have the permission to associate a worklog to this issue."])
    asked = body(request)
    started = _started(asked.get("started")) if asked.get("started") else view.site.clock.now()
    seconds = _seconds(view, asked)
    comment = view.read_text(asked.get("comment"), "comment")
    visibility = _visibility(asked.get("visibility"))
    entry = view.site.add_worklog(found.id, view.who.account_id, started, seconds or 0, comment)
    entry.visibility = visibility
    return json_response(view.worklog(entry), 201)


def change(view: View, request: Request, issue: str, worklog: str) -> Response:
    """Change an entry: one's own, or anybody's with the permission."""
    entry = _entry(view, issue, worklog)
    _may(view, entry, "EDIT")
    asked = body(request)
    visibility = _visibility(asked["visibility"]) if "visibility" in asked else entry.visibility
    view.site.update_worklog(
        entry.id,
        view.who.account_id,
        started=_started(asked["started"]) if asked.get("started") else None,
        seconds=_seconds(view, asked),
        comment=view.read_text(asked["comment"], "comment") if "comment" in asked else None,
    )
    entry.visibility = visibility
    return json_response(view.worklog(entry))


def remove(view: View, _request: Request, issue: str, worklog: str) -> Response:
    """Delete an entry."""
    entry = _entry(view, issue, worklog)
    _may(view, entry, "DELETE")
    view.site.delete_worklog(entry.id)
    return Response(204)


def remove_many(view: View, request: Request, issue: str) -> Response:
    """Delete up to 5,000 entries at once."""
    found, ids = _many(view, request, issue)
    for entry in _all(view, found, ids, "DELETE"):
        view.site.delete_worklog(entry.id)
    return Response(204)


def move_many(view: View, request: Request, issue: str) -> Response:
    """Move up to 5,000 entries to another issue: silently."""
    found, ids = _many(view, request, issue)
    target = view.site.issue(str(body(request).get("issueIdOrKey") or ""), view.who)
    for entry in _all(view, found, ids, "EDIT"):
        view.site.move_worklog(entry.id, target.id)
    return Response(204)


def _many(view: View, request: Request, issue: str) -> tuple[Issue, list[str]]:
    ids = body(request).get("ids")
    if not isinstance(ids, list) or not 1 <= len(ids) <= ISSUE_PAGE:
        raise Invalid([f"The number of worklog ids has to be between 1 and {ISSUE_PAGE}."])
    return view.site.issue(issue, view.who), [str(worklog_id) for worklog_id in ids]


def _all(view: View, issue: Issue, ids: list[str], verb: str) -> list[Worklog]:
    """The entries by id, all of this issue and all the caller's to change. Raises NotThere, Invalid."""
    entries = [_entry(view, issue.id, worklog) for worklog in dict.fromkeys(ids)]
    for entry in entries:
        _may(view, entry, verb)
    return entries


def _entry(view: View, issue: str, worklog: str) -> Worklog:
    """An entry under its issue: one that was moved is not found under its old one. Raises NotThere."""
    found = view.site.issue(issue, view.who)
    entry = view.site.worklog(worklog)
    if entry.issue_id != found.id or not view.site.sees_worklog(view.who, entry.id):
        raise NotThere(f"Cannot find worklog with id: '{worklog}'.")
    return entry


def _may(view: View, entry: Worklog, verb: str) -> None:
    """Raises Invalid: for hours the document answers 400 where a permission is lacking, and not 403."""
    project = view.site.issues[entry.issue_id].project
    own = entry.author == view.who.account_id and view.site.allowed(view.who, f"{verb}_OWN_WORKLOGS", project)
    if not own and not view.site.allowed(view.who, f"{verb}_ALL_WORKLOGS", project):
        raise Invalid([f"You do not have the permission to {verb.lower()} this worklog."])


def _started(value: object) -> datetime:
    """A start as it must be written: yyyy-MM-ddTHH:mm:ss.SSS+0000. Raises Invalid."""
    found = STARTED.fullmatch(str(value))
    if found is None:
        raise Invalid([f"Worklog start has to be written as yyyy-MM-dd'T'HH:mm:ss.SSSZ, and not as \"{value}\"."])
    try:
        return datetime.fromisoformat(f"{found[1]}.{found[2]}{found[3]}:{found[4]}")
    except ValueError:
        raise Invalid([f'"{value}" is no time.']) from None


def _visibility(value: object) -> dict[str, str] | None:
    """To whom an entry is kept; None for everybody who sees the issue. Raises Invalid."""
    if value is None:
        return None
    name = (value.get("value") or value.get("identifier")) if isinstance(value, dict) else None
    if not isinstance(value, dict) or value.get("type") not in RESTRICTIONS or not isinstance(name, str):
        raise Invalid(errors={"visibility": "A restriction names a group or a role."})
    return {"type": str(value["type"]), "value": name}


def _seconds(view: View, asked: dict[str, Any]) -> int | None:
    """The time spent: seconds win over words; None where neither is given. Raises Invalid."""
    if asked.get("timeSpentSeconds") is not None:
        return whole(asked["timeSpentSeconds"], 0, "timeSpentSeconds")
    if not asked.get("timeSpent"):
        return None
    text = str(asked["timeSpent"]).strip().lower()
    parts = DURATION.findall(text)
    if not parts or DURATION.sub("", text).strip():
        raise Invalid(errors={"timeLogged": "Invalid time duration entered."})
    hours = number(view.site.switches, "jira_hours_per_day")
    sizes = {"m": 60, "h": 3600, "d": 3600 * hours}
    sizes["w"] = sizes["d"] * number(view.site.switches, "jira_days_per_week")
    return round(sum(float(amount) * sizes[unit] for amount, unit in parts))


def properties(view: View, _request: Request, issue: str, worklog: str) -> Response:
    """The keys of an entry's properties."""
    entry = _entry(view, issue, worklog)
    link = f"{view.base}/issue/{entry.issue_id}/worklog/{entry.id}/properties"
    return json_response({"keys": [{"self": f"{link}/{key}", "key": key} for key in entry.properties]})


def read_property(view: View, _request: Request, issue: str, worklog: str, key: str) -> Response:
    """One property of an entry."""
    entry = _entry(view, issue, worklog)
    if key not in entry.properties:
        raise NotThere(f"The property {key} does not exist.")
    return json_response({"key": key, "value": entry.properties[key]})


def write_property(view: View, request: Request, issue: str, worklog: str, key: str) -> Response:
    """Set one property of an entry."""
    entry = _entry(view, issue, worklog)
    _may(view, entry, "EDIT")
    fresh = key not in entry.properties
    entry.properties[key] = value(request)
    return json_response({}, 201 if fresh else 200)


def remove_property(view: View, _request: Request, issue: str, worklog: str, key: str) -> Response:
    """Take one property of an entry away."""
    entry = _entry(view, issue, worklog)
    _may(view, entry, "EDIT")
    if key not in entry.properties:
        raise NotThere(f"The property {key} does not exist.")
    del entry.properties[key]
    return Response(204)


ENTRY = "/issue/{issue}/worklog/{worklog}"
ROUTES = (
    ("GET", "/worklog/updated", READ, updated),
    ("GET", "/worklog/deleted", READ, deleted),
    ("POST", "/worklog/list", READ, by_ids),
    ("GET", "/issue/{issue}/worklog", READ, of_issue),
    ("POST", "/issue/{issue}/worklog", WRITE, add),
    ("DELETE", "/issue/{issue}/worklog", WRITE, remove_many),
    ("POST", "/issue/{issue}/worklog/move", WRITE, move_many),
    ("GET", ENTRY, READ, one),
    ("PUT", ENTRY, WRITE, change),
    ("DELETE", ENTRY, WRITE, remove),
    ("GET", f"{ENTRY}/properties", READ, properties),
    ("GET", f"{ENTRY}/properties/{{key}}", READ, read_property),
    ("PUT", f"{ENTRY}/properties/{{key}}", WRITE, write_property),
    ("DELETE", f"{ENTRY}/properties/{{key}}", WRITE, remove_property),
)
