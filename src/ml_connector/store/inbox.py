"""Deliveries of webhooks between their arrival and the look that they ask for: ids alone, each delivery once."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, func, select, update
from sqlalchemy.dialects import postgresql, sqlite

from ml_connector.store.database import chunks, from_time, maybe_time, to_time
from ml_connector.store.tables import inbox


@dataclass(frozen=True, slots=True)
class Hints:
    """What to look at, by id.

    `issues` are to be read, `hours_of` are issues whose entries are to be read, `worklogs` are entries. `worklogs_of`
    are the issues that the entries are said to be on, `deleted` those entries that are said to be gone.
    """

    issues: tuple[str, ...] = ()
    hours_of: tuple[str, ...] = ()
    worklogs: tuple[str, ...] = ()
    worklogs_of: tuple[str, ...] = ()
    deleted: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Kept:
    """A delivery that waits."""

    id: int
    identifier: str
    event: str
    hints: Hints
    received_at: datetime


def keep(
    tx: Connection, connection: str, identifier: str, event: str, body_hash: str, hints: Hints, at: datetime
) -> bool:
    """Keep a delivery. False where one of this name was kept before: Jira tries again until it hears from us."""
    row = {
        "connection": connection,
        "identifier": identifier,
        "event": event,
        "body_hash": body_hash,
        "hints": asdict(hints),
        "received_at": from_time(at),
    }
    dialect = postgresql if tx.dialect.name == "postgresql" else sqlite
    insert: sqlite.Insert | postgresql.Insert = dialect.insert(inbox).values(row)
    new = insert.on_conflict_do_nothing(index_elements=["connection", "identifier"]).returning(inbox.c.id)
    return tx.execute(new).first() is not None


def waiting(tx: Connection, connection: str, most: int) -> list[Kept]:
    """Deliveries that nobody has looked into, oldest first."""
    where = (inbox.c.connection == connection, inbox.c.handled_at.is_(None))
    rows = tx.execute(select(inbox).where(*where).order_by(inbox.c.id).limit(most))
    return [
        Kept(
            row.id,
            row.identifier,
            row.event,
            Hints(**{name: tuple(ids) for name, ids in row.hints.items()}),
            to_time(row.received_at),
        )
        for row in rows
    ]


def handled(tx: Connection, ids: Collection[int], at: datetime) -> None:
    """These were looked into. They stay for a while, so that another attempt to deliver one is known."""
    for part in chunks(ids):
        tx.execute(update(inbox).where(inbox.c.id.in_(part)).values(handled_at=from_time(at)))


def forget(tx: Connection, connection: str, before: datetime) -> None:
    """Let go of deliveries that were looked into before a time."""
    where = (inbox.c.connection == connection, inbox.c.handled_at < from_time(before))
    tx.execute(delete(inbox).where(*where))


def last_received(tx: Connection, connection: str, events: str) -> datetime | None:
    """When the latest delivery came of events whose names begin so; None where none did of late."""
    where = (inbox.c.connection == connection, inbox.c.event.startswith(events, autoescape=True))
    latest = tx.scalar(select(func.max(inbox.c.received_at)).where(*where))
    return maybe_time(latest)
