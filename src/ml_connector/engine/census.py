"""The census: every entry of the open periods is read again by its id, because not everything is told by a feed.

Moving entries in bulk to another issue sends no event, and an entry that becomes visible late lies behind the cursor
(Atlassian, REST v3, issue worklogs).
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

from ml_connector.engine.lane import Lane
from ml_connector.engine.lineage import follow
from ml_connector.engine.poll import FIRST_FEED_SPAN, all_changes, hint, take_deleted
from ml_connector.engine.world import erp_facts
from ml_connector.store import worklogs
from ml_connector.store.database import chunks

MARGIN = timedelta(days=1)
"""Days are counted in the writer's zone there and in ours here."""


def census(lane: Lane) -> int:
    """Read the feeds again from the start of the open periods and every entry by id. Returns how many were read.

    What is news is kept and queued; what cannot be read although the deletion feed does not name it is invisible.
    """
    first = first_open_day(lane)
    since = datetime.combine(first, time(), UTC) - FIRST_FEED_SPAN
    take_deleted(lane, tuple(all_changes(lane.jira.deleted_worklogs, since)))
    with lane.database.read() as tx:
        held = {item.worklog.id for item in worklogs.started_since(tx, lane.name, first - MARGIN)}
    named = {change.worklog_id for change in all_changes(lane.jira.updated_worklogs, since)}
    for part in chunks(sorted(held | named)):
        _take(lane, part, held)
    return len(held | named)


def _take(lane: Lane, ids: list[str], held: set[str]) -> None:
    found = lane.jira.worklogs(ids)
    missing = held.intersection(ids) - {worklog.id for worklog in found}
    follow(lane, {worklog.issue_id for worklog in found})
    now = lane.clock.now()
    with lane.database.begin() as tx:
        lane.guard(tx)
        touched = worklogs.take(tx, lane.name, found, now)
        touched |= worklogs.mark_invisible(tx, lane.name, missing, now)
        hint(tx, lane, touched)


def first_open_day(lane: Lane) -> date:
    """The first day since the cut-over that some entity can still be posted to."""
    start = lane.policy.cost.post_from or (lane.clock.now() - FIRST_FEED_SPAN).date()
    periods = erp_facts(lane).periods
    found = [day for entity in lane.policy.entities if (day := periods.next_open(entity, start)) is not None]
    return min(found, default=start)
