"""Finding issues: JQL search with page tokens, counts, and reading many by id past the index."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from ml_connector_sandbox.jira.auth import READ
from ml_connector_sandbox.jira.bodies import body, listed, names, whole
from ml_connector_sandbox.jira.issues import Issue
from ml_connector_sandbox.jira.jql import JqlError, Query, compile_jql
from ml_connector_sandbox.jira.rendering import View
from ml_connector_sandbox.jira.site import Invalid, NotThere
from ml_connector_sandbox.jira.switches import flag, number
from ml_connector_sandbox.wire import Request, Response, json_response

PAGE_DEFAULT, PAGE_MAX = 50, 5000
BULK_MAX = 100
CLASSIC_PAGE, CLASSIC_MAX = 50, 1000
"""Issues on a page unless more are asked for, and at most; whoever asks for more is not told."""
UNBOUNDED = "Unbounded JQL queries are not allowed here. Please add a search restriction to your query."
GONE = "The requested API has been removed. Please migrate to the /rest/api/3/search/jql API."


def _asked(request: Request) -> dict[str, Any]:
    if request.method == "POST":
        return body(request)
    single = {
        name: request.one(name)
        for name in ("jql", "nextPageToken", "maxResults", "startAt", "validateQuery")
        if request.one(name)
    }
    return {**single, "fields": names(request, "fields"), "reconcileIssues": names(request, "reconcileIssues")}


def search(view: View, request: Request) -> Response:
    """A page of issues by bounded JQL; `nextPageToken` leads to the next. No total is told."""
    asked = _asked(request)
    found = _found(view, str(asked.get("jql") or ""), bounded=True, reconcile=listed(asked.get("reconcileIssues")))
    size = min(PAGE_MAX, max(1, whole(asked.get("maxResults"), PAGE_DEFAULT, "maxResults")))
    start = whole(asked.get("nextPageToken"), 0, "nextPageToken")
    wanted = listed(asked.get("fields")) or ["id"]
    page = [_shown(view, issue, wanted) for issue in found[start : start + size]]
    more = start + size < len(found)
    token = {"nextPageToken": str(start + size)} if more else {}
    return json_response({"issues": page, "isLast": not more, **token})


def _shown(view: View, issue: Issue, wanted: list[str]) -> dict[str, Any]:
    """Only the id unless more is asked for."""
    return {"id": issue.id} if wanted == ["id"] else view.issue(issue, wanted)


def classic(view: View, request: Request) -> Response:
    """The old search, which was removed: a switch brings it back."""
    if not flag(view.site.switches, "jira_classic_search"):
        return json_response({"errorMessages": [GONE], "errors": {}}, 410)
    return numbered(view, request)


def numbered(view: View, request: Request) -> Response:
    """A page that counts from `startAt` to a total, as the cloud had it and Data Center has it."""
    asked = _asked(request)
    unknown_ids = _lenient(view, asked)
    found = _found(view, str(asked.get("jql") or ""), bounded=False, unknown_ids=unknown_ids)
    start = whole(asked.get("startAt"), 0, "startAt")
    size = min(CLASSIC_MAX, whole(asked.get("maxResults"), CLASSIC_PAGE, "maxResults"))
    wanted = listed(asked.get("fields")) or ["*navigable"]
    issues = [view.issue(issue, wanted) for issue in found[start : start + size]]
    return json_response({"startAt": start, "maxResults": size, "total": len(found), "issues": issues})


def _lenient(view: View, asked: dict[str, Any]) -> bool:
    """Whether a query may name issues that do not exist: on Data Center only where it is not to be validated."""
    if not view.site.is_datacenter:
        return True
    return asked.get("validateQuery") in (False, "false") and flag(view.site.switches, "jira_dc_unvalidated_search")


def count(view: View, request: Request) -> Response:
    """About how many issues fit."""
    return json_response({"count": len(_found(view, str(body(request).get("jql") or ""), bounded=True))})


def _found(
    view: View, jql: str, *, bounded: bool, reconcile: Iterable[str] = (), unknown_ids: bool = True
) -> list[Issue]:
    """The visible issues that fit, in order. Raises JqlError."""
    site = view.site
    custom = {name: each.id for each in site.fields.values() if each.custom for name in (each.name.lower(), each.id)}
    query = compile_jql(jql, custom)
    if bounded and not query.bounded:
        raise JqlError(UNBOUNDED)
    named = flag(site.switches, "jira_archived_in_jql")
    known = {
        name
        for project in site.projects(view.who)
        for name in (project.key, project.name.upper(), project.id)
        if named or not project.archived
    }
    for name in sorted(query.projects):
        if name.upper() not in known:
            raise JqlError(f"The value '{name}' does not exist for the field 'project'.")
    if not unknown_ids:
        _refuse_unknown(view, query)
    now = site.clock.now()
    before = now - timedelta(seconds=number(site.switches, "jira_search_lag_seconds"))
    exempt = set(reconcile)
    forgets = flag(site.switches, "jira_search_forgets")
    fitting = [
        issue
        for issue in _candidates(view, query)
        if site.sees(view.who, issue)
        and not site.projects_by_key[issue.project].archived
        and (issue.created <= before or issue.id in exempt)
        and query.matches(issue, now, view.who.account_id)
        and not (forgets and issue.id not in exempt and site.random.random() < FORGOTTEN)
    ]
    return query.ordered(fitting)


def _refuse_unknown(view: View, query: Query) -> None:
    """Raises JqlError where a query names an issue that does not exist or that the caller does not see."""
    for name in sorted(query.keys or ()):
        try:
            view.site.issue(name, view.who)
        except NotThere:
            raise JqlError(f"A value with ID '{name}' does not exist for the field 'id'.") from None


FORGOTTEN = 0.2
"""How often an issue is missing from a search where the index forgets."""


def _candidates(view: View, query: Query) -> Iterable[Issue]:
    site = view.site
    if query.keys is not None:
        ids = {site.ids_by_key.get(key, key) for key in query.keys}
        return [site.issues[issue_id] for issue_id in sorted(ids) if issue_id in site.issues]
    if query.labels is not None:
        ids = {issue_id for label in query.labels for issue_id in site.ids_by_label.get(label, ())}
        return [site.issues[issue_id] for issue_id in sorted(ids, key=int)]
    return list(site.issues.values())


def bulk_fetch(view: View, request: Request) -> Response:
    """Up to 100 issues by id or key, by rising id; what is missing or invisible is left out."""
    asked = body(request)
    wanted = listed(asked.get("issueIdsOrKeys"))
    if not 1 <= len(wanted) <= BULK_MAX:
        raise Invalid([f"Between 1 and {BULK_MAX} issues can be fetched at once."])
    found: dict[str, Issue] = {}
    for name in wanted:
        try:
            issue = view.site.issue(name, view.who)
        except NotThere:
            continue
        found[issue.id] = issue
    fields = listed(asked.get("fields")) or ["*all"]
    shown = [view.issue(issue, fields) for _, issue in sorted(found.items(), key=lambda item: int(item[0]))]
    return json_response({"issues": shown, "issueErrors": []})


ROUTES = (
    ("GET", "/search/jql", READ, search),
    ("POST", "/search/jql", READ, search),
    ("POST", "/search/approximate-count", READ, count),
    ("GET", "/search", READ, classic),
    ("POST", "/search", READ, classic),
    ("POST", "/issue/bulkfetch", READ, bulk_fetch),
)
