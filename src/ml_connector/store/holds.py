"""Worklogs that the ERP refused: held until what they say changes, or a person lets them go."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, select

from ml_connector.store.database import chunks, from_time, to_time, upsert
from ml_connector.store.tables import holds


@dataclass(frozen=True, slots=True)
class Hold:
    """Why a worklog is not planned. `facts` is the fingerprint of what it said when it was refused."""

    worklog_id: str
    facts: str
    reason: str
    reference: str
    held_at: datetime


def hold(
    tx: Connection, connection: str, worklog_id: str, facts: str, reason: str, reference: str, at: datetime
) -> None:
    """Hold a worklog; a newer refusal takes the place of an older one."""
    row = {
        "connection": connection,
        "worklog_id": worklog_id,
        "facts": facts,
        "reason": reason,
        "reference": reference,
        "held_at": from_time(at),
    }
    upsert(tx, holds, [row])


def held(tx: Connection, connection: str, worklog_ids: Collection[str]) -> dict[str, Hold]:
    """The holds among these worklogs, by worklog id."""
    found: dict[str, Hold] = {}
    for part in chunks(worklog_ids):
        where = (holds.c.connection == connection, holds.c.worklog_id.in_(part))
        found |= {
            row.worklog_id: Hold(row.worklog_id, row.facts, row.reason, row.reference, to_time(row.held_at))
            for row in tx.execute(select(holds).where(*where))
        }
    return found


def release(tx: Connection, connection: str, worklog_id: str) -> bool:
    """Let a worklog be planned again; False where it was not held."""
    where = (holds.c.connection == connection, holds.c.worklog_id == worklog_id)
    return tx.execute(delete(holds).where(*where)).rowcount > 0


def listing(tx: Connection, connection: str) -> list[Hold]:
    """All holds, oldest first."""
    query = select(holds).where(holds.c.connection == connection).order_by(holds.c.held_at, holds.c.worklog_id)
    return [
        Hold(row.worklog_id, row.facts, row.reason, row.reference, to_time(row.held_at)) for row in tx.execute(query)
    ]
