"""Hours: the feeds of changes and deletions, entries by id, and entries by issue.

Atlassian, REST v3, issue worklogs: the feeds tell up to 1,000 changes a page, oldest first, `since` inclusive, and hold
the last minute back. A comment may be private: it is read only where the connection says so, for its rules.
"""

from __future__ import annotations

from datetime import datetime

import msgspec

from ml_connector.core.records import UNKNOWN_ACCOUNT, Worklog
from ml_connector.errors import Malformed
from ml_connector.jira.answers import Id, from_millis, instant, parse, to_millis
from ml_connector.jira.documents import plain_text
from ml_connector.jira.port import ChangePage, WorklogChange
from ml_connector.wire import Request, Response, Safety

LIST_MAX = 1000
"""Ids in one call of `worklog/list`."""
ISSUE_PAGE = 5000
COMMENT_CHARACTERS_MAX = 2_000


class _Change(msgspec.Struct, rename="camel"):
    worklog_id: Id
    updated_time: int


class _Feed(msgspec.Struct, rename="camel"):
    until: int
    values: list[_Change] = []
    last_page: bool = False


class _User(msgspec.Struct, rename="camel"):
    account_id: str = ""
    key: str = ""
    name: str = ""

    @property
    def identity(self) -> str:
        """Who it is for good: Data Center has a key that stays where the name changes, and no account id."""
        return self.account_id or self.key or self.name or UNKNOWN_ACCOUNT


class _Worklog(msgspec.Struct, rename="camel"):
    id: Id
    issue_id: Id
    started: str | int
    created: str | int
    updated: str | int
    time_spent_seconds: int
    author: _User | None = None
    update_author: _User | None = None
    comment: msgspec.Raw = msgspec.Raw()


class _IssueWorklogs(msgspec.Struct, rename="camel"):
    worklogs: list[_Worklog]
    total: int = 0


def updated_request(since: datetime) -> Request:
    """Entries that were made or changed since."""
    return _feed_request("jira.worklogs.updated", "updated", since)


def deleted_request(since: datetime) -> Request:
    """Entries that were deleted since."""
    return _feed_request("jira.worklogs.deleted", "deleted", since)


def _feed_request(operation: str, name: str, since: datetime) -> Request:
    url, query = f"/rest/api/3/worklog/{name}", (("since", str(to_millis(since))),)
    return Request(operation, "GET", url, Safety.READ, query)


def parse_feed(request: Request, response: Response) -> ChangePage:
    """A page of a feed. Raises Malformed."""
    feed = parse(request, response, _Feed)
    try:
        changes = tuple(WorklogChange(str(each.worklog_id), from_millis(each.updated_time)) for each in feed.values)
        return ChangePage(changes, from_millis(feed.until), feed.last_page)
    except ValueError as error:
        raise _malformed(request, error) from None


def list_request(ids: list[str]) -> Request:
    """Entries by id, at most 1,000."""
    body = msgspec.json.encode({"ids": [int(each) if each.isdigit() else each for each in ids]})
    url = "/rest/api/3/worklog/list"
    headers = {"Content-Type": "application/json"}
    return Request("jira.worklogs.list", "POST", url, Safety.READ, (), headers, body)


def parse_list(request: Request, response: Response, *, comments: bool = False) -> tuple[Worklog, ...]:
    """Entries in whatever order Jira answers; invisible and deleted ones are missing. Raises Malformed."""
    return tuple(_worklog(request, each, comments=comments) for each in parse(request, response, list[_Worklog]))


def issue_request(issue_id: str, start: int) -> Request:
    """A page of the entries of one issue."""
    query = (("startAt", str(start)), ("maxResults", str(ISSUE_PAGE)))
    return Request("jira.worklogs.of_issue", "GET", f"/rest/api/3/issue/{issue_id}/worklog", Safety.READ, query)


def parse_issue_page(
    request: Request, response: Response, *, comments: bool = False
) -> tuple[tuple[Worklog, ...], int]:
    """The entries of a page, and how many there are in all. Raises Rejected (404) without the issue, Malformed."""
    page = parse(request, response, _IssueWorklogs)
    return tuple(_worklog(request, each, comments=comments) for each in page.worklogs), page.total


def _worklog(request: Request, each: _Worklog, *, comments: bool) -> Worklog:
    author = each.author.identity if each.author else UNKNOWN_ACCOUNT
    try:
        return Worklog(
            id=str(each.id),
            issue_id=str(each.issue_id),
            author=author,
            updater=each.update_author.identity if each.update_author else author,
            started=instant(each.started),
            created=instant(each.created),
            updated=instant(each.updated),
            seconds=each.time_spent_seconds,
            comment=_comment(each) if comments else "",
        )
    except ValueError as error:
        raise _malformed(request, error) from None


def _comment(each: _Worklog) -> str:
    """The comment as plain text, cut where nobody reads on."""
    return plain_text(msgspec.json.decode(each.comment))[:COMMENT_CHARACTERS_MAX] if bytes(each.comment) else ""


def _malformed(request: Request, error: ValueError) -> Malformed:
    return Malformed(f"{request.operation}: Jira's answer holds a time that cannot be read: {error}.")
