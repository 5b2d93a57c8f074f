"""What issues of the site are made of: types, statuses with their transitions, priorities and fields."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class IssueType:
    """A kind of issue. `level` is 1 for epics, 0 for the usual ones, -1 for sub-tasks."""

    id: str
    name: str
    description: str
    level: int = 0


@dataclass(frozen=True, slots=True)
class Status:
    """A status. The workflow leads from each to each other by a transition with the id `10` + status id."""

    id: str
    name: str
    category_id: int
    category_key: str
    category_name: str

    @property
    def transition_id(self) -> str:
        """The id of the transition that leads here."""
        return f"{int(self.id) - 10000 + 11}"


@dataclass(frozen=True, slots=True)
class Priority:
    """How urgent an issue is."""

    id: str
    name: str
    color: str


@dataclass(frozen=True, slots=True)
class Field:
    """A field. `on_screen` False refuses to be set: it exists, and is on no screen."""

    id: str
    name: str
    type: str
    custom: bool = False
    on_screen: bool = True
    items: str = ""
    plugin: str = ""
    number: int = 0
    required: bool = False


ISSUE_TYPES = (
    IssueType("10001", "Task", "A small, distinct piece of work."),
    IssueType("10002", "Story", "A user goal."),
    IssueType("10003", "Bug", "A problem or error."),
    IssueType("10004", "Epic", "A big piece of work.", 1),
    IssueType("10005", "Sub-task", "A part of another issue.", -1),
)
STATUSES = (
    Status("10000", "To Do", 2, "new", "To Do"),
    Status("10010", "In Progress", 4, "indeterminate", "In Progress"),
    Status("10020", "In Review", 4, "indeterminate", "In Progress"),
    Status("10030", "Done", 3, "done", "Done"),
)
PRIORITIES = (
    Priority("1", "Highest", "#d04437"),
    Priority("2", "High", "#f15c75"),
    Priority("3", "Medium", "#f79232"),
    Priority("4", "Low", "#707070"),
    Priority("5", "Lowest", "#999999"),
)
DEFAULT_PRIORITY = "Medium"


@dataclass(frozen=True, slots=True)
class LinkKind:
    """A kind of links between issues, with its words on either side."""

    id: str
    name: str
    inward: str
    outward: str


LINK_KINDS = (
    LinkKind("10000", "Blocks", "is blocked by", "blocks"),
    LinkKind("10003", "Relates", "relates to", "relates to"),
)

SYSTEM_FIELDS = (
    Field("summary", "Summary", "string"),
    Field("description", "Description", "string"),
    Field("issuetype", "Issue Type", "issuetype"),
    Field("project", "Project", "project"),
    Field("priority", "Priority", "priority"),
    Field("labels", "Labels", "array", items="string"),
    Field("assignee", "Assignee", "user"),
    Field("reporter", "Reporter", "user"),
    Field("parent", "Parent", "issuelink"),
    Field("duedate", "Due date", "date"),
    Field("status", "Status", "status", on_screen=False),
    Field("resolution", "Resolution", "resolution", on_screen=False),
    Field("created", "Created", "datetime", on_screen=False),
    Field("updated", "Updated", "datetime", on_screen=False),
    Field("creator", "Creator", "user", on_screen=False),
    Field("timetracking", "Time tracking", "timetracking", on_screen=False),
    Field("timespent", "Time Spent", "number", on_screen=False),
    Field("worklog", "Log Work", "array", on_screen=False, items="worklog"),
    Field("comment", "Comment", "comments-page", on_screen=False),
    Field("issuelinks", "Linked Issues", "array", on_screen=False, items="issuelinks"),
    Field("subtasks", "Sub-tasks", "array", on_screen=False, items="issuelinks"),
)

PLUGIN = "com.atlassian.jira.plugin.system.customfieldtypes"
TEXT, NUMBER = "string", "number"
EPIC_LINK, EPIC_NAME = "com.pyxis.greenhopper.jira:gh-epic-link", "com.pyxis.greenhopper.jira:gh-epic-label"
PLUGINS = {
    f"{PLUGIN}:textfield": TEXT,
    f"{PLUGIN}:textarea": TEXT,
    f"{PLUGIN}:url": TEXT,
    f"{PLUGIN}:readonlyfield": TEXT,
    f"{PLUGIN}:float": NUMBER,
    f"{PLUGIN}:datepicker": "date",
    f"{PLUGIN}:datetime": "datetime",
    EPIC_LINK: "any",
    EPIC_NAME: TEXT,
}


def custom(number: int, name: str, plugin: str, *, on_screen: bool = True) -> Field:
    """A custom field. Raises KeyError for a type that the site does not have."""
    return Field(
        f"customfield_{number}",
        name,
        PLUGINS[plugin],
        custom=True,
        on_screen=on_screen,
        plugin=plugin,
        number=number,
    )
