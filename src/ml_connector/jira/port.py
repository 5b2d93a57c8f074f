"""What the product asks of any Jira deployment, in the product's own words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from ml_connector.core.records import Issue, Worklog
from ml_connector.core.webhooks import Listed, Wanted


@dataclass(frozen=True, slots=True)
class WorklogChange:
    """One entry of a change feed: a worklog id and when Jira noted the change."""

    worklog_id: str
    at: datetime


@dataclass(frozen=True, slots=True)
class ChangePage:
    """A page of a change feed. `until` is the server's own cursor for the next read; never invent one."""

    changes: tuple[WorklogChange, ...]
    until: datetime
    last: bool


@dataclass(frozen=True, slots=True)
class IssueDraft:
    """An issue to create. `text` is plain text in paragraphs; the adapter writes it as its deployment wants it.

    `fields` are by field id, with JSON values; `marker` is the label that the issue is found by; `parent` the id of the
    issue that it is a sub-task of, or of the epic that it lies under; `properties` are JSON values by the key of an
    issue property.
    """

    project: str
    type: str
    summary: str
    text: str
    marker: str
    priority: str = ""
    fields: Mapping[str, object] = field(default_factory=dict)
    parent: str = ""
    properties: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Created:
    """An issue that Jira says it created."""

    id: str
    key: str


@dataclass(frozen=True, slots=True)
class NotCreated:
    """Jira's own words about an issue that it refused; `fields` are the ids of fields that it named."""

    message: str
    fields: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class IssueEdit:
    """Changes of one issue: only what is given is written. `text` None leaves the description alone; `parent` is the id
    of the issue to put it under, empty to leave it where it is.
    """

    issue_id: str
    summary: str | None = None
    text: str | None = None
    priority: str | None = None
    fields: Mapping[str, object] = field(default_factory=dict)
    parent: str = ""


@dataclass(frozen=True, slots=True)
class FieldInfo:
    """A field of the site: `customfield_10101`, its name, and its type as Jira calls it (string, number, …)."""

    id: str
    name: str
    type: str
    custom: bool


@dataclass(frozen=True, slots=True)
class CreateField:
    """A field on the create screen of a project and issue type. `options` are the values that it can be given, by name,
    where there is a list of them; `type` is as Jira calls it.
    """

    id: str
    name: str
    required: bool
    has_default: bool
    type: str = ""
    options: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class JiraProject:
    """A Jira project that we may see. An archived one can be read and not written."""

    key: str
    name: str = ""
    archived: bool = False


@dataclass(frozen=True, slots=True)
class SiteUser:
    """A person of the site. `email` is empty where they do not show it, or where there is none."""

    account_id: str
    name: str
    active: bool = True
    email: str = ""


class FieldType(StrEnum):
    """What a custom field of ours holds."""

    TEXT = "string"
    NUMBER = "number"


class Screen(StrEnum):
    """When Jira asks which fields may be set."""

    CREATE = "create"
    EDIT = "edit"


class Jira(Protocol):
    """A Jira site. Every method may raise `Transient`, `RateLimited`, `Unauthorized` or `Malformed`."""

    def whoami(self) -> str:
        """The account id that we act as. Our own worklogs and edits are told by it."""
        ...

    def updated_worklogs(self, since: datetime) -> ChangePage:
        """Worklogs created or changed since (inclusive), oldest first; the last minute is not shown yet."""
        ...

    def deleted_worklogs(self, since: datetime) -> ChangePage:
        """Worklogs deleted since (inclusive), oldest first; the last minute is not shown yet."""
        ...

    def worklogs(self, ids: Sequence[str]) -> tuple[Worklog, ...]:
        """The worklogs with these ids that we may see: a missing one is not proof of deletion."""
        ...

    def issue_worklogs(self, issue_id: str) -> Iterator[Worklog]:
        """All worklogs of one issue that we may see. Raises `Rejected` (404) where the issue is gone or invisible."""
        ...

    def search(self, jql: str, fields: Sequence[str]) -> Iterator[Issue]:
        """Issues by bounded JQL. The index lags: what is not found may still exist."""
        ...

    def issues(self, ids: Sequence[str], fields: Sequence[str]) -> tuple[Issue, ...]:
        """Issues by id, read past the index. Missing ones are gone or invisible."""
        ...

    def create_issues(self, drafts: Sequence[IssueDraft]) -> tuple[Created | NotCreated, ...]:
        """Create up to 50 issues in one call; one outcome each, in order. Raises `Ambiguous`."""
        ...

    def edit_issue(self, edit: IssueEdit) -> None:
        """Write fields of one issue. Repeating changes nothing. Raises `Rejected`."""
        ...

    def remark(self, issue_id: str, text: str) -> None:
        """Say something on an issue; a blank line parts paragraphs. Raises `Rejected`, `Ambiguous`: look for it before
        saying it again.
        """
        ...

    def remarks(self, issue_id: str) -> Iterator[str]:
        """What was said on an issue, as plain text. Raises `Rejected` (404) where it is gone or invisible."""
        ...

    def set_property(self, issue_id: str, key: str, value: object) -> None:
        """Write a property of one issue, JSON of at most 32,768 characters. Raises `Rejected`; may be repeated."""
        ...

    def transition(self, issue_id: str, status: str) -> bool:
        """Move the issue to a status by a transition that leads there; False where its workflow offers none."""
        ...

    def projects(self) -> tuple[JiraProject, ...]:
        """The projects that we may see, archived ones too."""
        ...

    def assignable(self, project: str) -> tuple[SiteUser, ...]:
        """People whom issues of a project can be given to, as far as Jira lists them. Raises `Rejected` without it."""
        ...

    def issue_types(self, project: str) -> tuple[str, ...]:
        """Names of the issue types of a project. Raises `Rejected` where the project is gone."""
        ...

    def create_fields(self, project: str, issue_type: str) -> tuple[CreateField, ...]:
        """The fields that can be set when an issue of this type is created."""
        ...

    def fields(self) -> tuple[FieldInfo, ...]:
        """All fields of the site."""
        ...

    def create_field(self, name: str, type: FieldType) -> FieldInfo:  # noqa: A002 - as FieldInfo calls it
        """Make a custom field, for all projects and on no screen. Raises `Rejected` where we may not, `Ambiguous`: look
        for its name before making it again.
        """
        ...

    def screen(self, project: str, issue_type: str, when: Screen) -> str:
        """Name of the screen that decides which fields can be set. Empty where the site has no way to tell; raises
        `Rejected` or `Unauthorized` where it tells administrators alone.
        """
        ...

    def statuses(self) -> tuple[str, ...]:
        """Names of the statuses of the site."""
        ...

    def permissions(self, project: str, names: Sequence[str]) -> Mapping[str, bool]:
        """Which of the named permissions we hold in a project."""
        ...


class Webhooks(Protocol):
    """The webhooks of a site, of one kind. Every method may raise what those of `Jira` may, and `Rejected`."""

    def listed(self) -> tuple[Listed, ...]:
        """All that we may see of this kind."""
        ...

    def register(self, wanted: Wanted) -> Listed:
        """Make it. Raises `Ambiguous` too: list again then, since a second one must not be made."""
        ...

    def rewrite(self, hook: Listed, wanted: Wanted) -> Listed:
        """Write all of one again, its secret too."""
        ...

    def renew(self, hook: Listed) -> None:
        """Let one live longer. An answer of success does not prove that it is there: list again."""
        ...

    def remove(self, hook: Listed) -> None:
        """Take one away; one that is gone already is no matter."""
        ...
