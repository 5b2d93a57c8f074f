"""Changes that polling found and no delivery of a webhook told of: what a webhook that died in silence leaves."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, select

from ml_connector.store.database import chunks, from_time, to_time, upsert
from ml_connector.store.tables import unannounced

WORKLOG, ISSUE = "worklog", "issue"


@dataclass(frozen=True, slots=True)
class Unannounced:
    """A change of a worklog or an issue, and when polling found it."""

    kind: str
    id: str
    issue_id: str
    found_at: datetime


def note(tx: Connection, connection: str, kind: str, found: Iterable[tuple[str, str]], at: datetime) -> None:
    """Keep changes that polling found, as pairs of id and issue id."""
    rows = [
        {"connection": connection, "kind": kind, "id": id_, "issue_id": issue_id, "found_at": from_time(at)}
        for id_, issue_id in found
    ]
    upsert(tx, unannounced, rows)


def announced(tx: Connection, connection: str, kind: str, ids: Collection[str]) -> None:
    """A delivery told of these after all."""
    for part in chunks(ids):
        ours = (unannounced.c.connection == connection, unannounced.c.kind == kind)
        tx.execute(delete(unannounced).where(*ours, unannounced.c.id.in_(part)))


def listing(tx: Connection, connection: str) -> list[Unannounced]:
    """All of them, oldest first."""
    rows = tx.execute(
        select(unannounced).where(unannounced.c.connection == connection).order_by(unannounced.c.found_at)
    )
    return [Unannounced(row.kind, row.id, row.issue_id, to_time(row.found_at)) for row in rows]


def forget(tx: Connection, connection: str, kind: str, until: datetime) -> None:
    """Let go of those found up to a time: deliveries of their kind came since, so that they were single losses."""
    ours = (unannounced.c.connection == connection, unannounced.c.kind == kind)
    tx.execute(delete(unannounced).where(*ours, unannounced.c.found_at <= from_time(until)))
