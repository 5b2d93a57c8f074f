"""Worklogs as Jira last told them, and what we know of their existence."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, bindparam, select, update

from ml_connector.core.records import UNKNOWN_ACCOUNT, Worklog
from ml_connector.store.database import chunks, from_time, to_time, upsert
from ml_connector.store.tables import worklogs

LIVE = "live"
DELETED = "deleted"
INVISIBLE = "invisible"

OURS = select(worklogs).where(worklogs.c.connection == bindparam("ours")).order_by(worklogs.c.id)
BY_IDS = OURS.where(worklogs.c.id.in_(bindparam("ids")))
OF_ISSUES = OURS.where(worklogs.c.issue_id.in_(bindparam("issues")))
STARTED_SINCE = OURS.where(worklogs.c.started_on >= bindparam("first"), worklogs.c.state != DELETED)
OF_AUTHORS = OURS.where(
    worklogs.c.author.in_(bindparam("authors")),
    worklogs.c.started_on.between(bindparam("first"), bindparam("last")),
)
CHANGED = (
    worklogs.c.connection == bindparam("ours"),
    worklogs.c.id.in_(bindparam("ids")),
    worklogs.c.state != bindparam("becomes"),
)
ISSUES_OF_CHANGED = select(worklogs.c.issue_id).where(*CHANGED)
MARK = update(worklogs).where(*CHANGED).values(state=bindparam("becomes"), seen_at=bindparam("at"))


@dataclass(frozen=True, slots=True)
class Held:
    """A worklog as we hold it. `state` is live, deleted or invisible."""

    worklog: Worklog
    state: str


def take(tx: Connection, connection: str, found: Sequence[Worklog], at: datetime) -> set[str]:
    """Keep worklogs, and return the issues that a change touches: where each is now, and where it was before.

    An older version never takes the place of a newer one. One that was deleted or invisible and is here again is live.
    Whose hours they are never changes: an account that Jira no longer names, since it was deleted, is the one we knew.
    """
    newest = {worklog.id: worklog for worklog in sorted(found, key=lambda worklog: worklog.updated)}
    held = {item.worklog.id: item for item in by_ids(tx, connection, list(newest))}
    newest = {each.id: named(each, held[each.id].worklog) if each.id in held else each for each in newest.values()}
    changed = [worklog for worklog in newest.values() if _is_news(worklog, held.get(worklog.id))]
    upsert(tx, worklogs, [_values(connection, worklog, LIVE, at) for worklog in changed])
    touched = {worklog.issue_id for worklog in changed}
    return touched | {held[worklog.id].worklog.issue_id for worklog in changed if worklog.id in held}


def named(worklog: Worklog, known: Worklog) -> Worklog:
    """A worklog with the accounts that we know it by, where Jira no longer names them."""
    author = known.author if worklog.author == UNKNOWN_ACCOUNT else worklog.author
    updater = known.updater if worklog.updater == UNKNOWN_ACCOUNT else worklog.updater
    return replace(worklog, author=author, updater=updater)


def _is_news(worklog: Worklog, held: Held | None) -> bool:
    if held is None:
        return True
    if worklog.updated < held.worklog.updated:
        return False
    return held.state != LIVE or worklog != held.worklog


def _values(connection: str, worklog: Worklog, state: str, at: datetime) -> dict[str, Any]:
    return {
        "connection": connection,
        "id": worklog.id,
        "issue_id": worklog.issue_id,
        "author": worklog.author,
        "updater": worklog.updater,
        "started": worklog.started.isoformat(),
        "started_on": worklog.started.date().isoformat(),
        "created": from_time(worklog.created),
        "updated": from_time(worklog.updated),
        "seconds": worklog.seconds,
        "comment": worklog.comment,
        "state": state,
        "seen_at": from_time(at),
    }


def mark_deleted(tx: Connection, connection: str, ids: Collection[str], at: datetime) -> set[str]:
    """Jira's deletion feed named them, and reading by id finds them no more."""
    return _mark(tx, connection, ids, DELETED, at)


def mark_invisible(tx: Connection, connection: str, ids: Collection[str], at: datetime) -> set[str]:
    """They cannot be read any more, which is no proof of anything. Those known to be deleted stay deleted."""
    live = [item.worklog.id for item in by_ids(tx, connection, ids) if item.state == LIVE]
    return _mark(tx, connection, live, INVISIBLE, at)


def _mark(tx: Connection, connection: str, ids: Collection[str], state: str, at: datetime) -> set[str]:
    touched: set[str] = set()
    for part in chunks(ids):
        changed = {"ours": connection, "ids": part, "becomes": state}
        touched |= set(tx.scalars(ISSUES_OF_CHANGED, changed))
        tx.execute(MARK, {**changed, "at": from_time(at)})
    return touched


def known(tx: Connection, connection: str, changes: Iterable[tuple[str, datetime]]) -> set[str]:
    """The ids whose change at that time we hold already."""
    wanted = dict(changes)
    held = {item.worklog.id: item for item in by_ids(tx, connection, list(wanted))}
    return {
        worklog_id
        for worklog_id, at in wanted.items()
        if worklog_id in held and held[worklog_id].state == LIVE and held[worklog_id].worklog.updated >= at
    }


def by_ids(tx: Connection, connection: str, ids: Collection[str]) -> list[Held]:
    """Worklogs by id."""
    return [item for part in chunks(ids) for item in _read(tx, BY_IDS, connection, ids=part)]


def of_issues(tx: Connection, connection: str, issue_ids: Collection[str]) -> list[Held]:
    """Worklogs that are on these issues now."""
    return [item for part in chunks(issue_ids) for item in _read(tx, OF_ISSUES, connection, issues=part)]


def everything(tx: Connection, connection: str) -> list[Held]:
    """All worklogs that we ever saw, deleted ones too."""
    return _read(tx, OURS, connection)


def started_since(tx: Connection, connection: str, first: date) -> list[Held]:
    """Worklogs that start on a day or later, as their own offset counts days, and were not deleted."""
    return _read(tx, STARTED_SINCE, connection, first=first.isoformat())


def of_authors(tx: Connection, connection: str, authors: Collection[str], first: date, last: date) -> list[Held]:
    """Worklogs of some people that start on some days, as their own offset counts days."""
    days = {"first": first.isoformat(), "last": last.isoformat()}
    return [item for part in chunks(authors) for item in _read(tx, OF_AUTHORS, connection, authors=part, **days)]


def _read(tx: Connection, query: Select[Any], connection: str, **wanted: Any) -> list[Held]:
    return [_held(row) for row in tx.execute(query, {"ours": connection, **wanted})]


def _held(row: Row[Any]) -> Held:
    worklog = Worklog(
        id=row.id,
        issue_id=row.issue_id,
        author=row.author,
        updater=row.updater,
        started=to_time(row.started),
        created=to_time(row.created),
        updated=to_time(row.updated),
        seconds=row.seconds,
        comment=row.comment,
    )
    return Held(worklog, row.state)
