"""The site's values as the REST interface shows them: absolute links, texts by version."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from ml_connector_sandbox.jira.documents import adf_from_text, text_from_adf
from ml_connector_sandbox.jira.issues import Comment, Issue, IssueLink, Project, RemoteLink
from ml_connector_sandbox.jira.people import Person
from ml_connector_sandbox.jira.schema import LINK_KINDS, Field, IssueType, LinkKind, Priority, Status
from ml_connector_sandbox.jira.site import Invalid, JiraSite
from ml_connector_sandbox.jira.switches import number, word
from ml_connector_sandbox.jira.worklogs import Worklog
from ml_connector_sandbox.wire import Request

EMBEDDED_WORKLOGS = 20
JSON = dict[str, Any]
VISIBLE_FIELDS_DEFAULT = "*all"


def stamp(at: datetime) -> str:
    """A time as Jira writes it: 2021-01-17T12:34:00.000+0000."""
    utc = at.astimezone(UTC)
    return f"{utc:%Y-%m-%dT%H:%M:%S}.{utc.microsecond // 1000:03d}+0000"


def duration(seconds: int, switches: object) -> str:
    """Seconds in the site's words: `1w 2d 3h 20m`."""
    assert isinstance(switches, dict)
    hour = 3600
    day = hour * number(switches, "jira_hours_per_day")
    week = day * number(switches, "jira_days_per_week")
    parts = []
    for size, unit in ((week, "w"), (day, "d"), (hour, "h"), (60, "m")):
        count, seconds = divmod(seconds, size)
        if count:
            parts.append(f"{count}{unit}")
    return " ".join(parts) or "0m"


