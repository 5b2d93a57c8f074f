"""Reading what changed on both sides into our own tables, and naming the keys that it touches.

Cursors move only after what they cover is stored. A hint may come twice or not at all: state is read again each time.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection as Transaction

from ml_connector.core.corrections import Fate
from ml_connector.core.records import Kind, Worklog
from ml_connector.engine import sighted
from ml_connector.engine.lane import Lane
from ml_connector.engine.lineage import follow
from ml_connector.engine.search import changed_lately, search
from ml_connector.engine.sighted import asked
from ml_connector.engine.site import known_fields
from ml_connector.erp.port import Window
from ml_connector.jira.port import ChangePage, WorklogChange
from ml_connector.store import bindings, cursors, erp_rows, keys, lineage, registrations, unannounced, worklogs

ERP_OVERLAP = timedelta(minutes=5)
"""Records committed late in the ERP carry an earlier stamp than the window that should have held them."""
FEED_OVERLAP = timedelta(minutes=2)
"""Jira's feeds hold the last minute back; twice that is read again each time and deduplicated."""
SEARCH_OVERLAP = timedelta(minutes=5)
"""The search index lags, and JQL counts in whole minutes."""
GATHERED_MAX = 20_000
"""Changes that are gathered before they are read and stored: what a stop in a long first reading costs again."""
FIRST_FEED_SPAN = timedelta(days=31)
"""How long before the cut-over date the first read of the worklog feed begins: hours are sometimes logged ahead."""


Reached = Mapping[str, datetime]
"""How far each stream was read, by its name; a stream that was never read is missing."""


def order_key(kind: Kind, key: str) -> str:
    """The name of a piece of work in the queue: `purchase_order:1000/4500012`. A line is worked off with its order."""
    if kind is Kind.ORDER_LINE:
        return f"{Kind.PURCHASE_ORDER.value}:{key.rpartition('/')[0]}"
    return f"{kind.value}:{key}"


def split_key(key: str) -> tuple[Kind, str]:
    """The kind and ERP key of a piece of work."""
    kind, _, erp_key = key.partition(":")
    return Kind(kind), erp_key


def poll(lane: Lane) -> None:
    """Read all streams once."""
    with lane.database.read() as tx:
        positions = cursors.read_all(tx, lane.name)
    reached = {stream: datetime.fromisoformat(position) for stream, position in positions.items()}
    poll_erp(lane, reached)
    poll_worklogs(lane, reached)
    poll_issues(lane, reached)


def poll_erp(lane: Lane, reached: Reached) -> None:
    """Read each class's delta window. All classes of a run share one upper end."""
    until = lane.clock.now()
    for kind in Kind:
        stream = f"erp.{kind}"
        since = _behind(reached.get(stream), until)
        window = Window(since - ERP_OVERLAP if since else None, until)
        for page in lane.erp.changes(kind, window):
            with lane.database.begin() as tx:
                owners = erp_rows.take(tx, lane.name, page, until)
                owner_kind = Kind.PROJECT if kind is Kind.PROJECT else Kind.PURCHASE_ORDER
                keys.add(tx, lane.name, (order_key(owner_kind, owner) for owner in owners), until)
        _move(lane, stream, until)


def _behind(position: datetime | None, now: datetime) -> datetime | None:
    """Where to go on reading; None, from the beginning, where our clock has been set back.

    Positions were stored by a clock that ran ahead, so that nobody knows what they cover.
    """
    return None if position is not None and position > now else position


def poll_worklogs(lane: Lane, reached: Reached) -> None:
    """Read the feeds of changed and of deleted worklogs to their ends."""
    _read_feed(lane, "jira.worklogs.updated", reached, lane.jira.updated_worklogs, take_updated)
    _read_feed(lane, "jira.worklogs.deleted", reached, lane.jira.deleted_worklogs, take_deleted)


def _read_feed(
    lane: Lane,
    stream: str,
    reached: Reached,
    read: Callable[[datetime], ChangePage],
    take: Callable[[Lane, tuple[WorklogChange, ...]], None],
) -> None:
    """Follow a feed to its end. The cursor is the server's own `until`, never the latest change we could see.

    Pages share their border, so that changes are gathered over pages before anything is asked about them.
    """
    cursor = reached.get(stream)
    since = cursor - FEED_OVERLAP if cursor else _first_since(lane)
    gathered: dict[str, WorklogChange] = {}
    while True:
        page = read(since)
        gathered |= {change.worklog_id: change for change in page.changes}
        until = page.until
        if not page.last and until <= since:
            # More changes carry one timestamp than a page holds: no cursor leads past them, so the issues are read.
            _read_all_issues(lane)
            until = since + timedelta(milliseconds=1)
        if page.last or len(gathered) >= GATHERED_MAX:
            take(lane, tuple(gathered.values()))
            gathered.clear()
            if cursor is None or until > cursor:
                _move(lane, stream, until)
        if page.last:
            return
        since = until


def all_changes(read: Callable[[datetime], ChangePage], since: datetime) -> Iterator[WorklogChange]:
    """Everything that a feed tells since, page by page, whatever our cursors say."""
    while True:
        page = read(since)
        yield from page.changes
        if page.last:
            return
        since = max(page.until, since + timedelta(milliseconds=1))


def _first_since(lane: Lane) -> datetime:
    start = lane.policy.cost.post_from
    if start is None:
        return lane.clock.now() - FIRST_FEED_SPAN
    return datetime(start.year, start.month, start.day, tzinfo=UTC) - FIRST_FEED_SPAN


