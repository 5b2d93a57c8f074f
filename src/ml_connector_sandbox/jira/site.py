"""One Jira site: its people, projects, issues and hours, and what may be done to them by whom.

Everything here is a plain value, so that a copy of the site is a second, independent one. What a person may not do
raises `NotAllowed`, what they cannot see `NotThere`, and what makes no sense `Invalid`, as Jira answers them.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from ml_connector_sandbox.clock import Clock
from ml_connector_sandbox.jira import schema
from ml_connector_sandbox.jira.issues import Change, Comment, Issue, IssueLink, Project
from ml_connector_sandbox.jira.people import PERMISSIONS, Person, holds
from ml_connector_sandbox.jira.schema import Field, IssueType, Priority, Status
from ml_connector_sandbox.jira.switches import flag, number
from ml_connector_sandbox.jira.webhook_book import WebhookBook
from ml_connector_sandbox.jira.worklogs import Worklog, WorklogBook

CLOUD, DATACENTER = "cloud", "datacenter"
DEPLOYMENTS = (CLOUD, DATACENTER)
"""Kinds of Jira."""
FIRST_ISSUE_ID = 10000
FIRST_WORKLOG_ID = 10000
FIRST_FIELD_NUMBER = 10101
SUMMARY_MAX = 255
LINKS_MAX = 2000
"""Links that one issue may hold (Atlassian, REST v3, the issue limit report's example)."""
INVISIBLE = "Issue does not exist or you do not have permission to see it."
ARCHIVED = "The project is archived, and its issues are read-only."
OFF_SCREEN = "Field '{id}' cannot be set. It is not on the appropriate screen, or unknown."


class NotThere(Exception):
    """It does not exist, or the person cannot see it: Jira does not tell which."""


class NotAllowed(Exception):
    """The person lacks the permission."""


class TooMany(Exception):
    """A limit of an issue is reached."""


class Invalid(Exception):
    """What was sent makes no sense: general messages, and messages by field."""

    def __init__(self, messages: Iterable[str] = (), errors: Mapping[str, str] | None = None) -> None:
        """Keep both."""
        super().__init__("; ".join([*messages, *(errors or {}).values()]))
        self.messages = list(messages)
        self.errors = dict(errors or {})


@dataclass(slots=True)
class Bearer:
    """Whom an access token acts for, with which scopes, until when."""

    account_id: str
    scopes: frozenset[str]
    expires_at: datetime
    app: bool = True


def never(_fault: str) -> bool:
    """No fault strikes."""
    return False


def unheard(_event: str, _issue: Issue, _about: Mapping[str, Any]) -> None:
    """Nobody listens."""


@dataclass(slots=True)
class OAuthApp:
    """The app that people grant access to, and what it was granted."""

    client_id: str
    client_secret: str
    codes: dict[str, Bearer] = field(default_factory=dict)
    refresh_tokens: dict[str, Bearer] = field(default_factory=dict)
    used_tokens: dict[str, tuple[Bearer, datetime]] = field(default_factory=dict)
    """Refresh tokens that were used, and when: they work once more for a while."""


class JiraSite:
    """The books of one site."""

    deployment = CLOUD

    def __init__(
        self, clock: Clock, random: random.Random, switches: Mapping[str, object], deployment: str = CLOUD
    ) -> None:
        """An empty site of a kind; `seed.seed` fills it."""
        self.deployment = deployment
        self.clock = clock
        self.random = random
        self.switches = switches
        self.strikes: Callable[[str], bool] = never
        self.happened: Callable[[str, Issue, Mapping[str, Any]], None] = unheard
        self.webhooks = WebhookBook()
        self.name = "Acme"
        self.founded = clock.now()
        self.cloud_id = _uuid(random)
        self.app = OAuthApp(_word(random, 32), _word(random, 64))
        self.bearers: dict[str, Bearer] = {}
        self.accounts: dict[str, Person] = {}
        self.people_ids: list[str] = []
        self.integration = ""
        self.administrator = ""
        self.projects_by_key: dict[str, Project] = {}
        self.fields: dict[str, Field] = {each.id: each for each in schema.SYSTEM_FIELDS}
        self.issues: dict[str, Issue] = {}
        self.ids_by_key: dict[str, str] = {}
        self.ids_by_label: dict[str, set[str]] = {}
        self.children: dict[str, list[str]] = {}
        self.links: dict[str, IssueLink] = {}
        self.worklogs = WorklogBook()
        self.last_ids: dict[str, int] = {"issue": FIRST_ISSUE_ID, "worklog": FIRST_WORKLOG_ID}

    @property
    def is_datacenter(self) -> bool:
        """Whether this is a Data Center, which a customer runs, and not a site of Atlassian's cloud."""
        return self.deployment == DATACENTER

    # People

    def add_person(self, person: Person) -> None:
        """A new account."""
        self.accounts[person.account_id] = person

    def person(self, account_id: str) -> Person:
        """An account. Raises NotThere."""
        if account_id not in self.accounts:
            raise NotThere(f"There is no user {account_id}.")
        return self.accounts[account_id]

    def called(self, login_or_key: str) -> Person:
        """An account of Data Center by user name or key. Raises NotThere."""
        for who in self.accounts.values():
            if login_or_key in (who.login, who.account_id):
                return who
        raise NotThere(f"User '{login_or_key}' does not exist.")

    def people(self) -> list[Person]:
        """The people who log hours."""
        return [self.accounts[account_id] for account_id in self.people_ids]

    def tokens_live(self) -> bool:
        """Whether API tokens that were made with the site still work."""
        return self.clock.now() < self.founded + timedelta(days=number(self.switches, "jira_api_token_days"))

    def by_email(self, email: str) -> Person | None:
        """The account with an e-mail address."""
        return next((who for who in self.accounts.values() if who.email.lower() == email.lower()), None)

    def credentials(self) -> dict[str, Any]:
        """What a client needs to know to connect, and the people's own tokens to play them."""
        bot, admin = self.accounts[self.integration], self.accounts[self.administrator]
        if self.is_datacenter:
            return self._credentials_of_datacenter(bot, admin)
        return {
            "deployment": CLOUD,
            "cloud_id": self.cloud_id,
            "email": bot.email,
            "api_token": bot.api_token,
            "scoped_api_token": bot.scoped_token,
            "client_id": self.app.client_id,
            "client_secret": self.app.client_secret,
            "admin_email": admin.email,
            "admin_api_token": admin.api_token,
            "people": [
                {"account_id": who.account_id, "name": who.name, "email": who.email, "api_token": who.api_token}
                for who in self.people()
            ],
        }

    def _credentials_of_datacenter(self, bot: Person, admin: Person) -> dict[str, Any]:
        return {
            "deployment": DATACENTER,
            "username": bot.login,
            "personal_access_token": bot.personal_token,
            "client_id": self.app.client_id,
            "client_secret": self.app.client_secret,
            "admin_username": admin.login,
            "admin_personal_access_token": admin.personal_token,
            "people": [
                {"account_id": who.account_id, "name": who.name, "username": who.login, "password": who.password}
                for who in self.people()
            ],
        }

    def allowed(self, who: Person, permission: str, project_key: str = "") -> bool:
        """Whether a person holds a permission, in a project where one is named."""
        if project_key and (project_key in who.hidden_projects or project_key not in self.projects_by_key):
            return False
        return holds(who, permission)

    def need(self, who: Person, permission: str, project_key: str = "") -> None:
        """Raises NotAllowed without the permission."""
        if not self.allowed(who, permission, project_key):
            name = next(each.name for each in PERMISSIONS if each.key == permission)
            raise NotAllowed(f"You do not have the permission: {name}.")

    def hide_project(self, key: str, account_id: str) -> None:
        """Take a person's Browse Projects away in one project."""
        self.person(account_id).hidden_projects.add(key)

    def show_project(self, key: str, account_id: str) -> None:
        """Give it back."""
        self.person(account_id).hidden_projects.discard(key)

    def is_app(self, token: str) -> bool:
        """Whether a bearer token is an app's that a person granted: a service account's is none."""
        found = self.bearers.get(token)
        return found is not None and found.app

    # Projects and schema

    def add_project(self, key: str, name: str) -> Project:
        """A new project."""
        project = Project(str(10000 + len(self.projects_by_key)), key, name, self.administrator)
        self.projects_by_key[key] = project
        return project

    def projects(self, who: Person | None = None) -> list[Project]:
        """The projects, those that a person sees where one is named."""
        return [
            project
            for project in self.projects_by_key.values()
            if not project.deleted and (who is None or project.key not in who.hidden_projects)
        ]

    def project(self, key_or_id: str, who: Person | None = None) -> Project:
        """A project by key or id. Raises NotThere."""
        for project in self.projects(who):
            if key_or_id.upper() == project.key or key_or_id == project.id:
                return project
        raise NotThere(f"No project could be found with key '{key_or_id}'.")

    def add_field(self, name: str, plugin: str, *, on_screen: bool = True) -> Field:
        """A new custom field. Raises KeyError for a type that the site does not have."""
        taken = sum(each.custom for each in self.fields.values())
        made = schema.custom(FIRST_FIELD_NUMBER + taken, name, plugin, on_screen=on_screen)
        self.fields[made.id] = made
        return made

    def put_on_screen(self, field_id: str) -> None:
        """A field can be set from now on."""
        self.fields[field_id] = replace(self.fields[field_id], on_screen=True)

    def require(self, field_id: str) -> None:
        """A field has to be filled in with every new issue from now on."""
        self.fields[field_id] = replace(self.fields[field_id], required=True)

    def issue_type(self, name_or_id: str) -> IssueType:
        """An issue type. Raises Invalid."""
        for each in schema.ISSUE_TYPES:
            if name_or_id == each.id or name_or_id.lower() == each.name.lower():
                return each
        raise Invalid(errors={"issuetype": "Specify a valid issue type"})

    def priority(self, name_or_id: str) -> Priority:
        """A priority. Raises Invalid."""
        for each in schema.PRIORITIES:
            if name_or_id == each.id or name_or_id.lower() == each.name.lower():
                return each
        raise Invalid(errors={"priority": "The priority selected is invalid."})

    def status(self, name: str) -> Status:
        """A status. Raises Invalid."""
        for each in schema.STATUSES:
            if name.lower() == each.name.lower():
                return each
        raise Invalid([f"There is no status {name}."])

    # Issues

    def next_id(self, kind: str) -> str:
        """The next free id of a kind."""
        self.last_ids[kind] = self.last_ids.get(kind, FIRST_ISSUE_ID) + 1
        return str(self.last_ids[kind])

    def issue(self, key_or_id: str, who: Person | None = None) -> Issue:
        """An issue by id, key in any case, or a key that it had before it was moved. Raises NotThere."""
        found = self.issues.get(self.ids_by_key.get(key_or_id.upper(), key_or_id))
        if found is None or found.deleted or (who is not None and not self.sees(who, found)):
            raise NotThere(INVISIBLE)
        return found

    def sees(self, who: Person, issue: Issue) -> bool:
        """Whether a person may see an issue: its project, and its own security."""
        if issue.deleted or issue.project in who.hidden_projects:
            return False
        if self.projects_by_key[issue.project].archived and not flag(self.switches, "jira_archived_readable"):
            return False
        return not issue.security or issue.security in who.groups

    def issues_of(self, project_key: str) -> list[Issue]:
        """The issues of a project, oldest first."""
        return [issue for issue in self.issues.values() if issue.project == project_key and not issue.deleted]

    def keep_issue(self, issue: Issue) -> None:
        """Put a new issue into the books."""
        self.issues[issue.id] = issue
        self.ids_by_key[issue.key] = issue.id
        for label in issue.labels:
            self.ids_by_label.setdefault(label, set()).add(issue.id)
        if issue.parent:
            self.children.setdefault(issue.parent, []).append(issue.id)
        self.happened("jira:issue_created", issue, {"type": "issue_created", "who": issue.creator})

    def next_key(self, project: Project) -> str:
        """The next key of a project."""
        project.last_number += 1
        return f"{project.key}-{project.last_number}"

    def set_labels(self, issue: Issue, labels: list[str]) -> None:
        """Replace an issue's labels."""
        for label in issue.labels:
            self.ids_by_label[label].discard(issue.id)
        issue.labels = labels
        for label in labels:
            self.ids_by_label.setdefault(label, set()).add(issue.id)

    def set_parent(self, issue: Issue, parent: str) -> None:
        """Put an issue under another one by its id, or under none."""
        if issue.parent:
            self.children[issue.parent].remove(issue.id)
        issue.parent = parent
        if parent:
            self.children.setdefault(parent, []).append(issue.id)

    def subtasks(self, issue: Issue) -> list[Issue]:
        """The sub-tasks of an issue; what stands under an epic is none."""
        under = (self.issues[each] for each in self.children.get(issue.id, ()))
        return [each for each in under if not each.deleted and self.issue_type(each.type).level < 0]

    def comment(self, issue: Issue, who: str, text: str) -> Comment:
        """A remark made now."""
        now = self.clock.now()
        made = Comment(self.next_id("comment"), who, text, now, now, who)
        issue.comments.append(made)
        self.record(issue, who)
        return made

    def link(self, kind: str, source: Issue, target: Issue) -> IssueLink:
        """Link two issues; a link that there is already is not made again. Raises TooMany."""
        for each in (self.links[link_id] for link_id in source.links):
            if (each.kind, each.source, each.target) == (kind, source.id, target.id):
                return each
        if max(len(source.links), len(target.links)) >= LINKS_MAX:
            raise TooMany("The issue has reached its limit of issue links.")
        made = IssueLink(self.next_id("link"), kind, source.id, target.id)
        self.links[made.id] = made
        for issue in (source, target):
            issue.links.append(made.id)
        return made

    def unlink(self, link: IssueLink) -> None:
        """Take a link away from both of its issues."""
        del self.links[link.id]
        for issue_id in (link.source, link.target):
            self.issues[issue_id].links.remove(link.id)

    def record(self, issue: Issue, who: str, *items: tuple[str, str, str, str, str]) -> None:
        """An issue changed now: its history and its time of change."""
        issue.updated = self.clock.now()
        changed = tuple(item for item in items if item[1:3] != item[3:5])
        if changed:
            issue.history.append(Change(self.next_id("history"), who, issue.updated, changed))
            kind = "issue_moved" if changed[0][0] == "Key" else "issue_generic" if changed[0][0] == "status" else ""
            about = {"type": kind or "issue_updated", "who": who, "items": changed}
            self.happened("jira:issue_updated", issue, about)

    def transition(self, issue_id: str, status_name: str, who: str = "") -> None:
        """Bring an issue to a status: the workflow leads from each to each other. Raises NotThere, Invalid."""
        issue, status = self.issue(issue_id), self.status(status_name)
        before, issue.status = issue.status, status.name
        self.record(issue, who or self.administrator, ("status", before, before, status.name, status.name))

    def move_issue(self, key: str, project_key: str) -> str:
        """A person moves an issue to another project: the same id, a new key; the old key still finds it."""
        issue, project = self.issue(key), self.project(project_key)
        before = issue.key
        issue.key, issue.project = self.next_key(project), project.key
        self.ids_by_key[issue.key] = issue.id
        self.record(issue, self.administrator, ("Key", before, before, issue.key, issue.key))
        return issue.key

    def delete_issue(self, key: str) -> None:
        """An issue, its sub-tasks and their hours are gone; whether the deletion feed tells of hours is a switch."""
        issue = self.issue(key)
        for subtask in self.subtasks(issue):
            self.delete_issue(subtask.id)
        told = flag(self.switches, "jira_issue_deletion_in_feed")
        for worklog in self.worklogs.live(issue.id).copy():
            self.worklogs.remove(worklog, self.clock.now(), in_feed=told)
        self.happened("jira:issue_deleted", issue, {"who": self.administrator})
        issue.deleted = True
        self.set_labels(issue, [])

    def secure_issue(self, key: str, group: str) -> None:
        """Show an issue to one group alone, or to everybody again. Raises NotThere."""
        self.issue(key).security = group

    def archive_project(self, key: str, *, archived: bool) -> None:
        """A project can be read and not written, or written again. Raises NotThere."""
        self.project(key).archived = archived

    def close_account(self, account_id: str) -> None:
        """A user is deleted: they can do nothing any more, and what they wrote stays. Raises NotThere."""
        who = self.person(account_id)
        who.active, who.closed = False, True

    def writable(self, project_key: str) -> None:
        """Raises Invalid for a project that is archived: Jira's own words are not known."""
        if self.projects_by_key[project_key].archived:
            raise Invalid([ARCHIVED])

    def delete_project(self, key: str) -> None:
        """A project and all its issues are gone."""
        project = self.project(key)
        for issue in self.issues_of(project.key):
            if not issue.deleted:  # it went with its parent
                self.delete_issue(issue.id)
        project.deleted = True

    # Hours

    def add_worklog(
        self, issue_id: str, author_account_id: str, started: datetime, seconds: int, comment: str = ""
    ) -> Worklog:
        """Hours logged now. Raises NotThere, Invalid, TooMany."""
        issue = self.issue(issue_id)
        self.writable(issue.project)
        if len(self.worklogs.of_issue.get(issue.id, ())) >= number(self.switches, "jira_worklogs_per_issue"):
            raise TooMany("The issue has reached its limit of worklogs.")
        check_seconds(seconds)
        now = self.clock.now()
        entry = Worklog(
            self.next_id("worklog"), issue.id, author_account_id, author_account_id, started, now, now, seconds, comment
        )
        self.worklogs.add(entry)
        issue.updated = now
        issue.worklog_dates.append(started)
        issue.worklog_authors.append(author_account_id)
        self._tell_hours("created", entry)
        return entry

    def update_worklog(
        self,
        worklog_id: str,
        by: str,
        *,
        started: datetime | None = None,
        seconds: int | None = None,
        comment: str | None = None,
    ) -> Worklog:
        """Change an entry now. Raises NotThere, Invalid."""
        entry = self.worklog(worklog_id)
        if seconds is not None:
            check_seconds(seconds)
        entry.started = entry.started if started is None else started
        entry.seconds = entry.seconds if seconds is None else seconds
        entry.comment = entry.comment if comment is None else comment
        entry.update_author, entry.updated = by, self.clock.now()
        self.worklogs.changed(entry)
        self._hours_changed(self.issues[entry.issue_id])
        self._tell_hours("updated", entry)
        return entry

    def delete_worklog(self, worklog_id: str) -> None:
        """An entry is gone, and the deletion feed tells. Raises NotThere."""
        entry = self.worklog(worklog_id)
        self.worklogs.remove(entry, self.clock.now())
        self._hours_changed(self.issues[entry.issue_id])
        self._tell_hours("deleted", entry)

    def move_worklog(self, worklog_id: str, issue_id: str) -> None:
        """An entry moves to another issue, silently: whether the feed of changes tells is a switch. Raises NotThere."""
        entry, target = self.worklog(worklog_id), self.issue(issue_id)
        former = self.issues[entry.issue_id]
        self.worklogs.move(entry, target.id)
        if flag(self.switches, "jira_move_in_feed"):
            entry.updated = self.clock.now()
            self.worklogs.changed(entry)
        for issue in (former, target):
            self._note_hours(issue)

    def worklog(self, worklog_id: str) -> Worklog:
        """A live entry. Raises NotThere."""
        entry = self.worklogs.entries.get(worklog_id)
        if entry is None or entry.deleted_at is not None:
            raise NotThere(f"Cannot find worklog with id: '{worklog_id}'.")
        return entry

    def sees_worklog(self, who: Person, worklog_id: str) -> bool:
        """Whether a person may see an entry: its issue, and its own restriction to a group."""
        entry = self.worklogs.entries.get(worklog_id)
        if entry is None or entry.deleted_at is not None or not self.sees(who, self.issues[entry.issue_id]):
            return False
        restriction = entry.visibility
        return restriction is None or restriction["value"] in who.groups or who.account_id == entry.author

    def _tell_hours(self, what: str, entry: Worklog) -> None:
        issue = self.issues[entry.issue_id]
        self.happened(f"worklog_{what}", issue, {"worklog": entry})
        if self.is_datacenter or flag(self.switches, "jira_worklog_changes_issue"):
            kinds = {"created": "issue_work_logged", "updated": "issue_worklog_updated"}
            spent = str(self.worklogs.spent(issue.id))
            about = {
                "type": kinds.get(what, "issue_worklog_deleted"),
                "who": entry.update_author,
                "items": (("timespent", "", "", spent, spent), ("WorklogId", "", "", entry.id, entry.id)),
            }
            self.happened("jira:worklog_updated" if self.is_datacenter else "jira:issue_updated", issue, about)

    def _hours_changed(self, issue: Issue) -> None:
        issue.updated = self.clock.now()
        self._note_hours(issue)

    def _note_hours(self, issue: Issue) -> None:
        live = self.worklogs.live(issue.id)
        issue.worklog_dates = [entry.started for entry in live]
        issue.worklog_authors = [entry.author for entry in live]


def check_seconds(seconds: int) -> None:
    """Raises Invalid for an entry of no time."""
    if seconds <= 0:
        raise Invalid(errors={"timeLogged": "Worklog must have a time spent greater than zero."})


def _uuid(chance: random.Random) -> str:
    digits = f"{chance.getrandbits(128):032x}"
    return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))


def _word(chance: random.Random, length: int) -> str:
    return "".join(chance.choice("ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz23456789") for _ in range(length))
