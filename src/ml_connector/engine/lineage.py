"""Learning what lies below what: hours on a sub-task or a story below an order's issue are the order's."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from ml_connector.core.records import Issue
from ml_connector.engine.lane import Lane
from ml_connector.store import bindings, lineage
from ml_connector.store.lineage import DEPTH_MAX, Kin

FIELDS = ("parent",)
"""Jira shows what is above a sub-task, and above a story, in the one field (Atlassian, REST v3, issues)."""


def follow(lane: Lane, issue_ids: Collection[str]) -> None:
    """Learn what is above these issues and above those, up to one that stands for a record. What is known is not asked
    again: the sweep does. The writes are guarded; call it outside of a transaction.
    """
    if not lane.policy.inherit:
        return
    wanted = set(issue_ids)
    for _ in range(DEPTH_MAX):
        with lane.database.read() as tx:
            wanted -= {each.issue_id for each in bindings.by_issue_ids(tx, lane.name, wanted)}
            held = lineage.known(tx, lane.name, wanted)
        news = read(lane, wanted - held.keys())
        wanted = {each.parent_id for each in (*held.values(), *news) if each.parent_id}
        if not wanted:
            return


def read(lane: Lane, issue_ids: Collection[str]) -> tuple[Kin, ...]:
    """Ask Jira and remember. An issue that it does not show has nothing above it for us, until it is read again."""
    if not issue_ids:
        return ()
    shown = {issue.id: issue for issue in lane.jira.issues(sorted(issue_ids), FIELDS)}
    kin = tuple(kin_of(shown[each]) if each in shown else Kin(each, "", "") for each in sorted(issue_ids))
    with lane.database.begin() as tx:
        lineage.keep(tx, lane.name, kin, lane.clock.now())
    return kin


def kin_of(issue: Issue) -> Kin:
    """An issue and the one above it."""
    parent = issue.fields.get("parent")
    above = parent.get("id") if isinstance(parent, Mapping) else ""
    return Kin(issue.id, issue.key, str(above or ""))
