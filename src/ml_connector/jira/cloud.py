"""Jira Cloud behind the port, over version 3 of its REST interface."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import TypeVar

from ml_connector.core.records import Issue, Worklog
from ml_connector.errors import Malformed
from ml_connector.jira import issues, metadata, schemes, worklogs
from ml_connector.jira.answers import done
from ml_connector.jira.port import (
    ChangePage,
    Created,
    CreateField,
    FieldInfo,
    FieldType,
    IssueDraft,
    IssueEdit,
    JiraProject,
    NotCreated,
    Screen,
    SiteUser,
)
from ml_connector.wire import Send

PAGES_MAX = 10_000
"""More pages than this is a list that goes in circles."""

Item = TypeVar("Item")


class JiraCloud:
    """A site. `send` completes paths with the site's address and our credentials; `comments` are read if asked for."""

    def __init__(self, send: Send, *, comments: bool = False) -> None:
        self._send = send
        self._comments = comments

    def whoami(self) -> str:
        """Our account id."""
        request = metadata.myself_request()
        return metadata.parse_myself(request, self._send(request))

    def updated_worklogs(self, since: datetime) -> ChangePage:
        """A page of the feed of changes."""
        request = worklogs.updated_request(since)
        return worklogs.parse_feed(request, self._send(request))

    def deleted_worklogs(self, since: datetime) -> ChangePage:
        """A page of the feed of deletions."""
        request = worklogs.deleted_request(since)
        return worklogs.parse_feed(request, self._send(request))

    def worklogs(self, ids: Sequence[str]) -> tuple[Worklog, ...]:
        """The entries with these ids that we may see."""
        found: list[Worklog] = []
        for part in _parts(ids, worklogs.LIST_MAX):
            request = worklogs.list_request(part)
            found += worklogs.parse_list(request, self._send(request), comments=self._comments)
        return tuple(found)

    def issue_worklogs(self, issue_id: str) -> Iterator[Worklog]:
        """All entries of one issue that we may see."""

        def page(start: int) -> tuple[tuple[Worklog, ...], int]:
            request = worklogs.issue_request(issue_id, start)
            return worklogs.parse_issue_page(request, self._send(request), comments=self._comments)

        return self._numbered("jira.worklogs.of_issue", page)

    def search(self, jql: str, fields: Sequence[str]) -> Iterator[Issue]:
        """Issues by bounded JQL, page by page."""
        token: str | None = None
        for _ in range(PAGES_MAX):
            request = issues.search_request(jql, fields, token)
            found, following = issues.parse_search(request, self._send(request))
            yield from found
            if following is None:
                return
            if following == token:
                raise Malformed("jira.search: the next page is the one that was just read.")
            token = following
        raise Malformed(f"jira.search: the search has more than {PAGES_MAX} pages.")

    def issues(self, ids: Sequence[str], fields: Sequence[str]) -> tuple[Issue, ...]:
        """Issues by id, past the index."""
        found: list[Issue] = []
        for part in _parts(ids, issues.FETCH_MAX):
            request = issues.fetch_request(part, fields)
            found += issues.parse_fetch(request, self._send(request))
        return tuple(found)

    def create_issues(self, drafts: Sequence[IssueDraft]) -> tuple[Created | NotCreated, ...]:
        """Create up to 50 issues in one call."""
        request = issues.create_request(drafts)
        return issues.parse_created(request, self._send(request), len(drafts))

    def edit_issue(self, edit: IssueEdit) -> None:
        """Set fields of one issue."""
        request = issues.edit_request(edit)
        done(request, self._send(request))

    def remark(self, issue_id: str, text: str) -> None:
        """Say something on an issue."""
        request = issues.remark_request(issue_id, text)
        done(request, self._send(request))

    def remarks(self, issue_id: str) -> Iterator[str]:
        """What was said on an issue."""

        def page(start: int) -> tuple[tuple[str, ...], int]:
            request = issues.remarks_request(issue_id, start)
            return issues.parse_remarks(request, self._send(request))

        return self._numbered("jira.remarks", page)

    def set_property(self, issue_id: str, key: str, value: object) -> None:
        """Write a property of one issue."""
        request = issues.property_request(issue_id, key, value)
        done(request, self._send(request))

    def transition(self, issue_id: str, status: str) -> bool:
        """Take the transition that leads to a status; False where none does."""
        request = issues.transitions_request(issue_id)
        way = issues.parse_transitions(request, self._send(request)).get(status)
        if way is None:
            return False
        request = issues.transition_request(issue_id, way)
        done(request, self._send(request))
        return True

    def projects(self) -> tuple[JiraProject, ...]:
        """The projects that we see, archived ones too."""
        listed: list[JiraProject] = []
        for _ in range(PAGES_MAX):
            request = metadata.projects_request(len(listed))
            found, last = metadata.parse_projects(request, self._send(request))
            listed += found
            if last or not found:
                return tuple(listed)
        raise Malformed(f"jira.projects: the list has more than {PAGES_MAX} pages.")

    def assignable(self, project: str) -> tuple[SiteUser, ...]:
        """People whom issues of a project can be given to."""
        request = metadata.assignable_request(project)
        return metadata.parse_users(request, self._send(request))

    def issue_types(self, project: str) -> tuple[str, ...]:
        """Names of the issue types of a project."""
        return tuple(self._types(project))

    def _types(self, project: str) -> dict[str, str]:
        def page(start: int) -> tuple[tuple[tuple[str, str], ...], int]:
            request = metadata.types_request(project, start)
            found, total = metadata.parse_types(request, self._send(request))
            return tuple(found.items()), total

        return dict(self._numbered("jira.issue_types", page))

    def create_fields(self, project: str, issue_type: str) -> tuple[CreateField, ...]:
        """The fields on a create screen; none for an issue type that the project does not have."""
        type_id = self._types(project).get(issue_type)
        if type_id is None:
            return ()

        def page(start: int) -> tuple[tuple[CreateField, ...], int]:
            request = metadata.create_fields_request(project, type_id, start)
            return metadata.parse_create_fields(request, self._send(request))

        return tuple(self._numbered("jira.create_fields", page))

    def fields(self) -> tuple[FieldInfo, ...]:
        """All fields of the site."""
        request = metadata.fields_request()
        return metadata.parse_fields(request, self._send(request))

    def create_field(self, name: str, type: FieldType) -> FieldInfo:  # noqa: A002 - as the port has it
        """Make a custom field, on no screen."""
        request = schemes.create_field_request(name, type)
        return schemes.parse_created_field(request, self._send(request))

    def screen(self, project: str, issue_type: str, when: Screen) -> str:
        """Name of a screen, by way of the project's schemes; empty where the project's team manages it."""
        type_id = self._types(project).get(issue_type)
        request = schemes.project_request(project)
        request = schemes.scheme_request(schemes.parse_project_id(request, self._send(request)))
        scheme = schemes.parse_scheme(request, self._send(request))
        if type_id is None or not scheme:
            return ""
        request = schemes.mapping_request(scheme)
        request = schemes.screen_scheme_request(schemes.parse_mapping(request, self._send(request), type_id))
        request = schemes.screen_request(schemes.parse_screen_scheme(request, self._send(request), when))
        return schemes.parse_screen(request, self._send(request))

    def statuses(self) -> tuple[str, ...]:
        """Names of the statuses of the site."""
        request = metadata.statuses_request()
        return metadata.parse_statuses(request, self._send(request))

    def permissions(self, project: str, names: Sequence[str]) -> Mapping[str, bool]:
        """Which of the permissions named we hold in a project."""
        request = metadata.permissions_request(project, names)
        return metadata.parse_permissions(request, self._send(request))

    def _numbered(self, operation: str, page: Callable[[int], tuple[tuple[Item, ...], int]]) -> Iterator[Item]:
        """Follow a list that counts from `startAt` to its total."""
        start = 0
        for _ in range(PAGES_MAX):
            found, total = page(start)
            yield from found
            start += len(found)
            if not found or start >= total:
                return
        raise Malformed(f"{operation}: the list has more than {PAGES_MAX} pages.")


def _parts(ids: Sequence[str], size: int) -> Iterator[list[str]]:
    unique = list(dict.fromkeys(ids))
    for start in range(0, len(unique), size):
        yield unique[start : start + size]