@dataclass(slots=True)
class View:
    """How one request sees the site: its address up to the version, and who asks."""

    site: JiraSite
    base: str
    version: str
    who: Person

    @classmethod
    def of(cls, site: JiraSite, request: Request, who: Person) -> View:
        """The view of a request."""
        before, _, after = request.path.partition("/rest/api/")
        version = after.partition("/")[0]
        return cls(site, f"{request.origin}{before}/rest/api/{version}", version, who)

    @property
    def plain(self) -> bool:
        """Whether texts are plain: in version 2, which `latest` stands for."""
        return self.version != "3"

    def text(self, text: str) -> Any:
        """A text of an issue; None where there is none."""
        if not text:
            return None
        return text if self.plain else adf_from_text(text)

    def read_text(self, value: object, name: str) -> str:
        """A text as it was sent. Raises Invalid where it is not what the version takes."""
        if value is None:
            return ""
        if self.plain:
            if not isinstance(value, str):
                raise Invalid(errors={name: "Operation value must be a string"})
            return value
        try:
            return text_from_adf(value)
        except ValueError as error:
            raise Invalid(errors={name: str(error)}) from None

    def person(self, account_id: str) -> JSON | None:
        """A user; None for nobody."""
        who = self.site.accounts.get(account_id)
        if who is None:
            return None
        if who.closed:
            return self._former(who)
        if self.site.is_datacenter:
            return self._user(who)
        shown = {"emailAddress": who.email} if who.shows_email or who is self.who else {}
        avatar = f"{self.base}/avatar"
        return {
            "self": f"{self.base}/user?accountId={who.account_id}",
            "accountId": who.account_id,
            **shown,
            "avatarUrls": {size: f"{avatar}?size={size}" for size in ("48x48", "24x24", "16x16", "32x32")},
            "displayName": who.name,
            "active": who.active,
            "timeZone": who.time_zone,
            "accountType": "atlassian",
        }

    def _former(self, who: Person) -> JSON:
        """A user who was deleted: a placeholder for a name, perhaps not even an account id of their own."""
        shown = word(self.site.switches, "jira_closed_account")
        account_id = who.account_id if shown == "former" else "unknown"
        name = "Former user" if shown == "former" else "Unknown user"
        return {
            "self": f"{self.base}/user?accountId={account_id}",
            "accountId": account_id,
            "displayName": name,
            "active": False,
            "accountType": "unknown" if shown == "unknown" else "atlassian",
        }

    def _user(self, who: Person) -> JSON:
        """A user of Data Center: a name that may change, and a key that stays."""
        return {
            "self": f"{self.base}/user?username={who.login}",
            "name": who.login,
            "key": who.account_id,
            "emailAddress": who.email,
            "avatarUrls": {"48x48": f"{self.base}/avatar?size=48x48"},
            "displayName": who.name,
            "active": who.active,
            "timeZone": who.time_zone,
        }

    def project(self, project: Project) -> JSON:
        """A project in short."""
        return {
            "self": f"{self.base}/project/{project.id}",
            "id": project.id,
            "key": project.key,
            "name": project.name,
            "projectTypeKey": "software",
            "simplified": False,
            **({"archived": True} if project.archived else {}),
            "avatarUrls": {"48x48": f"{self.base}/avatar"},
        }

    def issue_type(self, each: IssueType) -> JSON:
        """An issue type."""
        return {
            "self": f"{self.base}/issuetype/{each.id}",
            "id": each.id,
            "description": each.description,
            "iconUrl": f"{self.base}/avatar",
            "name": each.name,
            "subtask": each.level < 0,
            "hierarchyLevel": each.level,
        }

    def status(self, each: Status) -> JSON:
        """A status with its category."""
        return {
            "self": f"{self.base}/status/{each.id}",
            "description": "",
            "iconUrl": f"{self.base}/avatar",
            "name": each.name,
            "id": each.id,
            "statusCategory": {
                "self": f"{self.base}/statuscategory/{each.category_id}",
                "id": each.category_id,
                "key": each.category_key,
                "colorName": {"new": "blue-gray", "indeterminate": "yellow", "done": "green"}[each.category_key],
                "name": each.category_name,
            },
        }

    def priority(self, each: Priority) -> JSON:
        """A priority."""
        return {
            "self": f"{self.base}/priority/{each.id}",
            "iconUrl": f"{self.base}/avatar",
            "name": each.name,
            "id": each.id,
        }

    def field(self, each: Field) -> JSON:
        """A field of the site."""
        names = [each.name, f"cf[{each.number}]"] if each.custom else [each.id]
        return {
            "id": each.id,
            "key": each.id,
            "name": each.name,
            "custom": each.custom,
            "orderable": True,
            "navigable": True,
            "searchable": True,
            "clauseNames": names,
            "schema": self.schema(each),
        }

    def schema(self, each: Field) -> JSON:
        """The type of a field."""
        items = {"items": each.items} if each.items else {}
        if each.custom:
            return {"type": each.type, **items, "custom": each.plugin, "customId": each.number}
        return {"type": each.type, **items, "system": each.id}

    def worklog(self, entry: Worklog) -> JSON:
        """One entry."""
        found: JSON = {
            "self": f"{self.base}/issue/{entry.issue_id}/worklog/{entry.id}",
            "author": self.person(entry.author),
            "updateAuthor": self.person(entry.update_author),
            "created": stamp(entry.created),
            "updated": stamp(entry.updated),
            "started": stamp(entry.started),
            "timeSpent": duration(entry.seconds, self.site.switches),
            "timeSpentSeconds": entry.seconds,
            "id": entry.id,
            "issueId": entry.issue_id,
        }
        if entry.comment:
            found["comment"] = self.text(entry.comment)
        if entry.visibility:
            found["visibility"] = entry.visibility
        return found

    def comment(self, issue: Issue, each: Comment) -> JSON:
        """A remark."""
        return {
            "self": f"{self.base}/issue/{issue.id}/comment/{each.id}",
            "id": each.id,
            "author": self.person(each.author),
            "body": self.text(each.text),
            "updateAuthor": self.person(each.update_author),
            "created": stamp(each.created),
            "updated": stamp(each.updated),
            "jsdPublic": True,
        }

    def remote_link(self, issue: Issue, link: RemoteLink) -> JSON:
        """A link to something outside."""
        return {
            "id": link.id,
            "self": f"{self.base}/issue/{issue.id}/remotelink/{link.id}",
            **({"globalId": link.global_id} if link.global_id else {}),
            **({"relationship": link.relationship} if link.relationship else {}),
            "object": {"url": link.url, "title": link.title, **({"summary": link.summary} if link.summary else {})},
        }

    def link_kind(self, each: LinkKind) -> JSON:
        """A kind of links between issues."""
        link = f"{self.base}/issueLinkType/{each.id}"
        return {"id": each.id, "name": each.name, "inward": each.inward, "outward": each.outward, "self": link}

    def link(self, link: IssueLink) -> JSON:
        """A link between issues, without its ends."""
        kind = next(each for each in LINK_KINDS if each.name == link.kind)
        return {"id": link.id, "self": f"{self.base}/issueLink/{link.id}", "type": self.link_kind(kind)}

    def links(self, issue: Issue) -> list[JSON]:
        """The links of an issue to those that the caller sees, each with its other end."""
        found = []
        for link in (self.site.links[link_id] for link_id in issue.links):
            side, other = ("outwardIssue", link.target) if link.source == issue.id else ("inwardIssue", link.source)
            if self.site.sees(self.who, self.site.issues[other]):
                found.append({**self.link(link), side: brief(self, other)})
        return found

    def issue(self, issue: Issue, wanted: Iterable[str]) -> JSON:
        """An issue with the fields wanted."""
        names = self.wanted(wanted)
        found: JSON = {"id": issue.id, "self": f"{self.base}/issue/{issue.id}", "key": issue.key}
        if names:
            found["fields"] = {name: self.value(issue, name) for name in names}
        return found

    def wanted(self, asked: Iterable[str]) -> list[str]:
        """The field ids that a request's `fields` mean: `*all`, `*navigable`, `-name`, names and ids."""
        names: list[str] = []
        for name in asked:
            if name in ("*all", "*navigable"):
                names += list(self.site.fields)
            elif name.startswith("-"):
                names = [each for each in names or list(self.site.fields) if each != name[1:]]
            elif name in self.site.fields:
                names.append(name)
        return list(dict.fromkeys(names))

    def value(self, issue: Issue, name: str) -> Any:
        """One field of an issue."""
        site = self.site
        if site.fields[name].custom:
            value = issue.values.get(name)
            return float(value) if isinstance(value, Decimal) else value
        shown = VALUES.get(name)
        if shown is not None:
            return shown(self, issue)
        return getattr(issue, name, None) or None


