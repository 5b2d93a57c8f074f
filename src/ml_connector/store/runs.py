"""One row a run: when it began and ended, and what came of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, select, update

from ml_connector.store.database import from_time, maybe_time, to_time
from ml_connector.store.tables import runs


@dataclass(frozen=True, slots=True)
class Run:
    """A run of one connection. `ended` is None while it is under way, or after its process was stopped."""

    began: datetime
    ended: datetime | None
    outcome: str
    summary: Mapping[str, Any]


def begin(tx: Connection, connection: str, at: datetime) -> int:
    """Note that a run has begun; returns its number."""
    row = {"connection": connection, "began": from_time(at), "summary": {}}
    key = tx.execute(insert(runs).values(**row)).inserted_primary_key
    assert key is not None
    return int(key[0])


def end(tx: Connection, run: int, at: datetime, outcome: str, summary: Mapping[str, object]) -> None:
    """Note what came of a run."""
    values = {"ended": from_time(at), "outcome": outcome, "summary": dict(summary)}
    tx.execute(update(runs).where(runs.c.id == run).values(**values))


def recent(tx: Connection, connection: str, most: int) -> list[Run]:
    """The last runs of a connection, newest first."""
    query = select(runs).where(runs.c.connection == connection).order_by(runs.c.id.desc()).limit(most)
    return [Run(to_time(row.began), maybe_time(row.ended), row.outcome, row.summary) for row in tx.execute(query)]
