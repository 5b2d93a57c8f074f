"""Jira Data Center behind the port, over version 2 of its REST interface.

Most calls are the cloud's under another number; what Data Center does in its own way stands here. Texts are wiki
markup, people are known by their user key, and what the cloud shows as the parent of a story is the story's epic.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from http import HTTPStatus

from ml_connector.core.records import Issue
from ml_connector.errors import Rejected
from ml_connector.jira import issues, metadata, version2
from ml_connector.jira.answers import done
from ml_connector.jira.cloud import JiraCloud
from ml_connector.jira.markup import markup, plain
from ml_connector.jira.port import Created, CreateField, IssueDraft, IssueEdit, JiraProject, NotCreated, Screen
from ml_connector.jira.version2 import EPIC_LINK, EPIC_NAME, IssueType, ScreenField
from ml_connector.wire import Send

IDS_MAX = 100
"""Ids in one search."""
FEW = 5
"""So many issues are read one by one: what was just written is read as it is, and not as the index still has it."""
PARENT, DESCRIPTION = "parent", "description"
ISSUE_KEY = re.compile(r"[A-Za-z][A-Za-z0-9_]*-[0-9]+")
INVISIBLE = frozenset({HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND})
"""Answers for an issue that is gone, or that we may not see: Jira does not tell which."""


@dataclass(frozen=True, slots=True)
class _Screen:
    """What creating an issue of a type takes: the fields for an epic's name and the epic above, where it has them."""

    subtask: bool = False
    epic_name: str = ""
    epic_link: str = ""