def brief(view: View, issue_id: str) -> JSON | None:
    """Another issue in short; None where there is none."""
    found = view.site.issues.get(issue_id)
    return None if found is None else view.issue(found, ("summary", "status", "priority", "issuetype"))


def _time(view: View, issue: Issue) -> JSON:
    spent = view.site.worklogs.spent(issue.id)
    return {"timeSpent": duration(spent, view.site.switches), "timeSpentSeconds": spent} if spent else {}


def _worklogs(view: View, issue: Issue) -> JSON:
    live = view.site.worklogs.live(issue.id)
    shown = [view.worklog(entry) for entry in live[:EMBEDDED_WORKLOGS]]
    return {"startAt": 0, "maxResults": EMBEDDED_WORKLOGS, "total": len(live), "worklogs": shown}


def _comments(view: View, issue: Issue) -> JSON:
    shown = [view.comment(issue, each) for each in issue.comments]
    link = f"{view.base}/issue/{issue.id}/comment"
    return {"comments": shown, "self": link, "maxResults": len(shown), "total": len(shown), "startAt": 0}


def _resolution(view: View, issue: Issue) -> JSON | None:
    if view.site.status(issue.status).category_key != "done":
        return None
    return {"self": f"{view.base}/resolution/10000", "id": "10000", "description": "Done", "name": "Done"}


VALUES: dict[str, Any] = {
    "summary": lambda _view, issue: issue.summary,
    "description": lambda view, issue: view.text(issue.description),
    "issuetype": lambda view, issue: view.issue_type(view.site.issue_type(issue.type)),
    "project": lambda view, issue: view.project(view.site.projects_by_key[issue.project]),
    "priority": lambda view, issue: view.priority(view.site.priority(issue.priority)),
    "status": lambda view, issue: view.status(view.site.status(issue.status)),
    "labels": lambda _view, issue: list(issue.labels),
    "assignee": lambda view, issue: view.person(issue.assignee),
    "reporter": lambda view, issue: view.person(issue.reporter),
    "creator": lambda view, issue: view.person(issue.creator),
    "created": lambda _view, issue: stamp(issue.created),
    "updated": lambda _view, issue: stamp(issue.updated),
    "duedate": lambda _view, issue: issue.due or None,
    "parent": lambda view, issue: brief(view, issue.parent),
    "timespent": lambda view, issue: view.site.worklogs.spent(issue.id) or None,
    "timetracking": _time,
    "worklog": _worklogs,
    "comment": _comments,
    "issuelinks": lambda view, issue: view.links(issue),
    "subtasks": lambda view, issue: [brief(view, each.id) for each in view.site.subtasks(issue)],
    "resolution": _resolution,
}
"""How each of the site's own fields shows."""
