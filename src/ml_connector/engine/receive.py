"""Looking into what webhooks hinted at. A delivery says where to look, never what is there: that is read by id.

Whether an entry was deleted is the deletion feed's to say, so that no delivery can take cost out of our books.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import Connection as Transaction

from ml_connector.core.records import Worklog
from ml_connector.engine.lane import Lane
from ml_connector.engine.lineage import follow
from ml_connector.engine.poll import hint
from ml_connector.engine.sweep import take_issues
from ml_connector.errors import Rejected
from ml_connector.store import bindings, inbox, lineage, unannounced, worklogs

BATCH = 1_000
"""Deliveries that are looked into together: what one call of `worklog/list` takes."""
HOURS_OF_MAX = 50
"""Issues of a batch whose entries are read whole, a call each; the feed tells of the others a minute later."""
KEPT_FOR = timedelta(days=3)
"""How long a delivery is known again after it was looked into; Jira gives up trying within hours."""


@dataclass(frozen=True, slots=True)
class Received:
    """How many deliveries were looked into, and how many of them were about nothing that we know."""

    taken: int = 0
    dropped: int = 0


@dataclass(frozen=True, slots=True)
class _Wanted:
    """What a batch asks to be read, without what we do not know. `said_gone` are entries that may not be found."""

    worklogs: frozenset[str]
    said_gone: frozenset[str]
    hours_of: tuple[str, ...]
    bound: tuple[bindings.Binding, ...]
    dropped: int


def receive(lane: Lane) -> Received:
    """Look into every delivery that waits: read what they name, keep it, and queue what it touches."""
    total = Received()
    while True:
        with lane.database.read() as tx:
            batch = inbox.waiting(tx, lane.name, BATCH)
        if not batch:
            break
        wanted = _wanted(lane, batch)
        refused = _take(lane, wanted)
        with lane.database.begin() as tx:
            lane.guard(tx)
            inbox.handled(tx, [kept.id for kept in batch], lane.clock.now())
            _announced(tx, lane, batch)
        total = Received(total.taken + len(batch), total.dropped + (len(batch) if refused else wanted.dropped))
        if len(batch) < BATCH:
            break
    if total.taken:
        lane.say(f"{total.taken} deliveries of webhooks, {total.dropped} of them about nothing that we know")
        with lane.database.begin() as tx:
            inbox.forget(tx, lane.name, lane.clock.now() - KEPT_FOR)
    return total


def _announced(tx: Transaction, lane: Lane, batch: Sequence[inbox.Kept]) -> None:
    """What these told of did not come unannounced after all, if polling was faster."""
    hints = [kept.hints for kept in batch]
    entries = {each for one in hints for each in one.worklogs}
    issues = {each for one in hints for each in (*one.issues, *one.hours_of)}
    unannounced.announced(tx, lane.name, unannounced.WORKLOG, entries)
    unannounced.announced(tx, lane.name, unannounced.ISSUE, issues)


def _wanted(lane: Lane, batch: Sequence[inbox.Kept]) -> _Wanted:
    """What is worth reading: entries that we hold or that are said to be on our issues, and our issues."""
    hints = [kept.hints for kept in batch]
    issue_ids = {each for one in hints for each in (*one.issues, *one.hours_of, *one.worklogs_of)}
    follow(lane, {each for one in hints for each in one.worklogs_of})
    with lane.database.read() as tx:
        standing = lineage.standing(tx, lane.name, issue_ids)
        ours = {issue_id: found.binding for issue_id, found in standing.items()}
        held = worklogs.by_ids(tx, lane.name, {each for one in hints for each in one.worklogs})
    known = {item.worklog.id for item in held}

    def read_entry(one: inbox.Hints, worklog_id: str) -> bool:
        return worklog_id in known or not one.worklogs_of or any(each in ours for each in one.worklogs_of)

    entries = [{each for each in one.worklogs if read_entry(one, each)} for one in hints]
    issues = [{each for each in (*one.issues, *one.hours_of) if each in ours} for one in hints]
    return _Wanted(
        worklogs=frozenset().union(*entries),
        said_gone=frozenset(each for one in hints for each in one.deleted),
        hours_of=tuple(sorted({each for one in hints for each in one.hours_of if each in ours}))[:HOURS_OF_MAX],
        bound=tuple(ours[each] for each in sorted({each for one in hints for each in one.issues if each in ours})),
        dropped=sum(not named and not about for named, about in zip(entries, issues, strict=True)),
    )


def _take(lane: Lane, wanted: _Wanted) -> bool:
    """Read and keep. Returns whether Jira refused to be asked: then the hints are dropped, and polling goes on."""
    try:
        take_issues(lane, wanted.bound)
        found = [entry for issue_id in wanted.hours_of for entry in _entries_of(lane, issue_id)]
        _take_worklogs(lane, wanted, found)
    except Rejected as error:
        lane.say(str(error))
        return True
    return False


def _entries_of(lane: Lane, issue_id: str) -> tuple[Worklog, ...]:
    try:
        return tuple(lane.jira.issue_worklogs(issue_id))
    except Rejected:
        return ()  # an issue that is gone is told by reading it by id


def _take_worklogs(lane: Lane, wanted: _Wanted, found: list[Worklog]) -> None:
    """Keep what is there, by id and by issue. What is not there and not said to be gone is invisible, and no more."""
    missing: set[str] = set()
    if wanted.worklogs:
        by_id = lane.jira.worklogs(sorted(wanted.worklogs))
        found = [*found, *by_id]
        missing = set(wanted.worklogs) - {entry.id for entry in by_id} - wanted.said_gone
    if not found and not missing:
        return
    now = lane.clock.now()
    with lane.database.begin() as tx:
        lane.guard(tx)
        touched = worklogs.take(tx, lane.name, found, now)
        touched |= worklogs.mark_invisible(tx, lane.name, missing, now)
        hint(tx, lane, touched)
