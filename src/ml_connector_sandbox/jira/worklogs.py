"""Hours: every entry, who logged it when, and the feeds of changes and deletions.

An entry stands in the feed of changes once, at its last change. The feeds hold the last minute back and page by
thousands, oldest first; `since` is inclusive (Atlassian, REST v3, issue worklogs).
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

PAGE = 1000


@dataclass(slots=True)
class Worklog:
    """One entry. Times are aware; `started` keeps the offset it was written with."""

    id: str
    issue_id: str
    author: str
    update_author: str
    started: datetime
    created: datetime
    updated: datetime
    seconds: int
    comment: str = ""
    visibility: dict[str, str] | None = None
    properties: dict[str, Any] = field(default_factory=dict)
    deleted_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """A page of a feed: (id, milliseconds) oldest first, and the cursor for the next one."""

    changes: tuple[tuple[str, int], ...]
    until: int
    last: bool


def millis(at: datetime) -> int:
    """Milliseconds since 1970."""
    return int(at.timestamp() * 1000)


@dataclass(slots=True)
class Feed:
    """Changes by time. An id that changes again moves to its new time."""

    entries: list[tuple[int, int]] = field(default_factory=list)
    times: dict[str, int] = field(default_factory=dict)

    def note(self, worklog_id: str, at: datetime) -> None:
        """A change now."""
        self.drop(worklog_id)
        self.times[worklog_id] = millis(at)
        insort(self.entries, (millis(at), int(worklog_id)))

    def drop(self, worklog_id: str) -> None:
        """Take an id out."""
        before = self.times.pop(worklog_id, None)
        if before is not None:
            del self.entries[bisect_left(self.entries, (before, int(worklog_id)))]

    def page(self, since: int, until: int, visible: Callable[[str], bool]) -> Page:
        """The oldest visible changes in the span, both ends included."""
        found: list[tuple[str, int]] = []
        for at, number in self.entries[bisect_left(self.entries, (since, 0)) :]:
            if at > until:
                break
            if not visible(str(number)):
                continue
            if len(found) == PAGE:
                return Page(tuple(found), found[-1][1], last=False)
            found.append((str(number), at))
        return Page(tuple(found), found[-1][1] if found else since, last=True)


@dataclass(slots=True)
class WorklogBook:
    """All entries, live and deleted."""

    entries: dict[str, Worklog] = field(default_factory=dict)
    of_issue: dict[str, list[str]] = field(default_factory=dict)
    updated: Feed = field(default_factory=Feed)
    deleted: Feed = field(default_factory=Feed)

    def add(self, worklog: Worklog) -> None:
        """Keep a new entry."""
        self.entries[worklog.id] = worklog
        self.of_issue.setdefault(worklog.issue_id, []).append(worklog.id)
        self.updated.note(worklog.id, worklog.updated)

    def changed(self, worklog: Worklog) -> None:
        """An entry was changed at its `updated`."""
        self.updated.note(worklog.id, worklog.updated)

    def remove(self, worklog: Worklog, at: datetime, *, in_feed: bool = True) -> None:
        """An entry was deleted."""
        worklog.deleted_at = at
        self.of_issue[worklog.issue_id].remove(worklog.id)
        self.updated.drop(worklog.id)
        if in_feed:
            self.deleted.note(worklog.id, at)

    def move(self, worklog: Worklog, issue_id: str) -> None:
        """An entry now belongs to another issue."""
        self.of_issue[worklog.issue_id].remove(worklog.id)
        worklog.issue_id = issue_id
        self.of_issue.setdefault(issue_id, []).append(worklog.id)

    def live(self, issue_id: str) -> list[Worklog]:
        """The entries of an issue, by creation."""
        return [self.entries[worklog_id] for worklog_id in self.of_issue.get(issue_id, [])]

    def spent(self, issue_id: str) -> int:
        """Seconds logged on an issue."""
        return sum(worklog.seconds for worklog in self.live(issue_id))


def lagging(now: datetime, seconds: int) -> int:
    """Up to when a feed tells, in milliseconds."""
    return millis(now - timedelta(seconds=seconds))


def in_span(worklogs: Iterable[Worklog], after: int | None, before: int | None) -> list[Worklog]:
    """Entries that started in a span of milliseconds, both ends included."""
    return [
        worklog
        for worklog in worklogs
        if (after is None or millis(worklog.started) >= after) and (before is None or millis(worklog.started) <= before)
    ]
