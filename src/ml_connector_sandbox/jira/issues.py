"""Issues, and the projects that they are in."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from ml_connector_sandbox.jira.schema import STATUSES

ATTRIBUTES = {
    "issuetype": "type",
    "worklogdate": "worklog_dates",
    "worklogauthor": "worklog_authors",
    "duedate": "due",
}
"""Fields of queries that are kept under another name."""


@dataclass(slots=True)
class Project:
    """A project: its issues are numbered from 1."""

    id: str
    key: str
    name: str
    lead: str
    last_number: int = 0
    deleted: bool = False
    archived: bool = False


@dataclass(slots=True)
class Comment:
    """A remark on an issue, as plain text."""

    id: str
    author: str
    text: str
    created: datetime
    updated: datetime
    update_author: str


@dataclass(slots=True)
class RemoteLink:
    """A link to something outside."""

    id: int
    global_id: str
    url: str
    title: str
    summary: str = ""
    relationship: str = ""


@dataclass(frozen=True, slots=True)
class IssueLink:
    """A link between two issues by their ids, of a kind: the source shows its outward words, the target its inward."""

    id: str
    kind: str
    source: str
    target: str


@dataclass(slots=True)
class Change:
    """One entry of an issue's history: (field, from, from text, to, to text) each."""

    id: str
    author: str
    at: datetime
    items: tuple[tuple[str, str, str, str, str], ...]


@dataclass(slots=True)
class Issue:
    """An issue. Texts are plain; `values` are custom fields by id; times are aware."""

    id: str
    key: str
    project: str
    type: str
    summary: str
    reporter: str
    creator: str
    created: datetime
    updated: datetime
    description: str = ""
    status: str = STATUSES[0].name
    priority: str = "Medium"
    labels: list[str] = field(default_factory=list)
    assignee: str = ""
    parent: str = ""
    due: str = ""
    values: dict[str, Any] = field(default_factory=dict)
    properties: dict[str, Any] = field(default_factory=dict)
    comments: list[Comment] = field(default_factory=list)
    remote_links: list[RemoteLink] = field(default_factory=list)
    links: list[str] = field(default_factory=list)
    history: list[Change] = field(default_factory=list)
    deleted: bool = False
    security: str = ""
    """The group that alone may see it; empty for everybody who sees the project."""
    worklog_dates: list[datetime] = field(default_factory=list)
    worklog_authors: list[str] = field(default_factory=list)

    def jql(self, name: str) -> tuple[object, ...]:
        """The values of a field in a query, by its canonical name or id."""
        value = self._plain(name)
        if isinstance(value, list | tuple):
            return tuple(value)
        return () if value in (None, "") else (value,)

    def _plain(self, name: str) -> Any:
        if name in self.values:
            return self.values[name]
        if name == "statuscategory":
            return next(status.category_name for status in STATUSES if status.name == self.status)
        if name == "comment":
            return [comment.text for comment in self.comments]
        return getattr(self, ATTRIBUTES.get(name, name), None)
