"""One row a run: when it began and ended, and what came of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, insert, select, update

from ml_connector.store.database import from_time, maybe_time, to_time
from ml_connector.store.tables import runs

BEGIN = insert(runs)
END = update(runs).where(runs.c.id == bindparam("one"))
RECENT = select(runs).where(runs.c.connection == bindparam("ours")).order_by(runs.c.id.desc()).limit(bindparam("most"))


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
    key = tx.execute(BEGIN, row).inserted_primary_key
    assert key is not None
    return int(key[0])


def end(tx: Connection, run: int, at: datetime, outcome: str, summary: Mapping[str, object]) -> None:
    """Note what came of a run."""
    values = {"ended": from_time(at), "outcome": outcome, "summary": dict(summary)}
    tx.execute(END, {**values, "one": run})


def recent(tx: Connection, connection: str, most: int) -> list[Run]:
    """The last runs of a connection, newest first."""
    return [
        Run(to_time(row.began), maybe_time(row.ended), row.outcome, row.summary)
        for row in tx.execute(RECENT, {"ours": connection, "most": most})
    ]