class JiraDataCenter(JiraCloud):
    """A Data Center. `send` completes paths with its address and our credentials; `comments` are read if asked for."""

    def __init__(self, send: Send, *, comments: bool = False) -> None:
        super().__init__(version2.in_version_2(send), comments=comments)
        self._screens: dict[tuple[str, str], _Screen] = {}
        self._epic_link: str | None = None

    def search(self, jql: str, fields: Sequence[str]) -> Iterator[Issue]:
        """Issues by JQL, page by page."""
        yield from self._below_epics(tuple(self._searched(jql, fields)), fields)

    def issues(self, ids: Sequence[str], fields: Sequence[str]) -> tuple[Issue, ...]:
        """Issues by id. A few are read one by one, past the index. Of many, the index is asked for a hundred at once,
        and what it does not show is read by itself, so that none is taken for gone because the index is behind.
        """
        found: dict[str, Issue] = {}
        wanted = list(dict.fromkeys(ids))
        for start in range(0, len(wanted) if len(wanted) > FEW else 0, IDS_MAX):
            part = wanted[start : start + IDS_MAX]
            found |= {issue.id: issue for issue in self._indexed("id", part, fields)}
        for issue_id in wanted:
            issue = found.get(issue_id) or self._read(issue_id, fields)
            if issue is not None:
                found[issue_id] = issue
        return self._below_epics(tuple(found[each] for each in wanted if each in found), fields)

    def _searched(self, jql: str, fields: Sequence[str], *, validate: bool = True) -> Iterator[Issue]:
        asked = self._with_epic_link(fields)

        def page(start: int) -> tuple[tuple[Issue, ...], int]:
            request = version2.search_request(jql, asked, start, validate=validate)
            found, total = version2.parse_search(request, self._send(request))
            return tuple(map(_in_plain_words, found)), total

        return self._numbered("jira.search", page)

    def _indexed(self, name: str, values: Sequence[str], fields: Sequence[str]) -> tuple[Issue, ...]:
        """What the index shows of issues by id or key; nothing where Jira refuses the query for one that is gone."""
        try:
            return tuple(self._searched(f"{name} in ({', '.join(values)})", fields, validate=False))
        except Rejected as error:
            if error.status != HTTPStatus.BAD_REQUEST:
                raise
            return ()

    def _read(self, issue: str, fields: Sequence[str]) -> Issue | None:
        request = version2.issue_request(issue, self._with_epic_link(fields))
        try:
            return _in_plain_words(issues.parse_issue(request, self._send(request)))
        except Rejected as error:
            if error.status not in INVISIBLE:
                raise
            return None

    def _with_epic_link(self, fields: Sequence[str]) -> tuple[str, ...]:
        if PARENT not in fields:
            return tuple(fields)
        if self._epic_link is None:
            request = metadata.fields_request()
            self._epic_link = version2.parse_kinds(request, self._send(request)).get(EPIC_LINK, "")
        return (*fields, self._epic_link) if self._epic_link else tuple(fields)

    def _below_epics(self, found: tuple[Issue, ...], fields: Sequence[str]) -> tuple[Issue, ...]:
        """The same issues, with the epic of a story as its parent."""
        link = self._epic_link if PARENT in fields else None
        if not link:
            return found
        above = {issue.id: issue.fields.get(link) for issue in found if not issue.fields.get(PARENT)}
        keys = sorted({key for key in above.values() if isinstance(key, str) and ISSUE_KEY.fullmatch(key)})
        epics = self._by_key(keys)
        return tuple(
            replace(issue, fields={**issue.fields, PARENT: {"id": epic.id, "key": epic.key}})
            if (epic := epics.get(str(above.get(issue.id)))) is not None
            else issue
            for issue in found
        )

    def _by_key(self, keys: Sequence[str]) -> Mapping[str, Issue]:
        found: dict[str, Issue] = {}
        for start in range(0, len(keys), IDS_MAX):
            found |= {issue.key: issue for issue in self._indexed("key", keys[start : start + IDS_MAX], ("issuetype",))}
        for key in keys:
            issue = found.get(key) or self._read(key, ("issuetype",))
            if issue is not None:
                found[key] = issue
        return found

    def create_issues(self, drafts: Sequence[IssueDraft]) -> tuple[Created | NotCreated, ...]:
        """Create up to 50 issues in one call."""
        request = issues.create_request([self._fitted(draft) for draft in drafts], markup)
        outcomes = issues.parse_created(request, self._send(request), len(drafts))
        if any(isinstance(outcome, NotCreated) for outcome in outcomes):
            self._screens.clear()  # an administrator may have changed them since
        return outcomes

    def _fitted(self, draft: IssueDraft) -> IssueDraft:
        """The draft as Data Center takes it: an epic has a name, and what is below an epic names it by its key."""
        screen = self._screen(draft.project, draft.type)
        fields = dict(draft.fields)
        if screen.epic_name:
            fields.setdefault(screen.epic_name, draft.summary)
        if not draft.parent or screen.subtask or not screen.epic_link:
            return replace(draft, fields=fields)
        epic = self._read(draft.parent, ("issuetype",))
        return draft if epic is None else replace(draft, parent="", fields={**fields, screen.epic_link: epic.key})

    def _screen(self, project: str, issue_type: str) -> _Screen:
        """What is known of a create screen, asked for once. Jira itself refuses what there is no screen for."""
        known = self._screens.get((project, issue_type))
        if known is None:
            try:
                known = self._look(project, issue_type)
            except Rejected:
                known = _Screen()
            self._screens[project, issue_type] = known
        return known

    def _look(self, project: str, issue_type: str) -> _Screen:
        kind = self._kinds(project).get(issue_type)
        if kind is None:
            return _Screen()
        by_kind = {each.kind: each.field.id for each in self._on_screen(project, kind) if each.kind}
        return _Screen(kind.subtask, by_kind.get(EPIC_NAME, ""), by_kind.get(EPIC_LINK, ""))

    def edit_issue(self, edit: IssueEdit) -> None:
        """Set fields of one issue."""
        request = issues.edit_request(self._put(edit), markup)
        done(request, self._send(request))

    def _put(self, edit: IssueEdit) -> IssueEdit:
        """The edit as Data Center takes it: what is put under an epic names it by its key."""
        self._with_epic_link((PARENT,) if edit.parent else ())
        epic = self._read(edit.parent, ("issuetype",)) if edit.parent and self._epic_link else None
        if epic is None or not self._epic_link:
            return edit
        return replace(edit, parent="", fields={**edit.fields, self._epic_link: epic.key})

    def remark(self, issue_id: str, text: str) -> None:
        """Say something on an issue."""
        request = issues.remark_request(issue_id, text, markup)
        done(request, self._send(request))

    def remarks(self, issue_id: str) -> Iterator[str]:
        """What was said on an issue."""
        return map(plain, super().remarks(issue_id))

    def screen(self, project: str, issue_type: str, when: Screen) -> str:  # noqa: ARG002 - the port's
        """Nothing: Data Center has no way to ask for the schemes of screens."""
        return ""

    def projects(self) -> tuple[JiraProject, ...]:
        """The projects that we see."""
        request = version2.projects_request()
        return version2.parse_projects(request, self._send(request))

    def issue_types(self, project: str) -> tuple[str, ...]:
        """Names of the issue types of a project."""
        return tuple(self._kinds(project))

    def create_fields(self, project: str, issue_type: str) -> tuple[CreateField, ...]:
        """The fields on a create screen; none for an issue type that the project does not have. Nobody has to give an
        epic's name: it is filled in here.
        """
        kind = self._kinds(project).get(issue_type)
        shown = () if kind is None else self._on_screen(project, kind)
        return tuple(replace(each.field, required=False) if each.kind == EPIC_NAME else each.field for each in shown)

    def _kinds(self, project: str) -> dict[str, IssueType]:
        def page(start: int) -> tuple[tuple[IssueType, ...], int]:
            request = version2.types_request(project, start)
            return version2.parse_types(request, self._send(request))

        return {each.name: each for each in self._numbered("jira.issue_types", page)}

    def _on_screen(self, project: str, kind: IssueType) -> Iterator[ScreenField]:
        def page(start: int) -> tuple[tuple[ScreenField, ...], int]:
            request = version2.screen_request(project, kind.id, start)
            return version2.parse_screen(request, self._send(request))

        return self._numbered("jira.create_fields", page)

    def permissions(self, project: str, names: Sequence[str]) -> Mapping[str, bool]:
        """Which of the permissions named we hold in a project."""
        request = version2.permissions_request(project)
        held = metadata.parse_permissions(request, self._send(request))
        return {name: held.get(name, False) for name in names}


def _in_plain_words(issue: Issue) -> Issue:
    """The same issue, its description as the text that we would have written it from."""
    text = issue.fields.get(DESCRIPTION)
    return replace(issue, fields={**issue.fields, DESCRIPTION: plain(text)}) if isinstance(text, str) else issue