def take_updated(lane: Lane, changes: tuple[WorklogChange, ...]) -> None:
    """Read the entries whose change is news, and keep them. One that cannot be read is invisible, and no more."""
    with lane.database.read() as tx:
        held = worklogs.known(tx, lane.name, [(change.worklog_id, change.at) for change in changes])
    wanted = [change.worklog_id for change in changes if change.worklog_id not in held]
    if not wanted:
        return
    found = lane.jira.worklogs(wanted)
    missing = set(wanted) - {worklog.id for worklog in found}
    follow(lane, {worklog.issue_id for worklog in found})
    with lane.database.begin() as tx:
        touched = worklogs.take(tx, lane.name, found, lane.clock.now())
        touched |= worklogs.mark_invisible(tx, lane.name, missing, lane.clock.now())
        hint(tx, lane, touched)
        _note_unannounced(tx, lane, found, {change.worklog_id: change.at for change in changes})


def _note_unannounced(tx: Transaction, lane: Lane, found: Iterable[Worklog], changed: Mapping[str, datetime]) -> None:
    """Hours of ours that no delivery told of, though there was a webhook when they were logged."""
    since = _told_since(tx, lane)
    if since is None:
        return
    news = [(each.id, each.issue_id) for each in found if changed[each.id] > since]
    ours = lineage.standing(tx, lane.name, {issue for _, issue in news})
    told = ((worklog_id, issue_id) for worklog_id, issue_id in news if issue_id in ours)
    unannounced.note(tx, lane.name, unannounced.WORKLOG, told, lane.clock.now())


def _told_since(tx: Transaction, lane: Lane) -> datetime | None:
    """Since when a webhook should tell us of changes; None where none does."""
    if lane.subscription is None:
        return None
    registered = registrations.find(tx, lane.name)
    return registered.registered if registered is not None and registered.webhook_id else None


def take_deleted(lane: Lane, changes: tuple[WorklogChange, ...]) -> None:
    """A deletion counts when the feed names it and reading by id no longer finds it."""
    ids = [change.worklog_id for change in changes]
    with lane.database.read() as tx:
        suspects = [held.worklog.id for held in worklogs.by_ids(tx, lane.name, ids) if held.state != Fate.DELETED]
    if not suspects:
        return
    alive = lane.jira.worklogs(suspects)
    gone = set(suspects) - {worklog.id for worklog in alive}
    follow(lane, {worklog.issue_id for worklog in alive})
    with lane.database.begin() as tx:
        touched = worklogs.take(tx, lane.name, alive, lane.clock.now())
        touched |= worklogs.mark_deleted(tx, lane.name, gone, lane.clock.now())
        hint(tx, lane, touched)


def _read_all_issues(lane: Lane) -> None:
    with lane.database.read() as tx:
        issue_ids = {binding.issue_id for binding in bindings.all_bound(tx, lane.name)}
        issue_ids |= lineage.heirs(tx, lane.name, issue_ids)
    for issue_id in sorted(issue_ids):
        take_issue_worklogs(lane, tuple(lane.jira.issue_worklogs(issue_id)))


def take_issue_worklogs(lane: Lane, found: tuple[Worklog, ...]) -> None:
    """Store worklogs that were read by issue."""
    with lane.database.begin() as tx:
        hint(tx, lane, worklogs.take(tx, lane.name, found, lane.clock.now()))


def poll_issues(lane: Lane, reached: Reached) -> None:
    """Find issues whose key, status or fields changed since the last search. The index is a hint like any other."""
    stream = "jira.issues"
    now = lane.clock.now()
    since = _behind(reached.get(stream), now)
    with lane.database.read() as tx:
        anything = bool(bindings.all_bound(tx, lane.name))
    if not anything:
        return
    span = (now - since if since else FIRST_FEED_SPAN) + SEARCH_OVERLAP
    lately = changed_lately(math.ceil(span.total_seconds() / 60))
    fields = known_fields(lane)
    seen = {issue.id: issue for issue in search(lane, lately, "updated", asked(fields))}
    changed: list[tuple[str, str]] = []
    with lane.database.begin() as tx:
        for binding in bindings.by_issue_ids(tx, lane.name, list(seen)):
            if sighted.take(tx, lane, binding, seen[binding.issue_id], fields):
                keys.add(tx, lane.name, [order_key(binding.kind, binding.erp_key)], now)
                changed.append((binding.issue_id, binding.issue_id))
        told_since = _told_since(tx, lane)
        if told_since is not None and since is not None and since > told_since:
            unannounced.note(tx, lane.name, unannounced.ISSUE, changed, now)
        cursors.move(tx, lane.name, stream, now.isoformat(), now)


def hint(tx: Transaction, lane: Lane, issue_ids: Iterable[str]) -> None:
    """Queue the orders whose issues were touched; worklogs elsewhere are kept but concern nobody yet."""
    found = [each.binding for each in lineage.standing(tx, lane.name, list(issue_ids)).values()]
    keys.add(tx, lane.name, {order_key(item.kind, item.erp_key) for item in found}, lane.clock.now())


def _move(lane: Lane, stream: str, position: datetime) -> None:
    with lane.database.begin() as tx:
        lane.guard(tx)
        cursors.move(tx, lane.name, stream, position.isoformat(), lane.clock.now())
