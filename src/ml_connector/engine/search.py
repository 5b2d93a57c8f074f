"""Searching the mapped Jira projects by bounded JQL, also where one of them is not there any more."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ml_connector.core.records import Finding, Issue
from ml_connector.engine.lane import Lane
from ml_connector.errors import Rejected


def search(lane: Lane, condition: str, order: str, fields: Sequence[str]) -> list[Issue]:
    """Issues of the mapped projects for which the condition holds.

    Jira refuses a whole query that names one project which it cannot see. Then the others are searched, and the lane
    notes the missing ones; any other refusal is raised.
    """
    projects = lane.policy.mapping.jira_projects
    try:
        return list(lane.jira.search(within(projects, condition, order), fields))
    except Rejected:
        visible = {project.key for project in lane.jira.projects() if not project.archived}
        unseen = set(projects) - visible
        if not unseen:
            raise
    lane.unseen_projects |= unseen
    left = [project for project in projects if project in visible]
    return list(lane.jira.search(within(left, condition, order), fields)) if left else []


def within(projects: Iterable[str], condition: str, order: str) -> str:
    """The bounded query."""
    return f"project in ({', '.join(map(quoted, projects))}) AND {condition} ORDER BY {order} ASC"


def quoted(value: str) -> str:
    """A JQL string that ends where the value ends."""
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'


def changed_lately(minutes: int) -> str:
    """Issues that changed in the last minutes; relative, so that no time zone matters."""
    return f"updated >= -{minutes}m"


def marked(markers: Iterable[str]) -> str:
    """Issues that carry one of these labels."""
    return f"labels in ({', '.join(map(quoted, markers))})"


def unseen(lane: Lane) -> tuple[Finding, ...]:
    """A finding for each mapped project that could not be seen in this run."""
    return tuple(
        Finding(
            "jira_project_gone",
            f"Jira project {project}",
            "It does not exist, is archived or cannot be seen, so that nothing in it is created, changed or found.",
            "Restore it, give the integration user Browse Projects, or map another project in the connection. "
            "What was posted stays posted.",
        )
        for project in sorted(lane.unseen_projects)
    )
